//! The recipe: from labelled texts to a head, one for every task.
//!
//! Count, select (χ²), stretch by naive Bayes' log-count ratios, fit one plane a label, choose the
//! settings by seeded cross-validation, calibrate on held-out folds, fit all again on everything,
//! round to 16 bits.

use super::calibrate::HeldOut;
use super::corpus::{Corpus, Vocabulary};
use super::count::FeatureCounts;
use super::documents::documents;
use super::estimate::Plane;
use super::opinion::Opinions;
use super::problem::{FEW, Problem};
use super::quantise::{Origin, quantise};
use super::select::{Selected, select};
use super::tune::tune;
use super::{Example, Settings, TrainOptions, calibrate, checked_labels, names};
use crate::Result;
use crate::feature::Analyzer;
use crate::feature::signal::Signals;
use crate::model::{Calibration, Model, Provenance};

/// The least cost factor of a text, for the fit divides by it; by hand, far below any
/// weight of use.
const MIN_WEIGHT: f32 = 1e-3;
/// Folds for calibration, and from which number of texts on fewer are enough; by convention, and
/// to save time.
const FOLDS: usize = 5;
const FEW_FOLDS: usize = 3;
const MANY_TEXTS: usize = 20_000;

/// Texts a label below which a word that occurs once is kept, and how much opinions count where
/// tuning begins; both chosen by what five sets reach at 5 and 20 rows a label
/// (`docs/measured/learn.md`).
const FEW_TEXTS: usize = 50;
const OPINIONS: f32 = 1.0;
/// Rows from which on they stand alone; by hand. Thousands of rows know what the shipped heads
/// know, and a set that trained one of them trusts it too much (`docs/measured/learn.md`).
const MANY_ROWS: usize = 3_000;

/// The points of a learning curve: one in so many of the texts.
const PARTS: [usize; 4] = [8, 4, 2, 1];

/// Trains one head on `examples`. `progress` gets the name of each step and how much of it is done,
/// 0 to 1.
///
/// # Errors
/// If there are no examples, fewer than 2 labels or more than 200.
pub fn train(
    examples: &[Example],
    options: &TrainOptions,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<Model> {
    let (labels, truth) = checked_labels(examples)?;
    let given = options.settings;
    let priors = options.priors
        && examples.len() < MANY_ROWS
        && given.is_none_or(|given| given.opinions > 0.0);
    let names = match priors {
        true => names::texts(&labels),
        false => Vec::new(),
    };
    let mut material = Material {
        texts: examples
            .iter()
            .map(|example| example.text.as_str())
            .collect(),
        weights: examples.iter().map(|example| example.weight).collect(),
        labels,
        others: vec![Vec::new(); truth.len()],
        truth,
        held: examples.len(),
        opinions: priors,
    };
    names::add(&mut material, &names);
    Ok(train_material(&material, options, progress)?.0)
}

/// What a head is trained on.
#[derive(Clone, Debug, Default)]
pub(super) struct Material<'a> {
    pub(super) labels: Vec<String>,
    pub(super) texts: Vec<&'a str>,
    /// The index of each text's label.
    pub(super) truth: Vec<u16>,
    /// The other labels of each text, where it has several: it is a row for each of them, and a row
    /// must not speak against a label that its text has.
    pub(super) others: Vec<Vec<u16>>,
    /// What an error on each text costs.
    pub(super) weights: Vec<f32>,
    /// Texts before `held` take part in folds, tuning and calibration, for they are like the posts
    /// to come; later ones (a taxonomy's terms) only train.
    pub(super) held: usize,
    /// Whether what the shipped heads say of each text is counted.
    pub(super) opinions: bool,
}

impl<'a> Material<'a> {
    /// Whether nothing is known beside the rows: then the head is trained as version 0.1 did.
    fn alone(&self) -> bool {
        !self.opinions && self.held == self.texts.len()
    }

    /// Adds a text with its labels `classes`, a row each, which share its weight.
    pub(super) fn push(&mut self, text: &'a str, classes: &[u16], weight: f32) {
        for &class in classes {
            let others = classes.iter().copied().filter(|&other| other != class);
            self.texts.push(text);
            self.truth.push(class);
            self.others.push(others.collect());
            self.weights.push(weight / classes.len() as f32);
        }
    }
}

/// The texts of a material as rows of numbers.
struct Rows {
    selected: Vec<Selected>,
    corpus: Corpus,
    signals: Vec<Signals>,
    weights: Vec<f32>,
    opinions: Opinions,
}

impl Rows {
    fn read(
        material: &Material<'_>,
        fewest: u32,
        progress: &mut dyn FnMut(&str, f32),
    ) -> Result<Rows> {
        let analyzer = Analyzer::bundled()?;
        progress("reading features", 0.0);
        let documents = documents(&analyzer, material.texts.iter().copied());
        progress("selecting features", 0.0);
        // Only rare features are left out here. Those of largest χ² are chosen by each fold for
        // itself, or a fold would know which words distinguish the texts that it is judged on.
        let selected = {
            let labelled = documents.iter().zip(material.truth.iter().copied());
            let counts = FeatureCounts::from_documents(material.labels.len(), labelled);
            select(&counts, fewest, usize::MAX)
        };
        let mut opinions = match material.opinions {
            true => Opinions::read(&material.texts)?,
            false => Opinions::default(),
        };
        let weights = material.weights.iter();
        Ok(Rows {
            corpus: Corpus::new(&documents, &selected)
                .with_opinions(std::mem::take(&mut opinions.values), opinions.width()),
            signals: documents.iter().map(|document| document.signals).collect(),
            weights: weights.map(|weight| weight.max(MIN_WEIGHT)).collect(),
            selected,
            opinions,
        })
    }

    fn problem<'a>(&'a self, material: &'a Material<'_>, options: &TrainOptions) -> Problem<'a> {
        Problem {
            corpus: &self.corpus,
            signals: &self.signals,
            truth: &material.truth,
            others: &material.others,
            labels: &material.labels,
            weights: &self.weights,
            most_features: options.most_features,
            held: material.held,
            few: if material.alone() { 0 } else { FEW },
            seed: options.seed,
            goal: options.goal,
        }
    }
}

/// What planes that did not see a text say of it, a number a label.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The probabilities of the labels, which sum to 1.
    pub(super) probabilities: Vec<f32>,
    /// The log-odds of each label by its plane alone, in nats.
    pub(super) alone: Vec<f64>,
}

/// Trains one head; gives it with what is said of each text before `held`, held out.
pub(super) fn train_material(
    material: &Material<'_>,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<(Model, Vec<Said>)> {
    let settings = options.settings.unwrap_or_else(|| start(material));
    let material = &Material {
        opinions: material.opinions && settings.opinions > 0.0,
        ..material.clone()
    };
    let rows = Rows::read(material, settings.fewest, progress)?;
    let problem = rows.problem(material, options);
    let settings = match options.settings {
        Some(settings) => settings,
        None => tune(&problem, settings, progress)?,
    };
    progress("calibrating", 0.0);
    // Margins of texts that a plane was fitted to are larger than those of posts will be:
    // calibrated on them, a head would be overconfident.
    let folds = if material.held < MANY_TEXTS {
        FOLDS
    } else {
        FEW_FOLDS
    };
    let held_out = problem.held_out(&problem.held_rows(), settings, folds, 0)?;
    let calibration = calibrate::calibration(&held_out, &problem.meaning());
    progress("fitting", 0.0);
    let all = problem.all_rows();
    let vocabulary = problem.vocabulary(&all, settings);
    let fitted = problem.fit(&all, &rows.corpus.matrix(&all, &vocabulary), settings)?;
    progress("fitting", 1.0);

    let said = said(&held_out, &calibration, material.labels.len());
    let found = problem.score(&held_out, &calibration);
    let mut outcomes = vec![
        ("features", known(&vocabulary).to_string()),
        ("folds", folds.to_string()),
        ("seed", options.seed.to_string()),
        ("optimise", options.goal.name().to_owned()),
        ("held_out_macro_f1", format!("{:.4}", found.macro_f1)),
        ("held_out_accuracy", format!("{:.4}", found.accuracy)),
    ];
    if options.curve {
        outcomes.push(("held_out_curve", curve(&problem, settings, folds)?));
    }
    let stated = settings.named().into_iter().chain(outcomes);
    let origin = origin(material, options, stated);
    let labels = material.labels.clone();
    let Rows {
        corpus,
        selected,
        opinions,
        ..
    } = rows;
    // What a number of an opinion counts is its weight for what the fit saw of it.
    let of_opinions = |plane: &Plane| -> Vec<f32> {
        let weights = plane.weights.iter().skip(corpus.features());
        weights.map(|weight| weight * settings.opinions).collect()
    };
    let weights: Vec<Vec<f32>> = fitted.planes.iter().map(of_opinions).collect();
    let model = quantise(
        origin,
        labels,
        &corpus,
        &selected,
        &vocabulary,
        fitted,
        (calibration, options.finest),
    );
    let model = match settings.opinions > 0.0 && opinions.width() > 0 {
        true => opinions.add_to(model, &weights),
        false => model,
    };
    Ok((model, said))
}

/// Where tuning begins for these texts.
fn start(material: &Material<'_>) -> Settings {
    let few = material.held < FEW_TEXTS * material.labels.len();
    let settings = Settings::default();
    Settings {
        opinions: if material.opinions { OPINIONS } else { 0.0 },
        // In a handful of texts most words occur once.
        fewest: if few && material.opinions {
            1
        } else {
            settings.fewest
        },
        ..settings
    }
}

/// What parts of the texts reach on the held-out folds, in the figure that is the goal: “texts
/// figure”, separated by commas.
fn curve(problem: &Problem<'_>, settings: Settings, folds: usize) -> Result<String> {
    let rows = problem.held_rows();
    let mut points = Vec::new();
    for nth in PARTS {
        let held_out = problem.held_out_from(&rows, settings, folds, 0, nth)?;
        let texts = rows.len() * (folds - 1) / folds / nth;
        points.push(format!("{texts} {:.4}", problem.compared(&held_out)));
    }
    Ok(points.join(", "))
}

/// What the head states about itself; `stated` are the settings and what came of them.
fn origin(
    material: &Material<'_>,
    options: &TrainOptions,
    stated: impl Iterator<Item = (&'static str, String)>,
) -> Origin {
    Origin {
        task: options.task.clone(),
        languages: options.languages.clone(),
        priors: priors(material),
        provenance: Provenance {
            data: options.data.clone(),
            licence: options.licence.clone(),
            posts: material.held as u64,
            settings: stated
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        },
    }
}

/// How many columns a vocabulary knows.
fn known(vocabulary: &Vocabulary) -> usize {
    let values = vocabulary.values.iter();
    values.filter(|&&value| value > 0.0).count()
}

/// The share of each label among the texts that are like those to come.
fn priors(material: &Material<'_>) -> Vec<f32> {
    let mut priors = vec![0.0f32; material.labels.len()];
    for &class in &material.truth[..material.held] {
        priors[usize::from(class)] += 1.0 / material.held as f32;
    }
    priors
}

fn said(held_out: &[HeldOut], calibration: &Calibration, labels: usize) -> Vec<Said> {
    let of_text = |text: &HeldOut| {
        let mut probabilities = Vec::new();
        calibration.probabilities(&text.margins, text.familiarity, &mut probabilities);
        let alone = (0..labels).map(|label| calibration.log_odds(&text.margins, label));
        Said {
            probabilities,
            alone: alone.collect(),
        }
    };
    held_out.iter().map(of_text).collect()
}
