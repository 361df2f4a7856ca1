//! `hearken evaluate --all`: every set beside its peers, and the bundled heads, as one page of Markdown.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use hearken::Engine;
use hearken::model::calibration::largest;
use hearken::text::{Identifier, Language};
use hearken::train::{Evaluation, Example, TrainOptions, train};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::options::Shared;
use crate::output::Output;
use crate::summary::say;
use crate::train_bundled::{Recipe, lines, read, text_of};

/// What peers reach, set by set.
const PEERS: &str = "data/peers.tsv";
/// What the bundled heads are measured on.
const RECIPE: &str = "data/models/bundled.toml";

pub(crate) fn run(folder: &Path, shared: &Shared) -> Result<Outcome, Failure> {
    let mut output = Output::open(shared.output.as_deref())?;
    let recipe = Recipe::open(Path::new(RECIPE))?;
    let mut page = String::from(
        "# What hearken reaches\n\nWritten by `cargo run --release --example hearken -- evaluate --all SETS -o EVALUATION.md`; \
SETS holds a folder a set with `train.jsonl` and `valid.jsonl`.\nAll figures are of the valid halves; the settings are chosen on the \
train halves by cross-validation, the same recipe for every set.\n\n",
    );
    sets(folder, shared, &mut page)?;
    bundled(folder, &recipe, shared, &mut page)?;
    languages(folder, &mut page)?;
    output.put(page.as_bytes())?;
    output.finish()?;
    Ok(Outcome::Done)
}

/// Trains on every set and measures it beside its peers.
fn sets(folder: &Path, shared: &Shared, page: &mut String) -> Result<(), Failure> {
    page.push_str(
        "## Own heads, trained and measured set by set\n\nMacro F1 beside the peers' on the same halves (`data/peers.tsv`: NB is the better of \
scikit-learn's MultinomialNB and\nComplementNB, LR its logistic regression, SVC its LinearSVC on words, pairs and characters, fT the best of three \
fastText settings).\nCalibration: expected calibration error in 15 bins.\n\n\
| set | classes | train / valid | hearken | NB | LR | SVC | fT | less the best peer | accuracy | macro recall | calibration |\n\
|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let peers = text_of(Path::new(PEERS))?;
    let (mut sum, mut count) = (0.0, 0);
    for line in peers.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [set, peers @ ..] = fields.as_slice() else { continue };
        if !folder.join(set).join("train.jsonl").exists() {
            continue;
        }
        let (learn, test) = (examples(folder, set, "train")?, examples(folder, set, "valid")?);
        let started = Instant::now();
        let options = TrainOptions { task: (*set).to_owned(), ..TrainOptions::default() };
        let model = train(&learn, &options, &mut |_, _| {})?;
        let trained = started.elapsed();
        let engine = Engine::builder().without_bundled_models().model(model).build()?;
        let started = Instant::now();
        let found = hearken::train::evaluate(&engine, set, &test)?;
        if !shared.quiet {
            let speed = test.len() as f64 / started.elapsed().as_secs_f64();
            say(&format!(
                "{set}: {:.4}, trained in {:.1} s, {speed:.0} posts/s\n",
                found.macro_f1,
                trained.as_secs_f64()
            ));
        }
        let best = peers.iter().filter_map(|peer| peer.parse::<f64>().ok()).fold(0.0, f64::max);
        sum += found.macro_f1 - best;
        count += 1;
        let _ = writeln!(
            page,
            "| {set} | {} | {} / {} | **{:.4}** | {} | {:+.4} | {:.4} | {:.4} | {:.3} |",
            found.classes.len(),
            learn.len(),
            test.len(),
            found.macro_f1,
            peers.join(" | "),
            found.macro_f1 - best,
            found.accuracy,
            found.macro_recall,
            found.calibration_error
        );
    }
    let _ = writeln!(
        page,
        "\nMean difference to the best peer of each set: {:+.4} over {count} sets.\n",
        sum / f64::from(count.max(1))
    );
    Ok(())
}

/// Measures the bundled heads.
fn bundled(folder: &Path, recipe: &Recipe, shared: &Shared, page: &mut String) -> Result<(), Failure> {
    page.push_str(
        "## The bundled heads\n\n“Seen”: the set's train half trained the head (`data/models/bundled.toml`); the others are sets that \
it never saw. “Forced”: macro F1 when only the labels that occur in the set may be given.\n\n\
| head | set | seen | posts | accuracy | macro F1 | forced | calibration | each label's F1 |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let engine = Engine::new()?;
    for check in &recipe.check {
        if !folder.join(&check.source.file).exists() {
            continue;
        }
        let examples = read(&check.source, folder)?;
        let found = hearken::train::evaluate(&engine, &check.task, &examples)?;
        let forced = forced(&engine, &check.task, &examples);
        if !shared.quiet {
            say(&format!("{} on {}: {:.4}\n", check.task, check.source.file, found.macro_f1));
        }
        let classes = found.classes.iter().filter(|class| class.support > 0);
        let classes: Vec<String> = classes.map(|class| format!("{} {:.3}", class.label, class.f1)).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {:.4} | {:.4} | {:.4} | {:.3} | {} |",
            check.task,
            check.source.file.split('/').next().unwrap_or_default(),
            if check.seen { "train half" } else { "no" },
            found.posts,
            found.accuracy,
            found.macro_f1,
            forced.macro_f1,
            found.calibration_error,
            classes.join(", ")
        );
    }
    page.push('\n');
    Ok(())
}

/// The figures when only labels that occur in `examples` may be given.
fn forced(engine: &Engine, task: &str, examples: &[Example]) -> Evaluation {
    let labels = engine.labels(task).unwrap_or_default();
    let occurs: Vec<bool> = labels.iter().map(|label| examples.iter().any(|example| example.label == *label)).collect();
    let answers = engine.map_batch(examples, |engine, scratch, example| {
        let probabilities = engine.probabilities(task, &example.text, scratch);
        let kept: Vec<f32> = probabilities
            .iter()
            .zip(&occurs)
            .map(|(&probability, &occurs)| if occurs { probability } else { -1.0 })
            .collect();
        let truth = labels.iter().position(|label| *label == example.label).unwrap_or(usize::MAX);
        let (label, probability) = largest(&kept).unwrap_or((0, 0.0));
        (truth, label, probability.max(0.0))
    });
    Evaluation::new(task, labels, &answers)
}

/// Measures the language identifier.
fn languages(folder: &Path, page: &mut String) -> Result<(), Failure> {
    let path = folder.join("langid").join("valid.jsonl");
    if !path.exists() {
        return Ok(());
    }
    let identifier = Identifier::bundled()?;
    let text = text_of(&path)?;
    let mut kinds: Vec<String> = Vec::new();
    let mut cells: Vec<(Language, String, bool)> = Vec::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_default();
        let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(language) = Language::from_code(field("label")) else { continue };
        let kind = field("kind").to_owned();
        if !kinds.contains(&kind) {
            kinds.push(kind.clone());
        }
        cells.push((language, kind, identifier.identify(field("text")).language == language));
    }
    kinds.sort_unstable();
    let share = |wanted: &dyn Fn(&(Language, String, bool)) -> bool| {
        let chosen: Vec<bool> = cells.iter().filter(|cell| wanted(cell)).map(|cell| cell.2).collect();
        let right = chosen.iter().filter(|&&right| right).count();
        if chosen.is_empty() { "–".to_owned() } else { format!("{:.3}", right as f64 / chosen.len() as f64) }
    };
    let _ = writeln!(
        page,
        "## Language identification\n\nRecall on langid's valid half; beside whatlang, whichlang and lingua in `benches/peers/RESULTS.md`.\n\n\
| language | {} | all |\n|---|{}---|",
        kinds.join(" | "),
        "---|".repeat(kinds.len())
    );
    for language in Language::ALL {
        if cells.iter().any(|cell| cell.0 == language) {
            let row: Vec<String> =
                kinds.iter().map(|kind| share(&|cell| cell.0 == language && cell.1 == *kind)).collect();
            let _ =
                writeln!(page, "| {} | {} | {} |", language.code(), row.join(" | "), share(&|cell| cell.0 == language));
        }
    }
    let row: Vec<String> = kinds.iter().map(|kind| share(&|cell| cell.1 == *kind)).collect();
    let _ = writeln!(page, "| all | {} | {} |", row.join(" | "), share(&|_| true));
    Ok(())
}

/// The labelled texts of one half of a set.
fn examples(folder: &Path, set: &str, half: &str) -> Result<Vec<Example>, Failure> {
    let path = folder.join(set).join(format!("{half}.jsonl"));
    let pairs = lines(&text_of(&path)?, &path, "label")?;
    Ok(pairs.into_iter().map(|(label, text)| Example { text, label, domain: set.to_owned() }).collect())
}
