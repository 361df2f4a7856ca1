//! Trains the language identifier's table from labelled texts.
//!
//! The table is naive Bayes over hashed character n-grams (see [`crate::text::language`]): the
//! weight of an n-gram in a language grows with the logarithm of its share in that language's
//! texts, and an n-gram that no text had weighs nothing. The most informative n-grams are kept. All
//! of it runs in a stated order, so the same lines give the same bytes.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::text::Language;
use crate::text::language::SHARED_SCALE;
use crate::text::language::gram::{self, Alphabet, walk};
use crate::text::language::table::{self, Calibration, LANES, Row, Table};
use crate::{Error, Result};

/// The most rows of the table: a bound on the file, which stays below 700,000 bytes.
const ROWS: usize = 125_000;
/// The share of a language's n-grams that an unseen one is taken to have. This number and those
/// below were chosen by hand; what was tried is not recorded, and `data/models/language.md` holds
/// what the table reaches with them.
const UNSEEN: f64 = 1e-8;
/// Units of weight to a natural logarithm of 1.
const UNITS: f64 = 7.0;
/// What the weights of pairs, threes and fours of letters are multiplied by: the shorter ones are
/// within the longer, and would be counted again and again.
const ORDERS: [f64; 3] = [0.6, 0.8, 1.0];
/// The same for what is given alone: whole words, first letters, letters outside of ASCII.
const ALONE: f64 = 1.5;
/// How much extra lines count, compared with 1 for trusted ones.
const EXTRA_PART: f64 = 0.15;
/// How sure the guard must be to drop an extra line, and the factor that tempers its margins.
const FILTER_PROBABILITY: f32 = 0.9;
const FILTER_FACTOR: f32 = 0.2;
/// The weight of a copy without marks, compared with 1 for the text itself.
const BARE_WEIGHT: f64 = 0.6;
/// Parts of the texts that are held out in turn to calibrate; by convention.
const FOLDS: usize = 8;
/// The fewest lines of a language: fewer can't be held out in eight parts.
const MIN_LINES: usize = 20;
/// Where the hash of a line begins that decides its fold; any number (`hearken1` in ASCII).
const SEED: u64 = 0x6865_6172_6B65_6E31;

/// Han characters by script: class, tab, characters.
const SCRIPTS: &str = include_str!("../../data/text/script.tsv");

/// Trains a table from `(text, label)` lines; a label is a tag of [`Language::code`]
/// other than `und`.
///
/// Japanese and Korean lines are identified by script alone and teach nothing; Chinese ones teach
/// how the characters that both scripts share are used in each.
///
/// # Errors
/// [`Error::is_training`] if a label is unknown, fewer than two languages of an alphabet have
/// lines, or one has too few.
pub fn train<T: AsRef<str>, L: AsRef<str>>(
    lines: impl IntoIterator<Item = (T, L)>,
) -> Result<Vec<u8>> {
    train_with_extra(lines, std::iter::empty::<(T, L)>())
}

/// Trains as [`train`] does, from `lines` whose labels are trusted and `extra` ones whose labels
/// are those of their collection.
///
/// A table trained on `lines` alone reads the `extra` ones first, and those are dropped that it is
/// sure are in another language (a Slovak review on a Czech site).
///
/// # Errors
/// As [`train`].
pub fn train_with_extra<T: AsRef<str>, L: AsRef<str>>(
    lines: impl IntoIterator<Item = (T, L)>,
    extra: impl IntoIterator<Item = (T, L)>,
) -> Result<Vec<u8>> {
    let mut corpus = Corpus::default();
    for (text, label) in lines {
        corpus.add(text.as_ref(), label.as_ref())?;
    }
    let mut guests = Corpus::default();
    for (text, label) in extra {
        guests.add(text.as_ref(), label.as_ref())?;
    }
    corpus.check()?;
    let languages = corpus.languages();
    // Labels of a collection are those of its site: a Slovak review on a Czech site would teach the
    // table Slovak as Czech.
    if !guests.examples.is_empty() {
        let guard = estimate(&languages, &corpus.examples.iter().collect::<Vec<_>>());
        guests.examples.retain(|example| {
            let (language, probability) = predict(&guard, &languages, example);
            language == example.language || probability < FILTER_PROBABILITY
        });
    }
    for mut example in guests.examples {
        example.extra = true;
        if languages.contains(&example.language) {
            corpus.examples.push(example);
        }
    }
    corpus.han.append(&mut guests.han);
    let weights = estimate(&languages, &corpus.examples.iter().collect::<Vec<_>>());
    let calibration = calibrate(&languages, &corpus.examples);
    let mut table = Table::new(languages, calibration);
    for (hash, weights) in weights {
        // By hash, so which of three rows of one bucket has no place is chance, and the same
        // on each run.
        table.insert(Row::new(hash, weights));
    }
    weigh_han(&mut table, &corpus.han)?;
    Ok(table.to_bytes())
}

/// An n-gram and the factor of its weights, one of [`ORDERS`] or [`ALONE`].
#[derive(Clone, Copy, Debug)]
struct Gram {
    hash: u32,
    factor: f64,
}

/// A text as the hashes of its n-grams.
#[derive(Clone, Debug)]
struct Example {
    language: Language,
    grams: Vec<Gram>,
    /// How much it counts.
    weight: f64,
    /// The held-out part that it belongs to; copies of a text share it.
    fold: usize,
    /// Whether it is a text as it was given, not a copy.
    given: bool,
    /// Whether its label is that of its collection.
    extra: bool,
}

#[derive(Default)]
struct Corpus {
    examples: Vec<Example>,
    /// Chinese texts and whether they are in Traditional script.
    han: Vec<(String, bool)>,
    lines: usize,
}

impl Corpus {
    fn add(&mut self, text: &str, label: &str) -> Result<()> {
        self.lines += 1;
        let language = Language::from_code(label)
            .filter(|language| *language != Language::Und)
            .ok_or_else(|| {
                Error::training(format!(
                    "line {}: `{label}` is an unknown language; known: {}",
                    self.lines,
                    Language::ALL[1..]
                        .iter()
                        .map(|language| language.code())
                        .collect::<Vec<_>>()
                        .join(" ")
                ))
            })?;
        if let Some(alphabet) = language.alphabet() {
            // A fold by the text itself, so that the order of lines doesn't matter and
            // doubles stay together.
            let fold = text.bytes().fold(SEED, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
            });
            let fold = (fold >> 33) as usize % FOLDS;
            self.push(text, language, alphabet, 1.0, fold, true);
            // People leave the marks out, so the table learns bare copies too. Vietnamese without
            // marks is hardly read by the table at all, and is left alone.
            if alphabet == Alphabet::Latin && language != Language::Vi {
                let bare = without_marks(text);
                if bare != text {
                    self.push(&bare, language, alphabet, BARE_WEIGHT, fold, false);
                }
            }
        } else if language.is_chinese() && language != Language::Zh {
            self.han
                .push((text.to_string(), language == Language::ZhHant));
        }
        Ok(())
    }

    fn push(
        &mut self,
        text: &str,
        language: Language,
        alphabet: Alphabet,
        weight: f64,
        fold: usize,
        given: bool,
    ) {
        let mut rows = Rows {
            alphabet,
            grams: Vec::new(),
        };
        walk(text, &mut rows);
        if !rows.grams.is_empty() {
            let grams = rows.grams;
            self.examples.push(Example {
                language,
                grams,
                weight,
                fold,
                given,
                extra: false,
            });
        }
    }

    /// The languages of the table's lanes: those of [`Language::ALL`] that an alphabet shares and
    /// that have lines.
    fn languages(&self) -> Vec<Language> {
        Language::ALL
            .into_iter()
            .filter(|language| {
                self.examples
                    .iter()
                    .any(|example| example.language == *language)
            })
            .collect()
    }

    fn check(&self) -> Result<()> {
        let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
        for example in self.examples.iter().filter(|example| example.given) {
            *counts.entry(example.language).or_default() += 1;
        }
        if counts.len() < 2 {
            return Err(Error::training(
                "a language table needs lines of at least two languages in Latin or Cyrillic \
                 letters",
            ));
        }
        match counts.iter().find(|(_, count)| **count < MIN_LINES) {
            Some((language, count)) => Err(Error::training(format!(
                "{} has {count} lines; a language needs at least {MIN_LINES}, or none at all",
                language.code()
            ))),
            None => Ok(()),
        }
    }
}

/// Collects the n-grams of one alphabet.
struct Rows {
    alphabet: Alphabet,
    grams: Vec<Gram>,
}

impl gram::Sink for Rows {
    fn grams(&mut self, alphabet: Alphabet, hashes: &[u32]) {
        if alphabet == self.alphabet {
            match hashes {
                [hash] => self.grams.push(Gram {
                    hash: *hash,
                    factor: ALONE,
                }),
                _ => {
                    self.grams
                        .extend(hashes.iter().zip(ORDERS).map(|(hash, factor)| Gram {
                            hash: *hash,
                            factor,
                        }));
                }
            }
        }
    }

    fn word(&mut self, _alphabet: Alphabet) {}

    fn han(&mut self, _character: char) {}
}

fn without_marks(text: &str) -> String {
    text.nfd()
        .filter(|character| !is_combining_mark(*character))
        .map(|c| {
            if c == 'ł' {
                'l'
            } else if c == 'đ' {
                'd'
            } else {
                c
            }
        })
        .collect()
}

/// The lanes of an alphabet.
fn lanes_of(languages: &[Language], alphabet: Option<Alphabet>) -> Vec<usize> {
    (0..languages.len())
        .filter(|lane| languages[*lane].alphabet() == alphabet)
        .collect()
}

/// The weights of each known n-gram, by its hash.
type Weights = BTreeMap<u32, [i8; LANES]>;

/// The shares of each n-gram in each language's texts, as the weights that naive Bayes gives them:
/// `ln(1 + share / unseen)`.
fn estimate(languages: &[Language], examples: &[&Example]) -> Weights {
    let mut totals = [[0.0f64; LANES]; 2];
    let mut all: Vec<(Gram, usize, f64)> = Vec::new();
    for example in examples {
        let Some(lane) = languages
            .iter()
            .position(|language| *language == example.language)
        else {
            continue;
        };
        totals[usize::from(example.extra)][lane] += example.weight * example.grams.len() as f64;
    }
    for example in examples {
        let Some(lane) = languages
            .iter()
            .position(|language| *language == example.language)
        else {
            continue;
        };
        // Shares of equal totals: who has more lines doesn't win what nobody has seen. Extra lines
        // add to what the trusted ones say and take nothing from it.
        let part = if example.extra { EXTRA_PART } else { 1.0 };
        let share = part * example.weight / totals[usize::from(example.extra)][lane];
        all.extend(example.grams.iter().map(|gram| (*gram, lane, share)));
    }
    // A stable sort keeps the order of lines, so that sums of floats have one order too.
    all.sort_by_key(|(gram, lane, _)| (gram.hash, *lane));
    let mut rows: Vec<(f64, Gram, [f64; LANES])> = Vec::new();
    for chunk in all.chunk_by(|one, two| one.0.hash == two.0.hash) {
        let mut shares = [0.0f64; LANES];
        for (_, lane, share) in chunk {
            shares[*lane] += share;
        }
        rows.push((0.0, chunk[0].0, shares));
    }
    let alphabets = [Some(Alphabet::Latin), Some(Alphabet::Cyrillic)]
        .map(|alphabet| lanes_of(languages, alphabet));
    for (worth, _, shares) in &mut rows {
        *worth = alphabets
            .iter()
            .map(|lanes| information(lanes, shares))
            .sum();
    }
    // The most informative first; equal ones by hash.
    rows.sort_by(|one, two| two.0.total_cmp(&one.0).then(one.1.hash.cmp(&two.1.hash)));
    rows.truncate(ROWS);
    rows.into_iter()
        .map(|(_, gram, shares)| {
            let units = UNITS * gram.factor;
            (
                gram.hash,
                shares.map(|share| {
                    ((share / UNSEEN).ln_1p() * units).round().clamp(0.0, 127.0) as i8
                }),
            )
        })
        .filter(|(_, weights)| weights.iter().any(|weight| *weight != 0))
        .collect()
}

/// How much an n-gram tells about the language: how often it is met, times the divergence (Kullback
/// and Leibler 1951) of its languages from an even spread.
fn information(lanes: &[usize], shares: &[f64; LANES]) -> f64 {
    let total: f64 = lanes.iter().map(|lane| shares[*lane] + UNSEEN).sum();
    let spread: f64 = lanes
        .iter()
        .map(|lane| {
            let part = (shares[*lane] + UNSEEN) / total;
            part * (part * lanes.len() as f64).ln()
        })
        .sum();
    lanes.iter().map(|lane| shares[*lane]).sum::<f64>() * spread
}

fn predict(weights: &Weights, languages: &[Language], example: &Example) -> (Language, f32) {
    let lanes = lanes_of(languages, example.language.alphabet());
    let sums = sums(weights, &example.grams);
    let temper = Calibration::temper(FILTER_FACTOR, 0.5, example.grams.len() as u32);
    let best =
        lanes.iter().copied().fold(
            lanes[0],
            |best, lane| if sums[lane] > sums[best] { lane } else { best },
        );
    let total: f32 = lanes
        .iter()
        .map(|lane| ((sums[*lane] - sums[best]) as f32 * temper).exp())
        .sum();
    (languages[best], 1.0 / total)
}

fn sums(weights: &Weights, grams: &[Gram]) -> [i32; LANES] {
    let mut sums = [0; LANES];
    for row in grams.iter().filter_map(|gram| weights.get(&gram.hash)) {
        for (sum, weight) in sums.iter_mut().zip(row) {
            *sum += i32::from(*weight);
        }
    }
    sums
}

/// Fits factor and power of [`Calibration`] on texts that the weights have not seen: the pair with
/// the least Brier score (1950) of a grid. A word that is in the wrong language's list, as some
/// always are, would weigh too much in the log-loss.
fn calibrate(languages: &[Language], examples: &[Example]) -> Calibration {
    // Per alphabet: n-grams, margins of all lanes of it, the right lane's place among them.
    let mut held: [Vec<(f32, Vec<f32>, usize)>; 2] = [Vec::new(), Vec::new()];
    for fold in 0..FOLDS {
        let seen: Vec<&Example> = examples
            .iter()
            .filter(|example| example.fold != fold)
            .collect();
        let weights = estimate(languages, &seen);
        // Copies and extra lines teach, but only trusted texts as they were written are judged:
        // posts are like these.
        for example in examples
            .iter()
            .filter(|example| example.fold == fold && example.given && !example.extra)
        {
            let alphabet = example.language.alphabet();
            let lanes = lanes_of(languages, alphabet);
            let Some(right) = lanes
                .iter()
                .position(|lane| languages[*lane] == example.language)
            else {
                continue;
            };
            let sums = sums(&weights, &example.grams);
            let margins = lanes.iter().map(|lane| sums[*lane] as f32).collect();
            held[usize::from(alphabet == Some(Alphabet::Cyrillic))].push((
                example.grams.len() as f32,
                margins,
                right,
            ));
        }
    }
    let [
        (latin_factor, latin_power),
        (cyrillic_factor, cyrillic_power),
    ] = held.map(|held| fit(&held));
    Calibration {
        latin_factor,
        latin_power,
        cyrillic_factor,
        cyrillic_power,
    }
}

fn fit(held: &[(f32, Vec<f32>, usize)]) -> (f32, f32) {
    let mut best = (f64::MAX, 1.0, 0.5);
    // A grid, for two numbers and a loss with flat valleys: it ends at the same pair
    // on each machine.
    for power in (0..=10).map(|tenth| tenth as f32 / 10.0) {
        for factor in (-64..=8).map(|quarter| (quarter as f32 / 8.0).exp2()) {
            let loss: f64 = held
                .iter()
                .map(|(grams, margins, right)| {
                    let temper = Calibration::temper(factor, power, *grams as u32);
                    let most = margins.iter().copied().fold(f32::MIN, f32::max);
                    let total: f32 = margins
                        .iter()
                        .map(|margin| ((margin - most) * temper).exp())
                        .sum();
                    let parts = margins.iter().enumerate().map(|(lane, margin)| {
                        let wanted = if lane == *right { 1.0 } else { 0.0 };
                        f64::from(((margin - most) * temper).exp() / total - wanted).powi(2)
                    });
                    parts.sum::<f64>()
                })
                .sum();
            if loss < best.0 {
                best = (loss, factor, power);
            }
        }
    }
    (best.1, best.2)
}

/// Sets the weights of Han characters: one-script ones from the table of scripts, shared ones by
/// how the texts use them.
fn weigh_han(table: &mut Table, texts: &[(String, bool)]) -> Result<()> {
    let mut counts: BTreeMap<char, [f32; 2]> = BTreeMap::new();
    let mut totals = [0.0f32; 2];
    for (text, traditional) in texts {
        for character in text
            .chars()
            .filter(|character| ('\u{3400}'..'\u{A000}').contains(character))
        {
            counts.entry(character).or_default()[usize::from(*traditional)] += 1.0;
            totals[usize::from(*traditional)] += 1.0;
        }
    }
    for line in SCRIPTS.lines().filter(|line| !line.starts_with('#')) {
        let (class, characters) = line.split_once('\t').unwrap_or((line, ""));
        for character in characters.chars() {
            let weight = match class {
                "traditional" => table::STRONG,
                "simplified" => -table::STRONG,
                "japanese" => table::JAPANESE,
                "shared" => {
                    let [simplified, traditional] =
                        counts.get(&character).copied().unwrap_or_default();
                    // A character that is hardly met is not evidence for either script.
                    if simplified + traditional < 10.0 || totals.contains(&0.0) {
                        continue;
                    }
                    // Shares of equal totals, five doubtful occurrences added to each.
                    let mean = (totals[0] + totals[1]) / 2.0;
                    let odds = (traditional * mean / totals[1] + 5.0)
                        / (simplified * mean / totals[0] + 5.0);
                    (odds.ln() * SHARED_SCALE).round().clamp(-96.0, 96.0) as i8
                }
                _ => {
                    return Err(Error::training(format!(
                        "script.tsv: unknown class `{class}`"
                    )));
                }
            };
            table.set_han(character, weight);
        }
    }
    Ok(())
}
