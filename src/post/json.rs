//! A line of JSONL as a post, borrowed where the line has no escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use super::reader::{DateOrder, Reading, Rules, Unread, is_missing, is_no_date};
use super::timestamp::Moment;
use super::{Author, Customer, Engagement, Post, Role, count, timestamp};
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
        "the line is no JSON (column {}: {what}); write one JSON object a line",
        error.column()
    ))
    .with_source(error)
}

#[cold]
pub(super) fn no_object(shape: &str) -> Error {
    Error::post(format!(
        "the line is {shape}, no object; write one JSON object a line"
    ))
}

/// The text, or why there is none; `place` is where it was looked for.
pub(super) fn text<'a>(found: Loose<'a>, place: &str) -> Result<Cow<'a, str>> {
    let shape = found.shape();
    match found {
        Loose::Text(text) => Ok(text),
        Loose::List(Some(parts)) => Ok(Cow::Owned(parts)),
        Loose::Object(Some(held)) if held.text.is_some() => Ok(held.text.unwrap_or_default()),
        Loose::Null => Err(Error::post(format!(
            "the object has no `{place}`; map the text from the field that holds it, as in `text=full_text`"
        ))),
        _ => Err(Error::post(format!(
            "`{place}` is {shape}, no string; map the text from the field that holds it, as in `text=full_text`"
        ))),
    }
}

/// How the fields of a post are taken, and what of them can't be read.
pub(super) struct Taking<'r> {
    /// None of a strict reading: `created_at` is a time with its zone, or spoils the post.
    rules: Option<&'r Rules>,
    unread: Vec<Unread>,
    zoneless: bool,
}

impl<'r> Taking<'r> {
    pub(super) fn new(rules: Option<&'r Rules>) -> Taking<'r> {
        Taking {
            rules,
            unread: Vec::new(),
            zoneless: false,
        }
    }

    /// The post with what was noted of it.
    pub(super) fn reading<'a>(self, post: Post<'a>) -> Reading<'a> {
        Reading {
            post,
            unread: self.unread,
            zoneless: self.zoneless,
        }
    }

    /// Notes that there is something which can't be read.
    fn note(&mut self, field: &'static str, found: String) {
        self.unread.push(Unread { field, found });
    }

    /// Notes what is no object where one is due.
    fn note_shape(&mut self, field: &'static str, shape: &str) {
        if self.rules.is_some() && !matches!(shape, "an object" | "null") {
            self.note(field, shape.to_owned());
        }
    }

    /// What `read` makes of a value; what it can't read is noted, and what stands for nothing
    /// is absent.
    fn take<'a, T>(
        &mut self,
        field: &'static str,
        value: Loose<'a>,
        read: impl FnOnce(Loose<'a>) -> Result<T, Loose<'a>>,
    ) -> Option<T> {
        if self.rules.is_some() && value.is_missing() {
            return None;
        }
        match read(value) {
            Ok(read) => Some(read),
            Err(Loose::Null) => None,
            Err(value) => {
                if self.rules.is_some() {
                    self.note(field, value.shown());
                }
                None
            }
        }
    }

    pub(super) fn identifier<'a>(
        &mut self,
        field: &'static str,
        value: Loose<'a>,
    ) -> Option<Cow<'a, str>> {
        self.take(field, value, Loose::identifier)
    }

    pub(super) fn string<'a>(
        &mut self,
        field: &'static str,
        value: Loose<'a>,
    ) -> Option<Cow<'a, str>> {
        self.take(field, value, Loose::string)
    }

    /// A displayed name: somebody may be called Nan or Null.
    pub(super) fn name<'a>(
        &mut self,
        field: &'static str,
        value: Loose<'a>,
    ) -> Option<Cow<'a, str>> {
        match value {
            Loose::Text(name) if self.rules.is_some() => {
                Some(name).filter(|name| !name.trim().is_empty())
            }
            value => self.string(field, value),
        }
    }

    pub(super) fn count(&mut self, field: &'static str, value: Loose<'_>) -> Option<u64> {
        // Exports write -1 for a count that is not known, and votes may be more down than up.
        if self.rules.is_some() && value.is_negative() {
            return None;
        }
        self.take(field, value, |value| value.count().ok_or(value))
    }

    pub(super) fn flag(&mut self, field: &'static str, value: Loose<'_>) -> Option<bool> {
        self.take(field, value, |value| value.flag().ok_or(value))
    }

    /// A role; what is none is a customer's, for a role that is unknown must not lose a
    /// customer's post.
    pub(super) fn role(&mut self, field: &'static str, value: Loose<'_>) -> Role {
        self.take(field, value, |value| value.role().ok_or(value))
            .unwrap_or_default()
    }

    pub(super) fn time(&mut self, field: &'static str, value: Loose<'_>) -> Option<i64> {
        let Some(rules) = self.rules else {
            return value.time(None).and_then(Moment::zoned);
        };
        if value.is_no_time() {
            return None;
        }
        let within = |value: Loose<'_>| {
            let moment = value.time(rules.order);
            moment.and_then(|moment| moment.within(rules.zone.as_jiff()))
        };
        let (at, zoneless) = self.take(field, value, |value| within(value.clone()).ok_or(value))?;
        self.zoneless |= zoneless;
        Some(at)
    }

    /// The moment of the post, or why it is none; `place` is where it was looked for.
    pub(super) fn created_at(&mut self, found: Loose<'_>, place: &str) -> Result<Option<i64>> {
        if self.rules.is_some() {
            return Ok(self.time("created_at", found));
        }
        if found.is_blank() {
            return Ok(None);
        }
        if let Some(time) = found.time(None).and_then(Moment::zoned) {
            return Ok(Some(time));
        }
        Err(Error::post(format!(
            "`{place}` is {}, no time; write RFC 3339 with its offset (2026-03-01T08:15:00+08:00), or Unix seconds or milliseconds",
            found.shown()
        )))
    }
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
    /// The texts of its elements, joined, if any has one.
    List(Option<String>),
    /// What stands below the names that are known, if there is any.
    Object(Option<Box<Held<'a>>>),
}

/// What an object may hold that a field can use.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Held<'a> {
    /// Below `text`: the parts of a text are strings or such objects.
    text: Option<Cow<'a, str>>,
    /// Below `$date`, or `$numberLong` within it: how a database writes times as JSON.
    time: Option<Loose<'a>>,
}

impl<'a> Loose<'a> {
    fn shape(&self) -> &'static str {
        match self {
            Loose::Null => "null",
            Loose::Flag(_) => "a boolean",
            Loose::Unsigned(_) | Loose::Signed(_) | Loose::Float(_) => "a number",
            Loose::Text(_) => "a string",
            Loose::List(_) => "an array",
            Loose::Object(_) => "an object",
        }
    }

    /// The value, shortened, for people.
    fn shown(&self) -> String {
        match self {
            Loose::Text(text) => format!(
                "\"{}\"",
                text.chars().take(40).collect::<String>().escape_debug()
            ),
            Loose::Signed(number) => number.to_string(),
            Loose::Unsigned(number) => number.to_string(),
            Loose::Float(number) => number.to_string(),
            other => other.shape().to_owned(),
        }
    }

    /// Whether it stands for nothing.
    fn is_missing(&self) -> bool {
        match self {
            Loose::Null => true,
            Loose::Text(text) => is_missing(text),
            Loose::Float(number) => number.is_nan(),
            _ => false,
        }
    }

    /// Whether another value is to be looked for: of texts and other fields.
    pub(super) fn is_empty(&self, is_text: bool) -> bool {
        match is_text {
            true => self.is_no_text(),
            false => self.is_missing(),
        }
    }

    /// The text of a value that stands in a sum of texts.
    pub(super) fn joined(self) -> Option<Cow<'a, str>> {
        match self {
            Loose::List(parts) => parts.map(Cow::Owned),
            Loose::Object(held) => held.and_then(|held| held.text),
            other => other.identifier().ok(),
        }
    }

    /// Whether a text is none: blank, or what stands for a text that was deleted.
    fn is_no_text(&self) -> bool {
        match self {
            Loose::Text(text) => {
                let text = text.trim();
                text.is_empty() || matches!(text, "[deleted]" | "[removed]")
            }
            Loose::List(parts) => parts.as_deref().is_none_or(|parts| parts.trim().is_empty()),
            _ => self.is_blank(),
        }
    }

    /// Whether it is a moment that stands for none.
    fn is_no_time(&self) -> bool {
        match self {
            Loose::Unsigned(0) => true,
            Loose::Float(number) => *number == 0.0,
            Loose::Text(text) => is_no_date(text),
            _ => false,
        }
    }

    fn is_negative(&self) -> bool {
        match self {
            Loose::Signed(number) => *number < 0,
            Loose::Float(number) => *number < 0.0,
            Loose::Text(text) => text.trim().parse::<f64>().is_ok_and(|number| number < 0.0),
            _ => false,
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
            return Loose::Object(None);
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
            .unwrap_or(Loose::Object(None))
    }

    /// A string.
    fn string(self) -> Result<Cow<'a, str>, Loose<'a>> {
        match self {
            Loose::Text(text) => Ok(text),
            other => Err(other),
        }
    }

    /// A string, or a number in decimal.
    fn identifier(self) -> Result<Cow<'a, str>, Loose<'a>> {
        /// Above this, neighbours of a float are further apart than 1: a wrong identifier would be
        /// worse than none.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Loose::Text(text) => Ok(text),
            Loose::Unsigned(number) => Ok(Cow::Owned(number.to_string())),
            Loose::Signed(number) => Ok(Cow::Owned(number.to_string())),
            // Tables that hold identifiers in a column of floats write 77 as 77.0.
            Loose::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                Ok(Cow::Owned(format!("{}", number as i64)))
            }
            other => Err(other),
        }
    }

    /// A count: a number of at least 0, or its text; a fraction is cut off.
    fn count(&self) -> Option<u64> {
        let whole = |number: f64| (0.0..1e18).contains(&number).then_some(number as u64);
        match self {
            Loose::Unsigned(number) => Some(*number),
            Loose::Float(number) => whole(*number),
            Loose::Text(text) => {
                let text = text.trim();
                text.parse()
                    .ok()
                    .or_else(|| count::from_text(text))
                    .or_else(|| text.parse().ok().and_then(whole))
            }
            _ => None,
        }
    }

    /// `true` and `false`, 1 and 0, `yes` and `no`, or their text.
    fn flag(&self) -> Option<bool> {
        match self {
            Loose::Flag(flag) => Some(*flag),
            Loose::Unsigned(1) => Some(true),
            Loose::Unsigned(0) => Some(false),
            Loose::Text(text) => {
                let text = text.trim();
                let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
                match () {
                    () if is(&["true", "1", "yes", "t", "y"]) => Some(true),
                    () if is(&["false", "0", "no", "f", "n"]) => Some(false),
                    () => None,
                }
            }
            _ => None,
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Loose::Text(name) => Role::from_name(name),
            _ => None,
        }
    }

    /// A moment.
    fn time(&self, order: Option<DateOrder>) -> Option<Moment> {
        match self {
            Loose::Unsigned(number) => i64::try_from(*number)
                .ok()
                .and_then(timestamp::from_integer),
            Loose::Signed(number) => timestamp::from_integer(*number),
            Loose::Float(number) => timestamp::from_float(*number).map(Moment::At),
            Loose::Text(text) => timestamp::from_text(text, order),
            Loose::Object(Some(held)) => held.time.as_ref()?.time(order),
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
                let mut parts = None;
                while let Some(element) = list.next_element::<Loose<'de>>()? {
                    let part = match &element {
                        Loose::Text(text) => Some(text),
                        Loose::Object(Some(held)) => held.text.as_ref(),
                        _ => None,
                    };
                    if let Some(part) = part {
                        parts.get_or_insert_with(String::new).push_str(part);
                    }
                }
                Ok(Loose::List(parts))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<'de>, A::Error> {
                let mut held: Option<Box<Held<'de>>> = None;
                while let Some(Loose::Text(key)) = map.next_key()? {
                    match key.as_ref() {
                        EXACT_NUMBER => return map.next_value::<Loose<'de>>().map(Loose::number),
                        "text" => {
                            if let Loose::Text(text) = map.next_value()? {
                                held.get_or_insert_default().text = Some(text);
                            }
                        }
                        "$date" | "$numberLong" => {
                            held.get_or_insert_default().time = Some(map.next_value()?);
                        }
                        _ => skip(&mut map)?,
                    }
                }
                Ok(Loose::Object(held))
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
        if shape != "an object" {
            return Err(no_object(shape));
        }
        let (mut post, mut taking) = (self.post, self.taking);
        post.text = text(self.text, "text")?;
        post.created_at = taking.created_at(self.created_at, "created_at")?;
        Ok(taking.reading(post))
    }
}

impl<'de> Fields<'de> for PostFields<'de, '_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let (post, taking) = (&mut self.post, &mut self.taking);
        match key {
            "text" => self.text = map.next_value()?,
            "created_at" => self.created_at = map.next_value()?,
            "id" => post.id = taking.identifier("id", map.next_value()?),
            "channel" => post.channel = taking.string("channel", map.next_value()?),
            "lang" => post.lang = taking.string("lang", map.next_value()?),
            "in_reply_to" => {
                post.in_reply_to = taking.identifier("in_reply_to", map.next_value()?);
            }
            "thread" => post.thread = taking.identifier("thread", map.next_value()?),
            "role" => post.role = taking.role("role", map.next_value()?),
            "collected_at" => post.collected_at = taking.time("collected_at", map.next_value()?),
            // Of a key that is given twice the last one counts, whole: no field of the first
            // may stay.
            "author" => {
                post.author = Author::default();
                let shape = map.next_value_seed(Object(&mut (&mut post.author, &mut *taking)))?;
                taking.note_shape("author", shape);
            }
            "engagement" => {
                post.engagement = Engagement::default();
                let shape =
                    map.next_value_seed(Object(&mut (&mut post.engagement, &mut *taking)))?;
                taking.note_shape("engagement", shape);
            }
            "customer" => {
                post.customer = Customer::default();
                let shape = map.next_value_seed(Object(&mut (&mut post.customer, &mut *taking)))?;
                taking.note_shape("customer", shape);
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for (&mut Author<'de>, &mut Taking<'_>) {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let (author, taking) = self;
        match key {
            "id" => author.id = taking.identifier("author.id", map.next_value()?),
            "name" => author.name = taking.name("author.name", map.next_value()?),
            "followers" => author.followers = taking.count("author.followers", map.next_value()?),
            "following" => author.following = taking.count("author.following", map.next_value()?),
            "posts" => author.posts = taking.count("author.posts", map.next_value()?),
            "verified" => author.verified = taking.flag("author.verified", map.next_value()?),
            "created_at" => author.created_at = taking.time("author.created_at", map.next_value()?),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for (&mut Engagement, &mut Taking<'_>) {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let (engagement, taking) = self;
        match key {
            "likes" => engagement.likes = taking.count("engagement.likes", map.next_value()?),
            "reposts" => engagement.reposts = taking.count("engagement.reposts", map.next_value()?),
            "replies" => engagement.replies = taking.count("engagement.replies", map.next_value()?),
            "views" => engagement.views = taking.count("engagement.views", map.next_value()?),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for (&mut Customer<'de>, &mut Taking<'_>) {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let (customer, taking) = self;
        match key {
            "id" => customer.id = taking.identifier("customer.id", map.next_value()?),
            "tier" => customer.tier = taking.string("customer.tier", map.next_value()?),
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
