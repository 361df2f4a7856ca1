//! The corpus of one training: texts over numbered columns, and what a part of them knows
//! about the columns.
//!
//! Cross-validation must not let a fold know the words of the texts that it is judged on. Therefore
//! nothing is weighed for the corpus as a whole: each fold counts, selects and weighs its own
//! columns, and its held-out texts are measured by those alone, exactly as unseen posts are later.

use super::documents::Document;
use super::estimate::Matrix;
use super::select::{Selected, chi_squared_of};
use crate::feature::hash::FeatureKind;
use crate::feature::{BLOCKS, Block};
use crate::model::Familiarity;
use crate::parallel;

/// How the families of features count compared with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scales {
    /// A pair, compared with 1 for a word.
    pub(crate) pairs: f32,
    /// A negated word, compared with 1 for a word.
    pub(crate) negated: f32,
    /// The length that each block is brought to.
    pub(crate) blocks: [f32; BLOCKS],
    /// What opinions are multiplied with.
    pub(crate) opinions: f32,
}

/// Texts as rows of numbered columns.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    starts: Vec<usize>,
    columns: Vec<u32>,
    times: Vec<u16>,
    /// Each column's kind of feature.
    kinds: Vec<FeatureKind>,
    /// How many features of the block of words each row has, those without a column too.
    words: Vec<u32>,
    /// What the shipped heads say of each row, row by row.
    opinions: Vec<f32>,
    /// How many numbers a row has beside its features.
    beside: usize,
}

/// What is known of each column from the texts that were counted.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Its value in a text before the text is brought to its length: the inverse document frequency
    /// times the scale of its kind; 0 for a column that is not known.
    pub(crate) values: Vec<f32>,
    /// The length that each block is brought to.
    pub(crate) blocks: [f32; BLOCKS],
    /// What opinions are multiplied with.
    pub(crate) opinions: f32,
}

/// The inverse document frequency of a feature, smoothed: `ln((1 + texts) / (1 + texts with
/// it)) + 1`.
fn inverse_frequency(with: u32, texts: usize) -> f32 {
    (((1.0 + texts as f64) / (1.0 + f64::from(with))).ln() + 1.0) as f32
}

impl Corpus {
    /// The rows of `documents` over the columns `selected`, which are sorted by their hash.
    pub(crate) fn new(documents: &[Document], selected: &[Selected]) -> Corpus {
        let rows = parallel::map(
            documents,
            || (),
            |(), document| {
                // Both lists are sorted by hash, so each search begins where the last one ended.
                let mut row: Vec<(u32, u16, FeatureKind)> =
                    Vec::with_capacity(document.features.len());
                let mut at = 0;
                for &(hash, kind, times) in &document.features {
                    at += selected[at..].partition_point(|feature| feature.hash < hash);
                    if selected.get(at).is_some_and(|feature| feature.hash == hash) {
                        row.push((at as u32, times, kind));
                    }
                }
                row
            },
        );
        let mut corpus = Corpus {
            starts: vec![0],
            kinds: vec![FeatureKind::Word; selected.len()],
            ..Corpus::default()
        };
        // Words without a column are counted too: how much of a text is unknown
        // lowers its log-odds.
        let is_word = |&&(_, kind, _): &&(u64, FeatureKind, u16)| kind.block() == Block::Words;
        corpus.words.extend(
            documents
                .iter()
                .map(|document| document.features.iter().filter(is_word).count() as u32),
        );
        for row in rows {
            for (column, times, kind) in row {
                corpus.columns.push(column);
                corpus.times.push(times);
                corpus.kinds[column as usize] = kind;
            }
            corpus.starts.push(corpus.columns.len());
        }
        corpus
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Columns of all rows together.
    pub(crate) fn cells(&self) -> usize {
        self.columns.len()
    }

    /// The columns of a row.
    pub(crate) fn columns(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.columns[self.starts[row]..self.starts[row + 1]]
    }

    /// How much of a row `vocabulary` knows.
    pub(crate) fn familiarity(&self, row: u32, vocabulary: &Vocabulary) -> Familiarity {
        let mut known = [0u32; BLOCKS];
        for &column in self.columns(row) {
            if vocabulary.values[column as usize] > 0.0 {
                known[self.block(column as usize)] += 1;
            }
        }
        Familiarity::new(
            known[Block::Words as usize],
            self.words[row as usize],
            known[Block::Characters as usize],
        )
    }

    /// The same rows with what shipped heads say of each, `beside` numbers a row.
    pub(crate) fn with_opinions(mut self, opinions: Vec<f32>, beside: usize) -> Corpus {
        (self.opinions, self.beside) = (opinions, beside);
        self
    }

    /// How many columns are features; opinions follow.
    pub(crate) fn features(&self) -> usize {
        self.kinds.len()
    }

    /// The block of a column.
    pub(crate) fn block(&self, column: usize) -> usize {
        self.kinds[column].block() as usize
    }

    /// FeatureCounts the columns of `rows`: those that at least `fewest` of them have are known, at
    /// most `most` of the largest χ².
    pub(crate) fn vocabulary(
        &self,
        rows: &[u32],
        truth: &[u16],
        labels: usize,
        (fewest, most): (u32, usize),
        scales: Scales,
    ) -> Vocabulary {
        let width = self.kinds.len();
        let mut texts = vec![0u32; width];
        for &row in rows {
            self.columns(row)
                .iter()
                .for_each(|&column| texts[column as usize] += 1);
        }
        let mut known: Vec<bool> = texts.iter().map(|&texts| texts >= fewest.max(1)).collect();
        // χ² of all columns costs as much as a pass over the texts: only where it has to choose.
        if known.iter().filter(|&&known| known).count() > most {
            let largest = self.chi_squared(rows, truth, labels, &texts);
            let mut order: Vec<u32> = (0..width as u32)
                .filter(|&column| known[column as usize])
                .collect();
            // Ties by the hash, whose order the columns have.
            order.sort_unstable_by(|&a, &b| {
                largest[b as usize]
                    .total_cmp(&largest[a as usize])
                    .then(a.cmp(&b))
            });
            order[most..]
                .iter()
                .for_each(|&column| known[column as usize] = false);
        }
        let scale = |kind: FeatureKind| match kind {
            FeatureKind::Pair => scales.pairs,
            FeatureKind::Negated => scales.negated,
            _ => 1.0,
        };
        let value = |(column, &texts): (usize, &u32)| match known[column] {
            true => inverse_frequency(texts, rows.len()) * scale(self.kinds[column]),
            false => 0.0,
        };
        let values = texts.iter().enumerate().map(value).collect();
        Vocabulary {
            values,
            blocks: scales.blocks,
            opinions: scales.opinions,
        }
    }

    /// The largest χ² of each column over the classes; see [`super::select::chi_squared`].
    fn chi_squared(&self, rows: &[u32], truth: &[u16], labels: usize, texts: &[u32]) -> Vec<f32> {
        let mut of_label: Vec<Vec<u32>> = vec![Vec::new(); labels];
        for &row in rows {
            of_label[usize::from(truth[row as usize])].push(row);
        }
        let classes: Vec<usize> = (0..labels).collect();
        let statistics = parallel::map(
            &classes,
            || (),
            |(), &class| {
                let mut counts = vec![0u32; texts.len()];
                for &row in &of_label[class] {
                    self.columns(row)
                        .iter()
                        .for_each(|&column| counts[column as usize] += 1);
                }
                let members = of_label[class].len() as f64;
                let of = |(&count, &with): (&u32, &u32)| {
                    chi_squared_of(
                        f64::from(count),
                        f64::from(with),
                        members,
                        rows.len() as f64,
                    ) as f32
                };
                counts.iter().zip(texts).map(of).collect::<Vec<f32>>()
            },
        );
        let mut largest = vec![0.0f32; texts.len()];
        for statistic in &statistics {
            largest
                .iter_mut()
                .zip(statistic)
                .for_each(|(most, &value)| *most = most.max(value));
        }
        largest
    }

    /// The values of `rows` by what `vocabulary` knows: tf-idf, each block of a row brought to
    /// its scale's length.
    pub(crate) fn matrix(&self, rows: &[u32], vocabulary: &Vocabulary) -> Matrix {
        let mut matrix = Matrix {
            starts: vec![0],
            width: self.kinds.len() + self.beside,
            features: self.kinds.len(),
            ..Matrix::default()
        };
        for &row in rows {
            let first = self.starts[row as usize];
            let begin = matrix.columns.len();
            let mut energy = [0.0f64; BLOCKS];
            for (offset, &column) in self.columns(row).iter().enumerate() {
                let value = vocabulary.values[column as usize];
                // A column that these texts don't know does not count for the length either:
                // scoring can't see it.
                if value > 0.0 {
                    let times = f32::from(self.times[first + offset]);
                    energy[self.block(column as usize)] += f64::from(times * value * value);
                    matrix.columns.push(column);
                    matrix.values.push(times * value);
                }
            }
            // Each block has its own length: as part of the words of a text, listed terms
            // and signals would drown. In a block they gave +0.9 points of held-out macro F1
            // over twelve sets.
            let mut factor = [0.0f32; BLOCKS];
            for ((factor, energy), scale) in factor.iter_mut().zip(energy).zip(vocabulary.blocks) {
                *factor = if energy > 0.0 {
                    scale / energy.sqrt() as f32
                } else {
                    0.0
                };
            }
            for at in begin..matrix.columns.len() {
                matrix.values[at] *= factor[self.block(matrix.columns[at] as usize)];
            }
            if vocabulary.opinions > 0.0 {
                // Opinions have their scale: they are as long as a head is sure.
                let at = row as usize * self.beside;
                let values = self.opinions.get(at..at + self.beside);
                for (column, &value) in (self.kinds.len()..).zip(values.unwrap_or_default()) {
                    matrix.columns.push(column as u32);
                    matrix.values.push(value * vocabulary.opinions);
                }
            }
            matrix.starts.push(matrix.columns.len());
        }
        matrix
    }
}
