//! Where a dump of another shape keeps the fields of a post.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::json;
use super::loose::Loose;
use super::preset::PRESETS;
use super::reader::{Reading, Rules};
use super::segment::{self, MAX_SEGMENTS};
use super::source::{self, Path, Source};
use super::taking::{self, Taking};
use super::{Post, Segment, Segments};
use crate::{Error, Result};

/// The fields of a post that can be mapped, in the order of [`FieldMap::sources`] and of
/// [`Taking::fields`].
pub(super) const TARGETS: [&str; 23] = [
    "text",
    "id",
    "created_at",
    "channel",
    "lang",
    "in_reply_to",
    "thread",
    "author.id",
    "author.name",
    "author.followers",
    "author.following",
    "author.posts",
    "author.verified",
    "author.created_at",
    "engagement.likes",
    "engagement.reposts",
    "engagement.replies",
    "engagement.views",
    "customer.id",
    "customer.tier",
    "role",
    "collected_at",
    "edited_at",
];

/// Targets of a map that are no fields: where the posts of a document stand, where posts stand
/// within a post, and what of the document is kept with each.
const EACH: &str = "each";
const NESTED: &str = "nested";
const WITH: &str = "with";
/// Posts within posts that are looked for.
const DEEPEST: usize = 64;
/// How many times the size of a document what is kept with its posts may take: a bound on memory,
/// for every post may refer to the same large object. Pages of the interfaces need less than 4.
const KEPT_TIMES: usize = 16;

/// Where a dump keeps the fields of a post.
///
/// A map is a list of `target=source`, separated by commas. A target that is not named is read from
/// the field of its own name. A source is
///
/// - the name of a field; a dot descends into an object (`user.followers_count`) or to an element
///   of an array by its number (`users.0.name`), and `references[type=reply].id` descends into the
///   first element whose `type` is `reply`, or into the object if its own is; behind `@` stands the
///   place of the value (`users[id=@author_id].name`); a name with other signs stands in double
///   quotes (`"Text, full"`);
/// - a word in single quotes, which stands for itself (`channel='mail'`; `\n` is a new line);
/// - alternatives, of which the first that is there and not blank counts (`full_text|text`);
/// - a sum, whose texts stand one behind the other if all are there (`title+': '+body`), and a
///   condition (`[kind=out]?'agent'`), whose second part counts if the first is there; both bind
///   closer than a bar, and brackets group (`(full_text|text)+' '+link`).
///
/// Three targets are no fields: `each` is where the posts of a document stand
/// (`each=data.items`, alternatives are added up), `nested` is where posts stand within a post
/// (replies), and `with` is what of the document is kept with each post, as far as the post
/// refers to its `id`s; see [`FieldMap::unpack`].
///
/// A text may be given in parts: a list of strings and of objects with a `text`, which are joined.
///
/// ```
/// use hearken::post::FieldMap;
///
/// let map = FieldMap::parse("text=full_text|body,author.followers=user.followers_count")?;
/// let post = map.read(r#"{"id":7,"body":"Where is my parcel?","user":{"followers_count":12}}"#)?;
/// assert_eq!((post.id.as_deref(), post.author.followers), (Some("7"), Some(12)));
/// # Ok::<(), hearken::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMap {
    /// The source of each target, in the order of [`TARGETS`].
    sources: Vec<Source>,
    each: Vec<Path>,
    nested: Vec<Path>,
    with: Vec<Path>,
    /// What segments are made of: the names of fields and where their values stand.
    segments: Vec<(Arc<str>, Source)>,
}

impl Default for FieldMap {
    /// Every field at its own name, as [`Post::from_json`] reads it.
    fn default() -> FieldMap {
        FieldMap {
            sources: TARGETS.iter().map(|target| Source::own(target)).collect(),
            each: Vec::new(),
            nested: Vec::new(),
            with: Vec::new(),
            segments: Vec::new(),
        }
    }
}

impl FieldMap {
    /// The names that [`FieldMap::preset`] knows.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|(name, _)| *name)
    }

    /// The fields of a post that a map can name.
    pub fn targets() -> impl Iterator<Item = &'static str> {
        TARGETS.into_iter()
    }

    /// Reads a map such as `text=full_text,author.followers=user.followers_count`.
    ///
    /// # Errors
    /// If a part has no `=`, an unknown or repeated target, or a source that can't be read; the
    /// message names the part. [`Error::is_field`] holds.
    pub fn parse(map: &str) -> Result<FieldMap> {
        FieldMap::default().with(map)
    }

    /// The map of a usual kind of dump: `bluesky`, `chatwoot`, `mail`, `mastodon`, `reddit`,
    /// `telegram`, `twitter-v1`, `twitter-v2`, `weibo`, `youtube` or `zendesk`.
    ///
    /// # Errors
    /// If there is no preset of this name; [`Error::is_field`] holds.
    pub fn preset(name: &str) -> Result<FieldMap> {
        match PRESETS.iter().find(|(known, _)| *known == name) {
            Some((_, map)) => FieldMap::parse(map),
            None => Err(Error::field(format!(
                "no preset is called `{name}`; known are {}",
                FieldMap::presets().collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// This map, with the targets that `map` names read from where it says: a
    /// preset with exceptions.
    ///
    /// # Errors
    /// As [`FieldMap::parse`].
    pub fn with(mut self, map: &str) -> Result<FieldMap> {
        let mut seen: Vec<&str> = Vec::new();
        for part in source::split(map, ',').into_iter().map(str::trim) {
            let Some((target, sources)) = part.split_once('=') else {
                return Err(Error::field(format!(
                    "`{part}` in the map of fields has no `=`; write target=source, as in \
                     text=full_text"
                )));
            };
            let target = target.trim();
            let index = TARGETS.iter().position(|known| *known == target);
            if index.is_none() && ![EACH, NESTED, WITH].contains(&target) {
                return Err(Error::field(format!(
                    "`{target}` in the map of fields is not a field of a post; known are {}",
                    TARGETS.join(", ")
                )));
            }
            // The later one would win in silence.
            if seen.contains(&target) {
                return Err(Error::field(format!(
                    "`{target}` stands twice in the map of fields; separate alternatives with a \
                     bar, as in text=full_text|text"
                )));
            }
            seen.push(target);
            let unreadable = || {
                Error::field(format!(
                    "`{part}` in the map of fields has a source that can't be read; write names separated by dots, \
                     as in author.followers=user.followers_count, or a constant in single quotes"
                ))
            };
            match index.and_then(|index| self.sources.get_mut(index)) {
                Some(source) => *source = Source::parse(sources).ok_or_else(unreadable)?,
                None => {
                    let paths = source::split(sources, '|').into_iter();
                    let paths: Option<Vec<Path>> =
                        paths.map(|path| Path::parse(path.trim())).collect();
                    let paths = paths.ok_or_else(unreadable)?;
                    match target {
                        EACH => self.each = paths,
                        NESTED => self.nested = paths,
                        _ => self.with = paths,
                    }
                }
            }
        }
        Ok(self)
    }

    /// This map, which reads the segments of a post from these fields: one or two, separated by a
    /// comma. Each is a source, or `name=source`; one that is a target of the map stands for what
    /// the map reads it from. Strings, numbers and truth values are taken as text.
    ///
    /// ```
    /// use hearken::post::FieldMap;
    ///
    /// let map = FieldMap::default().by("brand=meta.shop.name,country")?;
    /// let post = map.read(r#"{"text":"a","meta":{"shop":{"name":"Acme"}},"country":"cz"}"#)?;
    /// assert_eq!(post.segments.value("brand"), Some("Acme"));
    /// assert_eq!(post.segments.value("country"), Some("cz"));
    /// assert!(map.by("a,b,c").is_err());
    /// # Ok::<(), hearken::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a field can't be read or is named twice, or there are more than two;
    /// [`Error::is_field`] holds.
    pub fn by(mut self, fields: &str) -> Result<FieldMap> {
        let parts = source::split(fields, ',');
        if parts.len() > MAX_SEGMENTS {
            return Err(Error::field(format!(
                "figures are kept apart by at most {MAX_SEGMENTS} fields, and `{fields}` names {}; \
                 name fewer",
                parts.len()
            )));
        }
        self.segments.clear();
        for part in parts.into_iter().map(str::trim) {
            let (name, source) = match *source::split(part, '=').as_slice() {
                [name, source] => (name.trim(), Source::parse(source)),
                [own] => match TARGETS.iter().position(|target| *target == own) {
                    Some(target) => (own, self.sources.get(target).cloned()),
                    None => (own, Source::parse(own)),
                },
                _ => (part, None),
            };
            let unquoted = name
                .strip_prefix('"')
                .and_then(|name| name.strip_suffix('"'));
            let name = segment::field_name(unquoted.unwrap_or(name));
            let (Some(name), Some(source)) = (name, source) else {
                return Err(Error::field(format!(
                    "`{part}` is no field to keep figures apart by; write its name, or a name and \
                     where it stands, as in brand=meta.shop.name"
                )));
            };
            if self.segments.iter().any(|(known, _)| *known == name) {
                return Err(Error::field(format!(
                    "figures are to be kept apart by `{name}` twice; name another field"
                )));
            }
            self.segments.push((name, source));
        }
        Ok(self)
    }

    /// The names of the fields that [`FieldMap::by`] was given.
    pub fn segment_fields(&self) -> impl Iterator<Item = &Arc<str>> {
        self.segments.iter().map(|(name, _)| name)
    }

    /// The posts of a document that holds several, such as a page of an interface, a line
    /// of JSON each; none if `document` is itself a post, or the map does not say where
    /// posts stand (`each`).
    ///
    /// ```
    /// use hearken::post::FieldMap;
    ///
    /// let map = FieldMap::parse("each=data,text=message")?;
    /// let posts = map.unpack(r#"{"data":[{"message":"a"},{"message":"b"}]}"#);
    /// assert_eq!(posts.unwrap_or_default(), [r#"{"message":"a"}"#, r#"{"message":"b"}"#]);
    /// assert_eq!(map.unpack(r#"{"message":"a"}"#), None);
    /// # Ok::<(), hearken::Error>(())
    /// ```
    pub fn unpack(&self, document: &str) -> Option<Vec<String>> {
        // Most lines are posts: only what has the name is read for it.
        if !self.each.iter().any(|path| document.contains(path.first())) {
            return None;
        }
        let text = document;
        let document = value(text).ok().filter(Value::is_object)?;
        let mut posts = Vec::new();
        for post in source::each(&self.each, &document) {
            self.add_nested(post, DEEPEST, &mut posts);
        }
        if posts.is_empty() {
            return None;
        }
        let kept = Kept::of(&self.with, &document);
        let mut room = text.len().saturating_mul(KEPT_TIMES);
        let mut line = |post: &&Value| {
            let mut bare = self.bare(post);
            kept.add_to(post, &mut bare, &mut room);
            Value::Object(bare).to_string()
        };
        Some(posts.iter().map(&mut line).collect())
    }

    /// A post without those that are nested in it: they are posts of their own.
    fn bare(&self, post: &Value) -> Map<String, Value> {
        let fields = post.as_object().into_iter().flatten();
        let is_own = |(name, _): &(&String, &Value)| {
            !self.nested.iter().any(|path| path.first() == name.as_str())
        };
        fields
            .filter(is_own)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn add_nested<'v>(&self, post: &'v Value, depth: usize, posts: &mut Vec<&'v Value>) {
        posts.push(post);
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        for nested in source::each(&self.nested, post) {
            self.add_nested(nested, depth, posts);
        }
    }

    /// Reads a post from a line of JSON; what each field may look like is
    /// as in [`Post::from_json`].
    ///
    /// # Errors
    /// As [`Post::from_json`], naming the place where the map looks.
    pub fn read(&self, line: &str) -> Result<Post<'static>> {
        Ok(self.read_with(line, None)?.post)
    }

    /// Reads a line; see [`super::Reader::read`].
    pub(super) fn read_by(&self, line: &str, rules: &Rules) -> Result<Reading<'static>> {
        self.read_with(line, Some(rules))
    }

    fn read_with(&self, line: &str, rules: Option<&Rules>) -> Result<Reading<'static>> {
        let value = value(line)?;
        match &value {
            Value::Object(_) => self.read_value(&value, Taking::new(rules)),
            Value::Null => Err(json::no_object("null")),
            Value::Bool(_) => Err(json::no_object("a boolean")),
            Value::Number(_) => Err(json::no_object("a number")),
            Value::String(_) => Err(json::no_object("a string")),
            Value::Array(_) => Err(json::no_object("an array")),
        }
    }

    fn read_value(&self, value: &Value, mut taking: Taking<'_>) -> Result<Reading<'static>> {
        let mut sources = self.sources.iter();
        let mut find = |is_text: bool| {
            let source = sources.next();
            source.map_or(Loose::Null, |source| source.find(value, is_text))
        };
        let text = taking::text(find(true), &self.place(0))?;
        let mut next = || find(false);
        let mut post = taking.fields(text, &self.place(2), &mut next)?;
        post.segments = self.segments(value, &mut taking);
        let post = post.into_owned();
        Ok(taking.reading(post))
    }

    /// The segments of a post, from where the map says; as [`Post::from_json`] reads them
    /// where it says nothing.
    fn segments(&self, value: &Value, taking: &mut Taking<'_>) -> Segments {
        if self.segments.is_empty() && taking.is_strict() {
            let written = value.get("segments").and_then(Value::as_object);
            let own = written.into_iter().flatten().filter_map(|(field, value)| {
                let value = Loose::deserialize(value).ok()?.plain().ok()?;
                Segment::new(field, &value)
            });
            return own.collect();
        }
        let asked = self.segments.iter();
        let read =
            asked.filter_map(|(name, source)| taking.segment(name, source.find(value, false)));
        read.collect()
    }

    /// Where a target is looked for, as the map says it.
    fn place(&self, target: usize) -> String {
        self.sources
            .get(target)
            .map(Source::place)
            .unwrap_or_default()
    }
}

/// The value of a line, with halves of surrogate pairs mended.
fn value(line: &str) -> Result<Value> {
    serde_json::from_str::<Value>(line).or_else(|error| {
        json::mend_surrogates(line)
            .and_then(|mended| serde_json::from_str(&mended).ok())
            .ok_or_else(|| json::no_json(error))
    })
}

/// What of a document is kept with its posts, by its `id`.
struct Kept<'v> {
    objects: BTreeMap<&'v str, Vec<Included<'v>>>,
}

/// An object that posts may refer to.
struct Included<'v> {
    /// The field of the document, and the list in it.
    field: &'v str,
    list: &'v str,
    object: &'v Value,
    /// Bytes of its text.
    size: usize,
}

impl<'v> Kept<'v> {
    fn of(paths: &'v [Path], document: &'v Value) -> Kept<'v> {
        let mut objects: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for path in paths {
            let lists = path.find(document, document).and_then(Value::as_object);
            for (list, found) in lists.into_iter().flatten() {
                for object in found.as_array().into_iter().flatten() {
                    if let Some(id) = object.get("id").and_then(Value::as_str) {
                        objects.entry(id).or_default().push(Included {
                            field: path.first(),
                            list,
                            object,
                            size: object.to_string().len(),
                        });
                    }
                }
            }
        }
        Kept { objects }
    }

    /// Adds the objects that `post` names, and those that they name, as far as there is `room`.
    fn add_to(&self, post: &Value, fields: &mut Map<String, Value>, room: &mut usize) {
        if self.objects.is_empty() {
            return;
        }
        let mut named = BTreeSet::new();
        self.add_named(post, &mut named);
        for id in named.clone() {
            for included in self.objects.get(id).into_iter().flatten() {
                self.add_named(included.object, &mut named);
            }
        }
        for included in named.iter().filter_map(|id| self.objects.get(id)).flatten() {
            let Some(rest) = room.checked_sub(included.size) else {
                return;
            };
            let lists = fields
                .entry(included.field)
                .or_insert_with(|| Value::Object(Map::new()));
            let list = lists.as_object_mut().map(|lists| {
                lists
                    .entry(included.list)
                    .or_insert_with(|| Value::Array(Vec::new()))
            });
            if let Some(list) = list.and_then(Value::as_array_mut) {
                list.push(included.object.clone());
                *room = rest;
            }
        }
    }

    /// Adds the identifiers that stand anywhere in a value.
    fn add_named(&self, value: &Value, named: &mut BTreeSet<&'v str>) {
        match value {
            Value::String(text) => {
                if let Some((id, _)) = self.objects.get_key_value(text.as_str()) {
                    named.insert(id);
                }
            }
            Value::Array(elements) => elements
                .iter()
                .for_each(|value| self.add_named(value, named)),
            Value::Object(fields) => fields
                .values()
                .for_each(|value| self.add_named(value, named)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_an_empty_map_reads_as_from_json_does() {
        for name in FieldMap::presets() {
            FieldMap::preset(name).unwrap();
        }
        let line = r#"{"id":"77","text":"a","created_at":"2026-03-01T08:15:00+08:00","channel":"weibo","lang":"zh",
            "author":{"id":"u1","name":"n","followers":1,"following":2,"posts":3,"verified":true,
            "created_at":"2019-05-01T00:00:00Z"},"engagement":{"likes":4,"reposts":5,"replies":6,"views":7},
            "in_reply_to":"76","thread":"70","customer":{"id":"c9","tier":"gold"},"role":"agent"}"#;
        assert_eq!(
            FieldMap::default().read(line).unwrap(),
            Post::from_json(line).unwrap()
        );
    }

    #[test]
    fn a_wrong_part_is_named() {
        for (map, part) in [
            ("", "``"),
            ("text", "`text`"),
            ("text=a,,id=b", "``"),
            ("body=text", "`body`"),
            ("text=a,text=b", "`text`"),
            ("text=", "`text=`"),
            ("text=a..b", "`text=a..b`"),
            ("text=.a", "`text=.a`"),
            ("text=a.", "`text=a.`"),
            ("text=a||b", "`text=a||b`"),
            ("text='a", "`text='a`"),
            ("text=a[b", "`text=a[b`"),
            ("text=a[b].c", "`text=a[b].c`"),
            ("text=a[b=c]d", "`text=a[b=c]d`"),
            ("text=a+", "`text=a+`"),
            ("text=a?b?c", "`text=a?b?c`"),
            ("text=(a|b", "`text=(a|b`"),
            ("text=(a)b", "`text=(a)b`"),
            ("text='a'b'", "`text='a'b'`"),
            ("text=[b=c", "`text=[b=c`"),
            ("text=a[b=@]", "`text=a[b=@]`"),
            ("text=((((((((((a))))))))))", "`text=((((((((((a))))))))))`"),
            ("each='a'", "`each='a'`"),
        ] {
            let error = FieldMap::parse(map).unwrap_err();
            assert!(
                error.is_field() && error.to_string().starts_with(part),
                "{map}: {error}"
            );
        }
        let error = FieldMap::preset("usenet").unwrap_err();
        assert!(
            error.is_field()
                && error
                    .to_string()
                    .contains("twitter-v1, twitter-v2, weibo, youtube"),
            "{error}"
        );
    }
}
