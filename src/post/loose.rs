//! A value of JSON as far as a field of a post can use it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::reader::{DateOrder, is_missing, is_no_date};
use super::timestamp::Moment;
use super::{Role, count, timestamp};

/// The key under which `serde_json` gives a number as text when any crate of the same build asks it
/// for arbitrary precision. An embedder's other dependencies must not change what a line means.
pub(super) const EXACT_NUMBER: &str = "$serde_json::private::Number";

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
    /// A moment in milliseconds since the Unix epoch, as tables have them and JSON has not.
    Time(i64),
    /// The texts of its elements, joined, if any has one.
    List(Option<String>),
    /// What stands below the names that are known, if there is any.
    Object(Option<Box<Held<'a>>>),
}

/// What an object may hold that a field can use.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Held<'a> {
    /// Below `text`: the parts of a text are strings or such objects.
    pub(super) text: Option<Cow<'a, str>>,
    /// Below `$date`, or `$numberLong` within it: how a database writes times as JSON.
    time: Option<Loose<'a>>,
}

impl<'a> Loose<'a> {
    pub(super) fn shape(&self) -> &'static str {
        match self {
            Loose::Null => "null",
            Loose::Flag(_) => "a boolean",
            Loose::Unsigned(_) | Loose::Signed(_) | Loose::Float(_) => "a number",
            Loose::Text(_) => "a string",
            Loose::Time(_) => "a time",
            Loose::List(_) => "an array",
            Loose::Object(_) => "an object",
        }
    }

    /// The value, shortened, for people.
    pub(super) fn shown(&self) -> String {
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
    pub(super) fn is_missing(&self) -> bool {
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

    /// Whether a text is none: blank, nothing but empty markup, or what stands for a text that is
    /// missing or was deleted.
    fn is_no_text(&self) -> bool {
        match self {
            Loose::Text(text) => is_missing(text) || is_invisible(text),
            Loose::List(parts) => parts.as_deref().is_none_or(is_invisible),
            _ => self.is_missing(),
        }
    }

    /// Whether it is a moment that stands for none.
    pub(super) fn is_no_time(&self) -> bool {
        match self {
            Loose::Unsigned(0) => true,
            Loose::Float(number) => *number == 0.0,
            Loose::Text(text) => is_no_date(text),
            _ => false,
        }
    }

    pub(super) fn is_negative(&self) -> bool {
        match self {
            Loose::Signed(number) => *number < 0,
            Loose::Float(number) => *number < 0.0,
            Loose::Text(text) => text.trim().parse::<f64>().is_ok_and(|number| number < 0.0),
            _ => false,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
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
    pub(super) fn string(self) -> Result<Cow<'a, str>, Loose<'a>> {
        match self {
            Loose::Text(text) => Ok(text),
            other => Err(other),
        }
    }

    /// A string, or a number in decimal.
    pub(super) fn identifier(self) -> Result<Cow<'a, str>, Loose<'a>> {
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

    /// A string, a number or a truth value as text.
    pub(super) fn plain(self) -> Result<Cow<'a, str>, Loose<'a>> {
        match self {
            Loose::Flag(flag) => Ok(Cow::Borrowed(if flag { "true" } else { "false" })),
            Loose::Float(number) if number.fract() != 0.0 && number.is_finite() => {
                Ok(Cow::Owned(number.to_string()))
            }
            other => other.identifier(),
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
                    .or_else(|| count::from_text(text))
                    .or_else(|| text.parse().ok().and_then(whole))
            }
            _ => None,
        }
    }

    /// `true` and `false`, 1 and 0, `yes` and `no`, or their text.
    pub(super) fn flag(&self) -> Option<bool> {
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

    pub(super) fn role(&self) -> Option<Role> {
        match self {
            Loose::Text(name) => Role::from_name(name),
            _ => None,
        }
    }

    /// A moment.
    pub(super) fn time(&self, order: Option<DateOrder>) -> Option<Moment> {
        match self {
            Loose::Unsigned(number) => i64::try_from(*number)
                .ok()
                .and_then(timestamp::from_integer),
            Loose::Signed(number) => timestamp::from_integer(*number),
            Loose::Float(number) => timestamp::from_float(*number).map(Moment::At),
            Loose::Text(text) => timestamp::from_text(text, order),
            Loose::Time(at) => Some(Moment::At(*at)),
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

/// Whether nothing of a text is seen: spaces, characters of no width, empty markup.
fn is_invisible(text: &str) -> bool {
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
    });
    text.is_empty() || {
        let empty = [
            "<p>", "</p>", "<br>", "<br/>", "<br />", "<div>", "</div>", "&nbsp;",
        ];
        let mut rest = text;
        while let Some(behind) = empty.iter().find_map(|tag| rest.strip_prefix(tag)) {
            rest = behind.trim_start();
        }
        rest.is_empty()
    }
}

/// Passes over the value of a key.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}
