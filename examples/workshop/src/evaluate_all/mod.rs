//! `workshop evaluate-all`: every set beside its peers, and the bundled heads, as one page of
//! Markdown with pictures.
//!
//! Each section is a file. Nothing on the page depends on a clock, a speed or the
//! number of threads.

mod anomaly_benchmark;
mod bundled;
mod domains;
mod figures;
mod importance;
mod languages;
mod mistakes;
mod page;
mod pairs;
mod peers;
mod phenomena;
mod sample;
mod series;
mod sets;
mod tables;
mod topics;

use std::path::{Path, PathBuf};

use hearken::Engine;
use hearken::internals::Analyzer;
use page::Page;

use crate::train_bundled::Recipe;
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
    /// Tells on standard error how the work goes; speeds are said here, not on the page.
    fn tell(&self, what: &str) {
        if !self.quiet {
            say(&format!("{what}\n"));
        }
    }
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
    let own = sets::measure(&context)?;
    sets::write(&own, &mut page)?;
    let bundled = bundled::measure(&context)?;
    bundled::write(&bundled, &mut page)?;
    peers::write_shipped(&mut page)?;
    let sample = sample::read(&context)?;
    sample::write(&sample, &mut page);
    topics::write(&sample, &mut page);
    topics::write_curves(&context, &mut page)?;
    importance::write(&context, &sample, &mut page)?;
    series::write(&context, &mut page)?;
    phenomena::write(&context, &mut page)?;
    domains::write(&context, &mut page)?;
    mistakes::write("own heads", own.iter().map(|own| &own.notes), &mut page);
    mistakes::write(
        "bundled heads",
        bundled.iter().map(|check| &check.notes),
        &mut page,
    );
    languages::write(&context, &mut page)?;
    page.finish()
}
