//! State that is kept from run to run, with the journal of what it was made from: outputs first,
//! then the state, each in one step.
//!
//! Whenever a run ends, the file of state says how far each input is in it, and what the outputs
//! had then. Outputs take their place just before the state does. A run that was killed in between
//! has added to them what the state doesn't know: the next run leaves that out and writes it anew.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hearken::snapshot::Bundle;

use crate::failure::{Failure, plain};
use crate::journal::{Journal, Position};
use crate::output::{Output, Written};
use crate::part::{Part, step, sync_folder};

/// The part of the file that has the journal.
const JOURNAL: &str = "journal";

/// A file of state.
pub struct Keep {
    place: PathBuf,
    pub(crate) journal: Journal,
    /// What the file had, until it is taken.
    before: Option<Bundle>,
    /// What the run is asked for, hashed, where its output is a report on the state, which each run
    /// writes anew; none where it goes on from run to run.
    pub(crate) report: Option<u64>,
}

impl Keep {
    /// Reads the file at `path`, if it is there.
    pub fn open(path: &Path) -> Result<Keep, Failure> {
        // A link is followed, so that it stays a link.
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // Whether it can be written is known before the work begins.
        Part::beside(&place, true).map_err(|error| unwritable(&place, &error))?;
        let before = match path.exists() {
            true => Some(Bundle::load(path)?),
            false => None,
        };
        let journal = before.as_ref().and_then(|before| before.bytes(JOURNAL));
        let journal = journal.map_or(Ok(Journal::default()), |bytes| {
            serde_json::from_slice(bytes).map_err(|error| {
                Failure::message(format!(
                    "{}: the journal of the state can't be read ({error}); take an older one",
                    path.display()
                ))
            })
        })?;
        Ok(Keep {
            place,
            journal,
            before,
            report: None,
        })
    }

    /// For output that is a report on the state: each run writes it anew. `asked` is what it is
    /// asked for, hashed.
    pub fn of_report(self, asked: u64) -> Keep {
        Keep {
            report: Some(asked),
            ..self
        }
    }

    /// Whether there was a state.
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// What the file has, to be looked at.
    pub fn peek(&self) -> Option<&Bundle> {
        self.before.as_ref()
    }

    /// Puts another state in the place of what the file had. A report that stands no longer fits
    /// it: the next run writes it anew.
    pub fn replace(mut self, state: Bundle) -> Result<(), Failure> {
        self.journal.note_report(None);
        self.save(state)
    }

    /// What the file had; it is handed over once.
    pub fn take(&mut self) -> Option<Bundle> {
        self.before.take()
    }

    /// How far the inputs were read.
    pub(crate) fn inputs(&self) -> &[Position] {
        self.journal.inputs()
    }

    /// The output as one that goes with this state.
    pub(crate) fn go_on(&self, output: Output) -> Result<Output, Failure> {
        let place = output.place();
        let before = place.and_then(|place| self.journal.output(&self.place, place));
        output.kept(before)
    }

    /// Whether the report that is asked for is the last one, and stands where it was written.
    pub(crate) fn is_reported(&self, output: &Output) -> bool {
        let written = output
            .place()
            .and_then(|place| Some((self.journal.output(&self.place, place)?, place)));
        self.report.is_some()
            && self.journal.report() == self.report
            && written.is_some_and(|(written, place)| Written::of(place).ok() == Some(written))
    }

    /// Makes the output appear, as far as it is written, and takes note of what it has.
    pub(crate) fn appear(&mut self, output: &mut Output, new: bool) -> Result<(), Failure> {
        if let Some(written) = output.appear(new)?
            && let Some(place) = output.place()
        {
            self.journal.note_output(&self.place, place, written);
        }
        Ok(())
    }

    /// Saves the state with the journal.
    pub(crate) fn save(&self, mut state: Bundle) -> Result<(), Failure> {
        let journal = serde_json::to_vec(&self.journal)
            .map_err(|error| Failure::message(format!("the journal can't be written: {error}")))?;
        state.put_bytes(JOURNAL, journal);
        private_file(&self.place, &state.to_bytes(), "state")
    }
}

/// A random key, kept at `place` for the next run.
pub fn make_key(place: &Path) -> Result<[u8; 16], Failure> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| {
        Failure::message(format!(
            "the system gives no random key ({error}); name a file of one with --key"
        ))
    })?;
    private_file(place, &key, "key")?;
    Ok(key)
}

/// Writes a file in one step, which only its owner may read; `what` it is names its steps.
fn private_file(place: &Path, bytes: &[u8], what: &str) -> Result<(), Failure> {
    let write = || {
        let mut part = Part::beside(place, true)?;
        part.write_all(bytes)?;
        part.sync()?;
        step(&format!("{what}-synced"));
        part.take(place)?;
        step(&format!("{what}-renamed"));
        sync_folder(place)
    };
    write().map_err(|error| unwritable(place, &error))
}

fn unwritable(place: &Path, error: &io::Error) -> Failure {
    Failure::message(format!(
        "{} can't be written: {}",
        place.display(),
        plain(error)
    ))
}
