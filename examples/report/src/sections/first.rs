//! What to answer first: cases in the order of the queue, with their texts and their reasons.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearken::desk::Answered;
use hearken::explain::ImportancePart;
use hearken::queue::{Lane, Place};
use hearken::triage::{Importance, Level, Part};
use hearken::{Engine, Post};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::fact::{Key, key_of};
use crate::marked::{Ledger, Piece, pieces, shown};
use crate::moment::Moment;
use crate::page::Page;
use crate::report::keep;
use crate::texts::Texts;

/// What to answer first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct First {
    /// The first cases of the queue.
    pub cases: Vec<Case>,
    /// How many more wait.
    pub more: u64,
}

/// A case that waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its place, from 1.
    pub rank: usize,
    /// The post to open; none where texts are left out.
    pub post: Option<String>,
    /// Its channel.
    pub channel: Option<String>,
    /// low, medium, high or critical.
    pub level: Level,
    /// fast, normal or deferred.
    pub lane: String,
    /// Posts that wait for this answer.
    pub posts: u64,
    /// When the oldest of them was written.
    pub since: Moment,
    /// How long that waits.
    pub waited: i64,
    /// The time to an answer that the channel promises.
    pub target: Option<i64>,
    /// How long the answer is overdue; 0 if it is not.
    pub overdue_by: i64,
    /// The parts of the score.
    pub ledger: Ledger,
    /// Why it stands before the next; empty where texts are left out.
    pub reason: String,
    /// The text of the post; empty where texts are left out.
    pub text: Vec<Piece>,
}

/// The posts that wait, by what names them.
#[derive(Debug, Default)]
pub(crate) struct Open {
    posts: BTreeMap<Key, Waiting>,
    /// The post that was answered last: what the queue did with it follows.
    last: Option<Key>,
}

#[derive(Debug)]
struct Waiting {
    post: Arc<Post<'static>>,
    importance: Importance,
    /// What earlier posts tell.
    reasons: Vec<ImportancePart>,
}

impl Open {
    pub(crate) fn add(&mut self, engine: &Engine, answered: &Answered, post: &Arc<Post<'static>>) {
        self.last = key_of(post);
        if let Some(key) = self.last.clone() {
            let waiting = Waiting {
                post: post.clone(),
                importance: answered.triage.importance,
                reasons: answered.observed.reasons(engine, &answered.triage),
            };
            self.posts.insert(key, waiting);
        }
    }

    /// Forgets the post of this identifier, which was answered last: it does not wait.
    pub(crate) fn drop_last(&mut self, id: &str) {
        if let Some(key) = self.last.take().filter(|(last, _)| *last == id.trim()) {
            self.posts.remove(&key);
        }
    }

    /// The case of a place.
    fn case(&self, engine: &Engine, rank: usize, place: &Place, texts: &Texts) -> Case {
        let waiting = self.posts.get(&(place.post.clone(), place.channel.clone()));
        let explained = waiting.map(|waiting| {
            // What stands in the masked text is marked; the points are those of the whole one.
            let post = texts.post(&waiting.post);
            let mut explained = engine.explain(&post).importance;
            let reasons = waiting.reasons.iter().cloned().map(|mut reason| {
                reason.spans.retain(|_| post.text == waiting.post.text);
                reason
            });
            // As the queue has it: how long a case waits counts beside its score.
            let importance = waiting.importance.with(Part::Waiting, 0);
            explained.complete(&importance, reasons.collect());
            (explained, post.text.into_owned())
        });
        let ledger = explained
            .as_ref()
            .map(|(explained, _)| Ledger::of(explained, place.score));
        let ledger = ledger.unwrap_or(Ledger {
            score: place.score,
            parts: Vec::new(),
        });
        let text = explained.map(|(explained, text)| pieces(&text, &explained));
        Case {
            rank,
            post: texts.are_shown.then(|| place.post.clone()),
            channel: place.channel.clone(),
            level: place.level,
            lane: format!("{:?}", place.lane).to_lowercase(),
            posts: place.count,
            since: Moment(place.since),
            waited: place.waited,
            target: place.target,
            overdue_by: place.overdue_by,
            ledger: if texts.are_shown {
                ledger
            } else {
                ledger.without_reasons()
            },
            reason: match texts.are_shown {
                true => place.reason.clone(),
                false => String::new(),
            },
            text: text.filter(|_| texts.are_shown).unwrap_or_default(),
        }
    }

    pub(crate) fn first(
        &self,
        engine: &Engine,
        places: &[Place],
        texts: &Texts,
        top: usize,
    ) -> First {
        let waits = |place: &&Place| !matches!(place.lane, Lane::Idle | Lane::Suspected);
        let waiting: Vec<&Place> = places.iter().filter(waits).collect();
        let cases = waiting.iter().take(top).enumerate();
        First {
            cases: cases
                .map(|(at, place)| self.case(engine, at + 1, place, texts))
                .collect(),
            more: waiting.len().saturating_sub(top) as u64,
        }
    }
}

impl First {
    pub(crate) fn keep(&mut self, top: usize) {
        keep(&mut self.cases, &mut self.more, top);
    }

    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            section {
                h2 id="first" { (page.t("first")) }
                @if self.cases.is_empty() { p.note { (page.t("first.none")) } }
                @for case in &self.cases { (case.show(page)) }
                @if self.more > 0 {
                    p.note { (page.fill("more", &[("count", &page.n(self.more))])) }
                }
            }
        }
    }
}

impl Case {
    fn show(&self, page: &Page<'_>) -> Markup {
        let level = format!("{:?}", self.level).to_lowercase();
        html! {
            article {
                p.facts {
                    b.tag { (self.rank) }
                    span class={ "level " (level) } { (page.t(&level)) " " (self.ledger.score) }
                    @if let Some(channel) = &self.channel { span { bdi { (channel) } } }
                    span { (page.t("first.waits")) " " (page.span(self.waited)) }
                    @match self.target {
                        Some(_) if self.overdue_by > 0 => span.late {
                            (page.t("first.late")) " " (page.span(self.overdue_by))
                        },
                        Some(target) => span {
                            (page.t("first.target")) " " (page.span(target))
                        },
                        None => {}
                    }
                    @if self.posts > 1 { span { (page.t("posts")) " " (page.n(self.posts)) } }
                    @if let Some(post) = &self.post { span.id { bdi { (post) } } }
                }
                @if !self.text.is_empty() { (shown(&self.text, page.words())) }
                (self.ledger.show(page.words(), &self.reason))
            }
        }
    }
}
