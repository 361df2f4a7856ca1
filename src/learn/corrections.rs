//! Corrections: which labels stand after all that was learnt and taken back.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::day::Day;

/// A label that somebody gives a post, for one task.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Correction {
    /// The identifier of the post.
    pub post: String,
    /// The head that it is about.
    pub task: String,
    /// What the customer wrote; it goes with the label, so that a log can be replayed
    /// without the posts.
    pub text: String,
    /// The label that is right.
    pub label: String,
    /// Who gave the label.
    pub by: String,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// Labels that are taken back, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retraction {
    /// Which.
    pub target: Target,
    /// Why, for those who read the log.
    pub reason: String,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// Which labels are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All labels of one post, for one task or for all: it then has none, not an earlier one.
    Post {
        /// The identifier of the post.
        post: String,
        /// The head; none is all.
        task: Option<String>,
    },
    /// One label, as [`Corrections::unlearn`] takes it back: one that it replaced stands again.
    Label {
        /// The identifier of the post.
        post: String,
        /// The head.
        task: String,
        /// The label.
        label: String,
        /// Who gave it.
        by: String,
        /// When, in milliseconds since the Unix epoch.
        at: i64,
    },
    /// All labels by one person.
    By(String),
    /// All labels of one day (UTC), by the time that they carry.
    Day(Day),
}

/// The labels that stand.
///
/// It is a multiset of what was learnt and not taken back, so [`Corrections::merge`] is commutative
/// and associative with the empty one as identity, and [`Corrections::unlearn`] undoes
/// [`Corrections::learn`] exactly. Of several labels for a post and task the last one stands, by
/// whomever: the largest by time, then name, then label, then text. When it is unlearnt, the one
/// before it stands again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrections {
    /// By task and post: what was learnt, and how often the same was.
    learnt: BTreeMap<(String, String), BTreeMap<Labelled, u64>>,
}

/// One label of a post, in the order in which labels give way to each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Labelled {
    at: i64,
    by: String,
    label: String,
    text: String,
}

impl Labelled {
    /// It as the correction that was learnt.
    fn of(&self, task: &str, post: &str) -> Correction {
        Correction {
            post: post.to_owned(),
            task: task.to_owned(),
            text: self.text.clone(),
            label: self.label.clone(),
            by: self.by.clone(),
            at: self.at,
        }
    }
}

impl Corrections {
    /// Learns a label.
    pub fn learn(&mut self, correction: Correction) {
        let Correction {
            post,
            task,
            text,
            label,
            by,
            at,
        } = correction;
        *self
            .learnt
            .entry((task, post))
            .or_default()
            .entry(Labelled {
                at,
                by,
                label,
                text,
            })
            .or_default() += 1;
    }

    /// Takes back what was learnt once, as if it had not been learnt; returns whether it was there.
    pub fn unlearn(&mut self, correction: &Correction) -> bool {
        let Correction {
            post,
            task,
            text,
            label,
            by,
            at,
        } = correction.clone();
        let Entry::Occupied(mut of_post) = self.learnt.entry((task, post)) else {
            return false;
        };
        let Entry::Occupied(mut times) = of_post.get_mut().entry(Labelled {
            at,
            by,
            label,
            text,
        }) else {
            return false;
        };
        // Counted, not just present: two logs may hold the same line, and taking one back must
        // leave the other's, or merging and unlearning would depend on their order.
        *times.get_mut() -= 1;
        if *times.get() == 0 {
            times.remove();
        }
        // No empty entries: equal states must be equal values.
        if of_post.get().is_empty() {
            of_post.remove();
        }
        true
    }

    /// Takes back all that `target` names; returns the number of labels.
    pub fn retract(&mut self, target: &Target) -> u64 {
        if let Target::Label { .. } = target {
            let named = self.named(target);
            return u64::from(named.is_some_and(|named| self.unlearn(&named)));
        }
        let mut retracted = 0;
        self.learnt.retain(|(task, post), of_post| {
            of_post.retain(|labelled, times| {
                let named = match target {
                    Target::Post {
                        post: wanted,
                        task: of,
                    } => post == wanted && of.as_ref().is_none_or(|of| of == task),
                    Target::Label { .. } => false,
                    Target::By(by) => labelled.by == *by,
                    Target::Day(day) => day.holds(labelled.at),
                };
                retracted += if named { *times } else { 0 };
                !named
            });
            !of_post.is_empty()
        });
        retracted
    }

    /// The one label that a target names, if it was learnt.
    fn named(&self, target: &Target) -> Option<Correction> {
        let Target::Label {
            post,
            task,
            label,
            by,
            at,
        } = target
        else {
            return None;
        };
        let of_post = self.learnt.get(&(task.clone(), post.clone()))?;
        let is_named = |labelled: &&Labelled| {
            labelled.at == *at && labelled.by == *by && labelled.label == *label
        };
        let labelled = of_post.keys().rfind(is_named)?;
        Some(labelled.of(task, post))
    }

    /// The label that stands for a post, if one does.
    pub fn label(&self, task: &str, post: &str) -> Option<&str> {
        let of_post = self.learnt.get(&(task.to_owned(), post.to_owned()))?;
        let (labelled, _) = of_post.last_key_value()?;
        Some(&labelled.label)
    }

    /// Adds what another state learnt.
    pub fn merge(&mut self, other: &Corrections) {
        for (key, of_post) in &other.learnt {
            let ours = self.learnt.entry(key.clone()).or_default();
            for (labelled, times) in of_post {
                *ours.entry(labelled.clone()).or_default() += times;
            }
        }
    }

    /// The labels that stand for `task`, in the order of the posts' identifiers.
    pub fn standing<'a>(&'a self, task: &str) -> impl Iterator<Item = Correction> + 'a {
        let task = task.to_owned();
        // Sorted by task and then post, so that learners see texts in one order,
        // whatever the log's.
        let of_task = self
            .learnt
            .range((task.clone(), String::new())..)
            .take_while(move |((of, _), _)| *of == task);
        of_task.filter_map(|((task, post), of_post)| {
            let (labelled, _) = of_post.last_key_value()?;
            Some(labelled.of(task, post))
        })
    }

    /// How many labels were learnt and not taken back, those that gave way to a later one included.
    pub fn len(&self) -> u64 {
        self.learnt.values().flat_map(BTreeMap::values).sum()
    }

    /// Whether nothing was learnt, or all was taken back.
    pub fn is_empty(&self) -> bool {
        self.learnt.is_empty()
    }

    /// The tasks that labels stand for, sorted.
    pub fn tasks(&self) -> Vec<&str> {
        let mut tasks: Vec<&str> = self.learnt.keys().map(|(task, _)| task.as_str()).collect();
        tasks.dedup();
        tasks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    fn correction(post: &str, task: &str, label: &str, by: &str, at: i64) -> Correction {
        let [post, task, label, by] = [post, task, label, by].map(String::from);
        Correction {
            text: format!("text of {post}"),
            post,
            task,
            label,
            by,
            at,
        }
    }

    fn standing(state: &Corrections, task: &str) -> Vec<(String, String)> {
        state
            .standing(task)
            .map(|correction| (correction.post, correction.label))
            .collect()
    }

    #[test]
    fn the_last_label_stands_whoever_gave_it_and_ties_have_an_order() {
        let mut state = Corrections::default();
        let given = [
            correction("2", "t", "b", "eva", 5),
            correction("1", "t", "a", "eva", 9),
            // Later in the log, earlier by its time.
            correction("1", "t", "b", "jan", 7),
            // The same time: the larger name stands; the same name too: the larger label.
            correction("3", "t", "z", "eva", 1),
            correction("3", "t", "a", "jan", 1),
            correction("3", "t", "b", "jan", 1),
            // Another task of the same post is another matter.
            correction("1", "u", "c", "jan", 99),
        ];
        given
            .iter()
            .for_each(|correction| state.learn(correction.clone()));
        let pair = |post: &str, label: &str| (post.to_owned(), label.to_owned());
        assert_eq!(
            standing(&state, "t"),
            [pair("1", "a"), pair("2", "b"), pair("3", "b")]
        );
        assert_eq!(state.tasks(), ["t", "u"]);
        assert_eq!(state.len(), 7);
        // Unlearnt, the one before stands again.
        assert!(state.unlearn(&given[1]) && !state.unlearn(&given[1]));
        assert_eq!(standing(&state, "t")[0], pair("1", "b"));
        // Of a task whose name begins alike, nothing.
        assert_eq!(standing(&state, ""), []);
    }

    #[test]
    fn one_label_is_taken_back_and_the_one_before_it_stands_again() {
        let mut state = Corrections::default();
        let given = [
            correction("1", "t", "a", "eva", 5),
            correction("1", "t", "b", "eva", 6),
            correction("1", "t", "b", "jan", 6),
        ];
        let target = |of: &Correction| Target::Label {
            post: of.post.clone(),
            task: of.task.clone(),
            label: of.label.clone(),
            by: of.by.clone(),
            at: of.at,
        };
        given.iter().for_each(|one| state.learn(one.clone()));
        let mut alone = Corrections::default();
        alone.learn(given[0].clone());
        // What was never learnt, or not so, takes nothing back.
        for other in [
            correction("2", "t", "b", "eva", 6),
            correction("1", "u", "b", "eva", 6),
            correction("1", "t", "c", "eva", 6),
            correction("1", "t", "b", "eva", 7),
            correction("1", "t", "b", "li", 6),
        ] {
            assert_eq!(state.retract(&target(&other)), 0, "{other:?}");
        }
        // Of the same line twice, one.
        state.learn(given[2].clone());
        for one in [&given[2], &given[1], &given[2]] {
            assert_eq!(state.label("t", "1"), Some("b"));
            assert_eq!(state.retract(&target(one)), 1, "{one:?}");
        }
        assert_eq!(state.retract(&target(&given[2])), 0);
        assert_eq!((state.label("t", "1"), &state), (Some("a"), &alone));
        assert_eq!((state.label("t", "2"), state.label("u", "1")), (None, None));
    }

    #[test]
    fn a_post_a_person_or_a_day_is_taken_back() {
        let mut state = Corrections::default();
        for (post, task, by, at) in [
            ("1", "t", "eva", 0),
            ("1", "t", "jan", DAY),
            ("1", "u", "eva", DAY - 1),
            ("2", "t", "eva", DAY),
            ("3", "t", "jan", 2 * DAY),
        ] {
            state.learn(correction(post, task, "a", by, at));
        }
        let after = |target: Target| {
            let mut state = state.clone();
            let taken = state.retract(&target);
            assert_eq!(state.len() + taken, 5, "{target:?}");
            assert_eq!(state.retract(&target), 0, "{target:?}");
            taken
        };
        assert_eq!(
            after(Target::Post {
                post: "1".into(),
                task: None
            }),
            3
        );
        assert_eq!(
            after(Target::Post {
                post: "1".into(),
                task: Some("t".into())
            }),
            2
        );
        assert_eq!(after(Target::By("eva".into())), 3);
        assert_eq!(after(Target::By("ev".into())), 0);
        assert_eq!(after(Target::Day(Day::from_time(0))), 2);
        assert_eq!(after(Target::Day(Day::from_time(DAY))), 2);
    }
}
