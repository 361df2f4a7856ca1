//! Of what the report is: inputs, settings, as of when, and that it holds texts of customers.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::page::Page;

/// Of what the report is, and how it was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The language of the page: en, cs, zh-Hans or zh-Hant.
    pub language: String,
    /// The time zone of its times, as [`TimeZone::named`](hearken::time::TimeZone::named) takes it.
    pub zone: String,
    /// The version of hearken.
    pub version: String,
    /// Where the posts come from.
    pub inputs: Vec<String>,
    /// Models and settings that are not the bundled ones, as they were asked for.
    pub options: Vec<String>,
    /// What the engine answers: its heads.
    pub heads: Vec<String>,
    /// The moment of the report: what waits, waits as of then. None where no post has a time.
    pub as_of: Option<Moment>,
    /// The first and the last moment of a post.
    pub from: Option<Moment>,
    /// See `from`.
    pub to: Option<Moment>,
    /// Posts of customers.
    pub posts: u64,
    /// Posts of agents.
    pub agent_posts: u64,
    /// Posts without a time: they are in no picture.
    pub undated: u64,
    /// Posts that came again, counted once.
    pub repeated: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// Whether personal data is masked in the texts.
    pub masked: bool,
    /// Whether there are texts; if not, there are numbers only.
    pub texts: bool,
}

impl About {
    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        let warning = match (self.texts, self.masked) {
            (false, _) => "about.numbers_only",
            (true, true) => "about.masked",
            (true, false) => "about.unmasked",
        };
        let span = self.from.zip(self.to);
        let list = |items: &[String]| items.join(", ");
        html! {
            header {
                h1 { (page.t("title")) }
                @if let Some((from, to)) = span {
                    p.lead { (page.moment(from)) " – " (page.moment(to)) " · " (self.zone) }
                }
                p.warn { (page.t(warning)) }
                dl.about {
                    // A table of a program has no name.
                    @if !self.inputs.is_empty() {
                        (item(page, "about.inputs", &list(&self.inputs)))
                    }
                    @if let Some(as_of) = self.as_of {
                        (item(page, "about.as_of", &page.moment(as_of)))
                    }
                    (item(page, "about.posts", &page.n(self.posts)))
                    @if self.agent_posts > 0 {
                        (item(page, "about.agent_posts", &page.n(self.agent_posts)))
                    }
                    (item(page, "about.rejected", &page.n(self.rejected)))
                    @if self.undated > 0 { (item(page, "about.undated", &page.n(self.undated))) }
                    @if self.repeated > 0 { (item(page, "about.repeated", &page.n(self.repeated))) }
                    (item(page, "about.made_by", &format!("hearken {}", self.version)))
                    (item(page, "about.heads", &list(&self.heads)))
                    (item(page, "about.settings", &match self.options.is_empty() {
                        true => page.t("about.bundled").to_owned(),
                        false => self.options.join(" "),
                    }))
                }
            }
        }
    }
}

fn item(page: &Page<'_>, name: &str, value: &str) -> Markup {
    html! { div { dt { (page.t(name)) } dd { bdi { (value) } } } }
}
