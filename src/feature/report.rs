//! Whether a text reports a scam: then what it quotes is the scam's, and the author is a customer.
//!
//! As with accidents, no word says it alone. *Bot* and *under your post* do, or *fake profile* and
//! *please remove*. [`List::Report`] holds the roles.

use super::Analysis;
use super::lexicon::{Lexicon, List, TermHit};

/// Roles of which two different ones, close together, tell of a report.
const ROLES: [&str; 3] = ["impostor", "yours", "plea"];
/// The kind that reports by itself: `冒充你们`, *pretending to be you*.
const WHOLE: &str = "report";
/// Bytes of the folded text between two roles, at most: some three sentences. By hand.
const SPAN: u32 = 240;

/// Takes the terms of [`List::Report`] out of the hits and keeps those that tell of a report, one
/// or two. Where it is one, words of contact are the scam's: they are dropped.
pub(super) fn set_apart(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis { hits, report, .. } = analysis;
    report.clear();
    let list = |hit: &TermHit| lexicon.brief(hit.term).map(|term| term.list);
    if !hits.iter().any(|hit| list(hit) == Some(List::Report)) {
        return;
    }
    let kind = |hit: &TermHit| lexicon.term(hit.term).map_or("", |term| term.kind.as_str());
    let of = |wanted: &'static str| {
        hits.iter()
            .filter(move |hit| list(hit) == Some(List::Report) && kind(hit) == wanted)
    };
    let [impostor, yours, plea] = ROLES;
    let pair = |one, other| {
        of(one).find_map(|hit| {
            of(other)
                .find(|beside| hit.start.abs_diff(beside.start) <= SPAN)
                .map(|beside| [*hit, *beside])
        })
    };
    if let Some(hit) = of(WHOLE).next() {
        report.push(*hit);
    } else if let Some(pair) = pair(impostor, yours).or_else(|| pair(impostor, plea)) {
        report.extend(pair);
    }
    let reports = !report.is_empty();
    hits.retain(|hit| match list(hit) {
        Some(List::Report) => false,
        Some(List::Contact) => !reports,
        _ => true,
    });
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
    hits.retain(|hit| {
        let list = lexicon.brief(hit.term).map(|term| term.list);
        matches!(list, Some(List::Topic(_) | List::Brand))
            || !super::is_inside(names, hit.start, hit.end)
    });
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
