//! Values of JSON that stand over several lines, or in an array: each is one line of a block.

use std::io::{self, BufRead};

/// Bytes of the longest value that is read.
pub(super) const MAX_DOCUMENT: usize = 64 << 20;

/// Where one is in the text of an input.
#[derive(Debug)]
pub(super) struct Documents {
    /// Whether the array around all posts has begun.
    in_array: bool,
    /// The line that is being read, from 1.
    line: u64,
}

/// A value that was read.
pub(super) struct Document {
    /// The line on which it begins.
    pub(super) line: u64,
    /// Whether it goes on beyond [`MAX_DOCUMENT`]; the rest is skipped.
    pub(super) too_long: bool,
}

#[derive(Clone, Copy)]
enum In {
    Between,
    /// A number or a word, which ends before the next sign.
    Word,
    Text {
        depth: usize,
        escaped: bool,
    },
    Brackets(usize),
}

impl Documents {
    pub(super) fn new() -> Documents {
        Documents {
            in_array: false,
            line: 1,
        }
    }

    /// Appends the next value to `into`; none at the end.
    pub(super) fn next(
        &mut self,
        reader: &mut impl BufRead,
        into: &mut Vec<u8>,
    ) -> io::Result<Option<Document>> {
        let from = into.len();
        let mut state = In::Between;
        let mut document = Document {
            line: self.line,
            too_long: false,
        };
        loop {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok((!matches!(state, In::Between)).then_some(document));
            }
            let (mut taken, mut kept_from, mut done) = (0, 0, false);
            for (at, &byte) in bytes.iter().enumerate() {
                let ends = matches!(byte, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                if matches!(state, In::Word) && ends {
                    (taken, done) = (at, true);
                    break;
                }
                if matches!(state, In::Between) {
                    kept_from = at;
                    match byte {
                        b'[' if !self.in_array => self.in_array = true,
                        b']' if self.in_array => self.in_array = false,
                        b',' | b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF => {}
                        _ => {
                            document.line = self.line;
                            state = match byte {
                                b'"' => In::Text {
                                    depth: 0,
                                    escaped: false,
                                },
                                b'{' | b'[' => In::Brackets(1),
                                _ => In::Word,
                            };
                        }
                    }
                    if matches!(state, In::Between) {
                        kept_from = at + 1;
                    }
                } else {
                    state = state.after(byte);
                }
                self.line += u64::from(byte == b'\n');
                taken = at + 1;
                if matches!(state, In::Between) && taken > kept_from {
                    done = true;
                    break;
                }
            }
            let kept = bytes.get(kept_from..taken).unwrap_or_default();
            let room = (from + MAX_DOCUMENT).saturating_sub(into.len());
            document.too_long |= kept.len() > room;
            into.extend(kept.iter().take(room));
            reader.consume(taken);
            if done {
                return Ok(Some(document));
            }
        }
    }
}

impl In {
    /// Where one is behind `byte`.
    fn after(self, byte: u8) -> In {
        match (self, byte) {
            (
                In::Text {
                    depth,
                    escaped: true,
                },
                _,
            ) => In::Text {
                depth,
                escaped: false,
            },
            (In::Text { depth, .. }, b'\\') => In::Text {
                depth,
                escaped: true,
            },
            (In::Text { depth: 0, .. }, b'"') => In::Between,
            (In::Text { depth, .. }, b'"') => In::Brackets(depth),
            (In::Brackets(depth), b'"') => In::Text {
                depth,
                escaped: false,
            },
            (In::Brackets(depth), b'{' | b'[') => In::Brackets(depth + 1),
            (In::Brackets(1), b'}' | b']') => In::Between,
            (In::Brackets(depth), b'}' | b']') => In::Brackets(depth - 1),
            (same, _) => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn values(text: &str, buffer: usize) -> Vec<(u64, String)> {
        let mut reader = BufReader::with_capacity(buffer, text.as_bytes());
        let mut documents = Documents::new();
        let mut found = Vec::new();
        loop {
            let mut bytes = b"before".to_vec();
            match documents.next(&mut reader, &mut bytes).unwrap() {
                Some(document) => {
                    let text = String::from_utf8(bytes.split_off(6)).unwrap();
                    found.push((document.line, text));
                }
                None => return found,
            }
        }
    }

    #[test]
    fn values_are_found_wherever_buffers_end() {
        for (text, expected) in [
            ("", &[][..]),
            ("[]", &[]),
            (
                "[{\"a\":1},{\"b\":\"],}\\\"{\"}]",
                &[(1, "{\"a\":1}"), (1, "{\"b\":\"],}\\\"{\"}")],
            ),
            (
                "[\n {\n\"a\": [1, {}]\n},\n5, \"x,y\", null]\n",
                &[
                    (2, "{\n\"a\": [1, {}]\n}"),
                    (5, "5"),
                    (5, "\"x,y\""),
                    (5, "null"),
                ],
            ),
            ("{\n}\n{\n\"a\":[]}", &[(1, "{\n}"), (3, "{\n\"a\":[]}")]),
            ("[[1],[2]]", &[(1, "[1]"), (1, "[2]")]),
            ("[{\"a\":", &[(1, "{\"a\":")]),
            ("]}", &[(1, "]}")]),
        ] {
            for buffer in [1, 2, 3, 7, 1024] {
                let found = values(text, buffer);
                let found: Vec<(u64, &str)> = found
                    .iter()
                    .map(|(line, text)| (*line, text.as_str()))
                    .collect();
                assert_eq!(found, expected, "{text} by {buffer}");
            }
        }
    }
}
