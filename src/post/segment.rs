//! Segments: values of fields by which figures are kept apart, such as brand, shop or country.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cut::at_most;
use crate::heap::Heap;

/// Most segments of a post. Chosen by hand: each one multiplies what is counted.
pub(super) const MAX_SEGMENTS: usize = 2;
/// Bytes of the longest name of a field, and of the longest value; longer ones are cut. A bound on
/// memory, chosen by hand: anybody may write a value of any length.
const MAX_BYTES: usize = 96;

/// A field of a post with its value, as `brand=Acme`.
///
/// Both are trimmed, cut at 96 bytes between characters, and without control characters, which are
/// replaced by spaces; the name of the field has no `=`, which becomes `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    field: Arc<str>,
    value: Arc<str>,
}

impl Segment {
    /// The segment of this value of a field; none if either is blank.
    pub fn new(field: &str, value: &str) -> Option<Segment> {
        Segment::of(&field_name(field)?, value)
    }

    /// As [`Segment::new`], of a name that [`field_name`] gave.
    pub(super) fn of(field: &Arc<str>, value: &str) -> Option<Segment> {
        Some(Segment {
            field: field.clone(),
            value: clean(value)?,
        })
    }

    /// Reads `field=value`; the value is all behind the first `=`.
    pub(crate) fn parse(text: &str) -> Option<Segment> {
        let (field, value) = text.split_once('=')?;
        Segment::new(field, value)
    }

    /// The name of the field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Heap for Segment {
    fn heap(&self) -> usize {
        self.field.heap() + self.value.heap()
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.field, self.value)
    }
}

/// The name of a field as a segment has it; none if it is blank.
pub(super) fn field_name(name: &str) -> Option<Arc<str>> {
    match name.contains('=') {
        true => clean(&name.replace('=', "-")),
        false => clean(name),
    }
}

/// A text as it is kept: to clean it again changes nothing.
fn clean(text: &str) -> Option<Arc<str>> {
    // What is far behind can't be kept, and may be long.
    let text = at_most(text.trim(), 2 * MAX_BYTES);
    let text = text.replace(|letter: char| letter.is_control(), " ");
    let text = at_most(text.trim_start(), MAX_BYTES).trim_end();
    (!text.is_empty()).then(|| text.into())
}

/// The segments of a post: at most two, each of another field. It is written as an object, as
/// `{"brand":"Acme","country":"cz"}`.
///
/// ```
/// use hearken::post::{Segment, Segments};
///
/// let segments: Segments = [Segment::new("brand", " Acme "), Segment::new("country", "")]
///     .into_iter()
///     .flatten()
///     .collect();
/// assert_eq!(segments.value("brand"), Some("Acme"));
/// assert_eq!(segments.len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segments(Box<[Segment]>);

impl Segments {
    /// The value of a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|segment| segment.field() == field)?;
        Some(found.value())
    }
}

impl Deref for Segments {
    type Target = [Segment];

    fn deref(&self) -> &[Segment] {
        &self.0
    }
}

impl FromIterator<Segment> for Segments {
    /// Those of the first two fields in order of names, so that the order in which they come makes
    /// no difference; of a field that is given twice the last value counts.
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Segments {
        let segments = segments.into_iter();
        let by_field: BTreeMap<Arc<str>, Segment> =
            segments.map(|one| (one.field.clone(), one)).collect();
        Segments(by_field.into_values().take(MAX_SEGMENTS).collect())
    }
}

impl Serialize for Segments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|one| (one.field(), one.value())))
    }
}

impl<'de> Deserialize<'de> for Segments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Segments, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Segments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Segments, A::Error> {
                let entries = std::iter::from_fn(|| map.next_entry::<String, String>().transpose());
                let read =
                    entries.map(|entry| entry.map(|(field, value)| Segment::new(&field, &value)));
                let read: Result<Vec<Option<Segment>>, A::Error> = read.collect();
                Ok(read?.into_iter().flatten().collect())
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_trimmed_bounded_and_on_one_line() {
        let long = "é".repeat(5_000);
        for (field, value, shown) in [
            ("brand", "Acme", Some("brand=Acme")),
            (" brand\n", "\t Acme & Sons ", Some("brand=Acme & Sons")),
            (
                "brand",
                "a=b @ c:d \"e\" 😡",
                Some("brand=a=b @ c:d \"e\" 😡"),
            ),
            ("a=b", "c", Some("a-b=c")),
            ("brand", "a\nb\u{0}c\u{85}", Some("brand=a b c")),
            ("brand", "\u{0}\u{1}", None),
            ("brand", " ", None),
            ("", "Acme", None),
        ] {
            let segment = Segment::new(field, value);
            assert_eq!(segment.as_ref().map(Segment::to_string).as_deref(), shown);
            if let Some(segment) = segment {
                assert_eq!(Segment::parse(&segment.to_string()), Some(segment));
            }
        }
        let segment = Segment::new(&long, &format!(" {long}")).unwrap();
        assert_eq!((segment.field().len(), segment.value().len()), (96, 96));
        assert_eq!(Segment::parse(&segment.to_string()), Some(segment));
        // A character of four bytes is left out whole, and no blank is left at the end.
        let cut = Segment::new("f", &format!("{} 😡{long}", "x".repeat(93))).unwrap();
        assert_eq!(cut.value(), "x".repeat(93));
    }

    #[test]
    fn a_post_has_two_segments_at_most_and_keeps_the_last_value_of_a_field() {
        let all = [("c", "3"), ("b", "2"), ("a", "1"), ("a", "4")];
        let all = all.map(|(field, value)| Segment::new(field, value).unwrap());
        let segments: Segments = all.into_iter().collect();
        assert_eq!(
            serde_json::to_string(&segments).unwrap(),
            r#"{"a":"4","b":"2"}"#
        );
        let read = r#"{"a":" 4 ","x":" ","b":"2","c":"3"}"#;
        assert_eq!(serde_json::from_str::<Segments>(read).unwrap(), segments);
    }
}
