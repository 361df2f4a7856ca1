//! What a classifier decided about labelled posts, and about those of a period: whole numbers
//! that add up.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The `kind` that the file states.
const KIND: &str = "hearken.confusion";
/// The version of the file, raised with every change of its fields.
const VERSION: u32 = 1;
/// Most labels: a bound on memory, for the table of rates is inverted (1000² numbers).
const MAX_LABELS: usize = 1000;
/// Most posts of a cell in a file; sums of squares of more could overflow 64 bits.
const MAX_POSTS: u64 = 1 << 40;
/// Probabilities are added up in whole thousandths: whole numbers have the same sum in any order.
const STEPS: f32 = 1000.0;

/// What a classifier decided about labelled posts: its known errors.
///
/// Made from posts that it was not trained on (`hearken evaluate --confusion FILE`), for the very
/// classifier, with the same thresholds, that decides of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    kind: String,
    version: u32,
    task: String,
    several: bool,
    labels: Vec<String>,
    /// One table of labels by labels; or of each label one of two by two, without the label
    /// before with it.
    tables: Vec<Table>,
}

/// `table[truth][decided]`.
pub(super) type Table = Vec<Vec<Cell>>;

/// Posts, and the stated probabilities of their label. JSON: `[posts, sum of thousandths, sum
/// of their squares]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64)", into = "(u64, u64, u64)")]
pub(super) struct Cell {
    count: u64,
    sum: u64,
    squares: u64,
}

/// What a classifier decided of the posts of a period. Tallies of parts of a period add up to the
/// tally of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    posts: u64,
    given: Vec<Cell>,
}

impl Confusion {
    /// An empty table of labels by labels, for a classifier that gives each post one of `labels`.
    pub fn one(task: &str, labels: &[impl AsRef<str>]) -> Confusion {
        let table = vec![vec![Cell::default(); labels.len()]; labels.len()];
        Confusion::new(task, false, labels, vec![table])
    }

    /// An empty table of two by two a label, for a classifier that gives each post any
    /// number of `labels`.
    pub fn several(task: &str, labels: &[impl AsRef<str>]) -> Confusion {
        let tables = vec![vec![vec![Cell::default(); 2]; 2]; labels.len()];
        Confusion::new(task, true, labels, tables)
    }

    fn new(task: &str, several: bool, labels: &[impl AsRef<str>], tables: Vec<Table>) -> Confusion {
        let labels = labels
            .iter()
            .map(|label| label.as_ref().to_owned())
            .collect();
        Confusion {
            kind: KIND.to_owned(),
            version: VERSION,
            task: task.to_owned(),
            several,
            labels,
            tables,
        }
    }

    /// Counts a post whose label is `truth` and which was given `given` with this probability, 0 to
    /// 1; both are indices into the labels. Nothing is counted for an index that is out of range,
    /// or for a classifier that gives several labels: use [`Confusion::add_of`].
    pub fn add(&mut self, truth: usize, given: usize, probability: f32) {
        if !self.several {
            self.count(0, truth, given, probability);
        }
    }

    /// Counts whether a post has this label (`is`), whether it was `given` it, and the
    /// label's stated probability, 0 to 1. Nothing is counted for a classifier that gives one
    /// label: use [`Confusion::add`].
    pub fn add_of(&mut self, label: usize, is: bool, given: bool, probability: f32) {
        if self.several {
            self.count(label, usize::from(is), usize::from(given), probability);
        }
    }

    fn count(&mut self, table: usize, truth: usize, given: usize, probability: f32) {
        let row = self
            .tables
            .get_mut(table)
            .and_then(|table| table.get_mut(truth));
        if let Some(cell) = row.and_then(|row| row.get_mut(given)) {
            cell.add(probability);
        }
    }

    /// The head that decided.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Whether a post can have several labels, or none.
    pub(crate) fn is_several(&self) -> bool {
        self.several
    }

    /// The labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// An empty tally of a period.
    pub fn tally(&self) -> Tally {
        Tally {
            posts: 0,
            given: vec![Cell::default(); self.labels.len()],
        }
    }

    /// The confusion as one line of JSON.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| {
            Error::settings(format!("the confusion can't be written as JSON: {error}"))
                .with_source(error)
        })
    }

    /// Reads what [`Confusion::to_json`] wrote.
    ///
    /// # Errors
    /// If it is not such a file, is of another version, or its tables don't fit its
    /// labels; [`Error::is_settings`] holds.
    pub fn from_json(text: &str) -> Result<Confusion> {
        let mend = "write it again with `hearken evaluate --confusion`";
        let confusion: Confusion = serde_json::from_str(text).map_err(|error| {
            Error::settings(format!("not a hearken confusion file ({error}); {mend}"))
                .with_source(error)
        })?;
        let wrong = |what: &str| Err(Error::settings(format!("{what}; {mend}")));
        if confusion.kind != KIND {
            return wrong("not a hearken confusion file");
        }
        if confusion.version != VERSION {
            return wrong(&format!(
                "the confusion is of version {}, not {VERSION}",
                confusion.version
            ));
        }
        let labels = confusion.labels.len();
        if labels == 0 || labels > MAX_LABELS {
            return wrong(&format!(
                "the confusion has {labels} labels, not 1 to {MAX_LABELS}"
            ));
        }
        let (tables, sides) = if confusion.several {
            (labels, 2)
        } else {
            (1, labels)
        };
        let square =
            |table: &Table| table.len() == sides && table.iter().all(|row| row.len() == sides);
        if confusion.tables.len() != tables || !confusion.tables.iter().all(square) {
            return wrong("the tables of the confusion don't fit its labels");
        }
        // A file that was edited by hand may hold any numbers; sums that contradict their counts
        // would give a share without any sign that it is wrong.
        if !confusion
            .tables
            .iter()
            .flatten()
            .flatten()
            .all(|cell| cell.is_sound())
        {
            return wrong("the counts of the confusion contradict each other");
        }
        Ok(confusion)
    }

    /// The tables of truths by decisions.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }
}

impl Tally {
    /// Counts a post and the labels that it was given, each with its probability, 0 to 1. Labels
    /// that are not there are left out.
    pub fn add(&mut self, given: impl IntoIterator<Item = (usize, f32)>) {
        self.posts += 1;
        for (label, probability) in given {
            if let Some(cell) = self.given.get_mut(label) {
                cell.add(probability);
            }
        }
    }

    /// Adds another tally of the same labels.
    pub fn merge(&mut self, other: &Tally) {
        self.posts = self.posts.saturating_add(other.posts);
        // A default tally has no labels yet: it is the identity of the merge.
        if self.given.len() < other.given.len() {
            self.given.resize(other.given.len(), Cell::default());
        }
        self.given
            .iter_mut()
            .zip(&other.given)
            .for_each(|(cell, other)| cell.merge(other));
    }

    /// The number of posts.
    pub fn posts(&self) -> u64 {
        self.posts
    }

    /// Posts that were given the label of this index.
    pub fn given(&self, label: usize) -> u64 {
        self.given.get(label).map_or(0, |cell| cell.count)
    }

    pub(super) fn confidence(&self, label: usize) -> Cell {
        self.given.get(label).copied().unwrap_or_default()
    }
}

impl Cell {
    fn add(&mut self, probability: f32) {
        // Rounded before it is added, so that parts of a period merge to the same bits in any
        // order. NaN becomes 0.
        let thousandths = (probability.clamp(0.0, 1.0) * STEPS).round() as u64;
        self.merge(&Cell {
            count: 1,
            sum: thousandths,
            squares: thousandths * thousandths,
        });
    }

    pub(super) fn merge(&mut self, other: &Cell) {
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.squares = self.squares.saturating_add(other.squares);
    }

    fn is_sound(&self) -> bool {
        let Cell {
            count,
            sum,
            squares,
        } = *self;
        let steps = STEPS as u64;
        count <= MAX_POSTS
            && sum <= count * steps
            && squares <= sum.saturating_mul(steps)
            // Of whole thousandths every square is at least its number.
            && squares >= sum
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The mean probability; 0 of none.
    pub(super) fn mean(&self) -> f64 {
        self.sum as f64 / self.count.max(1) as f64 / f64::from(STEPS)
    }

    /// The variance of a post's probability; 0 of none.
    pub(super) fn variance(&self) -> f64 {
        let square = self.squares as f64 / self.count.max(1) as f64 / f64::from(STEPS * STEPS);
        (square - self.mean().powi(2)).max(0.0)
    }
}

impl From<(u64, u64, u64)> for Cell {
    fn from((count, sum, squares): (u64, u64, u64)) -> Cell {
        Cell {
            count,
            sum,
            squares,
        }
    }
}

impl From<Cell> for (u64, u64, u64) {
    fn from(cell: Cell) -> (u64, u64, u64) {
        (cell.count, cell.sum, cell.squares)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn confusion() -> Confusion {
        let mut confusion = Confusion::one("reason", &["a", "b", "c"]);
        for post in 0..60 {
            confusion.add(
                post % 3,
                if post % 5 == 0 {
                    (post + 1) % 3
                } else {
                    post % 3
                },
                0.25 + post as f32 / 100.0,
            );
        }
        confusion
    }

    #[test]
    fn a_file_gives_back_what_was_counted() {
        let mut several = Confusion::several("topic", &["x", "y"]);
        several.add_of(1, true, false, 0.4);
        several.add(1, 0, 0.4);
        assert_eq!(
            several.tables[1][1][0],
            Cell {
                count: 1,
                sum: 400,
                squares: 160_000
            }
        );
        for confusion in [confusion(), several] {
            let json = confusion.to_json().expect("JSON");
            assert_eq!(Confusion::from_json(&json).expect("the same"), confusion);
        }
    }

    #[test]
    fn what_is_no_confusion_is_refused_in_one_sentence() {
        let json = confusion().to_json().expect("JSON");
        let swapped = |from: &str, to: &str| {
            assert!(json.contains(from), "{from} is not in {json}");
            json.replacen(from, to, 1)
        };
        for (text, part) in [
            (json[..json.len() / 2].to_owned(), "EOF"),
            (
                swapped("hearken.confusion", "hearken.other"),
                "not a hearken confusion file",
            ),
            (swapped("\"version\":1", "\"version\":9"), "version 9"),
            (swapped("\"a\",", ""), "don't fit"),
            (swapped("\"a\",\"b\",\"c\"", ""), "0 labels"),
            (
                swapped("\"several\":false", "\"several\":true"),
                "don't fit",
            ),
            (swapped("[[[16,", "[[[18446744073709551615,"), "contradict"),
            (swapped("[[[16,", "[[[1,"), "contradict"),
            ("{}".to_owned(), "missing field"),
        ] {
            let error = Confusion::from_json(&text).expect_err(&text);
            assert!(
                error.is_settings() && error.to_string().contains(part),
                "{part}: {error}"
            );
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    proptest! {
        /// However a period is divided, and in whatever order the parts are merged, it is
        /// the same tally.
        #[test]
        fn tallies_of_parts_add_up(
            posts in prop::collection::vec(prop::collection::vec((0usize..5, -0.5f32..1.5), 0..4), 0..40),
            parts in prop::collection::vec(0usize..4, 40),
        ) {
            let confusion = confusion();
            let mut whole = confusion.tally();
            let [one, two, three] = [(); 3].map(|()| confusion.tally());
            let mut tallies = [Tally::default(), one, two, three];
            tallies[0].merge(&confusion.tally());
            for (post, part) in posts.iter().zip(parts) {
                whole.add(post.iter().copied());
                tallies[part].add(post.iter().copied());
            }
            let [a, b, c, d] = [0, 1, 2, 3].map(|part: usize| &tallies[part]);
            let merged = |one: &Tally, two: &Tally| {
                let mut one = one.clone();
                one.merge(two);
                one
            };
            prop_assert_eq!(&merged(&merged(&merged(a, b), c), d), &whole);
            prop_assert_eq!(&merged(&merged(d, b), &merged(c, a)), &whole);
            prop_assert_eq!(&merged(&Tally::default(), &whole), &merged(&whole, &Tally::default()));
            prop_assert_eq!(whole.posts(), posts.len() as u64);
            let third = posts.iter().flatten().filter(|given| given.0 == 2).count();
            prop_assert_eq!(whole.given(2), third as u64);
        }
    }
}
