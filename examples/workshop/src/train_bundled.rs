//! `workshop train-bundled`: the heads that are compiled into the crate, from the sets that
//! a recipe names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hearken::model::{Context, Model};
use hearken::taxonomy::{Taxonomy, Topic};
use hearken::text::Language;
use hearken::train::{Example, Goal, Settings, TopicText, TrainOptions, train, train_topics};
use serde::Deserialize;

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled;
use hearken_cli::options::{Shared, read_model};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{grouped, say, table};

/// Trains the heads that are compiled into the crate (for those who work on hearken itself)
///
/// The recipe says which sets of labelled JSON lines, and which texts of the project itself,
/// make which head.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  workshop train-bundled --data SETS -o data/models/bundled.model")]
pub(crate) struct Arguments {
    /// The folder of the labelled sets
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The recipe
    #[arg(long, value_name = "FILE", default_value = "data/models/bundled.toml")]
    recipe: PathBuf,
    /// Train only this head
    #[arg(long, value_name = "TASK")]
    only: Option<String>,
    /// Keep the other heads of this model, and put the trained ones in the place of theirs
    #[arg(long, value_name = "MODEL")]
    into: Option<PathBuf>,
    /// Leave a source out, by the beginning of its file's name: for leave-one-domain-out figures
    #[arg(long, value_name = "SET")]
    without: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(crate) head: Vec<Head>,
    pub(crate) check: Vec<Check>,
}

/// What a bundled head is measured on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    pub(crate) task: String,
    pub(crate) seen: bool,
    pub(crate) source: Source,
}

impl Recipe {
    pub(crate) fn open(path: &Path) -> Result<Recipe, Failure> {
        toml::from_str(&text_of(path)?).map_err(|error| {
            Failure::message(
                format!("{}: {error}", path.display())
                    .trim_end()
                    .replace('\n', " "),
            )
        })
    }
}

/// What a bundled head is trained on.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) task: String,
    languages: Vec<String>,
    features: usize,
    /// The finest unit of weights, as the power of one half, where it is not the usual one.
    finest: Option<u32>,
    /// Settings that are given, not tuned.
    settings: Option<Fixed>,
    /// The taxonomy whose topics are the labels: its terms train the head too, and a line may have
    /// several labels, separated by commas.
    taxonomy: Option<String>,
    /// Whether the most probable label is given, and not the one of the largest macro F1.
    #[serde(default)]
    plain: bool,
    /// What the contexts of a post add to the log-odds of its second label, in nats.
    #[serde(default)]
    context: BTreeMap<Context, f64>,
    pub(crate) source: Vec<Source>,
}

/// Settings of a head that shall hold for posts unlike its sets: cross-validation on the sets would
/// choose what fits them.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    cost: f32,
    stretch: f32,
    balance: f32,
    pairs: f32,
    negated: f32,
    characters: f32,
    terms: f32,
    /// Texts that must have a feature.
    #[serde(default = "two")]
    fewest: u32,
}

fn two() -> u32 {
    2
}

impl Fixed {
    fn settings(&self) -> Settings {
        Settings {
            cost: self.cost,
            stretch: self.stretch,
            balance: self.balance,
            pairs: self.pairs,
            negated: self.negated,
            characters: self.characters,
            terms: self.terms,
            fewest: self.fewest,
            ..Settings::default()
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) file: String,
    licence: String,
    label: Option<String>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    map: Option<String>,
    #[serde(default)]
    column: usize,
    /// Where the label stands in a TSV of our own, from 0; one of `?` is not known, and left out.
    #[serde(default)]
    label_column: usize,
    /// A TSV of the set's file, a line of it (from 1), our label and how certain that is, 0 to 1:
    /// only these lines are taken, with these labels.
    pub(crate) given: Option<String>,
    #[serde(default = "label_field")]
    label_field: String,
    pub(crate) most: Option<usize>,
    /// How much an error on one of its texts costs.
    #[serde(default = "one")]
    pub(crate) weight: f32,
}

fn one() -> f32 {
    1.0
}

fn label_field() -> String {
    "label".to_owned()
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let Some(path) = &shared.output else {
        return Err(Failure::message(
            "train-bundled needs a file for the model; name it with -o",
        ));
    };
    let mut output = Output::open(Some(path))?;
    let recipe = Recipe::open(&arguments.recipe)?;
    let wanted = |head: &&Head| {
        let only = arguments.only.as_ref();
        only.is_none_or(|only| *only == head.task)
    };
    let mut models = Vec::new();
    let mut rows = Vec::new();
    for head in recipe.head.iter().filter(wanted) {
        let (model, row) = train_one(head, arguments, shared.quiet)?;
        models.push(model);
        rows.push(row);
    }
    if let Some(path) = &arguments.into {
        let trained: Vec<&str> = models.iter().flat_map(Model::tasks).collect();
        let kept = read_model(path)?.without(&trained);
        models.push(kept);
    }
    let model = Model::combine(models)?;
    let bytes = model.to_bytes();
    output.put(&bytes)?;
    output.finish()?;
    rows.push(vec![
        "all".into(),
        String::new(),
        grouped(model.rows() as u64),
        grouped(bytes.len() as u64),
    ]);
    say(&table(
        &["head", "texts", "rows", "bytes", "seconds", "chosen"],
        rows,
        &[1, 2, 3, 4],
    ));
    Ok(Outcome::Done)
}

/// Trains one head; gives it with its row of the closing table.
fn train_one(
    head: &Head,
    arguments: &Arguments,
    quiet: bool,
) -> Result<(Model, Vec<String>), Failure> {
    let started = Instant::now();
    let progress = Progress::shares(!quiet);
    let (model, texts) = train_head(
        head,
        &arguments.data,
        &arguments.without,
        None,
        &mut |what, share| progress.set_share(share, &format!("{}: {what}", head.task)),
    )?;
    progress.finish();
    let settings = model.heads().first().map(|head| &head.provenance.settings);
    let chosen: Vec<String> = settings
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let row = vec![
        head.task.clone(),
        grouped(texts as u64),
        grouped(model.rows() as u64),
        grouped(model.to_bytes().len() as u64),
        format!("{:.1}", started.elapsed().as_secs_f64()),
        chosen.join(", "),
    ];
    Ok((model, row))
}

/// Trains `head` on its sources below `folder`, but on none whose file begins with one
/// of `without`; gives the model and the number of texts. Without `settings` they are
/// chosen by cross-validation.
pub(crate) fn train_head(
    head: &Head,
    folder: &Path,
    without: &[String],
    settings: Option<Settings>,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<(Model, usize), Failure> {
    let mut examples = Vec::new();
    let mut data = Vec::new();
    let mut licences: Vec<&str> = Vec::new();
    let kept = |source: &&Source| !without.iter().any(|set| source.file.starts_with(set));
    for source in head.source.iter().filter(kept) {
        let found = read(source, folder)?;
        data.push(format!("{} ({})", source.file, found.len()));
        if !licences.contains(&source.licence.as_str()) {
            licences.push(&source.licence);
        }
        examples.extend(found);
    }
    let origin = (data.join(", "), licences.join(", "));
    let model = train_examples(head, &examples, origin, settings, progress)?;
    Ok((model, examples.len()))
}

/// Trains `head` on `examples`, whatever its sources are; the header states `data` and `licence`.
pub(crate) fn train_examples(
    head: &Head,
    examples: &[Example],
    (data, licence): (String, String),
    settings: Option<Settings>,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<Model, Failure> {
    let options = TrainOptions {
        task: head.task.clone(),
        data,
        licence,
        languages: head.languages.clone(),
        most_features: head.features,
        finest: head.finest.unwrap_or(TrainOptions::default().finest),
        settings: settings.or_else(|| head.settings.as_ref().map(Fixed::settings)),
        goal: if head.plain {
            Goal::Accuracy
        } else {
            Goal::MacroF1
        },
        // The shipped heads are no evidence for themselves.
        priors: false,
        ..TrainOptions::default()
    };
    let model = match &head.taxonomy {
        Some(taxonomy) => {
            let taxonomy = Taxonomy::from_toml(&text_of(Path::new(taxonomy))?)?;
            let texts: Vec<TopicText> = examples.iter().map(topic_text).collect();
            train_topics(&taxonomy, &texts, &options, progress)?
        }
        None => train(examples, &options, progress)?,
    };
    Ok(model.with_context(&head.context))
}

fn topic_text(example: &Example) -> TopicText {
    TopicText {
        text: example.text.clone(),
        labels: example.label.split(',').map(str::to_owned).collect(),
        weight: example.weight,
    }
}

pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::message(format!("{} can't be read: {error}", path.display())))
}

/// A labelled text and the language that its set says it has; empty where it says none.
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) text: String,
    pub(crate) language: String,
    /// How certain the label is, 0 to 1.
    certainty: f32,
}

/// The labelled texts of a source, spread evenly over its file if there are more than are wanted.
pub(crate) fn read(source: &Source, folder: &Path) -> Result<Vec<Example>, Failure> {
    Ok(read_lines(source, folder)?
        .iter()
        .map(|line| Example {
            weight: source.weight * line.certainty,
            ..line.example(&source.file)
        })
        .collect())
}

/// As [`read`], with the languages.
pub(crate) fn read_lines(source: &Source, folder: &Path) -> Result<Vec<Line>, Failure> {
    let path = match source.file.starts_with("data/") {
        true => PathBuf::from(&source.file),
        false => folder.join(&source.file),
    };
    let text = text_of(&path)?;
    let found = match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => taxonomy_lines(&text)?,
        Some("tsv") => text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| columns(line, source.label_column))
            .collect(),
        _ => lines(&text, &path, &source.label_field)?,
    };
    let found = match &source.given {
        Some(given) => lines_given(found, &source.file, Path::new(given))?,
        None => found,
    };
    let map = match &source.map {
        Some(map) => text_of(Path::new(map))?,
        None => String::new(),
    };
    let map = label_map(&map, source.column);
    let labelled = found.into_iter().filter_map(|line| {
        Some(Line {
            label: source.label_of(&line.label, &map)?,
            ..line
        })
    });
    Ok(spread(labelled.collect(), source.most))
}

/// Those of the lines of the set `file` that the labels at `path` name, with these labels.
fn lines_given(mut found: Vec<Line>, file: &str, path: &Path) -> Result<Vec<Line>, Failure> {
    let mut given = Vec::new();
    let text = text_of(path)?;
    for (row, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.first() != Some(&file) {
            continue;
        }
        let at = fields.get(1).and_then(|line| line.parse::<usize>().ok());
        let line = at.and_then(|at| found.get_mut(at.checked_sub(1)?));
        let certainty = fields.get(3).map_or(Ok(1.0), |certainty| certainty.parse());
        let (Some(line), Some(label), Ok(certainty)) = (line, fields.get(2), certainty) else {
            return Err(Failure::message(format!(
                "{}, line {}: give a set's file, one of its lines, a label and a number from 0 to \
                 1, separated by tabs",
                path.display(),
                row + 1
            )));
        };
        given.push(Line {
            label: (*label).to_owned(),
            text: std::mem::take(&mut line.text),
            language: std::mem::take(&mut line.language),
            certainty,
        });
    }
    Ok(given)
}

/// The examples of a taxonomy's topics.
fn taxonomy_lines(text: &str) -> Result<Vec<Line>, Failure> {
    let taxonomy = Taxonomy::from_toml(text)?;
    let lines = |topic: &Topic| -> Vec<Line> {
        let line = |(language, text): &(Language, String)| Line {
            label: topic.id.clone(),
            text: text.clone(),
            language: language.code().to_owned(),
            certainty: 1.0,
        };
        topic.examples.iter().map(line).collect()
    };
    Ok(taxonomy.topics.iter().flat_map(lines).collect())
}

/// Foreign labels and ours: the first field of each line, and the one at `column`.
fn label_map(text: &str, column: usize) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| Some((line.split('\t').next()?, line.split('\t').nth(column)?)))
        .collect()
}

/// `most` of the lines, evenly spread, or all: of `all` lines the one at `turn * all / most`
/// for every turn.
fn spread(lines: Vec<Line>, most: Option<usize>) -> Vec<Line> {
    let all = lines.len();
    let most = most.unwrap_or(all).min(all);
    let mut wanted = (0..most).map(|turn| turn * all / most).peekable();
    let lines = lines.into_iter().enumerate();
    lines
        .filter(|(at, _)| wanted.next_if_eq(at).is_some())
        .map(|(_, line)| line)
        .collect()
}

impl Source {
    /// Our label for what a line is labelled; none if the line is to be left out.
    fn label_of(&self, label: &str, map: &BTreeMap<&str, &str>) -> Option<String> {
        if let Some(label) = &self.label {
            return Some(label.clone());
        }
        if label == "?" {
            return None;
        }
        let label = match self.map {
            Some(_) => map.get(label)?,
            None => label,
        };
        match self.labels.get(label) {
            Some(ours) => Some(ours.clone()),
            // A mapped column or a file of our own already holds our labels; a foreign label
            // is left out.
            None => (self.labels.is_empty() || self.map.is_some()).then(|| label.to_owned()),
        }
    }
}

impl Line {
    /// As an example of `domain`.
    pub(crate) fn example(&self, domain: &str) -> Example {
        Example {
            text: self.text.clone(),
            label: self.label.clone(),
            domain: domain.to_owned(),
            ..Example::default()
        }
    }
}

/// A line of our own: label, language, text, and perhaps other labels.
fn columns(line: &str, label: usize) -> Option<Line> {
    let fields: Vec<&str> = line.split('\t').collect();
    let field = |at: usize| fields.get(at).map(|&field| field.to_owned());
    Some(Line {
        label: field(label)?,
        text: field(2)?,
        language: field(1)?,
        certainty: 1.0,
    })
}

/// The labelled texts of JSON lines; a line without a label has an empty one.
pub(crate) fn lines(text: &str, path: &Path, label_field: &str) -> Result<Vec<Line>, Failure> {
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            let wrong = |reason| {
                Failure::message(format!("{}, line {}: {reason}", path.display(), index + 1))
            };
            let value = labelled::value(line).map_err(wrong)?;
            let text = labelled::text(&value, "text").map_err(wrong)?.to_owned();
            let label = labelled::label(&value, label_field).unwrap_or_default();
            Ok(Line {
                label,
                text,
                language: labelled::label(&value, "lang").unwrap_or_default(),
                certainty: 1.0,
            })
        })
        .collect()
}
