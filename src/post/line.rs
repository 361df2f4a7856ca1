//! A line of JSON read in one pass, where it holds nothing rare.
//!
//! Strings are parts of the line, numbers are counts. Whatever else a line may hold (escapes in a
//! key, fractions, deep nesting, an error) is [`Rare`]: the line is then read again by
//! `serde_json`, which knows all of JSON and names the place of an error. Values go straight into
//! the fields, without the visitors of serde between: 7,100 instructions for an English post of the
//! sample instead of 10,300.

use std::borrow::Cow;

use super::json::{Fields, OBJECT, Value};
use super::loose::{EXACT_NUMBER, Loose};

/// Something that `serde_json` is to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rare;

/// Digits of the longest number that is read here: any such number fits 64 bits.
const DIGITS: usize = 18;
/// How deep what is skipped may be nested: far from the 128 at which `serde_json` refuses a line,
/// chosen by hand.
const DEEPEST: usize = 16;

/// Gives the fields of the object that `line` is to `fields`; `fields` is spoilt where it is none,
/// or holds something rare.
#[inline]
pub(super) fn read<'a>(line: &'a str, fields: &mut impl Fields<'a>) -> Result<(), Rare> {
    let mut line = Line {
        text: line,
        at: 0,
        depth: 0,
    };
    line.space();
    line.members(fields)?;
    line.space();
    match line.at == line.text.len() {
        true => Ok(()),
        false => Err(Rare),
    }
}

/// A line that was read up to a place.
struct Line<'a> {
    text: &'a str,
    /// The next byte.
    at: usize,
    /// How many arrays and objects are open of what is skipped.
    depth: usize,
}

impl<'a> Line<'a> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over white space.
    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over `byte`.
    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Rare> {
        match self.peek() {
            Some(next) if next == byte => {
                self.at += 1;
                Ok(())
            }
            _ => Err(Rare),
        }
    }

    /// Whether another element follows in what ends with `end`, which is passed over if none does.
    #[inline]
    fn goes_on(&mut self, end: u8) -> Result<bool, Rare> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            Some(next) if next == end => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(Rare),
        }
    }

    /// Passes over `begin`; whether `end` does not follow at once. If it does it is passed over
    /// too.
    #[inline]
    fn opens(&mut self, begin: u8, end: u8) -> Result<bool, Rare> {
        self.expect(begin)?;
        self.space();
        let empty = self.peek() == Some(end);
        self.at += usize::from(empty);
        Ok(!empty)
    }

    /// Gives the members of an object to `fields`.
    #[inline]
    fn members(&mut self, fields: &mut impl Fields<'a>) -> Result<(), Rare> {
        let mut more = self.opens(b'{', b'}')?;
        while more {
            let (key, true) = self.string()? else {
                return Err(Rare);
            };
            // The key by which `serde_json` gives a number: only it knows whether this is one.
            if key.len() == EXACT_NUMBER.len() && key == EXACT_NUMBER {
                return Err(Rare);
            }
            self.space();
            self.expect(b':')?;
            self.space();
            fields.take(key, &mut *self)?;
            more = self.goes_on(b'}')?;
        }
        Ok(())
    }

    /// What stands between the quotes of a string, and whether it is so what the string says: it
    /// has no escapes.
    #[inline]
    fn string(&mut self) -> Result<(&'a str, bool), Rare> {
        self.expect(b'"')?;
        let start = self.at;
        let mut plain = true;
        loop {
            self.at += until_sign(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    let string = self.text.get(start..self.at).ok_or(Rare)?;
                    self.at += 1;
                    return Ok((string, plain));
                }
                // What is escaped ends no string; what it means is for another to say.
                Some(b'\\') => {
                    plain = false;
                    self.at += 2;
                }
                _ => return Err(Rare),
            }
        }
    }

    /// A count.
    #[inline]
    fn number(&mut self) -> Result<Loose<'a>, Rare> {
        let digits = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let (mut number, mut length) = (0_u64, 0);
        for &byte in digits.iter().take(DIGITS) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number * 10 + u64::from(digit);
            length += 1;
        }
        self.at += length;
        let leading = length > 1 && digits.first() == Some(&b'0');
        match self.peek() {
            Some(b'0'..=b'9' | b'.' | b'e' | b'E') => Err(Rare),
            _ if length == 0 || leading => Err(Rare),
            _ => Ok(Loose::Unsigned(number)),
        }
    }

    #[inline]
    fn word(&mut self, word: &str, value: Loose<'a>) -> Result<Loose<'a>, Rare> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Rare);
        }
        self.at += word.len();
        Ok(value)
    }
}

impl<'a> Value<'a> for &mut Line<'a> {
    type Error = Rare;

    #[inline]
    fn loose(self) -> Result<Loose<'a>, Rare> {
        match self.peek() {
            Some(b'"') => match self.string()? {
                (string, true) => Ok(Loose::Text(Cow::Borrowed(string))),
                (string, _) => escaped(string).map(|text| Loose::Text(Cow::Owned(text))),
            },
            Some(b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Loose::Flag(true)),
            Some(b'f') => self.word("false", Loose::Flag(false)),
            Some(b'n') => self.word("null", Loose::Null),
            _ => Err(Rare),
        }
    }

    #[inline]
    fn object(self, fields: &mut impl Fields<'a>) -> Result<&'static str, Rare> {
        match self.peek() {
            Some(b'{') => self.members(fields).map(|()| OBJECT),
            _ => self.loose().map(|value| value.shape()),
        }
    }

    fn skip(self) -> Result<(), Rare> {
        if !matches!(self.peek(), Some(b'{' | b'[')) {
            return self.loose().map(|_| ());
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Rare);
        }
        if self.peek() == Some(b'{') {
            self.members(&mut Nothing)?;
        } else {
            let mut more = self.opens(b'[', b']')?;
            while more {
                self.skip()?;
                more = self.goes_on(b']')?;
            }
        }
        self.depth -= 1;
        Ok(())
    }
}

/// Takes no field.
struct Nothing;

impl<'a> Fields<'a> for Nothing {
    fn take<V: Value<'a>>(&mut self, _: &str, value: V) -> Result<(), V::Error> {
        value.skip()
    }
}

/// What a string with escapes says; it is written once, into a text that is as long at most.
fn escaped(string: &str) -> Result<String, Rare> {
    let mut text = String::with_capacity(string.len());
    let mut rest = string;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(rest.get(..at).ok_or(Rare)?);
        rest = rest.get(at + 1..).ok_or(Rare)?;
        let sign = rest.chars().next().ok_or(Rare)?;
        rest = rest.get(sign.len_utf8()..).ok_or(Rare)?;
        text.push(match sign {
            '"' | '\\' | '/' => sign,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => escaped_character(&mut rest)?,
            _ => return Err(Rare),
        });
    }
    text.push_str(rest);
    Ok(text)
}

/// The character whose number stands at the beginning of `rest`, which is passed over.
fn escaped_character(rest: &mut &str) -> Result<char, Rare> {
    let mut unit = || {
        let (digits, behind) = rest.split_at_checked(4).ok_or(Rare)?;
        // A plus before the digits would be taken for a part of the number.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Rare);
        }
        let unit = u16::from_str_radix(digits, 16).map_err(|_| Rare)?;
        // Of a character beyond the first plane this is one half, behind which the other stands.
        let is_half = (0xD800..0xDC00).contains(&unit);
        *rest = if is_half {
            behind.strip_prefix("\\u").ok_or(Rare)?
        } else {
            behind
        };
        Ok((unit, is_half))
    };
    let (first, is_half) = unit()?;
    let second = if is_half { Some(unit()?.0) } else { None };
    let mut characters = char::decode_utf16([first].into_iter().chain(second));
    characters.next().and_then(Result::ok).ok_or(Rare)
}

/// Bytes before the first quote, backslash or control character.
#[inline]
fn until_sign(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    // The highest bit of each byte that is zero, or of a byte behind one that is: the lowest such
    // bit is right (Warren, Hacker's Delight, 6-1).
    let zeros = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let mut length = 0;
    while let Some(chunk) = bytes.get(length..).and_then(<[u8]>::first_chunk) {
        let chunk = u64::from_le_bytes(*chunk);
        let controls = chunk.wrapping_sub(ONES * 0x20) & !chunk;
        let quotes = zeros(chunk ^ (ONES * u64::from(b'"')));
        let slashes = zeros(chunk ^ (ONES * u64::from(b'\\')));
        let found = (controls | quotes | slashes) & ONES << 7;
        if found != 0 {
            return length + (found.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = bytes.get(length..).unwrap_or_default();
    let is_sign = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    length + rest.iter().position(is_sign).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::{read_any, read_plain};
    use super::super::reader::Rules;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_is_read_in_one_pass_is_what_the_other_reader_reads(
            fields in proptest::collection::vec(
                concat!(
                    r#" {0,2}"(id|text|created_at|lang|role|thread|x|author|engagement|customer)""#,
                    r#" {0,2}: ?("(a|é|汉|😀|\\n|\\u00e9|\\ud83d|\\ude00|\\uD83D\\uDE00|\\u\\+041|\\[bfrt/\\\\x]|\\"|null|2026-03-01T08:15:00\+08:00){0,3}""#,
                    r#"|0|7|-1|07|12345678901234567890|1\.5|1e3|true|false|null|nul"#,
                    r#"|\[[1-3](, ?"a")?\]|\[\]|\[1,\]"#,
                    r#"|\{( ?"(id|name|likes|followers|tier|x)" ?: ?("[ab]{0,2}"|12|true|\[\{\}\]),?){0,2}\})"#,
                ),
                0..6,
            ),
            ends in r#" ?\{;\}[ \n]?|\{;,\}|\[;\]|\{;\} x|\{;"#,
            lenient in any::<bool>(),
        ) {
            let line = ends.replace(';', &fields.join(","));
            let rules = Rules::default();
            let rules = lenient.then_some(&rules);
            if let Some(plain) = read_plain(&line, rules) {
                let [plain, any] = [plain, read_any(&line, rules)]
                    .map(|reading| reading.map_err(|error| error.to_string()));
                prop_assert_eq!(plain, any, "{}", line);
            }
        }
    }

    #[test]
    fn usual_lines_are_read_in_one_pass() {
        for line in [
            r#"{"text":"a"}"#,
            r#" { "text" : "a \n b", "id" : 7 , "author" : { "followers" : 12 } } "#,
            r#"{"text":"汉字","x":[1,{"y":[]},"z"],"created_at":"2026-03-01T08:15:00+08:00"}"#,
        ] {
            assert!(
                read_plain(line, None).is_some_and(|post| post.is_ok()),
                "{line}"
            );
        }
        for line in [
            "",
            "{}x",
            r#"{"text":"a"#,
            r#"{"text":1.5}"#,
            "{\"text\":\"\t\"}",
        ] {
            assert!(read_plain(line, None).is_none(), "{line}");
        }
    }

    #[test]
    fn deep_lines_are_left_to_the_other_reader() {
        let line = format!(r#"{{"x":{}{}}}"#, "[".repeat(20), "]".repeat(20));
        assert!(read_plain(&line, None).is_none());
    }
}
