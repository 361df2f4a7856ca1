//! A line of JSONL as a post, borrowed where the line has no escapes.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use super::line;
use super::loose::{EXACT_NUMBER, Loose, skip};
use super::reader::{Reading, Rules};
use super::taking::{self, Taking};
use super::{Author, Customer, Engagement, Post, Segment};
use crate::{Error, Result};

/// Reads a line; see [`Post::from_json`].
pub(super) fn read(line: &str) -> Result<Post<'_>> {
    Ok(read_with(line, None)?.post)
}

/// Reads a line; see [`super::Reader::read`].
pub(super) fn read_by<'a>(line: &'a str, rules: &Rules) -> Result<Reading<'a>> {
    read_with(line, Some(rules))
}

fn read_with<'a>(line: &'a str, rules: Option<&Rules>) -> Result<Reading<'a>> {
    match read_once(line, rules) {
        // A lone half of a surrogate pair is common in old dumps; only a line that fails is
        // searched for one.
        Ok(reading) => Ok(reading),
        Err(error) => match mend_surrogates(line) {
            Some(mended) => {
                let reading = read_once(&mended, rules)?;
                Ok(Reading {
                    post: reading.post.into_owned(),
                    unread: reading.unread,
                    zoneless: reading.zoneless,
                })
            }
            None => Err(error),
        },
    }
}

fn read_once<'a>(line: &'a str, rules: Option<&Rules>) -> Result<Reading<'a>> {
    read_plain(line, rules).unwrap_or_else(|| read_any(line, rules))
}

/// Reads a line that holds nothing rare.
#[inline]
pub(super) fn read_plain<'a>(line: &'a str, rules: Option<&Rules>) -> Option<Result<Reading<'a>>> {
    let mut fields = PostFields::new(rules);
    line::read(line, &mut fields).ok()?;
    Some(fields.finish(OBJECT))
}

/// Reads any line.
pub(super) fn read_any<'a>(line: &'a str, rules: Option<&Rules>) -> Result<Reading<'a>> {
    let mut fields = PostFields::new(rules);
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
        let mut fields = PostFields::new(None);
        let shape = Object(&mut fields).deserialize(deserializer)?;
        let reading = fields.finish(shape).map_err(D::Error::custom)?;
        Ok(reading.post.into_owned())
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

/// The shape that a line is to have.
pub(super) const OBJECT: &str = "an object";

/// The value of a field, wherever it is read from; it is asked for one of the three.
pub(super) trait Value<'de> {
    type Error;
    /// The value, as far as a field can use it.
    fn loose(self) -> Result<Loose<'de>, Self::Error>;
    /// Gives the members of an object to `fields`; the shape that was found, of which any other is
    /// passed over.
    fn object(self, fields: &mut impl Fields<'de>) -> Result<&'static str, Self::Error>;
    /// Passes over it.
    fn skip(self) -> Result<(), Self::Error>;
}

/// What takes the fields of an object.
pub(super) trait Fields<'de> {
    /// Takes the value of `key`, or skips it.
    fn take<V: Value<'de>>(&mut self, key: &str, value: V) -> Result<(), V::Error>;
}

/// The value of the key that was read last.
struct Next<'m, A>(&'m mut A);

impl<'de, A: MapAccess<'de>> Value<'de> for Next<'_, A> {
    type Error = A::Error;

    fn loose(self) -> Result<Loose<'de>, A::Error> {
        self.0.next_value()
    }

    fn object(self, fields: &mut impl Fields<'de>) -> Result<&'static str, A::Error> {
        self.0.next_value_seed(Object(fields))
    }

    fn skip(self) -> Result<(), A::Error> {
        skip(self.0)
    }
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
            self.0.take(&key, Next(&mut map))?;
        }
        Ok(OBJECT)
    }
}

/// A post being read, with the two fields whose shape can spoil it.
struct PostFields<'a, 'r> {
    post: Post<'a>,
    text: Loose<'a>,
    created_at: Loose<'a>,
    taking: Taking<'r>,
}

impl<'a, 'r> PostFields<'a, 'r> {
    fn new(rules: Option<&'r Rules>) -> PostFields<'a, 'r> {
        PostFields {
            post: Post::default(),
            text: Loose::Null,
            created_at: Loose::Null,
            taking: Taking::new(rules),
        }
    }

    /// The post, if what was found is an object with a text.
    fn finish(self, shape: &str) -> Result<Reading<'a>> {
        if shape != OBJECT {
            return Err(no_object(shape));
        }
        let (mut post, mut taking) = (self.post, self.taking);
        post.text = taking::text(self.text, "text")?;
        post.created_at = taking.created_at(self.created_at, "created_at")?;
        Ok(taking.reading(post))
    }
}

impl<'de> Fields<'de> for PostFields<'de, '_> {
    fn take<V: Value<'de>>(&mut self, key: &str, value: V) -> Result<(), V::Error> {
        let (post, taking) = (&mut self.post, &mut self.taking);
        match key {
            "text" => self.text = value.loose()?,
            "created_at" => self.created_at = value.loose()?,
            "id" => post.id = taking.identifier("id", value.loose()?),
            "channel" => post.channel = taking.string("channel", value.loose()?),
            "lang" => post.lang = taking.string("lang", value.loose()?),
            "in_reply_to" => {
                post.in_reply_to = taking.identifier("in_reply_to", value.loose()?);
            }
            "thread" => post.thread = taking.identifier("thread", value.loose()?),
            "role" => post.role = taking.role("role", value.loose()?),
            "edited_at" => post.edited_at = taking.time("edited_at", value.loose()?),
            "collected_at" => post.collected_at = taking.time("collected_at", value.loose()?),
            // Of a key that is given twice the last one counts, whole: no field of the
            // first may stay.
            "author" => {
                post.author = Author::default();
                let shape = value.object(&mut (&mut post.author, &mut *taking))?;
                taking.note_shape("author", shape);
            }
            "engagement" => {
                post.engagement = Engagement::default();
                let shape = value.object(&mut (&mut post.engagement, &mut *taking))?;
                taking.note_shape("engagement", shape);
            }
            "customer" => {
                post.customer = Customer::default();
                let shape = value.object(&mut (&mut post.customer, &mut *taking))?;
                taking.note_shape("customer", shape);
            }
            // A dump of another shape may have a field of this name: a reader takes what a map asks
            // for (`FieldMap::by`).
            "segments" if taking.is_strict() => {
                let mut segments: Vec<Segment> = Vec::new();
                value.object(&mut segments)?;
                post.segments = segments.into_iter().collect();
            }
            _ => value.skip()?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Vec<Segment> {
    fn take<V: Value<'de>>(&mut self, key: &str, value: V) -> Result<(), V::Error> {
        let value = value.loose()?.plain().ok();
        self.extend(value.and_then(|value| Segment::new(key, &value)));
        Ok(())
    }
}

impl<'de> Fields<'de> for (&mut Author<'de>, &mut Taking<'_>) {
    fn take<V: Value<'de>>(&mut self, key: &str, value: V) -> Result<(), V::Error> {
        let (author, taking) = self;
        match key {
            "id" => author.id = taking.identifier("author.id", value.loose()?),
            "name" => author.name = taking.name("author.name", value.loose()?),
            "followers" => author.followers = taking.count("author.followers", value.loose()?),
            "following" => author.following = taking.count("author.following", value.loose()?),
            "posts" => author.posts = taking.count("author.posts", value.loose()?),
            "verified" => author.verified = taking.flag("author.verified", value.loose()?),
            "created_at" => author.created_at = taking.time("author.created_at", value.loose()?),
            _ => value.skip()?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for (&mut Engagement, &mut Taking<'_>) {
    fn take<V: Value<'de>>(&mut self, key: &str, value: V) -> Result<(), V::Error> {
        let (engagement, taking) = self;
        match key {
            "likes" => engagement.likes = taking.count("engagement.likes", value.loose()?),
            "reposts" => engagement.reposts = taking.count("engagement.reposts", value.loose()?),
            "replies" => engagement.replies = taking.count("engagement.replies", value.loose()?),
            "views" => engagement.views = taking.count("engagement.views", value.loose()?),
            _ => value.skip()?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for (&mut Customer<'de>, &mut Taking<'_>) {
    fn take<V: Value<'de>>(&mut self, key: &str, value: V) -> Result<(), V::Error> {
        let (customer, taking) = self;
        match key {
            "id" => customer.id = taking.identifier("customer.id", value.loose()?),
            "tier" => customer.tier = taking.string("customer.tier", value.loose()?),
            _ => value.skip()?,
        }
        Ok(())
    }
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
