//! Whether a text reports a scam: then what it quotes is the scam's, and the author is a customer.
//!
//! As with accidents, no word says it alone. *Bot* and *under your post* do, or *fake profile* and
//! *please remove*. [`List::Report`] holds the roles.

use super::Analysis;
use super::lexicon::{Brief, Lexicon, List, TermHit};
use super::role::Role;

/// Bytes of the folded text between two roles, at most: some three sentences. By hand.
const SPAN: u32 = 240;

/// Keeps of the terms of [`List::Report`] those that tell of a report, one or two. Where it is one,
/// words of contact are the scam's: they are dropped.
pub(super) fn tell(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis { hits, report, .. } = analysis;
    if report.is_empty() {
        return;
    }
    let of = |role: Role| {
        let has = move |hit: &&TermHit| {
            lexicon
                .brief(hit.term)
                .is_some_and(|term| term.roles.has(role))
        };
        report.iter().filter(has)
    };
    let pair = |one, other| {
        of(one).find_map(|hit| {
            of(other)
                .find(|beside| hit.start.abs_diff(beside.start) <= SPAN)
                .map(|beside| [Some(*hit), Some(*beside)])
        })
    };
    let whole = of(Role::Report).next().map(|hit| [Some(*hit), None]);
    let told = whole
        .or_else(|| pair(Role::Impostor, Role::Yours))
        .or_else(|| pair(Role::Impostor, Role::Plea));
    report.clear();
    if let Some(told) = told {
        report.extend(told.into_iter().flatten());
        let is_contact = |term: Brief| term.list == List::Contact;
        hits.retain(|hit| !lexicon.brief(hit.term).is_some_and(is_contact));
    }
}

/// Adds what a report quotes to the names: it is not what the author says.
pub(super) fn silence_quoted(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis {
        hits,
        report,
        names,
        folded,
        ..
    } = analysis;
    if report.is_empty() {
        return;
    }
    let before = names.len();
    let mut open: Option<(usize, char)> = None;
    for (at, character) in folded.as_str().char_indices() {
        match open {
            Some((start, closing)) if closes(character, closing) => {
                names.push((start as u32, (at + character.len_utf8()) as u32));
                open = None;
            }
            Some(_) => {}
            None => open = closing(character).map(|closing| (at, closing)),
        }
    }
    if names.len() == before {
        // Without marks a colon leads in what the scam says, to the end of its sentence.
        let said = report
            .first()
            .and_then(|hit| said(folded.as_str(), hit.end as usize));
        let Some(said) = said else { return };
        names.push(said);
    }
    names.sort_unstable();
    super::drop_inside(hits, names, lexicon);
}

/// The sentence after the first colon from `from` on.
fn said(folded: &str, from: usize) -> Option<(u32, u32)> {
    let rest = folded.get(from..)?;
    // A colon inside a word or a link leads in nothing.
    let colon = from + rest.find(": ").or_else(|| rest.find('：'))?;
    let said = folded.get(colon..)?;
    let end = said
        .find(['.', '!', '?', '。', '\n'])
        .map_or(folded.len(), |end| colon + end);
    Some((colon as u32, end as u32))
}

/// What closes a quotation that `character` opens.
fn closing(character: char) -> Option<char> {
    Some(match character {
        '"' => '"',
        '“' => '”',
        '„' => '“',
        '«' => '»',
        '»' => '«',
        '「' => '」',
        '『' => '』',
        _ => return None,
    })
}

/// Whether `character` closes a quotation: people mix the marks.
fn closes(character: char, closing: char) -> bool {
    character == closing || (closing != '」' && closing != '』' && matches!(character, '"' | '”'))
}
