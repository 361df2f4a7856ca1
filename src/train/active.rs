//! Active choice: which unlabelled texts are worth labelling next.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::calibration::largest;
use crate::{Engine, Error, Result};

/// A text that is worth labelling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its index among the texts.
    pub index: usize,
    /// The index of the label that the head gives it, among [`Engine::labels`].
    pub given: usize,
    /// The probability of that label.
    pub probability: f32,
}

/// The at most `count` of `texts` whose labels would teach the head `task` most: those that it is
/// least sure of, spread over its labels.
///
/// The texts form a group for each label that the head gives. In turn each group names the text
/// whose two most probable labels are nearest to each other (margin sampling: Scheffer and others,
/// IDA 2001); without the turns one border between two labels could take them all. The same
/// text is named once.
///
/// # Errors
/// If the engine has no such head.
pub fn next_to_label(
    engine: &Engine,
    task: &str,
    texts: &[&str],
    count: usize,
) -> Result<Vec<Candidate>> {
    if engine.labels(task).is_none() {
        return Err(Error::training(format!(
            "there is no head {task:?}; there are {}",
            engine.tasks().collect::<Vec<_>>().join(", ")
        )));
    }
    let found = engine.map_batch(texts, |engine, scratch, text| {
        let probabilities = engine.probabilities(task, text, scratch);
        let (given, probability) = engine.choose(task, probabilities).unwrap_or((0, 0.0));
        (lead(probabilities), given, probability)
    });
    let mut groups: BTreeMap<usize, Vec<(f32, Candidate)>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (index, (text, (lead, given, probability))) in texts.iter().zip(found).enumerate() {
        if seen.insert(*text) {
            let candidate = Candidate {
                index,
                given,
                probability,
            };
            groups.entry(given).or_default().push((lead, candidate));
        }
    }
    let mut queues: Vec<_> = groups
        .into_values()
        .map(|mut group| {
            // Ties in the order of the texts.
            group.sort_by(|a, b| a.0.total_cmp(&b.0));
            group.into_iter()
        })
        .collect();
    let mut named = Vec::new();
    while named.len() < count {
        let turn: Vec<(f32, Candidate)> = queues.iter_mut().filter_map(Iterator::next).collect();
        if turn.is_empty() {
            break;
        }
        let room = count - named.len();
        named.extend(turn.into_iter().take(room).map(|(_, candidate)| candidate));
    }
    Ok(named)
}

/// How far the most probable label is before the second.
fn lead(probabilities: &[f32]) -> f32 {
    let Some((first, most)) = largest(probabilities) else {
        return 0.0;
    };
    let others = probabilities.iter().enumerate();
    let second = others
        .filter(|(label, _)| *label != first)
        .fold(0.0f32, |second, (_, &share)| second.max(share));
    most - second
}
