//! Character n-grams: inside words of spaced scripts, and over runs of Han characters.

use super::hash::{FeatureKind, Hasher};

/// Shortest and longest n-gram inside a word, in characters, its two boundary marks counted. Chosen
/// by hand; what else was tried is not recorded. Frozen: models are trained on them.
pub(crate) const WORD_LENGTHS: (usize, usize) = (2, 5);
/// Longest n-gram over Han characters: most words have two, few have more than three.
/// Frozen, as above.
pub(crate) const HAN_LENGTH: usize = 3;
/// Longest word whose n-grams are taken, in characters: a bound on time, chosen by hand. What is
/// longer is not a word.
const MAX_WORD: usize = 40;

/// Calls `each(hash, start, end)` for every n-gram of `word` between boundary marks,
/// diacritics taken off.
///
/// `start` and `end` are byte offsets within `word`; a boundary mark takes none. N-grams depend on
/// the word alone, so that a table may hold their sum with the word.
pub(crate) fn of_word(word: &str, mut each: impl FnMut(u64, usize, usize)) {
    // Characters with their starts; index 0 and the last one are the boundary marks.
    let mut characters = [(0u32, 0usize); MAX_WORD + 3];
    characters[0] = (u32::from(' '), 0);
    let mut length = 1;
    for (start, character) in word.char_indices().take(MAX_WORD) {
        characters[length] = (u32::from(without_diacritics(character)), start);
        length += 1;
    }
    let end = word
        .char_indices()
        .nth(length - 1)
        .map_or(word.len(), |(start, _)| start);
    characters[length] = (u32::from(' '), end);
    length += 1;
    characters[length].1 = end;
    // One hasher a start: each longer n-gram goes on from the shorter one.
    for first in 0..length {
        let mut hasher = Hasher::new(FeatureKind::Characters as u64);
        for (position, &(character, _)) in characters[first..length]
            .iter()
            .enumerate()
            .take(WORD_LENGTHS.1)
        {
            hasher.push(u64::from(character));
            if position + 1 >= WORD_LENGTHS.0 {
                each(
                    hasher.finish(),
                    characters[first].1,
                    characters[first + position + 1].1,
                );
            }
        }
    }
}

/// Calls `each(hash, start, end)` for every n-gram of 1 to [`HAN_LENGTH`] characters of `run`; byte
/// offsets within `run`.
pub(crate) fn of_han(run: &str, mut each: impl FnMut(u64, usize, usize)) {
    let mut characters = run.char_indices();
    // The characters of the n-grams that begin at the first of them: each is decoded once.
    let mut window: [_; HAN_LENGTH] = std::array::from_fn(|_| characters.next());
    while let [Some((start, _)), ..] = window {
        let mut hasher = Hasher::new(FeatureKind::Han as u64);
        for (at, character) in window.into_iter().flatten() {
            hasher.push(u64::from(u32::from(character)));
            each(hasher.finish(), start, at + character.len_utf8());
        }
        window.rotate_left(1);
        window[HAN_LENGTH - 1] = characters.next();
    }
}

/// The base letter of a Latin letter with diacritics; any other character as it is.
///
/// Czech people often write without diacritics: n-grams are equal in both spellings, words are not.
#[inline]
pub(crate) fn without_diacritics(character: char) -> char {
    const FIRST: u32 = 0xe0;
    // U+00E0 to U+017F, lower case (folding came first); a space stands for "as it is".
    const BASE: &[u8; 160] = b"aaaaaa ceeeeiiii nooooo ouuuuy yaaaaaaccccccccddddeeeeeeeeeegggg\
gggghhhhiiiiiiiiii  jjkk llllllllllnnnnnn   oooooo  rrrrrrssssss\
ssttttttuuuuuuuuuuuuwwyyyzzzzzz ";
    match u32::from(character)
        .checked_sub(FIRST)
        .and_then(|index| BASE.get(index as usize))
    {
        None | Some(b' ') => character,
        Some(&base) => char::from(base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diacritics_come_off() {
        let found: String = "příliš žluťoučký kůň úpěl ďábelské ódy łódź straße ñ ő"
            .chars()
            .map(without_diacritics)
            .collect();
        assert_eq!(
            found,
            "prilis zlutoucky kun upel dabelske ody lodz straße n o"
        );
        assert_eq!(without_diacritics('客'), '客');
    }

    #[test]
    fn word_has_all_ngrams_with_their_places() {
        let mut places = Vec::new();
        of_word("čau", |_, start, end| places.push((start, end)));
        // " c" " ca" " cau" " cau " "ca" "cau" "cau " "au" "au " "u "
        assert_eq!(
            places,
            [
                (0, 2),
                (0, 3),
                (0, 4),
                (0, 4),
                (0, 3),
                (0, 4),
                (0, 4),
                (2, 4),
                (2, 4),
                (3, 4)
            ]
        );
    }

    #[test]
    fn long_word_is_cut_without_panic() {
        let mut count = 0;
        of_word(&"ž".repeat(1000), |_, start, end| {
            assert!(start <= end && end <= 2000);
            count += 1;
        });
        assert!(count > 100);
    }

    #[test]
    fn han_has_all_ngrams() {
        let mut places = Vec::new();
        of_han("退款慢", |_, start, end| places.push((start, end)));
        assert_eq!(places, [(0, 3), (0, 6), (0, 9), (3, 6), (3, 9), (6, 9)]);
    }
}
