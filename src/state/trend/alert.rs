//! What is told of a rise: how much, since when, how sure, what is new in it, and which
//! posts show it.

use std::fmt::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::pane::Note;
use crate::series::burst::Horizon;
use crate::taxonomy::Taxonomy;
use crate::text::Language;

/// Where an alert stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is told for the first time.
    #[default]
    Opened,
    /// It was told, and is more, less, or wider by now.
    Updated,
    /// The series is calm again.
    Closed,
}

/// A rise that is beyond what the budget of false alerts lets pass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The same over its life: the hash of its first key and time.
    pub id: String,
    /// Opened, updated or closed.
    pub state: State,
    /// The end of the pane with which it is told, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What rises.
    pub key: String,
    /// What rises with it, by the same authors.
    pub with: Vec<String>,
    /// When the rise began, estimated, in milliseconds since the Unix epoch.
    pub since: i64,
    /// How long it has lasted, in milliseconds.
    pub longevity: i64,
    /// 1 to 10: how improbable, how many, how many complain, how important.
    pub severity: u8,
    /// The span in which it is the least probable.
    pub horizon: Horizon,
    /// What was counted in that span: authors, net of spam and reposts, unless asked otherwise.
    pub count: u64,
    /// What was expected.
    pub expected: f64,
    /// How many times the expectation that is, and an interval of 95 %.
    pub rate: f64,
    /// The interval.
    pub interval: [f64; 2],
    /// −log10 of its probability without a cause.
    pub depth: f64,
    /// The share of posts in the span that want an answer.
    pub complaints: f64,
    /// Posts in the span, and spam that was left out.
    pub posts: u64,
    /// Spam that was left out.
    pub spam: u64,
    /// The words that are new in it, the newest first.
    pub drivers: Vec<String>,
    /// Its most important posts.
    pub evidence: Vec<Arc<Note>>,
}

impl Alert {
    /// How many posts are given as evidence, and how many words.
    pub(crate) const EVIDENCE: usize = 3;
    pub(crate) const DRIVERS: usize = 4;

    /// From 1 to 10: a point, up to three for how improbable it is beyond the bar (a point for
    /// three decades), up to three for how many authors are more than expected (a point for
    /// four times as many, from four on), up to two for the share that wants an answer, and
    /// one for importance.
    pub(crate) fn weigh(&mut self, bar: f64, importance: f64) {
        let improbable = ((self.depth - bar) / 3.0).clamp(0.0, 3.0);
        let more = ((self.count as f64 - self.expected).max(1.0) / 4.0).log2() / 2.0;
        let points = 1.0
            + improbable
            + more.clamp(0.0, 3.0)
            + 2.0 * self.complaints
            + (importance / 50.0).min(1.0);
        self.severity = points.round().clamp(1.0, 10.0) as u8;
    }

    /// What happened, in a sentence of English, Czech or Chinese; other languages get English.
    /// Times are UTC.
    pub fn sentence(&self, language: Language, taxonomy: &Taxonomy) -> String {
        let name = name(&self.key, language, taxonomy);
        let Alert {
            count,
            expected,
            rate,
            interval: [low, high],
            ..
        } = *self;
        let since = clock(self.since);
        let percent = (self.complaints * 100.0).round();
        let few = if expected < 1.0 { 2 } else { 1 };
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match language {
            Language::Cs => write!(
                text,
                "{name}: {} za {}, čekalo se {} ({}krát tolik, 95 % {}–{}), roste od {since} UTC",
                authors_cs(count),
                ["5 minut", "čtvrt hodiny", "hodinu", "3 hodiny", "6 hodin"][self.horizon as usize],
                comma(expected, few),
                comma(rate, 1),
                comma(low, 1),
                comma(high, 1)
            ),
            Language::ZhHans | Language::Zh => write!(
                text,
                "{name}：{}内有{count}位作者，预期{expected:.few$}位（{rate:.1}倍，95%区间{low:.1}–{high:.1}），自UTC {since}起上升",
                ["5分钟", "15分钟", "1小时", "3小时", "6小时"][self.horizon as usize]
            ),
            Language::ZhHant => write!(
                text,
                "{name}：{}內有{count}位作者，預期{expected:.few$}位（{rate:.1}倍，95%區間{low:.1}–{high:.1}），自UTC {since}起上升",
                ["5分鐘", "15分鐘", "1小時", "3小時", "6小時"][self.horizon as usize]
            ),
            _ => write!(
                text,
                "{name}: {count} author{} in {}, {expected:.few$} expected ({rate:.1} times, 95 % {low:.1}–{high:.1}), rising since {since} UTC",
                if count == 1 { "" } else { "s" },
                ["5 minutes", "15 minutes", "an hour", "3 hours", "6 hours"][self.horizon as usize]
            ),
        };
        if !self.drivers.is_empty() {
            let _ = match language {
                Language::Cs => write!(
                    text,
                    "; nově v tom je {}",
                    quoted(&self.drivers, "„", "“", ", ")
                ),
                Language::ZhHans | Language::Zh => {
                    write!(text, "；新出现{}", quoted(&self.drivers, "“", "”", "、"))
                }
                Language::ZhHant => {
                    write!(text, "；新出現{}", quoted(&self.drivers, "「", "」", "、"))
                }
                _ => write!(
                    text,
                    "; new in it: {}",
                    quoted(&self.drivers, "“", "”", ", ")
                ),
            };
        }
        let _ = match language {
            Language::Cs => write!(text, "; {percent} % čeká na odpověď."),
            Language::ZhHans | Language::Zh => write!(text, "；{percent}%需要回复。"),
            Language::ZhHant => write!(text, "；{percent}%需要回覆。"),
            _ => write!(text, "; {percent} % want an answer."),
        };
        text
    }
}

/// A key for people.
fn name(key: &str, language: Language, taxonomy: &Taxonomy) -> String {
    let (kind, name) = key.split_once(':').unwrap_or((key, ""));
    let topic = || {
        taxonomy
            .index_of(name)
            .and_then(|at| taxonomy.topics.get(at))
            .map_or(name, |topic| topic.name(language))
    };
    let words = match language {
        Language::Cs => [
            "Všechny příspěvky",
            "stížnosti",
            "Jazyk",
            "Kanál",
            "Vše, co čeká na odpověď",
            "chvála",
        ],
        Language::ZhHans | Language::Zh => [
            "全部帖子",
            "投诉",
            "语言",
            "渠道",
            "全部需要回复的帖子",
            "表扬",
        ],
        Language::ZhHant => [
            "全部貼文",
            "投訴",
            "語言",
            "管道",
            "全部需要回覆的貼文",
            "表揚",
        ],
        _ => [
            "All posts",
            "complaints",
            "Language",
            "Channel",
            "All that want an answer",
            "praise",
        ],
    };
    match kind {
        "all" => words[0].to_owned(),
        "complaints" => words[4].to_owned(),
        "topic" => topic().to_owned(),
        "complaint" => format!("{} ({})", topic(), words[1]),
        "praise" => format!("{} ({})", topic(), words[5]),
        "language" => format!("{} {name}", words[2]),
        "channel" => format!("{} {name}", words[3]),
        "hashtag" => format!("#{name}"),
        _ => name.to_owned(),
    }
}

/// Month, day, hour and minute, in UTC.
fn clock(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |time| time.strftime("%m-%d %H:%M").to_string(),
    )
}

fn comma(number: f64, decimals: usize) -> String {
    format!("{number:.decimals$}").replace('.', ",")
}

fn authors_cs(count: u64) -> String {
    let word = match count {
        1 => "autor",
        2..=4 => "autoři",
        _ => "autorů",
    };
    format!("{count} {word}")
}

fn quoted(words: &[String], open: &str, close: &str, between: &str) -> String {
    words
        .iter()
        .map(|word| format!("{open}{word}{close}"))
        .collect::<Vec<_>>()
        .join(between)
}

/// Which of several keys of one rise names it: what says the most.
pub(crate) fn rank(key: &Key) -> u8 {
    match key {
        Key::Term(_) => 0,
        Key::Complaint(_) => 1,
        Key::Topic(_) => 2,
        Key::Praise(_) => 3,
        Key::Hashtag(_) => 4,
        Key::Emerging(_) => 5,
        Key::Complaints => 6,
        Key::Channel(_) => 7,
        Key::Language(_) => 8,
        Key::All => 9,
    }
}
