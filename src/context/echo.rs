//! Posts that say nothing of their own but agree with what they answer.

use crate::feature::Analysis;
use crate::feature::lexicon::Lexicon;

/// Whether a text that was read only agrees ("same here", `+1`, `同问`, `já taky`).
pub(crate) fn is_echo(analysis: &Analysis, lexicon: &Lexicon) -> bool {
    let _ = (analysis, lexicon);
    false
}
