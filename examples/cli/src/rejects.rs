//! Lines that can't be used: counted, and kept in a file or named on standard error.

use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;
use crate::input::{Block, Inputs, Line};
use crate::keep::Keep;
use crate::mask;
use crate::output::Output;
use crate::summary::say;

/// Rejects that are named on standard error when no file keeps them.
const NAMED_REJECTS: u64 = 10;

/// A line that is not a post.
#[derive(Serialize)]
struct Reject<'a> {
    file: &'a str,
    line: u64,
    reason: &'a str,
    text: &'a str,
}

/// Rejected lines: kept in a file, or the first of them named on standard error.
pub struct Rejects {
    kept: Option<Output>,
    named: String,
    count: u64,
}

impl Rejects {
    /// None so far; kept in `path`, or named on standard error.
    pub fn open(path: Option<&Path>) -> Result<Rejects, Failure> {
        // They are raw: what a customer wrote is not for everybody on the machine.
        let kept = path.map(Output::open_private).transpose()?;
        Ok(Rejects {
            kept,
            named: String::new(),
            count: 0,
        })
    }

    /// The rejects as ones that go with a state: see [`Keep`].
    pub(crate) fn kept(self, keep: &Keep) -> Result<Rejects, Failure> {
        let kept = self.kept.map(|output| keep.go_on(output)).transpose()?;
        Ok(Rejects { kept, ..self })
    }

    /// The file that keeps them.
    pub(crate) fn output(&mut self) -> Option<&mut Output> {
        self.kept.as_mut()
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Counts a line, and keeps or names it with its reason.
    pub fn add(
        &mut self,
        inputs: &Inputs,
        block: &Block,
        line: &Line,
        reason: &str,
    ) -> Result<(), Failure> {
        self.count += 1;
        let file = inputs.name(line.source);
        match &mut self.kept {
            Some(output) => {
                let text = mask::line(block.bytes(line));
                let reason = mask::text(reason);
                let reject = Reject {
                    file: &file,
                    line: line.number,
                    reason: &reason,
                    text: &text,
                };
                let mut json = serde_json::to_vec(&reject).map_err(|error| {
                    Failure::message(format!("a rejected line can't be kept: {error}"))
                })?;
                json.push(b'\n');
                output.put(&json)
            }
            None => {
                if self.count <= NAMED_REJECTS {
                    self.named
                        .push_str(&format!("hearken: {file}, {}: {reason}\n", line.place()));
                }
                Ok(())
            }
        }
    }

    /// Makes the file of rejects appear, or names the first of them on standard error.
    pub fn finish(self, quiet: bool) -> Result<(), Failure> {
        let Some(kept) = self.kept else {
            let more = self.count.saturating_sub(NAMED_REJECTS);
            match (quiet, self.count) {
                (_, 0) => {}
                // Even with --quiet nothing is lost without a report.
                (true, count) => say(&format!(
                    "hearken: rejected lines: {count}; --rejects FILE keeps them\n"
                )),
                (false, _) => {
                    say(&self.named);
                    if more > 0 {
                        say(&format!(
                            "hearken: more rejected lines: {more}; --rejects FILE keeps them all\n"
                        ));
                    }
                }
            }
            return Ok(());
        };
        kept.finish()
    }
}
