//! What peers reach, from the tables that are checked in beside the commands that made them.

use std::path::Path;

use super::page::Page;
use crate::train_bundled::text_of;
use hearken_cli::failure::Failure;

/// Classifiers trained set by set, macro F1; its first lines name the command.
pub(crate) const TRAINED: &str = "data/peers.tsv";
/// Ready-made sentiment beside the bundled head; its first lines name the command.
const SHIPPED: &str = "data/peers_shipped.tsv";
/// The columns of the second table that depend on the machine: they stay in the file.
const SPEED: &str = "posts/s";

/// The fields of the lines of a table, comments left out.
pub(crate) fn lines(path: &str) -> Result<Vec<Vec<String>>, Failure> {
    let text = text_of(Path::new(path))?;
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect())
}

/// The bundled sentiment head beside VADER and SnowNLP.
pub(crate) fn write_shipped(page: &mut Page) -> Result<(), Failure> {
    page.part(
        "Sentiment beside VADER and SnowNLP",
        "Macro F1 on the same posts in the same run of `benches/peers/shipped.py` \
         (`data/peers_shipped.tsv` holds its table, with the speeds). Nothing is trained in that \
         run: hearken answers with the bundled head, which knows the train halves of some sets and \
         of others nothing; VADER with its usual thresholds of ±0.05; SnowNLP, which gives one \
         score, from 0.5 on positive. Where a set has two classes, all are forced to choose \
         between them.",
    );
    let mut lines = lines(SHIPPED)?.into_iter();
    let Some(header) = lines.next() else {
        return Ok(());
    };
    let shown: Vec<usize> = (0..header.len())
        .filter(|&at| !header[at].contains(SPEED))
        .collect();
    let cells = |line: &Vec<String>| {
        shown
            .iter()
            .filter_map(|&at| line.get(at).cloned())
            .collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = lines.map(|line| cells(&line)).collect();
    page.table(
        &cells(&header)
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        &rows,
    );
    Ok(())
}
