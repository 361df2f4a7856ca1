//! Campaigns of spam: how many posts and accounts, why, and samples.

use std::collections::BTreeMap;

use hearken::campaign::Membership;
use hearken::revision::{Cause, Field, Revision, Value};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::rises::Shown;
use crate::moment::Moment;
use crate::page::Page;
use crate::report::keep;
use crate::texts::Texts;

/// Posts that are shown of a campaign; by hand: enough to see what they have in common.
const SAMPLES: usize = 3;
/// Characters of such a post that are shown, and half of those that are kept: a number that lies
/// across the end is masked whole.
const MOST_LETTERS: usize = 140;

/// Campaigns of spam.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Campaigns {
    /// The campaigns, the largest first.
    pub campaigns: Vec<Campaign>,
    /// How many more there were.
    pub more: u64,
}

/// One offer by many accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its identifier.
    pub id: String,
    /// Posts that were labelled as part of it, those revised later included.
    pub posts: u64,
    /// Accounts that it had at most in the window of campaigns.
    pub accounts: u64,
    /// Its first and its last post.
    pub from: Moment,
    /// See `from`.
    pub to: Moment,
    /// The evidence, when it was largest; empty where texts are left out.
    pub reason: String,
    /// Some of its posts.
    pub samples: Vec<Shown>,
}

/// Campaigns as they are found.
#[derive(Debug, Default)]
pub(crate) struct Found(BTreeMap<String, Campaign>);

/// A post of a campaign: its time, and itself to be shown.
pub(crate) struct Of<'p> {
    pub(crate) at: i64,
    pub(crate) id: &'p str,
    pub(crate) text: &'p str,
}

impl Found {
    /// Takes a post that is of a campaign as it comes.
    pub(crate) fn take(&mut self, membership: &Membership, post: &Of<'_>) {
        let Some(id) = membership.campaign else {
            return;
        };
        self.add(
            &id.to_string(),
            post,
            membership.accounts,
            &membership.reason,
        );
    }

    /// Takes what changes about an earlier post.
    pub(crate) fn revise(&mut self, revision: &Revision, post: &Of<'_>) {
        if revision.field != Field::SpamCampaign {
            return;
        }
        if let Value::Campaign(Some(old)) = &revision.old
            && let Some(campaign) = self.0.get_mut(old)
        {
            campaign.posts = campaign.posts.saturating_sub(1);
            campaign.samples.retain(|shown| shown.id != post.id);
        }
        if let Value::Campaign(Some(new)) = &revision.new {
            let Cause::Campaign {
                accounts, reason, ..
            } = &revision.cause;
            self.add(new, post, *accounts, reason);
        }
    }

    fn add(&mut self, id: &str, post: &Of<'_>, accounts: u64, reason: &str) {
        let campaign = self.0.entry(id.to_owned()).or_insert_with(|| Campaign {
            id: id.to_owned(),
            from: Moment(post.at),
            to: Moment(post.at),
            ..Campaign::default()
        });
        campaign.posts += 1;
        campaign.from = campaign.from.min(Moment(post.at));
        campaign.to = campaign.to.max(Moment(post.at));
        if accounts >= campaign.accounts {
            campaign.accounts = accounts;
            reason.clone_into(&mut campaign.reason);
        }
        let is_new = |shown: &Shown| shown.text != post.text;
        if campaign.samples.len() < SAMPLES && campaign.samples.iter().all(is_new) {
            campaign.samples.push(Shown {
                id: post.id.to_owned(),
                at: Moment(post.at),
                score: 0,
                text: post.text.chars().take(2 * MOST_LETTERS).collect(),
            });
        }
    }

    pub(crate) fn campaigns(self, texts: &Texts, top: usize) -> Campaigns {
        let mut campaigns: Vec<Campaign> = self
            .0
            .into_values()
            .filter(|campaign| campaign.posts > 0)
            .collect();
        campaigns.sort_by_key(|campaign| (std::cmp::Reverse(campaign.posts), campaign.from));
        let mut more = 0;
        keep(&mut campaigns, &mut more, top);
        if !texts.are_shown {
            for campaign in &mut campaigns {
                campaign.samples.clear();
                campaign.reason.clear();
            }
        }
        let shown = campaigns
            .iter_mut()
            .flat_map(|campaign| &mut campaign.samples);
        shown.for_each(|shown| {
            let text = texts.text(&shown.text);
            shown.text = text.chars().take(MOST_LETTERS).collect();
        });
        Campaigns { campaigns, more }
    }
}

impl Campaigns {
    pub(crate) fn keep(&mut self, top: usize) {
        keep(&mut self.campaigns, &mut self.more, top);
    }

    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            section {
                h2 id="campaigns" { (page.t("campaigns")) }
                @if self.campaigns.is_empty() { p.note { (page.t("campaigns.none")) } }
                @for campaign in &self.campaigns { (campaign.show(page)) }
                @if self.more > 0 {
                    p.note { (page.fill("more", &[("count", &page.n(self.more))])) }
                }
            }
        }
    }
}

impl Campaign {
    fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            article {
                p.facts {
                    b { (page.t("posts")) " " (page.n(self.posts)) }
                    span { (page.t("accounts")) " " (page.n(self.accounts)) }
                    span { (page.moment(self.from)) " – " (page.moment(self.to)) }
                    span.id { (self.id) }
                }
                @if !self.reason.is_empty() { p.note { bdi { (page.words().reason(&self.reason)) } } }
                @for shown in &self.samples {
                    blockquote { p dir="auto" { (shown.text) } footer { bdi { (shown.id) } } }
                }
            }
        }
    }
}
