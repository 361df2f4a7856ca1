//! What is counted: the keys of the series.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cut::at_most;
use crate::heap::{Heap, block};
use crate::observation::term::MAX_TERM;
use crate::post::Segment;
use crate::stats::hash;
use crate::text::Language;
use crate::{Error, Result};

/// What stands between a key and its segment.
const SIGN: &str = " @ ";

/// A series of posts. Topics are kept by their identifiers, so that shards and later runs
/// name them alike.
///
/// Its text is `all`, `complaints`, `negative`, or `kind:name` (`topic:delivery`,
/// `complaint:staff`, `emerging:sorting line`), in answers as in snapshots; [`str::parse`] reads
/// it. Within a segment of the posts ` @ ` and the segment follow (`complaint:staff @ brand=Acme`);
/// a word of a name that is made of nothing but `@` has one `@` more, so that it is not taken for
/// that sign.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Every post.
    #[default]
    All,
    /// Every post that wants an answer (`complaints`).
    WantsAnswer,
    /// Every post of negative sentiment (`negative`).
    AllNegative,
    /// Of harm, by how severe the gravest word of it is: `harm:mild`, `harm:serious`, `harm:grave`.
    Harm(Box<str>),
    /// Of a topic.
    Topic(Box<str>),
    /// Of a topic, and of negative sentiment (`complaint:topic`).
    Negative(Box<str>),
    /// Of a topic, and of positive sentiment.
    Praise(Box<str>),
    /// With a monitored term: `list:term`.
    Term(Box<str>),
    /// With a hashtag, folded, without its sign.
    Hashtag(Box<str>),
    /// In a language.
    Language(Box<str>),
    /// On a channel.
    Channel(Box<str>),
    /// With a word, pair of words or Chinese string that nobody listed.
    Emerging(Box<str>),
    /// What another key has of one segment.
    InSegment(Box<InSegment>),
}

/// A key within a segment of the posts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InSegment {
    of: Key,
    segment: Segment,
}

impl Key {
    pub(crate) fn topic(id: &str) -> Key {
        Key::Topic(cut(id))
    }

    /// Of harm of this strength, 1 to 3.
    pub(crate) fn harm(strength: u8) -> Key {
        let name = match strength {
            0 | 1 => "mild",
            2 => "serious",
            _ => "grave",
        };
        Key::Harm(name.into())
    }

    pub(crate) fn negative(id: &str) -> Key {
        Key::Negative(cut(id))
    }

    pub(crate) fn praise(id: &str) -> Key {
        Key::Praise(cut(id))
    }

    pub(crate) fn term(list: &str, term: &str) -> Key {
        Key::Term(cut(&format!("{list}:{term}")))
    }

    pub(crate) fn hashtag(name: &str) -> Key {
        Key::Hashtag(cut(name))
    }

    pub(crate) fn language(language: Language) -> Key {
        Key::Language(cut(language.code()))
    }

    pub(crate) fn channel(name: &str) -> Key {
        Key::Channel(cut(name.trim()))
    }

    pub(crate) fn emerging(term: &str) -> Key {
        Key::Emerging(cut(term))
    }

    /// The stable hash of its text.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = hash::TextHasher::new();
        // A hasher takes any text.
        let _ = write!(hasher, "{self}");
        hasher.finish()
    }

    /// This key within a segment; one that is within a segment changes it.
    pub(crate) fn within(&self, segment: &Segment) -> Key {
        Key::InSegment(Box::new(InSegment {
            of: self.whole().clone(),
            segment: segment.clone(),
        }))
    }

    /// The key without its segment.
    pub fn whole(&self) -> &Key {
        match self {
            Key::InSegment(within) => &within.of,
            key => key,
        }
    }

    /// The segment that it is within.
    pub fn segment(&self) -> Option<&Segment> {
        match self {
            Key::InSegment(within) => Some(&within.segment),
            _ => None,
        }
    }

    /// Whether it is counted within each segment, too.
    pub(crate) fn is_segmented(&self) -> bool {
        matches!(
            self,
            Key::All | Key::WantsAnswer | Key::Harm(_) | Key::Topic(_) | Key::Negative(_)
        )
    }

    /// Whether anybody may invent such keys by writing a post, so that their number has no bound.
    pub fn is_unbounded(&self) -> bool {
        matches!(
            self,
            Key::Hashtag(_) | Key::Channel(_) | Key::Emerging(_) | Key::InSegment(_)
        )
    }

    /// Whether it is a word, pair of words or Chinese string that nobody listed.
    pub(crate) fn is_word(&self) -> bool {
        matches!(self, Key::Emerging(_))
    }

    /// Whether it is a hashtag or such a word: anybody may invent it.
    pub(crate) fn is_invented(&self) -> bool {
        matches!(self, Key::Hashtag(_) | Key::Emerging(_))
    }

    /// The kind, as it stands before the name; that of the whole within a segment.
    pub fn kind(&self) -> &'static str {
        match self {
            Key::All => "all",
            Key::WantsAnswer => "complaints",
            Key::AllNegative => "negative",
            Key::Harm(_) => "harm",
            Key::Topic(_) => "topic",
            Key::Negative(_) => "complaint",
            Key::Praise(_) => "praise",
            Key::Term(_) => "term",
            Key::Hashtag(_) => "hashtag",
            Key::Language(_) => "language",
            Key::Channel(_) => "channel",
            Key::Emerging(_) => "emerging",
            Key::InSegment(within) => within.of.kind(),
        }
    }

    /// The name without the kind; `all`, `complaints` and `negative` have none.
    pub fn name(&self) -> &str {
        match self {
            Key::All | Key::WantsAnswer | Key::AllNegative => "",
            Key::Harm(name)
            | Key::Topic(name)
            | Key::Negative(name)
            | Key::Praise(name)
            | Key::Term(name)
            | Key::Hashtag(name)
            | Key::Language(name)
            | Key::Channel(name)
            | Key::Emerging(name) => name,
            Key::InSegment(within) => within.of.name(),
        }
    }

    /// Which of several keys of one rise names it, the smallest first: the one that says most
    /// about the cause.
    pub(crate) fn breadth(&self) -> u8 {
        match self {
            Key::Term(_) => 0,
            Key::Negative(_) => 1,
            Key::Topic(_) => 2,
            Key::Praise(_) => 3,
            Key::Hashtag(_) => 4,
            Key::Emerging(_) => 5,
            Key::Harm(_) => 6,
            Key::WantsAnswer => 7,
            Key::AllNegative => 8,
            Key::Channel(_) => 9,
            Key::Language(_) => 10,
            Key::All => 11,
            // Whether a segment or the whole names a rise is no matter of breadth alone.
            Key::InSegment(within) => within.of.breadth(),
        }
    }

    /// Whether it holds posts about everything.
    pub(crate) fn is_broad(&self) -> bool {
        self.breadth() >= Key::Harm(Box::default()).breadth()
    }
}

impl Heap for Key {
    fn heap(&self) -> usize {
        match self {
            Key::InSegment(within) => {
                block(size_of::<InSegment>()) + within.of.heap() + within.segment.heap()
            }
            key => block(key.name().len()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            key @ (Key::All | Key::WantsAnswer | Key::AllNegative) => f.write_str(key.kind()),
            Key::InSegment(within) => write!(f, "{}{SIGN}{}", within.of, within.segment),
            key if key.name().contains('@') => {
                write!(f, "{}:{}", key.kind(), escaped(key.name()))
            }
            key => write!(f, "{}:{}", key.kind(), key.name()),
        }
    }
}

impl FromStr for Key {
    type Err = Error;

    /// Reads the text of a key.
    ///
    /// # Errors
    /// If no such kind is known; [`Error::is_settings`] holds.
    fn from_str(text: &str) -> Result<Key> {
        if let Some((of, segment)) = text.split_once(SIGN) {
            let segment = Segment::parse(segment).ok_or_else(|| unknown(text))?;
            return Ok(of.parse::<Key>()?.within(&segment));
        }
        let Some((kind, name)) = text.split_once(':') else {
            return match text {
                "all" => Ok(Key::All),
                "complaints" => Ok(Key::WantsAnswer),
                "negative" => Ok(Key::AllNegative),
                _ => Err(unknown(text)),
            };
        };
        let name = cut(&unescaped(name));
        Ok(match kind {
            "harm" => Key::Harm(name),
            "topic" => Key::Topic(name),
            "complaint" => Key::Negative(name),
            "praise" => Key::Praise(name),
            "term" => Key::Term(name),
            "hashtag" => Key::Hashtag(name),
            "language" => Key::Language(name),
            "channel" => Key::Channel(name),
            "emerging" => Key::Emerging(name),
            _ => return Err(unknown(text)),
        })
    }
}

/// A name whose words of nothing but `@` have one more.
fn escaped(name: &str) -> String {
    let words = name.split(' ').map(|word| match is_sign(word) {
        true => Cow::Owned(format!("{word}@")),
        false => Cow::Borrowed(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The name that [`escaped`] wrote.
fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains("@@") {
        return Cow::Borrowed(name);
    }
    let words = name.split(' ').map(|word| match is_sign(word) {
        true => word
            .strip_suffix('@')
            .filter(|word| !word.is_empty())
            .unwrap_or(word),
        false => word,
    });
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

fn is_sign(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte == b'@')
}

fn unknown(text: &str) -> Error {
    Error::settings(format!(
        "the key {text:?} is unknown; give all, complaints, negative, or a kind and a name as \
         topic:delivery (kinds: harm, topic, complaint, praise, term, hashtag, language, channel, \
         emerging), perhaps within a segment as topic:delivery @ brand=Acme"
    ))
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        // As text, not as the number of a variant: a new kind in between changes no snapshot.
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Key, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

fn cut(name: &str) -> Box<str> {
    at_most(name, MAX_TERM).into()
}

#[cfg(test)]
mod tests {
    use super::Key;
    use crate::post::Segment;

    #[test]
    fn a_key_is_read_back_from_its_text() {
        for text in [
            "all",
            "complaints",
            "negative",
            "harm:grave",
            "topic:delivery",
            "complaint:staff",
            "praise:staff",
            "term:competitor:telmo",
            "hashtag:latefee",
            "language:zh-Hans",
            "channel:forum",
            "emerging:sorting line",
            "all @ brand=Acme",
            "complaint:staff @ brand=a=b @ c:d \"e\" 😡",
        ] {
            let key: Key = text.parse().expect(text);
            assert_eq!(key.to_string(), text);
            assert_eq!(text.split([':', ' ']).next(), Some(key.kind()));
        }
        for text in [
            "",
            "ALL",
            "topics:delivery",
            "topic",
            "needs_answer",
            "all @ brand",
            "all @ =a",
            "x @ a=b",
        ] {
            assert!(text.parse::<Key>().expect_err(text).is_settings());
        }
    }

    #[test]
    fn names_with_the_sign_of_a_segment_are_read_back() {
        let segment = Segment::new("shop @ town", "a @ b=c").unwrap();
        for name in [
            "a @ b=c", "@", "@ @@", "a@b @", "a  @  b", "x@@y", "@@@ @x", " @ ",
        ] {
            let plain = [Key::channel(name), Key::topic(name), Key::negative(name)];
            for key in plain {
                let within = key.within(&segment);
                assert_eq!(key.to_string().parse::<Key>().unwrap(), key, "{key}");
                assert_eq!(
                    within.to_string().parse::<Key>().unwrap(),
                    within,
                    "{within}"
                );
                assert_eq!((within.whole(), within.segment()), (&key, Some(&segment)));
            }
        }
    }
}
