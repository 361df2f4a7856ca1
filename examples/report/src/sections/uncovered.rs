//! What fits no topic: groups of posts, with lines to paste into the taxonomy.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::Arc;

use hearken::coverage::{Coverage, CoverageOptions};
use hearken::{Engine, Post};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::fact::Fact;
use crate::page::Page;
use crate::report::keep;
use crate::texts::Texts;

/// What fits no topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Uncovered {
    /// Posts without a topic that are not spam.
    pub posts: u64,
    /// Of these the ones that were looked at: of many a sample.
    pub looked_at: u64,
    /// Of these the ones that are in a group.
    pub grouped: u64,
    /// The groups, the largest first; without words and examples where texts are left out.
    pub groups: Vec<Group>,
    /// How many more groups there were.
    pub more: u64,
}

/// Posts without a topic that are about the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Posts, repeated ones included.
    pub posts: u64,
    /// Different texts.
    pub texts: u64,
    /// The language of most of them.
    pub language: String,
    /// The topic that it is most like.
    pub nearest: Option<String>,
    /// Some of its posts.
    pub examples: Vec<String>,
    /// Lines to paste into the taxonomy.
    pub lines: String,
}

/// Posts that are looked at in the end: with and without a topic those of the smallest hashes, so
/// that the sample does not depend on what came first.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    posts: u64,
    with: BTreeMap<(u64, u64), Arc<Post<'static>>>,
    without: BTreeMap<(u64, u64), Arc<Post<'static>>>,
}

impl Sample {
    pub(crate) fn add(&mut self, fact: &Fact) {
        if fact.spam {
            return;
        }
        self.posts += u64::from(fact.topics.is_empty());
        let into = match fact.topics.is_empty() {
            true => &mut self.without,
            false => &mut self.with,
        };
        let hash = |text: &str| {
            let mut hasher = SipHasher13::new();
            hasher.write(text.as_bytes());
            hasher.finish()
        };
        let (text, id) = (&fact.post.text, fact.post.id.as_deref().unwrap_or_default());
        into.insert((hash(text), hash(id)), fact.post.clone());
        if into.len() > CoverageOptions::default().most_posts {
            into.pop_last();
        }
    }

    pub(crate) fn uncovered(self, engine: &Engine, texts: &Texts, top: usize) -> Uncovered {
        let mut coverage = Coverage::new(CoverageOptions {
            most_groups: top,
            ..CoverageOptions::default()
        });
        let with = self.with.into_values().map(|post| (post, true));
        let without = self.without.into_values().map(|post| (post, false));
        let posts: Vec<(Arc<Post<'static>>, bool)> = with.chain(without).collect();
        // Read again, on all threads: what groups are made of is not kept with the answers. What
        // has its topic from the post that it answers is in neither half.
        let noted = engine.map_batch(&posts, |engine, scratch, (post, has_topic)| {
            let noted = Coverage::read(engine, &texts.post(post), scratch);
            Some(noted).filter(|noted| noted.has_topic() == *has_topic && !noted.is_spam())
        });
        noted
            .into_iter()
            .flatten()
            .for_each(|noted| coverage.add(noted));
        let report = coverage.report(engine);
        let group = |group: hearken::coverage::Group| Group {
            posts: group.posts,
            texts: group.texts,
            language: group.language,
            nearest: group.nearest.map(|nearest| nearest.id),
            examples: if texts.are_shown {
                group.examples
            } else {
                Vec::new()
            },
            lines: if texts.are_shown {
                group.toml
            } else {
                String::new()
            },
        };
        Uncovered {
            posts: self.posts,
            looked_at: report.looked_at,
            grouped: report.grouped,
            groups: report.groups.into_iter().map(group).collect(),
            more: 0,
        }
    }
}

impl Uncovered {
    pub(crate) fn keep(&mut self, top: usize) {
        keep(&mut self.groups, &mut self.more, top);
    }

    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        let counts = [
            ("posts", page.n(self.posts)),
            ("looked_at", page.n(self.looked_at)),
            ("grouped", page.n(self.grouped)),
        ];
        let counts: Vec<(&str, &str)> = counts
            .iter()
            .map(|(name, count)| (*name, &**count))
            .collect();
        html! {
            section {
                h2 id="uncovered" { (page.t("uncovered")) }
                p.note { (page.fill("uncovered.of", &counts)) }
                @for group in &self.groups { (group.show(page)) }
                @if self.more > 0 {
                    p.note { (page.fill("more", &[("count", &page.n(self.more))])) }
                }
            }
        }
    }
}

impl Group {
    fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            article {
                p.facts {
                    b { (page.t("posts")) " " (page.n(self.posts)) }
                    span { (page.t("uncovered.texts")) " " (page.n(self.texts)) }
                    span { (self.language) }
                    @if let Some(nearest) = &self.nearest {
                        span { (page.t("uncovered.nearest")) " " bdi { (nearest) } }
                    }
                }
                @for example in &self.examples { blockquote { p dir="auto" { (example) } } }
                @if !self.lines.is_empty() {
                    details {
                        summary { (page.t("uncovered.lines")) }
                        pre { bdi { (self.lines) } }
                    }
                }
            }
        }
    }
}
