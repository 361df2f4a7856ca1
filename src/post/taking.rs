//! How the values of a line become the fields of a post, strictly or leniently.

use std::borrow::Cow;
use std::sync::Arc;

use super::loose::Loose;
use super::reader::{Reading, Rules, Unread};
use super::timestamp::Moment;
use super::{Author, Customer, Engagement, Post, Role, Segment, Segments};
use crate::{Error, Result};

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
            "`{place}` is {shape}, not a string; map the text from the field that holds it, as in `text=full_text`"
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

    /// Whether posts are read as an embedder writes them, not as exports have them.
    pub(super) fn is_strict(&self) -> bool {
        self.rules.is_none()
    }

    /// The post of a text and of the values that `next` gives for the other fields, in the order of
    /// [`TARGETS`](super::field_map::TARGETS); it has no segments yet.
    pub(super) fn fields<'a>(
        &mut self,
        text: Cow<'a, str>,
        place_of_time: &str,
        next: &mut impl FnMut() -> Loose<'a>,
    ) -> Result<Post<'a>> {
        // Fields of a struct are evaluated as they are written: here in the order of `TARGETS`.
        Ok(Post {
            text,
            id: self.identifier("id", next()),
            created_at: self.created_at(next(), place_of_time)?,
            channel: self.string("channel", next()),
            lang: self.string("lang", next()),
            in_reply_to: self.identifier("in_reply_to", next()),
            thread: self.identifier("thread", next()),
            author: Author {
                id: self.identifier("author.id", next()),
                name: self.name("author.name", next()),
                followers: self.count("author.followers", next()),
                following: self.count("author.following", next()),
                posts: self.count("author.posts", next()),
                verified: self.flag("author.verified", next()),
                created_at: self.time("author.created_at", next()),
            },
            engagement: Engagement {
                likes: self.count("engagement.likes", next()),
                reposts: self.count("engagement.reposts", next()),
                replies: self.count("engagement.replies", next()),
                views: self.count("engagement.views", next()),
            },
            customer: Customer {
                id: self.identifier("customer.id", next()),
                tier: self.string("customer.tier", next()),
            },
            role: self.role("role", next()),
            collected_at: self.time("collected_at", next()),
            edited_at: self.time("edited_at", next()),
            segments: Segments::default(),
        })
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
    pub(super) fn note_shape(&mut self, field: &'static str, shape: &str) {
        if self.rules.is_some() && !matches!(shape, "an object" | "null") {
            self.note(field, shape.to_owned());
        }
    }

    /// What `read` makes of a value; what it can't read is noted, and what stands for
    /// nothing is absent.
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

    /// The segment of a value; `name` is that of its field.
    pub(super) fn segment(&mut self, name: &Arc<str>, value: Loose<'_>) -> Option<Segment> {
        let value = self.take("segments", value, Loose::plain)?;
        Segment::of(name, &value)
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

    /// A role; what is none is a customer's, for a role that is unknown must not lose
    /// a customer's post.
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
            "`{place}` is {}, not a time; write RFC 3339 with its offset (2026-03-01T08:15:00+08:00), or Unix seconds or milliseconds",
            found.shown()
        )))
    }
}
