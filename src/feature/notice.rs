//! What the set phrases of a text say that it is: thanks, a problem that is solved, or the words
//! of a program.

use super::Analysis;
use super::lexicon::Lexicon;
use crate::text::TokenKind;
use serde::{Deserialize, Serialize};

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
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
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

/// What the phrases of [`List::Notice`](super::lexicon::List::Notice) in a text show.
pub(super) fn shown(analysis: &Analysis, lexicon: &Lexicon) -> Notice {
    let Analysis {
        notices, tokens, ..
    } = analysis;
    let words = || {
        let word = |kind| matches!(kind, TokenKind::Word | TokenKind::Han | TokenKind::Number);
        tokens.iter().filter(|token| word(token.kind)).count()
    };
    let shown = notices.iter().map(|hit| {
        let kind = lexicon.term(hit.term).map_or("", |term| term.kind.as_str());
        match kind {
            "automatic" => Notice::Automatic,
            "subject" if hit.start <= MAX_SUBJECT => Notice::Automatic,
            "first" if hit.start == 0 => Notice::Automatic,
            "solved" if tokens.len() <= MAX_SOLVED => Notice::Solved,
            "thanks" if tokens.len() <= MAX_THANKS => Notice::Thanks,
            "receipt" if words() <= MAX_RECEIPT => Notice::Thanks,
            _ => Notice::None,
        }
    });
    shown.max().unwrap_or_default()
}
