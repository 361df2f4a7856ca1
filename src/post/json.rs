//! A line of JSONL as a post, borrowed where the line has no escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use super::{Author, Customer, Engagement, Post, Role, timestamp};
use crate::{Error, Result};

/// Reads a line; see [`Post::from_json`].
pub(super) fn read(line: &str) -> Result<Post<'_>> {
    match read_strictly(line) {
        // A lone half of a surrogate pair is common in old dumps; only a line that fails is
        // searched for one.
        Ok(post) => Ok(post),
        Err(error) => match mend_surrogates(line) {
            Some(mended) => read_strictly(&mended).map(Post::into_owned),
            None => Err(error),
        },
    }
}

fn read_strictly(line: &str) -> Result<Post<'_>> {
    let mut fields = PostFields::default();
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let shape = Object(&mut fields)
        .deserialize(&mut deserializer)
        .map_err(no_json)?;
    deserializer.end().map_err(no_json)?;
    fields.finish(shape)
}

impl<'de> Deserialize<'de> for Post<'_> {
    /// Reads an object of a format that describes itself, such as JSON, by the rules of
    /// [`Post::from_json`]; only halves of surrogate pairs are not mended.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = PostFields::default();
        let shape = Object(&mut fields).deserialize(deserializer)?;
        let post = fields.finish(shape).map_err(D::Error::custom)?;
        Ok(post.into_owned())
    }
}

#[cold]
pub(super) fn no_json(error: serde_json::Error) -> Error {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    Error::post(format!(
        "the line is not JSON (column {}: {what}); write one JSON object a line",
        error.column()
    ))
    .with_source(error)
}

#[cold]
pub(super) fn no_object(shape: &str) -> Error {
    Error::post(format!(
        "the line is {shape}, not an object; write one JSON object a line"
    ))
}

/// The text, or why there is none; `place` is where it was looked for.
pub(super) fn text<'a>(found: Loose<'a>, place: &str) -> Result<Cow<'a, str>> {
    match found {
        Loose::Text(text) => Ok(text),
        Loose::Null => Err(Error::post(format!(
            "the object has no `{place}`; map the text from the field that holds it, as in \
             `text=full_text`"
        ))),
        other => Err(Error::post(format!(
            "`{place}` is {}, not a string; map the text from the field that holds it, as in \
             `text=full_text`",
            other.shape()
        ))),
    }
}

/// The moment, or why the value is not a time; `place` is where it was looked for.
pub(super) fn created_at(found: &Loose<'_>, place: &str) -> Result<Option<i64>> {
    if found.is_blank() {
        return Ok(None);
    }
    if let Some(time) = found.time() {
        return Ok(Some(time));
    }
    let shown = match found {
        Loose::Text(text) => format!(
            "\"{}\"",
            text.chars().take(40).collect::<String>().escape_debug()
        ),
        Loose::Signed(number) => number.to_string(),
        Loose::Unsigned(number) => number.to_string(),
        Loose::Float(number) => number.to_string(),
        other => other.shape().to_owned(),
    };
    Err(Error::post(format!(
        "`{place}` is {shown}, not a time; write RFC 3339 with its offset \
         (2026-03-01T08:15:00+08:00), or Unix seconds or milliseconds"
    )))
}

/// The key under which `serde_json` gives a number as text when any crate of the same build asks it
/// for arbitrary precision. An embedder's other dependencies must not change what a line means.
const EXACT_NUMBER: &str = "$serde_json::private::Number";

/// Any value of JSON, as far as a field of a post can use it.
///
/// `Option<Cow<str>>` would not borrow, and one value of a wrong type would spoil the line;
/// this does neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Loose<'a> {
    #[default]
    Null,
    Flag(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List,
    Object,
}

impl<'a> Loose<'a> {
    fn shape(&self) -> &'static str {
        match self {
            Loose::Null => "null",
            Loose::Flag(_) => "a boolean",
            Loose::Unsigned(_) | Loose::Signed(_) | Loose::Float(_) => "a number",
            Loose::Text(_) => "a string",
            Loose::List => "an array",
            Loose::Object => "an object",
        }
    }

    fn is_blank(&self) -> bool {
        match self {
            Loose::Null => true,
            Loose::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// A number that was given as text.
    fn number(self) -> Loose<'a> {
        let Loose::Text(text) = &self else {
            return Loose::Object;
        };
        let unsigned = || text.parse().ok().map(Loose::Unsigned);
        let signed = || text.parse().ok().map(Loose::Signed);
        let float = || {
            text.parse()
                .ok()
                .filter(|float: &f64| float.is_finite())
                .map(Loose::Float)
        };
        unsigned()
            .or_else(signed)
            .or_else(float)
            .unwrap_or(Loose::Object)
    }

    /// A string.
    pub(super) fn string(self) -> Option<Cow<'a, str>> {
        match self {
            Loose::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A string, or a number in decimal.
    pub(super) fn identifier(self) -> Option<Cow<'a, str>> {
        /// Above this, neighbours of a float are further apart than 1: a wrong identifier would be
        /// worse than none.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Loose::Text(text) => Some(text),
            Loose::Unsigned(number) => Some(Cow::Owned(number.to_string())),
            Loose::Signed(number) => Some(Cow::Owned(number.to_string())),
            // Tables that hold identifiers in a column of floats write 77 as 77.0.
            Loose::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                Some(Cow::Owned(format!("{}", number as i64)))
            }
            _ => None,
        }
    }

    /// A count: a number of at least 0, or its text; a fraction is cut off.
    pub(super) fn count(&self) -> Option<u64> {
        let whole = |number: f64| (0.0..1e18).contains(&number).then_some(number as u64);
        match self {
            Loose::Unsigned(number) => Some(*number),
            Loose::Float(number) => whole(*number),
            Loose::Text(text) => {
                let text = text.trim();
                text.parse()
                    .ok()
                    .or_else(|| text.parse().ok().and_then(whole))
            }
            _ => None,
        }
    }

    /// `true` and `false`, 1 and 0, or their text.
    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Loose::Flag(flag) => Some(*flag),
            Loose::Unsigned(1) => Some(true),
            Loose::Unsigned(0) => Some(false),
            Loose::Text(text) => match text.trim() {
                "true" | "True" | "1" => Some(true),
                "false" | "False" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A role; any other value means customer.
    pub(super) fn role(&self) -> Role {
        match self {
            // A role that is unknown must not lose a customer's post.
            Loose::Text(name) => Role::from_name(name).unwrap_or_default(),
            _ => Role::Customer,
        }
    }

    /// A moment.
    pub(super) fn time(&self) -> Option<i64> {
        match self {
            Loose::Unsigned(number) => i64::try_from(*number)
                .ok()
                .and_then(timestamp::from_integer),
            Loose::Signed(number) => timestamp::from_integer(*number),
            Loose::Float(number) => timestamp::from_float(*number),
            Loose::Text(text) => timestamp::from_text(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Loose<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
                Ok(Loose::Null)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Loose<'de>, E> {
                Ok(Loose::Flag(flag))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Loose<'de>, E> {
                Ok(Loose::Unsigned(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Loose<'de>, E> {
                Ok(Loose::Signed(number))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Loose<'de>, E> {
                Ok(Loose::Float(number))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
                Ok(Loose::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
                Ok(Loose::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose<'de>, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<'de>, A::Error> {
                if let Some(Loose::Text(key)) = map.next_key()? {
                    if key == EXACT_NUMBER {
                        return map.next_value::<Loose<'de>>().map(Loose::number);
                    }
                    skip(&mut map)?;
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Object)
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

/// What takes the fields of an object.
trait Fields<'de> {
    /// Takes the value of `key`, or skips it.
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Gives the fields of an object to `.0`; the value is the shape that was found, and any other
/// shape is skipped.
struct Object<'f, F>(&'f mut F);

impl<'de, F: Fields<'de>> DeserializeSeed<'de> for Object<'_, F> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Fields<'de>> Visitor<'de> for Object<'_, F> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<&'static str, E> {
        Ok("null")
    }

    fn visit_bool<E>(self, _: bool) -> Result<&'static str, E> {
        Ok("a boolean")
    }

    fn visit_u64<E>(self, _: u64) -> Result<&'static str, E> {
        Ok("a number")
    }

    fn visit_i64<E>(self, _: i64) -> Result<&'static str, E> {
        Ok("a number")
    }

    fn visit_f64<E>(self, _: f64) -> Result<&'static str, E> {
        Ok("a number")
    }

    fn visit_str<E>(self, _: &str) -> Result<&'static str, E> {
        Ok("a string")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<&'static str, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok("an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<&'static str, A::Error> {
        while let Some(Loose::Text(key)) = map.next_key()? {
            if key == EXACT_NUMBER {
                skip(&mut map)?;
                return Ok("a number");
            }
            self.0.take(&key, &mut map)?;
        }
        Ok("an object")
    }
}

/// A post being read, with the two fields whose shape can spoil it.
#[derive(Default)]
struct PostFields<'a> {
    post: Post<'a>,
    text: Loose<'a>,
    created_at: Loose<'a>,
}

impl<'a> PostFields<'a> {
    /// The post, if what was found is an object with a text.
    fn finish(self, shape: &str) -> Result<Post<'a>> {
        if shape != "an object" {
            return Err(no_object(shape));
        }
        let mut post = self.post;
        post.text = text(self.text, "text")?;
        post.created_at = created_at(&self.created_at, "created_at")?;
        Ok(post)
    }
}

impl<'de> Fields<'de> for PostFields<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let post = &mut self.post;
        match key {
            "text" => self.text = map.next_value()?,
            "created_at" => self.created_at = map.next_value()?,
            "id" => post.id = map.next_value::<Loose<'_>>()?.identifier(),
            "channel" => post.channel = map.next_value::<Loose<'_>>()?.string(),
            "lang" => post.lang = map.next_value::<Loose<'_>>()?.string(),
            "in_reply_to" => post.in_reply_to = map.next_value::<Loose<'_>>()?.identifier(),
            "thread" => post.thread = map.next_value::<Loose<'_>>()?.identifier(),
            "role" => post.role = map.next_value::<Loose<'_>>()?.role(),
            "collected_at" => post.collected_at = map.next_value::<Loose<'_>>()?.time(),
            "author" => {
                // Of a key that is given twice the last one counts, whole: no field of the
                // first may stay.
                post.author = Author::default();
                map.next_value_seed(Object(&mut post.author))?;
            }
            "engagement" => {
                post.engagement = Engagement::default();
                map.next_value_seed(Object(&mut post.engagement))?;
            }
            "customer" => {
                post.customer = Customer::default();
                map.next_value_seed(Object(&mut post.customer))?;
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Author<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = map.next_value::<Loose<'_>>()?.identifier(),
            "name" => self.name = map.next_value::<Loose<'_>>()?.string(),
            "followers" => self.followers = map.next_value::<Loose<'_>>()?.count(),
            "following" => self.following = map.next_value::<Loose<'_>>()?.count(),
            "posts" => self.posts = map.next_value::<Loose<'_>>()?.count(),
            "verified" => self.verified = map.next_value::<Loose<'_>>()?.flag(),
            "created_at" => self.created_at = map.next_value::<Loose<'_>>()?.time(),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Engagement {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "likes" => self.likes = map.next_value::<Loose<'_>>()?.count(),
            "reposts" => self.reposts = map.next_value::<Loose<'_>>()?.count(),
            "replies" => self.replies = map.next_value::<Loose<'_>>()?.count(),
            "views" => self.views = map.next_value::<Loose<'_>>()?.count(),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Customer<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = map.next_value::<Loose<'_>>()?.identifier(),
            "tier" => self.tier = map.next_value::<Loose<'_>>()?.string(),
            _ => skip(map)?,
        }
        Ok(())
    }
}

fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// `line` with U+FFFD in place of each escaped half of a surrogate pair that lacks its other half;
/// none if it has none.
///
/// Dumps that cut a text at a number of UTF-16 units leave such halves of emoji behind; the post is
/// worth reading still.
pub(super) fn mend_surrogates(line: &str) -> Option<String> {
    let bytes = line.as_bytes();
    // The UTF-16 unit of the escape at `at`, if there is one.
    let unit = |at: usize| -> Option<u16> {
        let digits = line.get(at..at + 6)?.strip_prefix("\\u")?;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let mut mended = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at += 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str(line.get(copied..at)?);
                mended.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            (Some(_), _) => at += 6,
            (None, _) => at += 2,
        }
    }
    (copied > 0).then_some(())?;
    mended.push_str(line.get(copied..)?);
    Some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_are_mended_and_pairs_are_kept() {
        for (line, expected) in [
            (r#"{"text":"a\ud83d"}"#, Some(r#"{"text":"a\ufffd"}"#)),
            (
                r#"{"text":"\uDE00\ud83d\ude00b"}"#,
                Some(r#"{"text":"\ufffd\ud83d\ude00b"}"#),
            ),
            (
                r#"{"text":"\ud83d\ud83d\ude00"}"#,
                Some(r#"{"text":"\ufffd\ud83d\ude00"}"#),
            ),
            (r#"{"text":"\ud83d\ude00"}"#, None),
            (r#"{"text":"\\ud83d"}"#, None),
            (r#"{"text":"\\\ud83d"}"#, Some(r#"{"text":"\\\ufffd"}"#)),
            (r"\", None),
            (r"\u", None),
            (r"\uд83d", None),
        ] {
            assert_eq!(mend_surrogates(line).as_deref(), expected, "{line}");
        }
    }
}
