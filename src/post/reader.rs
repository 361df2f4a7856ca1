//! Posts of exports: what can't be read is left out and named, and the rest of the post is kept.

use super::{FieldMap, Post, json};
use crate::Result;
use crate::time::TimeZone;

/// What stands for a value that is missing, folded to small letters.
const MISSING: [&str; 16] = [
    "none",
    "null",
    "(null)",
    "<null>",
    "nil",
    "n/a",
    "na",
    "#n/a",
    "nan",
    "nat",
    "undefined",
    "[deleted]",
    "[removed]",
    "-",
    "--",
    "\\n",
];
/// Dates that databases and frameworks write where there is none.
const NO_DATES: [&str; 3] = ["0000-00-00", "0001-01-01", "00.00.0000"];
/// The longest of both.
const LONGEST: usize = 10;

/// Which of two numbers in a date such as `3/1/2026` is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// The first one: 3 January.
    DayFirst,
    /// The second one: March 1.
    MonthFirst,
}

/// Reads the posts of exports. Where [`Post::from_json`] refuses a post for its time, a reader
/// leaves out what it can't read, and names it.
///
/// - A time without a zone is taken in [`Reader::time_zone`]; where a clock is set back, the first
///   of the two moments counts, and where it is set forward, the time moves on with it.
/// - Of a date in slashes or hyphens that can be read two ways (`3/1/2026`) nothing is guessed: it
///   is unread unless [`Reader::date_order`] says the order.
/// - What stands for nothing is absent: blank text, `None`, `null`, `N/A`, `NaN`, `\N`, `-`, a date
///   of zeros, the moment 0 and a negative count.
///
/// ```
/// use hearken::post::Reader;
/// use hearken::time::TimeZone;
///
/// let reader = Reader::new().time_zone(TimeZone::named("+01:00")?);
/// let line = r#"{"text":"Kde je balík?","created_at":"01.03.2026 08:15","author":{"followers":"many"}}"#;
/// let reading = reader.read(line)?;
/// assert_eq!(reading.post.created_at, Some(1_772_349_300_000));
/// assert!(reading.zoneless);
/// assert_eq!(reading.unread[0].field, "author.followers");
/// # Ok::<(), hearken::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Reader {
    map: Option<FieldMap>,
    rules: Rules,
}

/// How values are taken that have more than one reading.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) zone: TimeZone,
    pub(super) order: Option<DateOrder>,
}

/// A post, and what of its line could not be read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reading<'a> {
    /// The post.
    pub post: Post<'a>,
    /// The fields that are there and can't be read; the post has them not.
    pub unread: Vec<Unread>,
    /// Whether a time had no zone, and was taken in that of the reader.
    pub zoneless: bool,
}

/// A field that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unread {
    /// The field of the post, by the name that a map gives it.
    pub field: &'static str,
    /// What stands there, shortened.
    pub found: String,
}

impl Reader {
    /// A reader of posts of the crate's own shape, with times in UTC where they have no zone.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Takes the fields from where this map finds them.
    pub fn map(self, map: FieldMap) -> Reader {
        Reader {
            map: Some(map),
            ..self
        }
    }

    /// Takes times without a zone in this one.
    pub fn time_zone(mut self, zone: TimeZone) -> Reader {
        self.rules.zone = zone;
        self
    }

    /// Reads dates such as `3/1/2026` and `01-03-26` in this order.
    pub fn date_order(mut self, order: DateOrder) -> Reader {
        self.rules.order = Some(order);
        self
    }

    /// How values are read.
    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Reads a line.
    ///
    /// # Errors
    /// If the line is no object of JSON, or has no text;
    /// [`Error::is_post`](crate::Error::is_post) holds.
    pub fn read<'a>(&self, line: &'a str) -> Result<Reading<'a>> {
        match &self.map {
            Some(map) => map.read_by(line, &self.rules),
            None => json::read_by(line, &self.rules),
        }
    }
}

/// Whether a text stands for nothing.
pub(super) fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || text.len() <= LONGEST
            && MISSING
                .iter()
                .any(|missing| text.eq_ignore_ascii_case(missing))
}

/// Whether a text is a date of zeros, with or without a time.
pub(super) fn is_no_date(text: &str) -> bool {
    let text = text.trim();
    text == "0" || NO_DATES.iter().any(|date| text.starts_with(date))
}
