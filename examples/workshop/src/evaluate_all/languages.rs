//! The section of language identification.

use hearken::internals::Identifier;
use hearken::text::Language;
use serde_json::Value;

use super::Context;
use super::page::{Page, share};
use crate::train_bundled::text_of;
use hearken_cli::failure::Failure;

/// Measures the language identifier.
pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    let path = context.folder.join("langid").join("valid.jsonl");
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
        let Some(language) = Language::from_code(field("label")) else {
            continue;
        };
        let kind = field("kind").to_owned();
        if !kinds.contains(&kind) {
            kinds.push(kind.clone());
        }
        cells.push((
            language,
            kind,
            identifier.identify(field("text")).language == language,
        ));
    }
    kinds.sort_unstable();
    let recall = |wanted: &dyn Fn(&(Language, String, bool)) -> bool| {
        let chosen: Vec<bool> = cells
            .iter()
            .filter(|cell| wanted(cell))
            .map(|cell| cell.2)
            .collect();
        share(chosen.iter().filter(|&&right| right).count(), chosen.len())
    };
    page.section(
        "Language identification",
        "Recall on langid's valid half; beside whatlang, whichlang and lingua in \
         `benches/peers/RESULTS.md`.",
    );
    let mut rows = Vec::new();
    for language in Language::ALL {
        if cells.iter().any(|cell| cell.0 == language) {
            let mut row = vec![language.code().to_owned()];
            row.extend(
                kinds
                    .iter()
                    .map(|kind| recall(&|cell| cell.0 == language && cell.1 == *kind)),
            );
            row.push(recall(&|cell| cell.0 == language));
            rows.push(row);
        }
    }
    let mut row = vec!["all".to_owned()];
    row.extend(kinds.iter().map(|kind| recall(&|cell| cell.1 == *kind)));
    row.push(recall(&|_| true));
    rows.push(row);
    let mut header = vec!["language"];
    header.extend(kinds.iter().map(String::as_str));
    header.push("all");
    page.table(&header, &rows);
    Ok(())
}
