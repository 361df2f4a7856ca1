//! Active choice: which unlabelled texts are worth labelling next.

use std::collections::BTreeSet;

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

/// The at most `count` of `texts` whose labels would teach the head `task` most: those that lie
/// nearest to the borders of its labels, each label in turn.
///
/// A text is as far from a label's border as that label's probability is from the largest of the
/// other labels, on either side (margin sampling, Scheffer and others, IDA 2001, by label). So a
/// rare label that the head hardly ever gives gets the texts that are most likely of it, and no
/// border between two labels takes all turns. The same text is named once.
///
/// # Errors
/// If the engine has no such head.
pub fn next_to_label(
    engine: &Engine,
    task: &str,
    texts: &[&str],
    count: usize,
) -> Result<Vec<Candidate>> {
    let Some(labels) = engine.labels(task) else {
        return Err(Error::training(format!(
            "there is no head {task:?}; there are {}",
            engine.tasks().collect::<Vec<_>>().join(", ")
        )));
    };
    let labels = labels.len();
    let found = engine.map_batch(texts, |engine, scratch, text| {
        let probabilities = engine.probabilities(task, text, scratch);
        let (given, probability) = engine.choose(task, probabilities).unwrap_or((0, 0.0));
        (distances(probabilities), given, probability)
    });
    let mut seen = BTreeSet::new();
    let once: Vec<usize> = (0..texts.len().min(found.len()))
        .filter(|&index| seen.insert(texts[index]))
        .collect();
    let mut queues: Vec<_> = (0..labels)
        .map(|label| {
            let distance = |index: &usize| found[*index].0.get(label).copied().unwrap_or(1.0);
            let mut queue = once.clone();
            // No more than `count` are taken of a queue, others' turns included. Ties in the order
            // of the texts.
            let order =
                |a: &usize, b: &usize| distance(a).total_cmp(&distance(b)).then_with(|| a.cmp(b));
            if queue.len() > count {
                queue.select_nth_unstable_by(count, order);
                queue.truncate(count);
            }
            queue.sort_by(order);
            queue.into_iter()
        })
        .collect();
    let mut taken = BTreeSet::new();
    let mut named = Vec::new();
    while named.len() < count {
        let before = named.len();
        for queue in &mut queues {
            if let Some(index) = queue.find(|index| !taken.contains(index))
                && named.len() < count
            {
                taken.insert(index);
                let (_, given, probability) = found[index];
                named.push(Candidate {
                    index,
                    given,
                    probability,
                });
            }
        }
        if named.len() == before {
            break;
        }
    }
    Ok(named)
}

/// How far each label's probability is from the largest of the others.
fn distances(probabilities: &[f32]) -> Vec<f32> {
    let Some((first, most)) = largest(probabilities) else {
        return Vec::new();
    };
    let others = probabilities.iter().enumerate();
    let second = others
        .filter(|(label, _)| *label != first)
        .fold(0.0f32, |second, (_, &share)| second.max(share));
    let rival = |label: usize| if label == first { second } else { most };
    let each = probabilities.iter().enumerate();
    each.map(|(label, &share)| (share - rival(label)).abs())
        .collect()
}
