//! The figures at the top.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::page::Page;

/// The figures at the top.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tiles {
    /// Posts of customers, spam included.
    pub posts: u64,
    /// Those that are spam.
    pub spam: u64,
    /// Those that are not spam and of negative sentiment.
    pub negative: u64,
    /// The share of these among all that are not spam.
    pub negative_share: f64,
    /// Those that need an answer.
    pub needs_answer: u64,
    /// Those that are critical.
    pub critical: u64,
    /// Those that are high, critical ones left out.
    pub high: u64,
    /// Cases that wait for an answer.
    pub waiting: u64,
    /// Of these the ones that are overdue.
    pub overdue: u64,
    /// Alerts.
    pub rises: u64,
    /// Posts of languages in which nothing is said of sentiment.
    pub unsaid: u64,
}

impl Tiles {
    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        let negative = format!(
            "{}, {}",
            page.t("negative"),
            page.percent(self.negative_share)
        );
        let high = format!(
            "{}, {} {}",
            page.t("critical"),
            page.n(self.high),
            page.t("high")
        );
        let tiles = [
            (page.t("tiles.posts"), page.n(self.posts)),
            (page.t("tiles.spam"), page.n(self.spam)),
            (&*negative, page.n(self.negative)),
            (page.t("tiles.needs_answer"), page.n(self.needs_answer)),
            (&*high, page.n(self.critical)),
            (page.t("tiles.rises"), page.n(self.rises)),
            (page.t("tiles.waiting"), page.n(self.waiting)),
            (page.t("tiles.overdue"), page.n(self.overdue)),
        ];
        html! {
            ul.tiles {
                @for (name, value) in tiles { li { b { (value) } span { (name) } } }
            }
            @if self.unsaid > 0 {
                p.note { (page.fill("tiles.unsaid", &[("posts", &page.n(self.unsaid))])) }
            }
        }
    }
}
