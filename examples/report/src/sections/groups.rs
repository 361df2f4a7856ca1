//! Languages and channels: how many posts each has, how they feel, and what waits.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::by::Figures;
use crate::fact::Counts;
use crate::number::share;
use crate::page::Page;

/// Languages or channels that are shown, the most frequent: a bound on the page, chosen by hand.
const MOST_GROUPS: usize = 20;

/// The posts of one language or channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name; none is that of the posts without one.
    pub name: Option<String>,
    /// How many are summed here, where they are too many to be shown one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<u64>,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The groups by how many posts they have, ties by name; the rare ones in one sum.
pub(crate) fn groups(counts: BTreeMap<Option<String>, Counts>) -> Vec<Group> {
    let mut groups: Vec<Group> = counts
        .into_iter()
        .map(|(name, counts)| Group {
            name,
            others: None,
            counts,
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.counts.posts));
    if groups.len() > MOST_GROUPS {
        let rare = groups.split_off(MOST_GROUPS);
        let mut others = Group {
            others: Some(rare.len() as u64),
            ..Group::default()
        };
        rare.iter()
            .for_each(|group| others.counts.merge(&group.counts));
        groups.push(others);
    }
    groups
}

/// A table of groups; those of channels say what waits, too.
pub(crate) fn show(groups: &[Group], page: &Page<'_>, title: &str, waits: bool) -> Markup {
    if groups.is_empty() {
        return html! {};
    }
    html! {
        section.half {
            h2 id=(title) { (page.t(title)) }
            div.wide { table {
                tr { th {} (header(page, waits)) }
                @for group in groups {
                    tr {
                        td { bdi { (group.shown(page)) } }
                        (cells(&group.counts, page, waits))
                    }
                }
            } }
        }
    }
}

/// The names of the counts.
pub(crate) fn header(page: &Page<'_>, waits: bool) -> Markup {
    html! {
        th.n { (page.t("posts")) }
        th.n { (page.t("spam")) }
        th.n { (page.t("negative")) }
        th.n { (page.t("tiles.needs_answer")) }
        @if waits {
            th.n { (page.t("tiles.waiting")) }
            th.n { (page.t("tiles.overdue")) }
        }
    }
}

/// The counts of a group as cells of a table.
pub(crate) fn cells(counts: &Counts, page: &Page<'_>, waits: bool) -> Markup {
    html! {
        td.n { (page.n(counts.posts)) }
        td.n { (page.n(counts.spam)) }
        td.n { (page.percent(share(counts.negative, counts.real()))) }
        td.n { (page.n(counts.needs_answer)) }
        @if waits {
            td.n { (page.n(counts.waiting)) }
            td.n { (page.n(counts.overdue)) }
        }
    }
}

impl Group {
    fn shown(&self, page: &Page<'_>) -> String {
        match (&self.name, self.others) {
            (Some(name), _) => name.clone(),
            (None, Some(others)) => page.fill("others", &[("count", &page.n(others))]),
            (None, None) => page.t("none").to_owned(),
        }
    }
}
