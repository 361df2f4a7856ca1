//! Placeholders: what masking puts in the place of a personal value, `[phone]`, `[phone 2]`,
//! `[phone:3fa2c1d07b55]`, `[card *4242]`.
//!
//! A masked text must be read as the text that it stands for, so the finder takes a placeholder for
//! an entity of the kind that it hides, and never for a face such as `[doge]`.

use super::{EntityKind, Found, Scan};

/// The longest name of a kind, in bytes: a bound, so that a placeholder is told from a bracket at
/// once.
pub(crate) const MAX_NAME: usize = 24;
/// The most digits of a placeholder's number.
const MAX_NUMBER: usize = 9;
/// The most hexadecimal digits of a placeholder's hash.
const MAX_HASH: usize = 16;
/// The most digits that a placeholder shows of its value.
const MAX_SHOWN: usize = 4;

/// A placeholder at the beginning of `text`: the name of its kind, and how many bytes it has.
pub(crate) fn placeholder(text: &str) -> Option<(&str, usize)> {
    let inside = text.strip_prefix('[')?;
    let length = run(inside, MAX_NAME, |byte| {
        byte.is_ascii_lowercase() || byte == b'_'
    });
    let name = inside.get(..length).filter(|name| !name.is_empty())?;
    let rest = inside.get(length..)?;
    let tail = match rest.as_bytes() {
        [b']', ..] => 0,
        [b' ', b'*', ..] => 2 + shown(rest.get(2..)?, MAX_SHOWN, u8::is_ascii_alphanumeric)?,
        [b' ', ..] => 1 + shown(rest.get(1..)?, MAX_NUMBER, u8::is_ascii_digit)?,
        [b':', ..] => 1 + shown(rest.get(1..)?, MAX_HASH, u8::is_ascii_hexdigit)?,
        _ => return None,
    };
    rest.get(tail..)?
        .starts_with(']')
        .then_some((name, 1 + length + tail + 1))
}

/// What the placeholder `text` is read as where length, letters and digits are measured: a value of
/// a usual length (chosen by hand).
pub(crate) fn stand_in(text: &str) -> Option<&'static str> {
    let (name, _) = placeholder(text).filter(|(_, length)| *length == text.len())?;
    Some(match name {
        "phone" => "00000000000",
        "mail" => "name@example.com",
        "handle" => "first_second00",
        "card" => "0000000000000000",
        "iban" => "xx0000000000000000000000",
        "account" => "0000000000/0000",
        "id" => "000000000000000000",
        "birth_number" => "000000/0000",
        "query" => "a=00000000",
        "name" => "somebody",
        _ => return None,
    })
}

/// How many bytes of `text` pass `test`, if there is one and no more than `most`.
fn shown(text: &str, most: usize, test: impl Fn(&u8) -> bool) -> Option<usize> {
    let length = run(text, most + 1, |byte| test(&byte));
    (1..=most).contains(&length).then_some(length)
}

fn run(text: &str, most: usize, test: impl Fn(u8) -> bool) -> usize {
    text.bytes()
        .take(most)
        .take_while(|&byte| test(byte))
        .count()
}

impl Scan<'_> {
    /// A placeholder of which the bracket is at `at`.
    pub(super) fn placeholder(&self, at: usize) -> Option<Found> {
        let (name, length) = placeholder(self.text.get(at..)?)?;
        let kind = match name {
            "phone" => EntityKind::Phone,
            "mail" => EntityKind::Email,
            // Numbers and names of which a model knows nothing.
            "account" | "birth_number" | "card" | "handle" | "iban" | "id" | "name" | "query" => {
                EntityKind::Reference
            }
            _ => return None,
        };
        Some((kind, at, at + length))
    }

    /// A mention of which the name is masked, `@[name]`; the `@` is at `at`.
    pub(super) fn masked_mention(&self, at: usize) -> Option<Found> {
        let (name, length) = placeholder(self.text.get(at + 1..)?)?;
        matches!(name, "name" | "handle").then_some((EntityKind::Mention, at, at + 1 + length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_known_and_nothing_else() {
        for (text, name) in [
            ("[phone]", "phone"),
            ("[birth_number 12] x", "birth_number"),
            ("[card *4242]", "card"),
            ("[mail:3fa2c1d07b55]", "mail"),
        ] {
            let (found, length) = placeholder(text).expect(text);
            assert_eq!(found, name);
            assert!(text[..length].ends_with(']'));
        }
        for text in [
            "phone]",
            "[phone",
            "[]",
            "[phone ]",
            "[phone:]",
            "[phone *]",
            "[泪]",
            "[phone x1]",
            "[phone *12345]",
        ] {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }
}
