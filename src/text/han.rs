//! Words in runs of Han characters.

/// Cuts runs of Han characters into words; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct HanSegmenter {}

impl HanSegmenter {
    /// The segmenter with the dictionary of `data/han`, plus and minus user words.
    ///
    /// Words are folded (Simplified, lower case) by the caller.
    pub fn new(_add: &[(String, u32)], _remove: &[String]) -> HanSegmenter {
        HanSegmenter {}
    }

    /// Calls `word(start, end)` for each word of `run`, in order, byte offsets within `run`.
    pub fn cut(&self, run: &str, mut word: impl FnMut(usize, usize)) {
        word(0, run.len());
    }
}
