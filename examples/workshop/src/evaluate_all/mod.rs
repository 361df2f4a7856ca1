//! `workshop evaluate-all`: every set beside its peers, and the bundled heads, as one page of
//! Markdown with pictures.
//!
//! Each section is a file. Nothing on the page depends on a clock, a speed or the
//! number of threads.

mod active_choice;
mod anomaly_benchmark;
mod audit;
mod bundled;
mod customers;
mod domains;
mod events;
mod few_rows;
mod figures;
mod importance;
mod languages;
mod mistakes;
mod page;
mod pairs;
mod peers;
mod phenomena;
mod pool;
mod sample;
mod series;
mod sets;
mod suggestions;
mod tables;
mod topics;

use std::path::{Path, PathBuf};

use hearken::Engine;
use hearken::internals::Analyzer;
use page::Page;

use crate::train_bundled::{Head, Recipe, Source};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;
use hearken_cli::summary::say;

/// What the bundled heads are trained and measured on.
const RECIPE: &str = "data/models/bundled.toml";

/// Trains and measures on every set in a folder, and measures the bundled heads, as a page
/// of Markdown (EVALUATION.md)
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  workshop evaluate-all SETS -o EVALUATION.md")]
pub(crate) struct Arguments {
    /// The folder of the sets, each a folder with train.jsonl and valid.jsonl
    #[arg(value_name = "SETS")]
    folder: PathBuf,
    /// Where the page's pictures go [default: docs/evaluation beside the page]
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Measure only this part anew, and keep the others of the page as they are; several times for
    /// several parts
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Own heads, set by set, and their mistakes
    Own,
    /// The bundled heads on the sets, and their mistakes
    Bundled,
    /// The sample: every language, topics, what stands on top
    Sample,
    /// Spam on posts of customers, and kinds of spam held out
    Customers,
    /// Topics of posts read by hand, and anchors of importance
    Audit,
    /// Topics from terms and from examples
    Curves,
    /// Own heads from few rows
    FewRows,
    /// Which rows to label next
    ActiveChoice,
    /// Suggested answers from a FAQ
    Suggestions,
    /// Surprise in series of numbers
    Series,
    /// Alerts on streams with labelled events
    Events,
    /// Minimal pairs
    Phenomena,
    /// Sentiment from a pool, with its controls
    Pool,
    /// Leave one domain out
    Domains,
    /// Language identification
    Languages,
}

/// What all sections need.
struct Context<'a> {
    /// The folder of the sets.
    folder: &'a Path,
    recipe: Recipe,
    /// The engine with the bundled heads.
    engine: Engine,
    analyzer: Analyzer,
    quiet: bool,
}

impl Context<'_> {
    /// Whether the file of a source is there.
    fn has(&self, source: &Source) -> bool {
        source.file.starts_with("data/") || self.folder.join(&source.file).exists()
    }

    /// Whether every source of a head is there; where one is missing, the page says so.
    fn trains(&self, head: &Head, page: &mut Page) -> bool {
        let missing = head.source.iter().find(|source| !self.has(source));
        if let Some(source) = missing {
            page.paragraph(&format!(
                "Not trained: `{}` is not among the sets.",
                source.file
            ));
        }
        missing.is_none()
    }

    /// Tells on standard error how the work goes; speeds are said here, not on the page.
    fn tell(&self, what: &str) {
        if !self.quiet {
            say(&format!("{what}\n"));
        }
    }
}

/// What is wrong with a line of a file, counted from 0.
fn wrong(file: &str, line: usize, what: &str) -> Failure {
    Failure::message(format!("{file}, line {}: {what}", line + 1))
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let mut page = Page::open(shared.output.as_deref(), arguments.pictures.as_deref())?;
    let context = Context {
        folder: &arguments.folder,
        recipe: Recipe::open(Path::new(RECIPE))?,
        engine: Engine::new()?,
        analyzer: Analyzer::bundled()?,
        quiet: shared.quiet,
    };
    page.title(
        "What hearken reaches",
        "Written by `cargo run --release -p hearken-workshop -- evaluate-all SETS -o \
         EVALUATION.md`; SETS holds a folder a set with `train.jsonl` and `valid.jsonl`.\nAll \
         figures are of the valid halves; the settings are chosen on the train halves by \
         cross-validation, the same recipe for every set.",
    );
    let wanted = |part: Part| arguments.only.is_empty() || arguments.only.contains(&part);
    let own = wanted(Part::Own)
        .then(|| sets::measure(&context))
        .transpose()?;
    if let Some(own) = &own {
        sets::write(own, &mut page)?;
    }
    let bundled = wanted(Part::Bundled)
        .then(|| bundled::measure(&context))
        .transpose()?;
    if let Some(bundled) = &bundled {
        bundled::write(bundled, &mut page)?;
        peers::write_shipped(&mut page)?;
    }
    if wanted(Part::Customers) {
        customers::write(&context, &mut page)?;
    }
    if wanted(Part::Sample) {
        let sample = sample::read(&context)?;
        sample::write(&sample, &mut page);
        topics::write(&sample, &mut page);
        importance::write(&context, &sample, &mut page)?;
    }
    if wanted(Part::Audit) {
        audit::write_topics(&context, &mut page)?;
        audit::write_anchors(&context, &mut page)?;
    }
    if wanted(Part::Curves) {
        topics::write_curves(&context, &mut page)?;
    }
    if wanted(Part::FewRows) {
        few_rows::write(&context, &mut page)?;
    }
    if wanted(Part::ActiveChoice) {
        active_choice::write(&context, &mut page)?;
    }
    if wanted(Part::Suggestions) {
        suggestions::write(&context, &mut page)?;
    }
    if wanted(Part::Series) {
        series::write(&context, &mut page)?;
    }
    if wanted(Part::Events) {
        events::write(&context, &mut page)?;
    }
    if wanted(Part::Phenomena) {
        phenomena::write(&context, &mut page)?;
    }
    if wanted(Part::Pool) {
        pool::write(&context, &mut page)?;
    }
    if wanted(Part::Domains) {
        domains::write(&context, &mut page)?;
    }
    if let Some(own) = &own {
        mistakes::write("own heads", own.iter().map(|own| &own.notes), &mut page);
    }
    if let Some(bundled) = &bundled {
        let notes = bundled.iter().map(|check| &check.notes);
        mistakes::write("bundled heads", notes, &mut page);
    }
    if wanted(Part::Languages) {
        languages::write(&context, &mut page)?;
    }
    if !arguments.only.is_empty() {
        page.keep_others(shared.output.as_deref())?;
    }
    page.finish()
}
