//! The page under construction: Markdown, and the pictures that it shows.

use std::path::{Path, PathBuf};

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::output::Output;

use crate::train_bundled::text_of;

/// Pictures in a row of a grid.
const COLUMNS: usize = 4;

/// A page of Markdown with its pictures. Nothing is written before [`Page::finish`].
pub(crate) struct Page {
    text: String,
    pictures: Vec<(String, String)>,
    folder: PathBuf,
    /// The folder as the page links to it.
    link: String,
    output: Output,
}

impl Page {
    /// A page for `output` (or standard output) whose pictures go into `pictures`, by default
    /// `docs/evaluation` beside it.
    pub(crate) fn open(output: Option<&Path>, pictures: Option<&Path>) -> Result<Page, Failure> {
        let beside = output.and_then(Path::parent).unwrap_or(Path::new(""));
        let folder =
            pictures.map_or_else(|| beside.join("docs").join("evaluation"), Path::to_owned);
        if folder.exists() && !folder.is_dir() {
            return Err(Failure::message(format!(
                "{} is not a folder; name a folder for the pictures",
                folder.display()
            )));
        }
        // Links are relative where they can be, and have the slashes of the web.
        let link = folder.strip_prefix(beside).unwrap_or(&folder);
        let link: Vec<String> = link
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        Ok(Page {
            text: String::new(),
            pictures: Vec::new(),
            folder,
            link: link.join("/"),
            output: Output::open(output)?,
        })
    }

    /// A heading of the second level, and what the section shows.
    pub(crate) fn section(&mut self, title: &str, what: &str) {
        self.heading("##", title, what);
    }

    /// A heading of the third level, and what the part shows.
    pub(crate) fn part(&mut self, title: &str, what: &str) {
        self.heading("###", title, what);
    }

    /// The heading of the page, and what it is.
    pub(crate) fn title(&mut self, title: &str, what: &str) {
        self.heading("#", title, what);
    }

    fn heading(&mut self, level: &str, title: &str, what: &str) {
        self.text.push_str(&format!("{level} {title}\n\n"));
        if !what.is_empty() {
            self.paragraph(what);
        }
    }

    /// A paragraph, or what else stands by itself.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// A table; columns of figures are set to the right. One without rows is left out.
    pub(crate) fn table(&mut self, header: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        self.text.push_str(&line(&mut header.iter().copied()));
        let figures = |at: usize| {
            rows.iter()
                .all(|row| row.get(at).is_none_or(|cell| is_figure(cell)))
        };
        let rules: String = (0..header.len())
            .map(|at| if figures(at) { "---:|" } else { "---|" })
            .collect();
        self.text.push_str(&format!("|{rules}\n"));
        for row in rows {
            self.text
                .push_str(&line(&mut row.iter().map(String::as_str)));
        }
        self.text.push('\n');
    }

    /// Lines that each begin with a name.
    pub(crate) fn list(&mut self, rows: &[Vec<String>]) {
        for row in rows {
            self.text.push_str(&format!("- {}\n", row.join(": ")));
        }
        self.text.push('\n');
    }

    /// What is folded away under `summary` until somebody asks for it.
    pub(crate) fn details(&mut self, summary: &str, text: &str) {
        self.paragraph(&format!(
            "<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
        ));
    }

    /// Keeps a picture; gives the Markdown that shows it.
    pub(crate) fn picture(&mut self, name: &str, what: &str, svg: String) -> String {
        let file = format!("{name}.svg");
        let shown = format!("![{what}]({}/{file})", self.link);
        self.pictures.push((file, svg));
        shown
    }

    /// Pictures side by side.
    pub(crate) fn grid(&mut self, pictures: &[String]) {
        // A table of Markdown needs a header; an empty one takes the least room.
        self.text.push_str(&format!(
            "|{}\n|{}\n",
            " |".repeat(COLUMNS),
            "---|".repeat(COLUMNS)
        ));
        for row in pictures.chunks(COLUMNS) {
            self.text.push_str(&format!(
                "| {} |{}\n",
                row.join(" | "),
                " |".repeat(COLUMNS - row.len())
            ));
        }
        self.text.push('\n');
    }

    /// Takes the sections of the page at `path` that this one has not; those that it has take the
    /// places of theirs.
    pub(crate) fn keep_others(&mut self, path: Option<&Path>) -> Result<(), Failure> {
        let kept = match path.filter(|path| path.exists()) {
            Some(path) => text_of(path)?,
            None => return Ok(()),
        };
        let mut new: Vec<(&str, &str)> = sections(&self.text).collect();
        let mut text = String::new();
        for (title, section) in sections(&kept) {
            let at = new.iter().position(|(of, _)| *of == title);
            // What comes before it here and is not there yet stands before it.
            let fresh = at.map(|at| {
                new.drain(..=at)
                    .map(|(_, section)| section)
                    .collect::<String>()
            });
            text.push_str(fresh.as_deref().unwrap_or(section).trim_end());
            text.push_str("\n\n");
        }
        text.extend(new.iter().map(|(_, section)| *section));
        self.text = text;
        Ok(())
    }

    /// Writes the pictures and the page: all of them, or none if one can't be written.
    pub(crate) fn finish(mut self) -> Result<Outcome, Failure> {
        if !self.pictures.is_empty() {
            std::fs::create_dir_all(&self.folder).map_err(|error| {
                Failure::message(format!(
                    "the folder {} can't be made: {error}",
                    self.folder.display()
                ))
            })?;
        }
        // All are written beside their places before the first takes its place.
        let mut outputs = Vec::new();
        for (file, svg) in &self.pictures {
            let mut output = Output::open(Some(&self.folder.join(file)))?;
            output.put(svg.as_bytes())?;
            output.flush()?;
            outputs.push(output);
        }
        self.output
            .put(format!("{}\n", self.text.trim_end()).as_bytes())?;
        self.output.flush()?;
        for output in outputs {
            output.finish()?;
        }
        self.output.finish()?;
        Ok(Outcome::Done)
    }
}

/// The sections of a page with their titles; the first is what stands before them all.
fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = text.match_indices("\n## ").map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).collect();
    (0..starts.len()).map(move |at| {
        let end = starts.get(at + 1).copied().unwrap_or(text.len());
        let section = &text[starts[at]..end];
        (section.lines().next().unwrap_or_default(), section)
    })
}

/// Whether a cell begins as a number does, or has none to show.
fn is_figure(cell: &str) -> bool {
    cell.trim_start_matches(['*', '+', '-'])
        .starts_with(|letter: char| letter.is_ascii_digit())
        || ["", "–"].contains(&cell)
}

/// A share or a score with four decimals.
pub(crate) fn four(value: f64) -> String {
    format!("{value:.4}")
}

/// A share or an error with three decimals.
pub(crate) fn three(value: f64) -> String {
    format!("{value:.3}")
}

/// `hits` of `all` as a share, or a dash where there are none.
pub(crate) fn share(hits: usize, all: usize) -> String {
    if all == 0 {
        "–".to_owned()
    } else {
        three(hits as f64 / all as f64)
    }
}
