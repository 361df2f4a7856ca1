//! What the posts of the cases of `hearken queue` say: kept as the queue fills, and in a state.

use std::collections::{BTreeMap, BTreeSet};

use hearken::Post;
use hearken::context::Delivery;
use hearken::desk::{Desk, Outcome as DeskOutcome};
use hearken::mask::{Masked, Masker, Thread};
use hearken::post::Role;
use hearken::queue::Outcome as Became;
use hearken_cli::failure::Failure;
use hearken_cli::flat::{Beside, FlatOptions};
use hearken_cli::summary::say;
use hearken_report::Moment;
use serde::{Deserialize, Serialize};

/// Columns of a text that a table shows.
const SHOWN: usize = 48;
/// The part of a state that has the beginnings of the texts of cases.
pub(super) const TEXTS: &str = "texts";

/// A text as it is kept: post, channel, beginning, and the time of the post.
#[derive(Serialize, Deserialize)]
struct Kept(
    String,
    Option<String>,
    String,
    // States of earlier versions end before it.
    #[serde(default)] Option<i64>,
);

/// What a post says that stands beside its case.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Its text, or the beginning of it.
    pub(super) text: String,
    created_at: Option<i64>,
    /// What --with asks for, in its order; empty where a state keeps it, or kept it.
    beside: Vec<Option<String>>,
}

impl Said {
    /// What --with asks for, by the name of its field.
    pub(super) fn beside(&self, with: &FlatOptions) -> Vec<(String, Option<String>)> {
        let value = |(at, beside): (usize, &Beside)| match beside {
            Beside::Text => Some(self.text.clone()),
            Beside::CreatedAt => self.created_at.map(|at| Moment(at).to_string()),
            _ => self.beside.get(at).cloned().flatten(),
        };
        let values = with.with.iter().enumerate().map(value);
        with.names().zip(values).collect()
    }
}
/// The texts that a state has, without those of posts that are `gone`.
pub(super) fn without(texts: &[u8], gone: impl Fn(&Post<'_>) -> bool) -> Result<Vec<u8>, Failure> {
    // As where they are resumed: what can't be read is not shown.
    let mut texts: Vec<Kept> = serde_json::from_slice(texts).unwrap_or_default();
    texts.retain(|Kept(id, channel, ..)| {
        let mut post = Post::new("");
        post.id = Some(id.into());
        post.channel = channel.as_deref().map(Into::into);
        !gone(&post)
    });
    serde_json::to_vec(&texts)
        .map_err(|error| Failure::message(format!("the texts of cases can't be kept: {error}")))
}

/// What posts say, by their identifier and channel.
pub(super) type Texts = BTreeMap<(String, Option<String>), Said>;

/// What people see of the posts as the queue fills.
#[derive(Default)]
pub(super) struct Shown {
    /// What the posts say that were queued.
    pub(super) texts: Texts,
    /// Posts that had no room.
    dropped: Vec<String>,
    /// What is to stand beside cases; where the text is, texts are kept whole.
    with: FlatOptions,
    /// What masks the texts where a state keeps them: then all of them, so that the list does not
    /// tell which run saw a post.
    masker: Option<Masker>,
    /// The post that was answered last: what the queue did with it follows.
    last: Option<(String, Option<String>)>,
}

impl Shown {
    /// As an earlier run left it; `is_kept` says whether a state keeps it.
    pub(super) fn resumed(bytes: &[u8], with: &FlatOptions, is_kept: bool) -> Shown {
        // They are only shown: without them the cases are the same.
        let texts: Vec<Kept> = serde_json::from_slice(bytes).unwrap_or_default();
        let said = |Kept(post, channel, text, created_at)| {
            let said = Said {
                text,
                created_at,
                beside: Vec::new(),
            };
            ((post, channel), said)
        };
        Shown {
            texts: texts.into_iter().map(said).collect(),
            with: with.clone(),
            masker: is_kept.then(Masker::new),
            ..Shown::default()
        }
    }

    /// The texts of the cases that wait, for the next run.
    pub(super) fn kept(&self, desk: &Desk) -> Result<Vec<u8>, Failure> {
        let queue = desk.queue().into_iter();
        let suspected = queue.flat_map(|queue| queue.suspected(usize::MAX));
        let places = desk
            .next(usize::MAX)
            .into_iter()
            .chain(desk.overdue(usize::MAX));
        let keys = places.chain(suspected);
        let keys: BTreeSet<_> = keys.map(|place| (place.post, place.channel)).collect();
        let texts: Vec<Kept> = keys
            .into_iter()
            .filter_map(|key| {
                let said = self.texts.get(&key)?;
                Some(Kept(key.0, key.1, said.text.clone(), said.created_at))
            })
            .collect();
        serde_json::to_vec(&texts)
            .map_err(|error| Failure::message(format!("the texts of cases can't be kept: {error}")))
    }

    pub(super) fn take(&mut self, outcome: DeskOutcome) {
        match outcome {
            DeskOutcome::Answer(answered) => {
                let post = &answered.post;
                let older = answered.observed.history.again == Delivery::Older;
                self.last = None;
                if post.role == Role::Customer && !older {
                    let trimmed = |text: &str| text.trim().to_owned();
                    let channel = post.channel.as_deref().map(trimmed);
                    let channel = channel.filter(|channel| !channel.is_empty());
                    let key = post.id.as_deref().map(|id| (trimmed(id), channel));
                    if let Some(key) = key {
                        let masked = self
                            .masker
                            .as_ref()
                            .map(|masker| masker.mask_post(post, &mut Thread::default()));
                        let text = masked.as_ref().map_or(&*post.text, Masked::text);
                        let text = match self.with.with.contains(&Beside::Text) {
                            true => text.to_owned(),
                            false => cut(text),
                        };
                        let beside = match self.masker {
                            // A state keeps nobody's name.
                            Some(_) => Vec::new(),
                            None => self.with.beside(post),
                        };
                        let said = Said {
                            text,
                            created_at: post.created_at,
                            beside,
                        };
                        self.texts.insert(key.clone(), said);
                        self.last = Some(key);
                    }
                }
            }
            DeskOutcome::Queued {
                post: Some(id),
                outcome,
            } if !matches!(
                outcome,
                Became::Queued
                    | Became::Joined
                    | Became::Updated
                    | Became::Unchanged
                    | Became::Spam
                    | Became::Idle
            ) =>
            {
                // Its answer stands just before, but for posts that waited for a first time.
                if let Some(key) = self.last.take().filter(|(last, _)| *last == id.trim()) {
                    self.texts.remove(&key);
                }
            }
            DeskOutcome::Shed(id) => self.dropped.push(id),
            _ => {}
        }
    }

    /// Even with --quiet nothing is lost without a report.
    pub(super) fn say_dropped(&self) {
        if let Some(first) = self.dropped.first() {
            say(&format!(
                "hearken: posts dropped because the queue is full (most_posts): {}, the first \
                 {first}\n",
                self.dropped.len()
            ));
        }
    }
}

/// The beginning of a text, in one line; characters of East Asia are two columns wide.
fn cut(text: &str) -> String {
    let mut columns = 0;
    let mut begun = String::new();
    for one in text.chars() {
        columns += if one >= '\u{1100}' { 2 } else { 1 };
        if columns > SHOWN {
            begun.push('…');
            break;
        }
        begun.push(if one.is_control() { ' ' } else { one });
    }
    begun
}
