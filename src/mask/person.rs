//! What names a person: mail addresses, handles, `@names`, the author's displayed name, and what a
//! link says about who opens it.

use std::ops::Range;

use smallvec::SmallVec;

use super::context::{Context, Says};
use super::{Found, Kind};
use crate::text::han::is_han;
use crate::text::word::ALPHANUMERIC;
use crate::text::{Entity, EntityKind};

/// The shortest name that is looked for in a text, in characters: of letters, and of Han.
const MIN_NAME: usize = 3;
const MIN_HAN: usize = 2;
/// The most parts of a name whose parts are looked for one by one: more are a sentence.
const MAX_PARTS: usize = 4;
/// The shortest and the longest handle, in bytes: Telegram's have 5 to 32, QQ numbers 5 to 11.
const HANDLE: std::ops::RangeInclusive<usize> = 5..=32;
/// The most signs between a messenger's name and the handle, as in ` name: @`.
const SIGNS: usize = 6;
/// Words between a messenger's name and the handle, and whether one announces a handle behind a
/// name that is another word, too: `line id`, but not `line is slow`.
const LABELS: [(&str, bool); 43] = [
    ("号码", true),
    ("账号", true),
    ("帐号", true),
    ("用户名", true),
    ("号", true),
    ("同号", true),
    ("群", true),
    ("搜", true),
    ("加我", true),
    ("加", true),
    ("找我", false),
    ("找", false),
    ("联系", false),
    ("我的", false),
    ("我", false),
    ("的", false),
    ("是", true),
    ("在", false),
    ("吧", false),
    ("id", true),
    ("username", true),
    ("name", true),
    ("handle", true),
    ("nick", true),
    ("user", true),
    ("tag", true),
    ("live", false),
    ("is", false),
    ("as", false),
    ("me", false),
    ("on", false),
    ("my", false),
    ("jméno", true),
    ("jmeno", true),
    ("jsem", false),
    ("mám", false),
    ("na", false),
    ("je", false),
    ("jako", false),
    ("mě", false),
    ("mi", false),
    ("najdeš", false),
    ("najdete", false),
];
/// What accounts have in their names that answer for a brand. Chosen by hand, not tuned.
const SERVICE: [&str; 12] = [
    "help",
    "support",
    "service",
    "customer",
    "official",
    "podpora",
    "客服",
    "官方",
    "小助手",
    "care_",
    "_care",
    "cares",
];
/// Hosts of which the path is a handle or a number.
const HANDLE_HOSTS: [&str; 7] = [
    "t.me/",
    "telegram.me/",
    "wa.me/",
    "line.me/",
    "u.wechat.com/",
    "signal.me/",
    "m.me/",
];

/// Puts what entities say of persons into `found`.
pub(super) fn from_entities(text: &str, entities: &[Entity], found: &mut Vec<Found>) {
    for entity in entities {
        let (start, end) = (entity.start as usize, entity.end as usize);
        let Some(inside) = text.get(start..end) else {
            continue;
        };
        let mut push = |kind: Kind, range: Range<usize>| {
            if !range.is_empty() {
                found.push(Found { kind, range });
            }
        };
        match entity.kind {
            EntityKind::Email => push(Kind::Mail, start..end),
            EntityKind::Phone => push(Kind::Phone, start..end),
            // The sign stays: it says that a person was addressed.
            EntityKind::Mention if is_service(inside) => {}
            EntityKind::Mention => push(Kind::Name, start + 1..end),
            EntityKind::WeChat | EntityKind::Qq => {
                // The word that announces it stays, too.
                let of_handle = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                let handle = inside.trim_end_matches(of_handle).len();
                push(Kind::Handle, start + handle..end);
            }
            EntityKind::Url => link(inside, start, &mut push),
            _ => {}
        }
    }
}

/// Whether a mention is of an account that answers for a brand: it is no person, and who was
/// addressed matters to what the post wants.
fn is_service(mention: &str) -> bool {
    SERVICE.iter().any(|word| mention.contains(word))
}

/// Where a name may begin in a text, with the base letters there; found at the first question.
#[derive(Clone, Debug, Default)]
pub(super) struct Begins {
    places: Vec<(usize, char)>,
    read: bool,
}

impl Begins {
    /// Forgets the text before.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.read = false;
    }

    /// One pass for all spellings of a name, of which an author has five: to search the text for
    /// each took 6,600 instructions of an English post of the sample.
    fn of(&mut self, text: &str) -> &[(usize, char)] {
        if !self.read {
            self.read = true;
            let (mut inside, mut at) = (false, 0);
            while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
                // ASCII by its bytes: nearly all of most texts.
                let ascii = rest.bytes().take_while(u8::is_ascii);
                for byte in ascii {
                    let letter = ALPHANUMERIC[usize::from(byte)];
                    // A name of letters begins where a word does.
                    if letter && !inside {
                        self.places.push((at, char::from(byte)));
                    }
                    inside = letter;
                    at += 1;
                }
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                    break;
                };
                let han = is_han(c);
                let letter = !han && c.is_alphanumeric();
                if han || letter && !inside {
                    self.places.push((at, base(c)));
                }
                inside = letter;
                at += c.len_utf8();
            }
        }
        &self.places
    }
}

/// Puts the places into `found` where the text repeats a name that it mentions; `found` has the
/// mentions.
pub(super) fn mentioned(text: &str, begins: &mut Begins, found: &mut Vec<Found>) {
    let mentions = found.iter().filter(|found| found.kind == Kind::Name);
    let mentioned: Vec<&str> = mentions
        .filter_map(|found| text.get(found.range.clone()))
        .map(|name| name.split('@').next().unwrap_or(name))
        .collect();
    for name in mentioned {
        names(text, &letters(name), begins, found);
    }
}

/// What a link says of who opens it: its query, a name or mail address in its path.
fn link(link: &str, at: usize, push: &mut impl FnMut(Kind, Range<usize>)) {
    let query = link
        .find('?')
        // What stands behind `#` is the same if it has values.
        .or_else(|| {
            link.find('#')
                .filter(|from| link.get(*from..).is_some_and(|rest| rest.contains('=')))
        });
    let path_end = query.unwrap_or(link.len());
    if let Some(query) = query {
        push(Kind::Query, at + query + 1..at + link.len());
    }
    let path = link.get(..path_end).unwrap_or_default();
    let host = path.split_once("://").map_or(path, |(_, rest)| rest);
    let host = host.strip_prefix("www.").unwrap_or(host);
    if let Some(known) = HANDLE_HOSTS.iter().find(|known| host.starts_with(**known)) {
        let from = path.len() - host.len() + known.len();
        push(Kind::Handle, at + from..at + path_end);
        return;
    }
    let mut from = 0;
    for segment in path.split('/') {
        match segment.find('@') {
            Some(0) => push(Kind::Name, at + from + 1..at + from + segment.len()),
            Some(_) => push(Kind::Mail, at + from..at + from + segment.len()),
            None => {}
        }
        from += segment.len() + 1;
    }
}

/// Puts the handles of messengers that are no entities into `found`: `Telegram: jan_n`, `LINE id
/// ming77`.
pub(super) fn handles(text: &str, context: &mut Context, found: &mut Vec<Found>) {
    for (end, messenger) in context.messengers(text) {
        let Some(rest) = text.get(end..) else {
            continue;
        };
        if let Some(range) = handle(rest, messenger) {
            found.push(Found {
                kind: Kind::Handle,
                range: end + range.start..end + range.end,
            });
        }
    }
}

/// The handle behind a messenger's name, of which `rest` is what follows.
fn handle(rest: &str, messenger: Says) -> Option<Range<usize>> {
    let (mut at, mut certain, mut signs) = (0, false, 0);
    loop {
        let here = rest.get(at..)?;
        let c = here.chars().next()?;
        let labels = LABELS.iter().filter(|(label, _)| {
            here.strip_prefix(*label).is_some_and(|behind| {
                is_han(c) || !behind.starts_with(|c: char| of_word(c) || "_-.@".contains(c))
            })
        });
        if let Some((label, announces)) = labels.max_by_key(|(label, _)| label.len()) {
            certain |= *announces;
            at += label.len();
        } else if matches!(
            c,
            ' ' | ':' | '=' | '→' | '-' | '(' | ',' | '~' | '@' | '/' | '[' | '"'
        ) {
            signs += 1;
            certain |= matches!(c, ':' | '=' | '→' | '@');
            at += c.len_utf8();
        } else {
            break;
        }
        if signs > SIGNS {
            return None;
        }
    }
    if at == 0 && !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let body = rest.get(at..)?;
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = body.bytes().take_while(|byte| inside(byte)).count();
    let handle = body.get(..length)?.trim_end_matches(['.', '-']);
    let digits = handle.bytes().filter(u8::is_ascii_digit).count();
    let joined = handle.contains(['_', '.', '-']);
    let made = digits > 0 || joined;
    let addressed = rest.get(..at)?.ends_with('@');
    let is_announced = match messenger {
        Says::Network => certain && (made || addressed),
        Says::MessengerWord => certain,
        _ => certain || made,
    };
    let is_handle = HANDLE.contains(&handle.len())
        && handle.starts_with(|c: char| c.is_ascii_alphanumeric())
        && is_announced
        // A mail address that follows is no handle.
        && body.as_bytes().get(handle.len()) != Some(&b'@');
    if !is_handle {
        return None;
    }
    // Discord's number: `jan_n#1234`.
    let behind = body.get(handle.len()..)?;
    let number = behind.strip_prefix('#').unwrap_or_default();
    let number = number.bytes().take_while(u8::is_ascii_digit).count();
    let tag = if number == 4 { 5 } else { 0 };
    Some(at..at + handle.len() + tag)
}

/// Puts the places into `found` where the text has the author's displayed name, in the order of its
/// parts or the other way round, with its first parts as initials, or one part alone that begins
/// with a capital in the original, as `is_capital` says of a place. `name` is folded.
pub(super) fn author(
    text: &str,
    name: &str,
    is_capital: impl Fn(usize) -> bool,
    begins: &mut Begins,
    found: &mut Vec<Found>,
) {
    let whole = letters(name);
    names(text, &whole, begins, found);
    let parts = name.split(|c: char| !c.is_alphanumeric());
    let lengths = parts.map(|part| part.chars().count());
    // The parts follow one another in the letters of the whole.
    let mut rest = whole.as_slice();
    let mut parts: SmallVec<[&[char]; MAX_PARTS]> = SmallVec::new();
    for length in lengths.filter(|length| *length > 0) {
        let Some((part, behind)) = rest.split_at_checked(length) else {
            return;
        };
        parts.push(part);
        rest = behind;
    }
    if !(2..=MAX_PARTS).contains(&parts.len()) || whole.iter().any(|c| is_han(*c)) {
        return;
    }
    let turned: Letters = parts.iter().rev().copied().flatten().copied().collect();
    names(text, &turned, begins, found);
    if let (Some(last), Some(first)) = (parts.last(), whole.first()) {
        let mut short = Letters::from_elem(*first, 1);
        short.extend_from_slice(last);
        names(text, &short, begins, found);
    }
    for part in parts {
        let before = found.len();
        names(text, part, begins, found);
        let mut at = before;
        while let Some(place) = found.get(at) {
            match is_capital(place.range.start) {
                true => at += 1,
                false => drop(found.remove(at)),
            }
        }
    }
}

/// The letters and digits of a name, without diacritics. On the stack: a name is looked for in each
/// text, most often in vain.
type Letters = SmallVec<[char; 32]>;

fn letters(name: &str) -> Letters {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.map(base).collect()
}

/// Puts the places where a name stands in the text into `found`; `wanted` are its letters. Gaps and
/// diacritics make no difference.
fn names(text: &str, wanted: &[char], begins: &mut Begins, found: &mut Vec<Found>) {
    let Some(first) = wanted.first().copied() else {
        return;
    };
    let han = || wanted.iter().filter(|c| is_han(**c)).count();
    if wanted.len() < MIN_NAME && han() < MIN_HAN || wanted.iter().all(char::is_ascii_digit) {
        return;
    }
    let mut until = 0;
    for &(at, c) in begins.of(text) {
        if c == first
            && at >= until
            && let Some(end) = stands_at(text, at, wanted)
        {
            until = end;
            found.push(Found {
                kind: Kind::Name,
                range: at..end,
            });
        }
    }
}

/// Where the name that begins at `at` ends, if the letters are those that are wanted.
fn stands_at(text: &str, at: usize, wanted: &[char]) -> Option<usize> {
    let mut rest = text.get(at..)?.char_indices();
    let mut end = at;
    for (index, letter) in wanted.iter().enumerate() {
        loop {
            let (offset, c) = rest.next()?;
            if base(c) == *letter {
                end = at + offset + c.len_utf8();
                break;
            }
            if index == 0 || !is_gap(c) {
                return None;
            }
        }
    }
    let behind = text.get(end..)?.chars().next();
    let last = wanted.last().copied().unwrap_or(' ');
    let whole = is_han(last) || !behind.is_some_and(of_word);
    whole.then_some(end)
}

/// A letter without its diacritics.
fn base(c: char) -> char {
    if c.is_ascii() || is_han(c) {
        return c;
    }
    let mut first = None;
    unicode_normalization::char::decompose_canonical(c, |part| {
        first.get_or_insert(part);
    });
    first.unwrap_or(c)
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | ',' | '.' | '-' | '_' | '*' | '·' | '\'')
}

/// A letter of a script with spaces, or a digit.
fn of_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_needs_its_messenger() {
        for (rest, expected) in [
            (": jan_novak7", Some("jan_novak7")),
            (" @jan_novak", Some("jan_novak")),
            (" jan_novak", Some("jan_novak")),
            (" id ming77", Some("ming77")),
            ("号：ming77".replace('：', ":").as_str(), Some("ming77")),
            (" channel is closed", None),
            (" is slow", None),
        ] {
            let found = handle(rest, Says::Messenger).and_then(|range| rest.get(range));
            assert_eq!(found, expected, "{rest}");
        }
        assert_eq!(handle(" a380 was late", Says::MessengerWord), None);
    }

    #[test]
    fn only_letters_and_digits_have_such_a_base() {
        for c in ('\0'..=char::MAX).filter(|c| !c.is_alphanumeric()) {
            assert!(!base(c).is_alphanumeric(), "{c:?}");
        }
    }

    #[test]
    fn a_name_is_found_in_every_dress() {
        let found = |text: &str, name: &str| {
            let mut found = Vec::new();
            names(text, &letters(name), &mut Begins::default(), &mut found);
            found
                .first()
                .and_then(|found| text.get(found.range.clone()).map(str::to_owned))
        };
        assert_eq!(
            found("tady jan novak.", "jan novák").as_deref(),
            Some("jan novak")
        );
        assert_eq!(
            found("from j.novak_7!", "j_novak7").as_deref(),
            Some("j.novak_7")
        );
        assert_eq!(
            found("我是王小明，你好", "王小明").as_deref(),
            Some("王小明")
        );
        assert_eq!(found("janet novakova", "jan nov"), None);
        assert_eq!(found("a b", "a"), None);
    }
}
