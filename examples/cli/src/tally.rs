//! What could not be read of posts that were answered all the same, counted by field.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use hearken::post::Reading;
use hearken::time::TimeZone;

use crate::input::{Inputs, Line};
use crate::summary::grouped;

/// Counts of fields that can't be read, and of times without a zone. Threads add to it; sums and
/// first places are the same in any order.
#[derive(Debug)]
pub struct Tally {
    unread: Mutex<BTreeMap<&'static str, Field>>,
    zoneless: AtomicU64,
    /// The fields by which figures are kept apart, and how many posts had each.
    segments: Vec<(Arc<str>, AtomicU64)>,
    /// The zone that was asked for.
    zone: Option<TimeZone>,
}

#[derive(Debug)]
struct Field {
    posts: u64,
    /// Where it was found first: input, line, and the number of the post in it.
    first: (usize, u64, Option<u64>),
    /// That line, for people.
    place: String,
    found: String,
}

impl Tally {
    /// Nothing so far; `zone` is what times without one are taken in, if it was asked for, and
    /// `fields` those by which figures are kept apart.
    pub fn new(zone: Option<TimeZone>, fields: impl Iterator<Item = Arc<str>>) -> Tally {
        Tally {
            unread: Mutex::default(),
            zoneless: AtomicU64::new(0),
            segments: fields.map(|field| (field, AtomicU64::new(0))).collect(),
            zone,
        }
    }

    /// Counts what was not read of a line.
    pub(crate) fn add(&self, reading: &Reading<'_>, line: &Line) {
        if reading.zoneless {
            self.zoneless.fetch_add(1, Ordering::Relaxed);
        }
        for (field, posts) in &self.segments {
            let has = reading.post.segments.value(field).is_some();
            posts.fetch_add(u64::from(has), Ordering::Relaxed);
        }
        if reading.unread.is_empty() {
            return;
        }
        let Ok(mut fields) = self.unread.lock() else {
            return;
        };
        let first = (line.source, line.number, line.part);
        for unread in &reading.unread {
            let field = fields.entry(unread.field).or_insert_with(|| Field {
                posts: 0,
                first,
                place: line.place(),
                found: unread.found.clone(),
            });
            field.posts += 1;
            if first < field.first {
                field.first = first;
                field.place = line.place();
                field.found.clone_from(&unread.found);
            }
        }
    }

    /// Sentences about it, a line each; one if it must be short, nothing if all was read.
    pub(crate) fn report(&self, inputs: &Inputs, quiet: bool) -> String {
        let mut text = String::new();
        // Whoever mistypes a field would take its figures for those of no post.
        let missing = self.segments.iter();
        for (field, _) in missing.filter(|(_, posts)| posts.load(Ordering::Relaxed) == 0) {
            text.push_str(&format!(
                "hearken: no post has a value of `{field}`; name a field of the posts, or where it \
                 stands, as in --by brand=meta.shop.name\n"
            ));
        }
        let Ok(fields) = self.unread.lock() else {
            return text;
        };
        if quiet {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, field)| format!("{name} {}", field.posts))
                .collect();
            if !fields.is_empty() {
                text.push_str(&format!(
                    "hearken: fields that can't be read, left out of their posts: {}\n",
                    fields.join(", ")
                ));
            }
            return text;
        }
        for (name, field) in fields.iter() {
            let Field {
                posts,
                first: (source, ..),
                place,
                found,
            } = field;
            text.push_str(&format!(
                "hearken: posts answered without `{name}`, which can't be read: {}; the first is {found} in {}, {place}\n",
                grouped(*posts),
                inputs.name(*source)
            ));
        }
        let zoneless = self.zoneless.load(Ordering::Relaxed);
        if zoneless > 0 && self.zone.is_none() {
            text.push_str(&format!(
                "hearken: posts whose times have no zone, taken as UTC: {}; --time-zone ZONE takes them in another\n",
                grouped(zoneless)
            ));
        }
        text
    }
}
