//! Spellings of contact words (微信, qq) that hide from filters.

use super::table::{CONTACT, HAN, Rule, Script, Tables, Variant, is_han, script};
use super::unit::{Unit, Work, at, before};

/// Letters and digits of the shortest handle: the shortest QQ number has five.
const HANDLE: usize = 5;

/// Folds the spellings of contact words to one; true if something changed.
pub(super) fn unify(tables: &Tables, work: &mut Work, count: &mut u32) -> bool {
    let units = &work.units;
    let mut next = 0;
    let mut copied = None;
    let has_han = work.seen & HAN != 0;
    while next < units.len() {
        // Nothing is copied before the first spelling is found: most texts have none.
        let Some((length, canonical)) = variant_at(tables, units, next, has_han) else {
            next += 1;
            continue;
        };
        let Some((first, last)) = units.get(next).zip(units.get(next + length - 1)) else {
            break;
        };
        if copied.is_none() {
            work.spare.clear();
        }
        work.spare
            .extend_from_slice(units.get(copied.unwrap_or(0)..next).unwrap_or(&[]));
        work.spare.extend(canonical.chars().map(|c| Unit {
            c,
            start: first.start,
            end: last.end,
        }));
        work.seen |= if canonical.contains(is_han) { HAN } else { 0 };
        *count += 1;
        next += length;
        copied = Some(next);
    }
    let Some(copied) = copied else { return false };
    work.spare
        .extend_from_slice(units.get(copied..).unwrap_or(&[]));
    std::mem::swap(&mut work.units, &mut work.spare);
    true
}

fn variant_at(
    tables: &Tables,
    units: &[Unit],
    start: usize,
    has_han: bool,
) -> Option<(usize, &'static str)> {
    let first = at(units, start)?;
    if tables.entry(first) & CONTACT == 0
        || (first.is_ascii_alphabetic() && is_inside(before(units, start)))
    {
        return None;
    }
    let spelled = |variant: &&Variant| {
        variant
            .spelling
            .iter()
            .enumerate()
            .all(|(offset, &c)| at(units, start + offset) == Some(c))
            && holds(units, start, variant, has_han)
    };
    tables
        .variants_from(first)
        .iter()
        .find(spelled)
        .map(|variant| (variant.spelling.len(), variant.canonical))
}

/// Whether a Latin letter after `earlier` is in the midst of a word, a name or an address.
fn is_inside(earlier: Option<char>) -> bool {
    earlier.is_some_and(|c| {
        c.is_ascii_alphanumeric() || matches!(c, '@' | '_' | '.' | '/' | '-' | '&' | '\'')
    })
}

fn holds(units: &[Unit], start: usize, variant: &Variant, has_han: bool) -> bool {
    let end = start + variant.spelling.len();
    let next = at(units, end);
    // A heart with a joiner behind it is the beginning of another emoji.
    if next.is_some_and(|c| c == '\u{200D}' || variant.not_before.contains(c)) {
        return false;
    }
    let latin = |c: Option<&char>| c.is_some_and(char::is_ascii_alphabetic);
    let (latin_start, latin_end) = (
        latin(variant.spelling.first()),
        latin(variant.spelling.last()),
    );
    // `vx` before more letters is a part of a word, unless the letters are the handle itself.
    if latin_end && next.is_some_and(is_handle_character) && !is_handle(units, end, false) {
        return false;
    }
    if matches!(variant.rule, Rule::Word | Rule::Reach) {
        // Whole words, in any text: `instant` and `notes.txt` are none.
        let goes_on = |c: char| c.is_alphanumeric() && !is_han(c);
        let address =
            matches!(next, Some('.' | '-' | '@' | '/')) && at(units, end + 1).is_some_and(goes_on);
        let whole = !address && !next.is_some_and(|c| goes_on(c) || matches!(c, '_' | '\''));
        return whole && (variant.rule == Rule::Word || is_reached(units, start, end));
    }
    // In a text without Han characters `wx` or `+v` are abbreviations of something else, unless
    // a handle follows.
    if (latin_start || latin_end) && !has_han && !handle_follows(units, end) {
        return false;
    }
    // Letters must not grow together with what stands around them: 企鹅qun is not qqqun.
    let letter = |c: char| script(c) != Script::Other;
    if variant.canonical.starts_with(letter)
        && (before(units, start).is_some_and(letter)
            || (next.is_some_and(letter) && !is_handle(units, end, false)))
    {
        return false;
    }
    match variant.rule {
        Rule::Any | Rule::Word | Rule::Reach => true,
        Rule::Added => is_added(units, start),
        // Words that may follow the name of the service in an invitation.
        Rule::AddedEnd => {
            is_added(units, start)
                && next.is_none_or(|c| !is_han(c) || "领看聊咨获免拿了我吗详私进号".contains(c))
        }
        Rule::Evidence => {
            is_added(units, start) || handle_follows(units, end) || is_account(units, end)
        }
    }
}

/// Whether the place at `start..end` is one to be reached at: `on TG`, `přes WA`, `IG: @name`,
/// `WA +1 555`.
fn is_reached(units: &[Unit], start: usize, end: usize) -> bool {
    let ends_with = |word: &str| {
        let mut place = start;
        word.chars().rev().all(|c| {
            let found = before(units, place) == Some(c);
            place = place.saturating_sub(1);
            found
        }) && !before(units, place).is_some_and(char::is_alphanumeric)
    };
    const LEADS: [&str; 10] = [
        "on ", "via ", "my ", "add ", "přes ", "na ", "můj ", "through ", "加", "加我",
    ];
    let sign = |unit: &&Unit| matches!(unit.c, ' ' | ':' | '-' | '=' | '👉' | '→');
    let skipped = units.iter().skip(end).take(3).take_while(sign).count();
    let named = skipped > 0 && matches!(at(units, end + skipped), Some('@' | '+'));
    named || handle_follows(units, end) || LEADS.iter().any(|lead| ends_with(lead))
}

/// Whether a word of adding stands before `start`.
fn is_added(units: &[Unit], start: usize) -> bool {
    let mut start = start;
    while before(units, start) == Some(' ') {
        start -= 1;
    }
    // 加我V.
    if before(units, start) == Some('我') && before(units, start - 1) == Some('加') {
        start -= 1;
    }
    let Some(sign) = before(units, start) else {
        return false;
    };
    let earlier = before(units, start - 1);
    match sign {
        // 增加, 更加, 参加: these are increase, more, take part, and nobody is added.
        '加' => !earlier.is_some_and(|c| "增更附参追施外".contains(c)),
        // `c++` and `3+2` invite nobody.
        '+' => !earlier.is_some_and(|c| c.is_ascii_alphanumeric() || c == '+'),
        '➕' | '扫' | '找' => true,
        _ => false,
    }
}

/// 号 as in account, not as in 号召.
fn is_account(units: &[Unit], end: usize) -> bool {
    at(units, end) == Some('号') && !at(units, end + 1).is_some_and(|c| "召称令角".contains(c))
}

fn is_handle_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether a handle stands behind `end`, after a few signs and words that introduce one.
fn handle_follows(units: &[Unit], end: usize) -> bool {
    let introduces = |unit: &&Unit| {
        matches!(
            unit.c,
            ' ' | ':' | '号' | '码' | '是' | '=' | '>' | '-' | '→' | '👉'
        )
    };
    let skipped = units.iter().skip(end).take(4).take_while(introduces);
    let introduced = skipped.clone().any(|unit| matches!(unit.c, ':' | '='));
    is_handle(units, end + skipped.count(), introduced)
}

/// Whether a handle begins at `start`. One with a digit shows itself; one of letters
/// needs an introduction.
fn is_handle(units: &[Unit], start: usize, introduced: bool) -> bool {
    let handle = units
        .iter()
        .skip(start)
        .take(40)
        .take_while(|unit| is_handle_character(unit.c));
    let digits = handle.clone().any(|unit| unit.c.is_ascii_digit());
    handle.count() >= HANDLE && (digits || introduced)
}
