//! What is said at the end: tables with aligned columns, on standard error or in a report.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use crate::mask;
use comfy_table::{CellAlignment, Table, presets};
use hearken::Triage;
use hearken::importance::Level;
use hearken::triage::Verdict;
pub use hearken_report::number::grouped;
use jiff::Timestamp;

/// Languages that the summary names, the most frequent.
const LANGUAGES: usize = 8;

/// What a summary calls posts whose date is wrong, or so far ahead that the clock does not follow.
pub const AHEAD: &str = "posts dated far ahead of the others";

/// Counts of a run of triage.
#[derive(Debug, Default)]
pub struct Summary {
    posts: u64,
    spam: u64,
    unsure: u64,
    truncated: u64,
    languages: BTreeMap<&'static str, u64>,
    levels: BTreeMap<Level, u64>,
}

/// What the summary needs of one answer.
pub struct Counted {
    language: &'static str,
    verdict: Verdict,
    level: Level,
    truncated: bool,
}

impl Counted {
    /// What is counted of this answer.
    pub fn of(triage: &Triage) -> Counted {
        Counted {
            language: triage.language.code(),
            verdict: triage.spam.verdict,
            level: triage.importance.level,
            truncated: triage.truncated,
        }
    }
}

impl Summary {
    /// Counts one answer.
    pub fn add(&mut self, counted: &Counted) {
        self.posts += 1;
        match counted.verdict {
            Verdict::Spam => self.spam += 1,
            Verdict::Unsure => self.unsure += 1,
            Verdict::Ham => {}
        }
        self.truncated += u64::from(counted.truncated);
        *self.languages.entry(counted.language).or_default() += 1;
        *self.levels.entry(counted.level).or_default() += 1;
    }

    /// The table: posts, rejects, spam, each language, each level, and the speed.
    pub fn table(&self, rejects: u64, elapsed: Duration) -> String {
        let plain = |name: &str, value: String| vec![name.to_owned(), value, String::new()];
        let mut rows = vec![
            plain("posts", grouped(self.posts)),
            plain("rejects", grouped(rejects)),
            self.row("spam", self.spam),
            self.row("unsure", self.unsure),
        ];
        if self.truncated > 0 {
            rows.push(self.row("truncated", self.truncated));
        }
        rows.extend(self.language_rows());
        for (name, level) in [
            ("critical", Level::Critical),
            ("high", Level::High),
            ("medium", Level::Medium),
            ("low", Level::Low),
        ] {
            let count = self.levels.get(&level).copied().unwrap_or_default();
            rows.push(self.row(&format!("level {name}"), count));
        }
        rows.push(plain("seconds", format!("{:.2}", elapsed.as_secs_f64())));
        rows.push(plain("posts per second", speed(self.posts, elapsed)));
        table(&[], rows, &[1, 2])
    }

    /// The most frequent languages, and the rest in one row.
    fn language_rows(&self) -> Vec<Vec<String>> {
        let counts = self.languages.iter();
        let mut languages: Vec<(&str, u64)> = counts.map(|(code, count)| (*code, *count)).collect();
        languages.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
        let (shown, rest) = languages.split_at(languages.len().min(LANGUAGES));
        let mut rows: Vec<Vec<String>> = shown
            .iter()
            .map(|(code, count)| self.row(&format!("language {code}"), *count))
            .collect();
        if !rest.is_empty() {
            let count = rest.iter().map(|(_, count)| count).sum();
            rows.push(self.row(&format!("{} other languages", rest.len()), count));
        }
        rows
    }

    /// A count, and its share of the posts.
    fn row(&self, name: &str, count: u64) -> Vec<String> {
        let share = match 100.0 * count as f64 / self.posts as f64 {
            share if share.is_nan() => String::new(),
            share if count > 0 && share < 0.05 => "< 0.1 %".to_owned(),
            share => format!("{share:.1} %"),
        };
        vec![name.to_owned(), grouped(count), share]
    }
}

/// Posts per second, in whole numbers.
pub fn speed(posts: u64, elapsed: Duration) -> String {
    grouped((posts as f64 / elapsed.as_secs_f64().max(1e-9)).round() as u64)
}

/// A moment (milliseconds since the Unix epoch) in UTC, in a form such as `%Y-%m-%d %H:%M`.
pub fn moment(at: i64, form: &str) -> String {
    Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |time| time.strftime(form).to_string())
}

/// Rows in columns without rules; `right` names the columns that are aligned right. Wide
/// characters count double.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    if !header.is_empty() {
        table.set_header(header);
    }
    table.add_rows(rows);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Says something on standard error, masked if that was asked for; a closed one is not a reason to
/// stop.
pub fn say(text: &str) {
    let _ = io::stderr().write_all(mask::text(text).as_bytes());
}
