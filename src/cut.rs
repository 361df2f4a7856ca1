//! Cutting a text between characters: the one way that the crate does it.

/// The last place at or before byte `at` where a character of `text` begins or the text ends.
#[inline]
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    // Byte 0 is a boundary of every text, so this ends.
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first place at or after byte `at` where a character of `text` begins or the text ends.
#[inline]
pub(crate) fn ceil(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// The longest beginning of `text` that has at most `bytes` bytes and no broken character.
#[inline]
pub(crate) fn at_most(text: &str, bytes: usize) -> &str {
    &text[..floor(text, bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_never_broken() {
        let text = "aé客😡";
        let floors: Vec<usize> = (0..12).map(|at| floor(text, at)).collect();
        let ceils: Vec<usize> = (0..12).map(|at| ceil(text, at)).collect();
        assert_eq!(floors, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10]);
        assert_eq!(ceils, [0, 1, 3, 3, 6, 6, 6, 10, 10, 10, 10, 10]);
        assert_eq!(at_most(text, 5), "aé");
        assert_eq!(at_most(text, usize::MAX), text);
        assert_eq!(at_most("", 5), "");
    }
}
