//! The page: one file that fetches nothing, for screens, telephones and paper.

use std::borrow::Cow;
use std::fmt::Write as _;

use hearken::text::Language;
use hearken::time::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use crate::labels::{self, Labels, filled};
use crate::moment::Moment;
use crate::number::grouped_by;
use crate::reasons::translated;
use crate::report::Report;
use crate::sections::{compared, groups};

const STYLE: &str = include_str!("style.css");
/// Nothing may be fetched and no script run; the style stands in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What is said in the language of the page, and how its numbers are written.
pub(crate) struct Words {
    labels: &'static Labels,
    language: Language,
}

impl Words {
    pub(crate) fn of(language: Language) -> Words {
        Words {
            labels: labels::of(language),
            language,
        }
    }

    /// A label; its own name if there is none.
    pub(crate) fn t<'w>(&'w self, name: &'w str) -> &'w str {
        self.labels.get(name).map_or(name, String::as_str)
    }

    /// The name of a part of the score.
    pub(crate) fn part<'w>(&'w self, name: &'w str) -> &'w str {
        self.labels
            .get(&format!("part.{name}"))
            .map_or(name, String::as_str)
    }

    /// A reason; in English as it came if it can't be said otherwise.
    pub(crate) fn reason<'w>(&self, reason: &'w str) -> Cow<'w, str> {
        match translated(reason, self.language) {
            Some(reason) => Cow::Owned(reason),
            None => Cow::Borrowed(reason),
        }
    }

    fn decimal(&self, number: f64, decimals: usize) -> String {
        format!("{number:.decimals$}").replace('.', self.t("point"))
    }
}

/// A report as it becomes a page.
pub(crate) struct Page<'r> {
    pub(crate) report: &'r Report,
    words: Words,
    zone: TimeZone,
}

impl<'r> Page<'r> {
    fn new(report: &'r Report) -> Page<'r> {
        let language = Language::from_code(&report.about.language).unwrap_or(Language::En);
        Page {
            report,
            words: Words::of(language),
            zone: TimeZone::named(&report.about.zone).unwrap_or_default(),
        }
    }

    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// A label.
    pub(crate) fn t<'p>(&'p self, name: &'p str) -> &'p str {
        self.words.t(name)
    }

    /// A label with values for its fields.
    pub(crate) fn fill(&self, name: &str, values: &[(&str, &str)]) -> String {
        filled(self.t(name), values)
    }

    /// A whole number.
    pub(crate) fn n(&self, number: u64) -> String {
        grouped_by(number, self.t("group"))
    }

    /// A share in percent.
    pub(crate) fn percent(&self, share: f64) -> String {
        self.words.decimal(100.0 * share, 1) + self.t("percent")
    }

    /// A difference of shares in points.
    pub(crate) fn points(&self, change: f64) -> String {
        let points = 100.0 * change;
        let sign = if points > 0.0 { "+" } else { "" };
        let text = format!("{sign}{}", self.words.decimal(points, 1));
        // A minus as wide as the plus.
        text.replace('-', "−")
    }

    /// A moment by the clock of the zone.
    pub(crate) fn moment(&self, moment: Moment) -> String {
        moment.shown(&self.zone)
    }

    /// A span of time in its two largest units.
    pub(crate) fn span(&self, milliseconds: i64) -> String {
        let minutes = milliseconds.max(0) / 60_000;
        let units = [
            ("days", minutes / 1440),
            ("hours", minutes / 60 % 24),
            ("minutes", minutes % 60),
        ];
        let first = units.iter().position(|(_, count)| *count > 0).unwrap_or(2);
        let mut text = String::new();
        for (name, count) in units
            .iter()
            .skip(first)
            .take(2)
            .filter(|(name, count)| *count > 0 || first == 2 && *name == "minutes")
        {
            let between = if text.is_empty() { "" } else { " " };
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "{between}{}",
                filled(self.t(name), &[("count", &self.n(*count as u64))])
            );
        }
        text
    }
}

/// The page of a report: HTML of at most [`MOST_BYTES`](crate::MOST_BYTES).
pub fn html(report: &Report) -> String {
    let page = Page::new(report);
    let sections = [
        report.about.show(&page),
        report.tiles.show(&page),
        report.volume.show(&page),
        report.rises.show(&page),
        report.first.show(&page),
        report.topics.show(&page),
        groups::show(&report.languages, &page, "languages", false),
        groups::show(&report.channels, &page, "channels", true),
        report.promises.show(&page),
        report.campaigns.show(&page),
        report.uncovered.show(&page),
        compared::show(&report.compared, &page),
    ];
    let body = markup! { @for section in sections { (section) } };
    document(page.words(), page.t("title"), &body)
}

/// A page with this body.
pub(crate) fn document(words: &Words, title: &str, body: &Markup) -> String {
    let page = markup! {
        (DOCTYPE)
        html lang=(words.language.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string() + "\n"
}
