//! What the set phrases of a text say that it is: thanks, a problem that is solved, or the words
//! of a program.

use super::Analysis;
use super::lexicon::{Lexicon, List, TermHit};
use crate::text::TokenKind;

/// Most tokens of a text that is no more than thanks; who writes more has something to say. Chosen
/// by hand; not tuned.
const MAX_THANKS: usize = 25;
/// Most tokens of a text that says that a problem is solved. Chosen by hand; not tuned.
const MAX_SOLVED: usize = 60;
/// Most words of a bare receipt (`ok`, `收到`). Chosen by hand; not tuned.
const MAX_RECEIPT: usize = 4;
/// Bytes of the folded text within which a subject stands (`Automatic reply: …`). By hand.
const MAX_SUBJECT: u32 = 40;

/// What the set phrases of a text say that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// Nothing of these.
    #[default]
    None,
    /// Thanks, or a bare receipt.
    Thanks,
    /// A problem is solved.
    Solved,
    /// A program wrote it: out of office, a mail that could not be delivered, a read receipt.
    Automatic,
}

/// Takes the phrases of [`List::Notice`] out of the hits, where they would change polarity, and
/// says what they show.
pub(super) fn set_apart(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis {
        hits,
        tokens,
        notice,
        ..
    } = analysis;
    *notice = Notice::None;
    let is_notice = |hit: &TermHit| {
        lexicon
            .brief(hit.term)
            .is_some_and(|term| term.list == List::Notice)
    };
    if !hits.iter().any(is_notice) {
        return;
    }
    let words = || {
        let word = |kind| matches!(kind, TokenKind::Word | TokenKind::Han | TokenKind::Number);
        tokens.iter().filter(|token| word(token.kind)).count()
    };
    for hit in hits.iter().filter(|hit| is_notice(hit)) {
        let kind = lexicon.term(hit.term).map_or("", |term| term.kind.as_str());
        let shown = match kind {
            "automatic" => Notice::Automatic,
            "subject" if hit.start <= MAX_SUBJECT => Notice::Automatic,
            "first" if hit.start == 0 => Notice::Automatic,
            "solved" if tokens.len() <= MAX_SOLVED => Notice::Solved,
            "thanks" if tokens.len() <= MAX_THANKS => Notice::Thanks,
            "receipt" if words() <= MAX_RECEIPT => Notice::Thanks,
            _ => Notice::None,
        };
        *notice = (*notice).max(shown);
    }
    hits.retain(|hit| !is_notice(hit));
}
