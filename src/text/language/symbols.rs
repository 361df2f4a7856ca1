//! The symbols of a word as the walk over a text holds them.

/// The most symbols of a word that is offered to the sink as a whole.
const MAX_WHOLE: usize = 15;
/// The most bytes that a symbol of 16 bits takes in UTF-8.
const WIDEST: usize = 3;

/// The symbols of a word that is offered to the sink as a whole, behind their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Symbols([u16; MAX_WHOLE + 1]);

impl Symbols {
    /// Writes a symbol behind `held` others; `false` if there is no room. [`Symbols::end`] is to
    /// follow.
    #[inline]
    pub(super) fn put(&mut self, held: usize, symbol: u16) -> bool {
        let place = self.0.get_mut(held + 1);
        place.map(|place| *place = symbol).is_some()
    }

    /// Says how many symbols were put.
    #[inline]
    pub(super) fn end(&mut self, held: usize) {
        self.0[0] = held as u16;
    }

    /// The symbols.
    pub(super) fn as_slice(&self) -> &[u16] {
        let [held, symbols @ ..] = &self.0;
        symbols.get(..usize::from(*held)).unwrap_or_default()
    }

    /// Calls `read` with the word that the symbols spell, if they do spell one.
    #[inline]
    pub(super) fn spelled<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let mut bytes = [0; MAX_WHOLE * WIDEST];
        let mut length = 0;
        for &symbol in self.as_slice() {
            match u8::try_from(symbol) {
                // Most are.
                Ok(byte) if byte.is_ascii() => {
                    *bytes.get_mut(length)? = byte;
                    length += 1;
                }
                _ => {
                    let letter = char::from_u32(u32::from(symbol))?;
                    let room = bytes.get_mut(length..length + letter.len_utf8())?;
                    length += letter.encode_utf8(room).len();
                }
            }
        }
        read(std::str::from_utf8(bytes.get(..length)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_spell_their_word() {
        let spelled = |word: &str| {
            let mut symbols = Symbols::default();
            let mut held = 0;
            for symbol in word.encode_utf16() {
                assert!(symbols.put(held, symbol));
                held += 1;
            }
            symbols.end(held);
            symbols.spelled(|word| Some(word.to_owned()))
        };
        for word in ["", "don't", "příliš", "汉字汉字汉字汉字汉字汉字汉字汉"] {
            assert_eq!(spelled(word).as_deref(), Some(word));
        }
        // Half of a letter beyond 16 bits is none.
        assert_eq!(spelled("𝐀"), None);
    }
}
