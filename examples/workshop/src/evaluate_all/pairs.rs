//! Minimal pairs of sentiment: two texts that differ in one phenomenon and so in their label. Read
//! from `tests/cases/sentiment_pairs.*.tsv`, scored and set out here for the evaluation and for
//! `tests/sentiment_pairs.rs`, which includes this file; so it needs nothing but hearken.

use std::path::Path;

use hearken::triage::Polarity;
use hearken::{Engine, Post};

/// The scripts that have pairs, by the tag in the file's name.
pub(crate) const SCRIPTS: [&str; 4] = ["en", "cs", "zh-Hans", "zh-Hant"];

/// Two texts and their labels.
pub(crate) struct Pair {
    phenomenon: String,
    texts: [(Polarity, String); 2],
}

/// What is reached on the pairs of a phenomenon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) phenomenon: String,
    /// How many pairs there are.
    pub(crate) pairs: usize,
    /// How many have both labels right.
    pub(crate) both: usize,
    /// How many have the larger polarity on the text whose label is more positive.
    pub(crate) ordered: usize,
}

/// The pairs of a script, from the project's folder.
pub(crate) fn read(project: &Path, script: &str) -> Result<Vec<Pair>, String> {
    let path = project.join(format!("tests/cases/sentiment_pairs.{script}.tsv"));
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(index, line)| {
            pair(line).ok_or_else(|| {
                format!(
                    "{}, line {}: no phenomenon, label, text, other label, text",
                    path.display(),
                    index + 1
                )
            })
        })
        .collect()
}

/// A line as a pair, if it has five fields and its labels differ.
fn pair(line: &str) -> Option<Pair> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[phenomenon, first, first_text, second, second_text] = fields.as_slice() else {
        return None;
    };
    let texts = [
        (polarity(first)?, first_text.to_owned()),
        (polarity(second)?, second_text.to_owned()),
    ];
    (texts[0].0 != texts[1].0).then(|| Pair {
        phenomenon: phenomenon.to_owned(),
        texts,
    })
}

fn polarity(label: &str) -> Option<Polarity> {
    [Polarity::Negative, Polarity::Neutral, Polarity::Positive]
        .into_iter()
        .find(|polarity| format!("{polarity:?}").eq_ignore_ascii_case(label))
}

/// What `engine` reaches, phenomenon by phenomenon in the order of their first pairs.
pub(crate) fn score(engine: &Engine, pairs: &[Pair]) -> Vec<Score> {
    let mut scores: Vec<Score> = Vec::new();
    let mut scratch = engine.scratch();
    for pair in pairs {
        let at = scores
            .iter()
            .position(|score| score.phenomenon == pair.phenomenon)
            .unwrap_or_else(|| {
                scores.push(Score {
                    phenomenon: pair.phenomenon.clone(),
                    ..Score::default()
                });
                scores.len() - 1
            });
        let [first, second] = [0, 1].map(|at: usize| {
            engine
                .triage(&Post::new(pair.texts[at].1.as_str()), &mut scratch)
                .sentiment
        });
        let wanted = pair.texts[0].0.cmp(&pair.texts[1].0);
        let score = &mut scores[at];
        score.pairs += 1;
        score.both +=
            usize::from(first.label == pair.texts[0].0 && second.label == pair.texts[1].0);
        score.ordered += usize::from(first.polarity.total_cmp(&second.polarity) == wanted);
    }
    scores
}

/// All phenomena together.
pub(crate) fn all(scores: &[Score]) -> Score {
    let mut sum = Score {
        phenomenon: "all".to_owned(),
        ..Score::default()
    };
    for score in scores {
        sum.pairs += score.pairs;
        sum.both += score.both;
        sum.ordered += score.ordered;
    }
    sum
}

/// The scores of all scripts as the rows of a table: a phenomenon a row, a script a column, and in
/// each cell the pairs with both labels right, those in the right order, and all.
pub(crate) fn table(scripts: &[(&str, Vec<Score>)]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut header = vec!["phenomenon".to_owned()];
    header.extend(scripts.iter().map(|(script, _)| (*script).to_owned()));
    let mut phenomena: Vec<&str> = Vec::new();
    for score in scripts.iter().flat_map(|(_, scores)| scores) {
        if !phenomena.contains(&score.phenomenon.as_str()) {
            phenomena.push(&score.phenomenon);
        }
    }
    let cell = |score: Option<&Score>| match score {
        Some(score) => format!("{} · {} of {}", score.both, score.ordered, score.pairs),
        None => "–".to_owned(),
    };
    let row = |phenomenon: &&str| {
        let of =
            |scores: &[Score]| cell(scores.iter().find(|score| score.phenomenon == *phenomenon));
        std::iter::once(phenomenon.replace('_', " "))
            .chain(scripts.iter().map(|(_, scores)| of(scores)))
            .collect()
    };
    let mut rows: Vec<Vec<String>> = phenomena.iter().map(row).collect();
    let sums = scripts.iter().map(|(_, scores)| cell(Some(&all(scores))));
    rows.push(std::iter::once("all".to_owned()).chain(sums).collect());
    (header, rows)
}
