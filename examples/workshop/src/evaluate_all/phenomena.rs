//! The section of the minimal pairs.

use std::path::Path;

use super::page::Page;
use super::{Context, pairs};
use hearken_cli::failure::Failure;

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    let mut scripts = Vec::new();
    for script in pairs::SCRIPTS {
        let found = pairs::read(Path::new(""), script).map_err(Failure::message)?;
        scripts.push((script, pairs::score(&context.engine, &found)));
    }
    page.section(
        "Phenomena: minimal pairs of sentiment",
        "Two texts that differ in one thing, and so in their label, written for this test \
         (`tests/cases/sentiment_pairs.*.tsv`). Of each cell's pairs: those with both labels right \
         · those in which the more positive text has the larger polarity.",
    );
    let (header, rows) = pairs::table(&scripts);
    page.table(
        &header.iter().map(String::as_str).collect::<Vec<_>>(),
        &rows,
    );
    Ok(())
}
