//! Counts of instructions: their table, and the file `counts.tsv` in which they are kept under the
//! name of the toolchain that they hold for.
#![allow(
    dead_code,
    reason = "benches, the page of all of them and a test each take what they need"
)]

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// By how much a count may grow, in percent. A change elsewhere in the crate moves the counts by
/// some 0.5 % (other inlining): docs/measured/instructions.md.
const ALLOWED: f64 = 2.0;

/// The work whose figures the others are multiples of.
const FLOOR: &str = "floor";

/// The columns of the file, and what stands before the toolchain in its first line.
const COLUMNS: &str = "language\twork\tposts\tbytes\tinstructions\tD1 misses\tLL misses";
const TOOLCHAIN: &str = "# ";

/// What one pass over the posts of a language took, all posts together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Count {
    pub(crate) language: String,
    pub(crate) work: String,
    pub(crate) posts: u64,
    /// Bytes of the texts.
    pub(crate) bytes: u64,
    pub(crate) instructions: u64,
    pub(crate) first_misses: u64,
    pub(crate) last_misses: u64,
}

impl Count {
    fn a_post(&self) -> f64 {
        self.instructions as f64 / self.posts as f64
    }
}

/// The counts as Markdown.
pub(crate) fn table(counts: &[Count]) -> String {
    let mut table = String::from(
        "| language | posts | work | instructions a post | of the floor | instructions a byte of \
         text | D1 misses a post | LL misses a post |\n|---|---:|---|---:|---:|---:|---:|---:|\n",
    );
    for count in counts {
        let is_floor = |other: &&Count| other.language == count.language && other.work == FLOOR;
        let floor = counts.iter().find(is_floor);
        let multiple = floor.map(|floor| count.a_post() / floor.a_post());
        let _ = writeln!(
            table,
            "| {} | {} | {} | {:.0} | {} | {:.0} | {:.1} | {:.2} |",
            count.language,
            count.posts,
            count.work,
            count.a_post(),
            multiple.map_or("–".into(), |multiple| format!("× {multiple:.2}")),
            count.instructions as f64 / count.bytes as f64,
            count.first_misses as f64 / count.posts as f64,
            count.last_misses as f64 / count.posts as f64,
        );
    }
    table
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.tsv")
}

/// The compiler and the machine that counts hold for: with another, instructions differ.
fn toolchain() -> Result<String, String> {
    let output = Command::new("rustc").arg("-V").output();
    let output =
        output.map_err(|error| format!("rustc can't be asked for its version: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let (machine, system) = (std::env::consts::ARCH, std::env::consts::OS);
    Ok(format!("{version}, {machine}-{system}"))
}

/// Writes the counts, and the toolchain that they hold for.
pub(crate) fn keep(counts: &[Count]) -> Result<(), String> {
    let mut text = format!("{TOOLCHAIN}{}\n{COLUMNS}\n", toolchain()?);
    for count in counts {
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            count.language,
            count.work,
            count.posts,
            count.bytes,
            count.instructions,
            count.first_misses,
            count.last_misses
        );
    }
    let path = path();
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The file in which counts are kept.
fn kept() -> Result<String, String> {
    let path = path();
    std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}; write it with -- --write", path.display()))
}

/// The counts that are kept, as Markdown, and their toolchain.
pub(crate) fn kept_table() -> Result<(String, String), String> {
    let (toolchain, counts) = read(&kept()?)?;
    Ok((toolchain, table(&counts)))
}

/// The toolchain and the counts of a file.
fn read(text: &str) -> Result<(String, Vec<Count>), String> {
    let read = || {
        let mut lines = text.lines();
        let toolchain = lines.next()?.strip_prefix(TOOLCHAIN)?;
        lines.next().filter(|line| *line == COLUMNS)?;
        let counts: Option<Vec<Count>> = lines.map(row).collect();
        Some((toolchain.to_owned(), counts?))
    };
    read().ok_or("counts.tsv is not a file of counts; write it anew with -- --write".into())
}

fn row(line: &str) -> Option<Count> {
    let mut cells = line.split('\t');
    let (language, work) = (cells.next()?.to_owned(), cells.next()?.to_owned());
    let numbers: Vec<u64> = cells.map_while(|cell| cell.parse().ok()).collect();
    let [posts, bytes, instructions, first_misses, last_misses] = numbers[..] else {
        return None;
    };
    Some(Count {
        language,
        work,
        posts,
        bytes,
        instructions,
        first_misses,
        last_misses,
    })
}

/// Says how far the counts are from those that are kept; an error where one has grown by more than
/// is allowed and the toolchain is that of the file.
pub(crate) fn compare(counts: &[Count]) -> Result<(), String> {
    compare_with(&kept()?, &toolchain()?, counts)
}

/// As [`compare`], with a file of this text and this toolchain.
pub(crate) fn compare_with(kept: &str, toolchain: &str, counts: &[Count]) -> Result<(), String> {
    let (of, kept) = read(kept)?;
    if of != toolchain {
        println!("the counts that are kept are of {of}, this is {toolchain}: reported only");
    }
    let lines = compared(&kept, counts);
    lines.iter().for_each(|(line, _)| println!("{line}"));
    let grown = lines.into_iter().filter(|(_, has_grown)| *has_grown);
    let grown: Vec<String> = grown.map(|(line, _)| line).collect();
    match grown.is_empty() || of != toolchain {
        true => Ok(()),
        false => Err(format!(
            "{}: more than {ALLOWED} % above the counts that are kept; find the cause, or keep \
             the new counts with -- --write and say why in the commit",
            grown.join("; ")
        )),
    }
}

/// Each count beside the one that is kept, and whether it has grown by more than is allowed.
fn compared(kept: &[Count], counts: &[Count]) -> Vec<(String, bool)> {
    let compared = |count: &Count| {
        let before = kept
            .iter()
            .find(|kept| (&kept.language, &kept.work) == (&count.language, &count.work));
        let now = count.a_post();
        let what = format!(
            "{}, {}: {now:.0} instructions a post",
            count.language, count.work
        );
        match before.map(Count::a_post) {
            None => (format!("{what}, none kept"), false),
            Some(before) => {
                let grown = (now / before - 1.0) * 100.0;
                (
                    format!("{what}, {grown:+.2} % of {before:.0}"),
                    grown > ALLOWED,
                )
            }
        }
    };
    counts.iter().map(compared).collect()
}
