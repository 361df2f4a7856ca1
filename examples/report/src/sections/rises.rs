//! What rose: each alert with its sentence, its words and its posts.

use std::collections::BTreeMap;

use hearken::Engine;
use hearken::text::Language;
use hearken::time::TimeZone;
use hearken::trend::{Alert, Key, State};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::number::rounded;
use crate::page::Page;
use crate::report::keep;
use crate::texts::Texts;

/// Characters of a text that alerts keep.
const MOST_LETTERS: usize = 140;

/// What rose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rises {
    /// The alerts, the most severe first, then the earlier.
    pub alerts: Vec<Rise>,
    /// How many more there were.
    pub more: u64,
}

/// One alert, as it was reported last before it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rise {
    /// Its number on the page.
    pub number: usize,
    /// Its identifier.
    pub id: String,
    /// What happened, in the language of the page.
    pub sentence: String,
    /// From 1 to 10.
    pub severity: u8,
    /// When the rise began, estimated.
    pub since: Moment,
    /// When it was reported first.
    pub reported: Moment,
    /// When it ended, if it did.
    pub ended: Option<Moment>,
    /// What was counted in its span: authors, and how many were expected.
    pub count: u64,
    /// See `count`.
    pub expected: f64,
    /// Posts in the span, and which share of them wants an answer.
    pub posts: u64,
    /// See `posts`.
    pub complaints: f64,
    /// Whether it is an own campaign or a give-away.
    pub own: bool,
    /// The words that are new in it.
    pub words: Vec<String>,
    /// Typical posts.
    pub evidence: Vec<Shown>,
}

/// A post as evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Its identifier.
    pub id: String,
    /// Its time.
    pub at: Moment,
    /// Its importance, 0 to 100.
    pub score: u8,
    /// The beginning of its text.
    pub text: String,
}

/// The alerts as they come.
#[derive(Debug, Default)]
pub(crate) struct Alerts(BTreeMap<String, Kept>);

#[derive(Debug)]
struct Kept {
    alert: Alert,
    reported: i64,
    ended: Option<i64>,
}

impl Alerts {
    pub(crate) fn take(&mut self, alert: Alert) {
        let kept = self.0.entry(alert.id.clone()).or_insert_with(|| Kept {
            reported: alert.at,
            ended: None,
            alert: alert.clone(),
        });
        match alert.state {
            State::Closed => kept.ended = Some(alert.at),
            _ => (kept.alert, kept.ended) = (alert, None),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn rises(
        self,
        engine: &Engine,
        zone: &TimeZone,
        language: Language,
        texts: &Texts,
        top: usize,
    ) -> Rises {
        let mut kept: Vec<Kept> = self.0.into_values().collect();
        kept.sort_by_key(|kept| {
            let alert = &kept.alert;
            (
                std::cmp::Reverse(alert.severity),
                alert.since,
                alert.id.clone(),
            )
        });
        let mut more = 0;
        keep(&mut kept, &mut more, top);
        let rise = |(index, kept): (usize, Kept)| {
            let mut alert = kept.alert;
            if !texts.are_shown {
                silence(&mut alert);
            }
            Rise {
                number: index + 1,
                sentence: texts.text(&alert.sentence_in(zone, language, engine.taxonomy())),
                severity: alert.severity,
                since: Moment(alert.since),
                reported: Moment(kept.reported),
                ended: kept.ended.map(Moment),
                count: alert.count,
                expected: rounded(alert.expected),
                posts: alert.posts,
                complaints: rounded(alert.complaints),
                own: alert.own,
                evidence: alert
                    .evidence
                    .iter()
                    .map(|note| Shown {
                        id: note.id.to_string(),
                        at: Moment(note.at),
                        score: note.score,
                        text: ended(&note.text),
                    })
                    .collect(),
                words: alert.drivers.iter().map(|word| texts.text(word)).collect(),
                id: alert.id,
            }
        };
        Rises {
            alerts: kept.into_iter().enumerate().map(rise).collect(),
            more,
        }
    }
}

/// A text of evidence, which is cut: whether there is more can be told by its length alone.
fn ended(text: &str) -> String {
    let more = if text.chars().count() >= MOST_LETTERS {
        "…"
    } else {
        ""
    };
    format!("{text}{more}")
}

/// Takes all that customers wrote out of an alert.
fn silence(alert: &mut Alert) {
    alert.drivers.clear();
    alert.evidence.clear();
    if let Key::Emerging(word) | Key::Hashtag(word) | Key::Term(word) = &mut alert.key {
        *word = "…".into();
    }
}

impl Rises {
    pub(crate) fn keep(&mut self, top: usize) {
        keep(&mut self.alerts, &mut self.more, top);
    }

    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            section {
                h2 id="rises" { (page.t("rises")) }
                @if self.alerts.is_empty() { p.note { (page.t("rises.none")) } }
                @for rise in &self.alerts { (rise.show(page)) }
                @if self.more > 0 {
                    p.note { (page.fill("more", &[("count", &page.n(self.more))])) }
                }
            }
        }
    }
}

impl Rise {
    fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            article id={ "rise-" (self.number) } {
                p.say { b.tag { (self.number) } " " bdi { (self.sentence) } }
                p.facts {
                    span.sev { (page.t("severity")) " " (self.severity) "/10" }
                    @if self.own { span { (page.t("rises.own")) } }
                    span { (page.t("rises.since")) " " (page.moment(self.since)) }
                    span { (page.t("rises.reported")) " " (page.moment(self.reported)) }
                    span { @match self.ended {
                        Some(ended) => { (page.t("rises.ended")) " " (page.moment(ended)) }
                        None => { (page.t("rises.lasts")) }
                    } }
                    span { (page.t("posts")) " " (page.n(self.posts)) }
                }
                @if !self.words.is_empty() {
                    p.facts { (page.t("rises.words")) ": "
                        @for word in &self.words { bdi.word { (word) } " " }
                    }
                }
                @for shown in &self.evidence {
                    blockquote {
                        p dir="auto" { (shown.text) }
                        footer { (page.t("importance")) " " (shown.score) " · "
                            bdi { (shown.id) } " · " (page.moment(shown.at)) }
                    }
                }
            }
        }
    }
}
