//! What campaigns are found in a generated stream, against what is true of it.

use std::collections::BTreeMap;

use hearken::campaign::{Campaigns, Settings};
use hearken::revision::{Field, Value};
use hearken::{Engine, Observation, Post, Triage};

use super::stream_generator::Truth;

/// Posts that a campaign may have before it must be known.
const FREE: usize = 5;

/// Counts of one kind of truth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) posts: usize,
    /// Posts after the fifth, and those of them that were marked as they came.
    pub(crate) later: usize,
    pub(crate) at_arrival: usize,
    /// Marked in the end, with all revisions.
    pub(crate) at_end: usize,
}

impl Count {
    fn add(self, other: Count) -> Count {
        Count {
            posts: self.posts + other.posts,
            later: self.later + other.later,
            at_arrival: self.at_arrival + other.at_arrival,
            at_end: self.at_end + other.at_end,
        }
    }

    pub(crate) fn recall(self) -> f64 {
        self.at_arrival as f64 / self.later.max(1) as f64
    }

    pub(crate) fn marked(self) -> f64 {
        self.at_end as f64 / self.posts.max(1) as f64
    }
}

/// What was found, by what is true.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) counts: BTreeMap<Truth, Count>,
    /// The posts that are marked in the end, by their number.
    pub(crate) marked: Vec<bool>,
}

impl Report {
    /// The posts' answers with what campaigns make of them.
    pub(crate) fn of(
        stream: &[(Post<'static>, Truth)],
        observed: &[(Triage, Observation)],
    ) -> Report {
        let mut campaigns = Campaigns::new(Settings::default()).expect("the default is sound");
        let numbers: BTreeMap<&str, usize> = stream
            .iter()
            .enumerate()
            .map(|(at, (post, _))| (post.id.as_deref().expect("an id"), at))
            .collect();
        let mut report = Report {
            marked: vec![false; stream.len()],
            ..Report::default()
        };
        for (at, ((post, truth), (triage, observation))) in stream.iter().zip(observed).enumerate()
        {
            let membership = campaigns.observe(post, &mut triage.clone(), observation);
            let count = report.counts.entry(*truth).or_default();
            count.posts += 1;
            if count.posts > FREE {
                count.later += 1;
                count.at_arrival += usize::from(membership.campaign.is_some());
            }
            report.marked[at] = membership.campaign.is_some();
            for revision in &membership.revisions {
                if let (Field::SpamCampaign, Value::Campaign(campaign)) =
                    (revision.field, &revision.new)
                {
                    report.marked[numbers[revision.post.as_str()]] = campaign.is_some();
                }
            }
        }
        for ((_, truth), marked) in stream.iter().zip(&report.marked) {
            report.counts.entry(*truth).or_default().at_end += usize::from(*marked);
        }
        report
    }

    /// The sum of the counts of which `which` holds.
    pub(crate) fn sum(&self, which: impl Fn(Truth) -> bool) -> Count {
        self.counts
            .iter()
            .filter(|(truth, _)| which(**truth))
            .fold(Count::default(), |sum, (_, count)| sum.add(*count))
    }

    pub(crate) fn campaigns(&self) -> Count {
        self.sum(|truth| matches!(truth, Truth::Campaign(_)))
    }

    pub(crate) fn incidents(&self) -> Count {
        self.sum(|truth| matches!(truth, Truth::Incident(_)))
    }
}

/// The stream as the parallel pass leaves it.
pub(crate) fn observed(
    engine: &Engine,
    stream: &[(Post<'static>, Truth)],
) -> Vec<(Triage, Observation)> {
    engine.map_batch(stream, |engine, scratch, (post, _)| {
        engine.observe(post, scratch)
    })
}
