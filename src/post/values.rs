//! A post of values that stand apart: those of a row of a table.

use std::borrow::Cow;

use super::Post;
use super::field_map::TARGETS;
use super::loose::Loose;
use super::reader::{Reader, Reading};
use super::taking::Taking;

/// A field of a post beside its text, as [`FieldMap`](super::FieldMap) names it: `id`,
/// `author.followers` …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(usize);

/// A value of a table, as far as a field of a post can use it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that may be larger than the largest `i64`.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A text, read as a string of JSON is: counts, times and identifiers may be given so.
    Text(&'a str),
    /// A moment, in milliseconds since the Unix epoch.
    Time(i64),
}

impl Target {
    /// All of them, in the order of [`FieldMap::targets`](super::FieldMap::targets) without
    /// the text.
    pub fn all() -> impl Iterator<Item = Target> {
        // The text is the first.
        (1..TARGETS.len()).map(Target)
    }

    /// The field of this name; none for the text, which is given by itself.
    pub fn named(name: &str) -> Option<Target> {
        Target::all().find(|target| target.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        TARGETS.get(self.0).copied().unwrap_or_default()
    }
}

impl<'a> From<Value<'a>> for Loose<'a> {
    fn from(value: Value<'a>) -> Loose<'a> {
        match value {
            Value::Flag(flag) => Loose::Flag(flag),
            // As JSON has them: signed is what is below 0.
            Value::Integer(number) => {
                u64::try_from(number).map_or(Loose::Signed(number), Loose::Unsigned)
            }
            Value::Unsigned(number) => Loose::Unsigned(number),
            Value::Float(number) => Loose::Float(number),
            Value::Text(text) => Loose::Text(Cow::Borrowed(text)),
            Value::Time(at) => Loose::Time(at),
        }
    }
}

impl Reader {
    /// A post of values that stand apart, as in a row of a table; of a field that is given twice
    /// the last value counts. What a value may look like is as in [`Reader::read`]; the reader's
    /// map is not asked.
    ///
    /// ```
    /// use hearken::post::{Reader, Target, Value};
    ///
    /// let followers = Target::named("author.followers").expect("it is a field");
    /// let values = [(followers, Value::Text("12k"))];
    /// let reading = Reader::new().read_values("Where is my parcel?", values);
    /// assert_eq!(reading.post.author.followers, Some(12_000));
    /// assert!(reading.unread.is_empty());
    /// ```
    pub fn read_values<'a>(
        &self,
        text: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = (Target, Value<'a>)>,
    ) -> Reading<'a> {
        let mut found: [Loose<'a>; TARGETS.len()] = std::array::from_fn(|_| Loose::Null);
        for (target, value) in values {
            if let Some(place) = found.get_mut(target.0) {
                *place = value.into();
            }
        }
        let mut rest = found.into_iter().skip(1);
        let mut next = || rest.next().unwrap_or_default();
        let mut taking = Taking::new(Some(self.rules()));
        let text = text.into();
        let post = taking.fields(text.clone(), "created_at", &mut next);
        // A reader takes a time that can't be read as absent, so there is no error.
        taking.reading(post.unwrap_or_else(|_| Post::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_line_that_has_them() {
        let line = r#"{"id":77,"text":"a","created_at":"2026-03-01T08:15:00+08:00","channel":"weibo","lang":"zh",
            "author":{"id":"u1","name":" ","followers":"1.2k","following":-1,"posts":3.0,"verified":"yes",
            "created_at":1556668800},"engagement":{"likes":4,"reposts":"x","replies":6,"views":7},
            "in_reply_to":"null","thread":70,"customer":{"id":9,"tier":"gold"},"role":"agent"}"#;
        let text = Value::Text;
        let values = [
            ("id", Value::Integer(77)),
            ("created_at", text("2026-03-01T08:15:00+08:00")),
            ("channel", text("weibo")),
            ("lang", text("zh")),
            ("author.id", text("u1")),
            ("author.name", text(" ")),
            ("author.followers", text("1.2k")),
            ("author.following", Value::Integer(-1)),
            ("author.posts", Value::Float(3.0)),
            ("author.verified", text("yes")),
            ("author.created_at", Value::Integer(1_556_668_800)),
            ("engagement.likes", Value::Unsigned(4)),
            ("engagement.reposts", text("x")),
            ("engagement.replies", Value::Integer(6)),
            ("engagement.views", Value::Integer(7)),
            ("in_reply_to", text("null")),
            ("thread", Value::Integer(70)),
            ("customer.id", Value::Integer(9)),
            ("customer.tier", text("gold")),
            ("role", text("agent")),
        ];
        let named = |(name, value): (&str, _)| (Target::named(name).expect("a field"), value);
        let reader = Reader::new();
        let read = reader.read_values("a", values.map(named));
        assert_eq!(read, reader.read(line).expect("a post"));
        assert_eq!(read.unread.len(), 1);
        assert_eq!(Target::named("text"), None);
    }

    #[test]
    fn a_moment_needs_no_unit() {
        let created = Target::named("created_at").expect("a field");
        let followers = Target::named("author.followers").expect("a field");
        // As a number it would be in seconds.
        let values = [(created, Value::Time(5)), (followers, Value::Time(5))];
        let read = Reader::new().read_values("a", values);
        assert_eq!(
            (read.post.created_at, read.post.author.followers),
            (Some(5), None)
        );
        assert_eq!(
            read.unread.first().map(|unread| unread.field),
            Some("author.followers")
        );
    }
}
