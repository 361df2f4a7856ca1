//! Where a dump of another shape keeps the fields of a post.

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, Loose};
use super::{Author, Customer, Engagement, Post};
use crate::{Error, Result};

/// The fields of a post that can be mapped, in the order of [`FieldMap::sources`].
const TARGETS: [&str; 22] = [
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
];

/// The shapes of the usual dumps: name, map.
const PRESETS: [(&str, &str); 3] = [
    // One status object of the interface 1.1, plain or extended.
    (
        "twitter-v1",
        "text=extended_tweet.full_text|full_text|text,id=id_str|id,channel=channel|'twitter',\
         in_reply_to=in_reply_to_status_id_str|in_reply_to_status_id,\
         thread=conversation_id_str|conversation_id,\
         author.id=user.id_str|user.id,author.name=user.name|user.screen_name,\
         author.followers=user.followers_count,author.following=user.friends_count,\
         author.posts=user.statuses_count,author.verified=user.verified,\
         author.created_at=user.created_at,engagement.likes=favorite_count,\
         engagement.reposts=retweet_count,engagement.replies=reply_count",
    ),
    // One post object of the interface 2, alone, below `data`, or with its author put in
    // by a collector.
    (
        "twitter-v2",
        "text=note_tweet.text|text|data.note_tweet.text|data.text,id=id|data.id,\
         created_at=created_at|data.created_at,channel=channel|'twitter',lang=lang|data.lang,\
         in_reply_to=referenced_tweets[type=replied_to].id\
         |data.referenced_tweets[type=replied_to].id,\
         thread=conversation_id|data.conversation_id,author.id=author_id|author.id|data.author_id,\
         author.name=author.name|author.username,\
         author.followers=author.public_metrics.followers_count,\
         author.following=author.public_metrics.following_count,\
         author.posts=author.public_metrics.tweet_count,\
         engagement.likes=public_metrics.like_count|data.public_metrics.like_count,\
         engagement.reposts=public_metrics.retweet_count|data.public_metrics.retweet_count,\
         engagement.replies=public_metrics.reply_count|data.public_metrics.reply_count,\
         engagement.views=public_metrics.impression_count|data.public_metrics.impression_count",
    ),
    // One status object, or one comment on a status.
    (
        "weibo",
        "text=longText.longTextContent|text_raw|text,id=idstr|mid|id,channel=channel|'weibo',\
         in_reply_to=reply_comment.idstr|status.idstr,\
         thread=rootidstr|status.idstr|retweeted_status.idstr,author.id=user.idstr|user.id,\
         author.name=user.screen_name|user.name,author.followers=user.followers_count,\
         author.following=user.friends_count|user.follow_count,author.posts=user.statuses_count,\
         author.verified=user.verified,author.created_at=user.created_at,\
         engagement.likes=attitudes_count|like_counts,\
         engagement.reposts=reposts_count,engagement.replies=comments_count",
    ),
];

/// Where a dump keeps the fields of a post.
///
/// A map is a list of `target=source`, separated by commas. A source is the name of a field; a dot
/// descends into an object (`user.followers_count`) or to an element of an array by its number
/// (`users.0.name`), and `references[type=reply].id` descends into the first element whose `type`
/// is `reply`. A bar separates sources of which the first that is there counts (`full_text|text`),
/// and a word in single quotes stands for itself (`channel='mail'`). A target that is not named is
/// read from the field of its own name.
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
    /// The alternatives of each target, in the order of [`TARGETS`].
    sources: Vec<Vec<Source>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Constant(String),
    Path(Vec<Step>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// The path from here on: flattened dumps have it as one name (`"user.name":"…"`).
    rest: String,
    name: String,
    /// Field and value of the element to descend into.
    element: Option<(String, String)>,
}

impl Default for FieldMap {
    /// Every field at its own name, as [`Post::from_json`] reads it.
    fn default() -> FieldMap {
        let own = |target: &&str| vec![Source::Path(steps(target).unwrap_or_default())];
        FieldMap {
            sources: TARGETS.iter().map(own).collect(),
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

    /// The map of a usual kind of dump: `twitter-v1`, `twitter-v2` or `weibo`.
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
        let mut seen = [false; TARGETS.len()];
        for part in map.split(',').map(str::trim) {
            let Some((target, sources)) = part.split_once('=') else {
                return Err(Error::field(format!(
                    "`{part}` in the map of fields has no `=`; write target=source, as in \
                     text=full_text"
                )));
            };
            let target = target.trim();
            let Some(index) = TARGETS.iter().position(|known| *known == target) else {
                return Err(Error::field(format!(
                    "`{target}` in the map of fields is not a field of a post; known are {}",
                    TARGETS.join(", ")
                )));
            };
            // The later one would win without a word.
            if std::mem::replace(&mut seen[index], true) {
                return Err(Error::field(format!(
                    "`{target}` stands twice in the map of fields; separate alternatives with a \
                     bar, as in text=full_text|text"
                )));
            }
            // Alternatives: exports of one platform name a field differently over the years.
            let sources: Option<Vec<Source>> = sources
                .split('|')
                .map(|source| parse_source(source.trim()))
                .collect();
            let Some(sources) = sources else {
                return Err(Error::field(format!(
                    "`{part}` in the map of fields has a source that can't be read; write names \
                     separated by dots, as in author.followers=user.followers_count, or a constant \
                     in single quotes"
                )));
            };
            self.sources[index] = sources;
        }
        Ok(self)
    }

    /// Reads a post from a line of JSON; what each field may look like is
    /// as in [`Post::from_json`].
    ///
    /// # Errors
    /// As [`Post::from_json`], naming the place where the map looks.
    pub fn read(&self, line: &str) -> Result<Post<'static>> {
        let value = serde_json::from_str::<Value>(line).or_else(|error| {
            // Half a surrogate pair is what is left where a platform cut an emoji; the rest of such
            // a post is sound.
            json::mend_surrogates(line)
                .and_then(|mended| serde_json::from_str(&mended).ok())
                .ok_or_else(|| json::no_json(error))
        })?;
        match &value {
            Value::Object(_) => self.read_value(&value),
            Value::Null => Err(json::no_object("null")),
            Value::Bool(_) => Err(json::no_object("a boolean")),
            Value::Number(_) => Err(json::no_object("a number")),
            Value::String(_) => Err(json::no_object("a string")),
            Value::Array(_) => Err(json::no_object("an array")),
        }
    }

    fn read_value(&self, value: &Value) -> Result<Post<'static>> {
        let mut fields = self.sources.iter().map(|sources| find(sources, value));
        let mut next = || fields.next().unwrap_or_default();
        // Fields of a struct are evaluated as they are written: here in the order of `TARGETS`.
        let post = Post {
            text: json::text(next(), &self.place(0))?,
            id: next().identifier(),
            created_at: json::created_at(&next(), &self.place(2))?,
            channel: next().string(),
            lang: next().string(),
            in_reply_to: next().identifier(),
            thread: next().identifier(),
            author: Author {
                id: next().identifier(),
                name: next().string(),
                followers: next().count(),
                following: next().count(),
                posts: next().count(),
                verified: next().flag(),
                created_at: next().time(),
            },
            engagement: Engagement {
                likes: next().count(),
                reposts: next().count(),
                replies: next().count(),
                views: next().count(),
            },
            customer: Customer {
                id: next().identifier(),
                tier: next().string(),
            },
            role: next().role(),
            collected_at: next().time(),
        };
        Ok(post.into_owned())
    }

    /// Where a target is looked for, as the map says it.
    fn place(&self, target: usize) -> String {
        let name = |source: &Source| match source {
            Source::Constant(text) => format!("'{text}'"),
            Source::Path(steps) => steps
                .first()
                .map(|step| step.rest.clone())
                .unwrap_or_default(),
        };
        self.sources
            .get(target)
            .into_iter()
            .flatten()
            .map(name)
            .collect::<Vec<_>>()
            .join("|")
    }
}

fn parse_source(source: &str) -> Option<Source> {
    match source.strip_prefix('\'') {
        Some(rest) => rest
            .strip_suffix('\'')
            .map(|constant| Source::Constant(constant.to_owned())),
        None => steps(source).map(Source::Path),
    }
}

/// The steps of a path; none if a name is empty or a bracket stays open.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let open = rest.find('[').unwrap_or(rest.len());
        let dot = rest.find('.').unwrap_or(rest.len());
        let (end, element) = if open < dot {
            let close = open + rest[open..].find(']')?;
            let (field, value) = rest[open + 1..close].split_once('=')?;
            (
                close + 1,
                Some((field.trim().to_owned(), value.trim().to_owned())),
            )
        } else {
            (dot, None)
        };
        let name = rest[..open.min(dot)].trim();
        if name.is_empty() || name.contains(['\'', ']']) {
            return None;
        }
        steps.push(Step {
            rest: rest.to_owned(),
            name: name.to_owned(),
            element,
        });
        match &rest[end..] {
            "" => return Some(steps),
            behind => rest = behind.strip_prefix('.')?,
        }
    }
}

/// The first source that is there and not null.
fn find<'v>(sources: &'v [Source], value: &'v Value) -> Loose<'v> {
    sources
        .iter()
        .find_map(|source| match source {
            Source::Constant(text) => Some(Loose::Text(text.into())),
            Source::Path(steps) => {
                let found = descend(steps, value).filter(|found| !found.is_null())?;
                Loose::deserialize(found).ok()
            }
        })
        .unwrap_or_default()
}

fn descend<'v>(steps: &[Step], mut value: &'v Value) -> Option<&'v Value> {
    for step in steps {
        value = match value {
            Value::Object(fields) => match fields.get(&step.rest) {
                Some(found) => return Some(found),
                None => fields.get(&step.name)?,
            },
            Value::Array(elements) => elements.get(step.name.parse::<usize>().ok()?)?,
            _ => return None,
        };
        if let Some((field, wanted)) = &step.element {
            let is_wanted =
                |element: &&Value| element.get(field).and_then(Value::as_str) == Some(wanted);
            value = value.as_array()?.iter().find(is_wanted)?;
        }
    }
    Some(value)
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
        ] {
            let error = FieldMap::parse(map).unwrap_err();
            assert!(
                error.is_field() && error.to_string().starts_with(part),
                "{map}: {error}"
            );
        }
        let error = FieldMap::preset("usenet").unwrap_err();
        assert!(
            error.is_field() && error.to_string().contains("twitter-v1, twitter-v2, weibo"),
            "{error}"
        );
    }
}
