//! The course of a command that reads lines: open all, go through the blocks, finish.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use clap::Args;
use hearken::snapshot::Bundle;
use hearken::{Engine, Post, Scratch};

use crate::failure::{Failure, Outcome};
use crate::input::{Block, Inputs, Line};
use crate::journal::Taken;
use crate::keep::Keep;
use crate::options::{PostOptions, PostReader, RejectOptions, Shared};
use crate::output::Output;
use crate::progress::Progress;
use crate::rejects::Rejects;
use crate::signals;
use crate::summary::{grouped, say, speed};
use crate::tally::Tally;

/// How often a run that follows its input looks whether it should save or end. By convention: what
/// a person takes for at once.
const MOMENT: Duration = Duration::from_millis(100);

/// What every command that reads lines has: where they come from, where rejected ones and answers
/// go, and what may be said on standard error.
pub struct Run {
    /// Where lines come from.
    pub inputs: Inputs,
    /// Lines that can't be used.
    pub rejects: Rejects,
    /// Where the answers go.
    pub output: Output,
    /// Whether a progress bar may be shown.
    pub bar: bool,
    quiet: bool,
    strict: bool,
    lines: u64,
    started: Instant,
    tally: Option<Arc<Tally>>,
    /// The state that is kept, if any.
    pub keep: Option<Keep>,
    /// How far the inputs are taken, by their number.
    taken: BTreeMap<usize, Taken>,
    /// The last lines of inputs that are not complete.
    unfinished: Vec<(usize, u64)>,
}

impl Run {
    /// Looks at every input and opens the outputs, before the work begins.
    pub fn open(
        files: &[PathBuf],
        rejects: &RejectOptions,
        shared: &Shared,
    ) -> Result<Run, Failure> {
        let inputs = Inputs::check(files)?;
        Ok(Run {
            inputs,
            rejects: rejects.open()?,
            output: Output::open(shared.output.as_deref())?,
            bar: !shared.quiet,
            quiet: shared.quiet,
            strict: rejects.strict,
            lines: 0,
            started: Instant::now(),
            tally: None,
            keep: None,
            taken: BTreeMap::new(),
            unfinished: Vec::new(),
        })
    }

    /// The run as one that goes on from what was kept, and keeps it.
    fn kept(mut self, keep: Keep) -> Result<Run, Failure> {
        self.inputs = self.inputs.beyond(keep.inputs());
        self.rejects = self.rejects.kept(&keep)?;
        if keep.report.is_none() {
            self.output = keep.go_on(self.output)?;
        } else {
            self.output = self.output.kept(None)?;
        }
        self.keep = Some(keep);
        Ok(self)
    }

    /// Whether lines were taken since the state was saved.
    pub fn has_new(&self) -> bool {
        let mut taken = self.taken.values();
        taken.any(|taken| taken.from != Some(taken.to))
    }

    /// Leaves the file of the output as it is, if nothing is new since the state was saved and it
    /// has the report that is asked for: a run that was ended when all was done is done again.
    pub fn leaves_report(&mut self) -> bool {
        let is_reported = |keep: &Keep| keep.is_reported(&self.output);
        let leaves = !self.has_new() && self.keep.as_ref().is_some_and(is_reported);
        if leaves {
            self.output.leave();
        }
        leaves
    }

    /// Makes the outputs appear as far as they are written, and then saves `state` with how far the
    /// inputs are in it. Nothing without a state that is kept.
    pub fn save(&mut self, state: Bundle) -> Result<(), Failure> {
        let new = self.has_new();
        let Some(keep) = &mut self.keep else {
            return Ok(());
        };
        // A report is written anew, be it empty.
        keep.appear(&mut self.output, new || keep.report.is_some())?;
        if let Some(rejects) = self.rejects.output() {
            keep.appear(rejects, new)?;
        }
        keep.journal.note_inputs(&mut self.taken);
        keep.journal.note_report(keep.report);
        keep.save(state)
    }

    /// For commands that write as they read: a bar on the terminal of the answers would tear them,
    /// and a person at a terminal must know that input is awaited.
    pub fn writes_as_it_reads(&mut self, awaited: &str) {
        self.bar &= !(self.output.is_standard() && io::stdout().is_terminal());
        if self.inputs.is_only_standard() && io::stdin().is_terminal() && !self.quiet {
            say(&format!(
                "hearken: reading {awaited} from standard input; see --help\n"
            ));
        }
    }

    /// Calls `each` for every block of lines, in order; `unit` is what a line is.
    pub fn each_block(
        &mut self,
        unit: &str,
        mut each: impl FnMut(&mut Run, &Block) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        Reading::new(self, unit).each_block(|reading, block| {
            each(self, block)?;
            reading.passed(self, block)
        })
    }

    /// Counts a line of `block` as one that can't be used.
    pub fn reject(&mut self, block: &Block, line: &Line, reason: &str) -> Result<(), Failure> {
        self.rejects.add(&self.inputs, block, line, reason)
    }

    /// Whether there were lines so far, and none could be used.
    pub fn accepted_none(&self) -> bool {
        none_of(self.lines, self.rejects.count())
    }

    /// How long the work has taken.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Makes the outputs appear, says what was rejected and then `summary`, which is given the
    /// number of rejected lines.
    pub fn finish(self, summary: impl FnOnce(u64) -> String) -> Result<Outcome, Failure> {
        let rejected = self.rejects.count();
        self.output.finish()?;
        self.rejects.finish(self.quiet)?;
        if !self.quiet {
            say(&summary(rejected));
        }
        // Even with --quiet nothing is left out without a report.
        for (source, line) in &self.unfinished {
            say(&format!(
                "hearken: {}, line {line} has no end and is not complete; it is left for the next run\n",
                self.inputs.name(*source)
            ));
        }
        if let Some(tally) = &self.tally {
            say(&tally.report(&self.inputs, self.quiet));
        }
        // Who gives posts of which none can be read has given something else.
        let none = none_of(self.lines, rejected);
        Ok(Outcome::of(self.strict || none, rejected))
    }
}

fn none_of(lines: u64, rejected: u64) -> bool {
    lines > 0 && rejected == lines
}

/// The bar of a run.
struct Reading {
    inputs: Inputs,
    progress: Progress,
    bytes: Arc<AtomicU64>,
    unit: String,
}

impl Reading {
    fn new(run: &mut Run, unit: &str) -> Reading {
        run.started = Instant::now();
        Reading {
            progress: Progress::bytes(run.bar, run.inputs.total_bytes),
            inputs: run.inputs.clone(),
            bytes: Arc::default(),
            unit: unit.to_owned(),
        }
    }

    fn each_block(
        self,
        mut each: impl FnMut(&Reading, &Block) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.inputs
            .each_block(&self.bytes, |block| each(&self, &block))?;
        self.progress.finish();
        Ok(())
    }

    /// Hands on what was written of a block, and shows how far the work is.
    fn passed(&self, run: &mut Run, block: &Block) -> Result<(), Failure> {
        run.output.flush()?;
        for (source, taken) in &block.taken {
            // Since the state was saved in this run, the input is known up to there.
            let saved = run.taken.get(source).and_then(|before| before.from);
            let from = saved.or(taken.from);
            run.taken.insert(*source, Taken { from, ..*taken });
        }
        run.unfinished.extend(&block.unfinished);
        run.lines += block.lines.len() as u64;
        let taken = run.lines.saturating_sub(run.rejects.count());
        self.progress.set(
            self.bytes.load(Ordering::Relaxed),
            format!(
                "{} {}, {} a second",
                grouped(taken),
                self.unit,
                speed(taken, run.elapsed())
            ),
        );
        Ok(())
    }
}

/// Where posts come from, and what becomes of lines that are not posts.
#[derive(Args)]
pub struct PostInput {
    /// Files of posts: JSON lines, a JSON array, CSV, TSV, mbox or EML, plain, .gz or .zst; - or
    /// none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    posts: PostOptions,
    #[command(flatten)]
    rejects: RejectOptions,
}

impl PostInput {
    /// Opens inputs and outputs; `engine` is made once they are found to be in order.
    pub fn open(
        &self,
        engine: impl FnOnce() -> Result<Engine, Failure>,
        shared: &Shared,
    ) -> Result<PostRun, Failure> {
        self.open_by(None, engine, shared)
    }

    /// Opens inputs that are only looked through; no engine reads them.
    pub fn read_only(
        files: &[PathBuf],
        posts: &PostOptions,
        rejects: &RejectOptions,
        shared: &Shared,
    ) -> Result<Looked, Failure> {
        let reader = posts.reader(None)?;
        let standard = Shared {
            output: None,
            ..*shared
        };
        let mut run = Run::open(files, rejects, &standard)?;
        run.inputs = reader.inputs(run.inputs);
        run.tally = Some(reader.tally());
        Ok(Looked { run, reader })
    }

    /// Opens the inputs as ones that are only looked through.
    pub fn looked(&self, shared: &Shared) -> Result<Looked, Failure> {
        PostInput::read_only(&self.files, &self.posts, &self.rejects, shared)
    }

    /// As [`PostInput::open`], with figures kept apart by these fields.
    pub fn open_by(
        &self,
        by: Option<&str>,
        engine: impl FnOnce() -> Result<Engine, Failure>,
        shared: &Shared,
    ) -> Result<PostRun, Failure> {
        self.open_kept(by, None, engine, shared)
    }

    /// As above, going on from the state that is kept.
    pub fn open_kept(
        &self,
        by: Option<&str>,
        keep: Option<Keep>,
        engine: impl FnOnce() -> Result<Engine, Failure>,
        shared: &Shared,
    ) -> Result<PostRun, Failure> {
        let reader = self.posts.reader(by)?;
        let mut run = Run::open(&self.files, &self.rejects, shared)?;
        if let Some(keep) = keep {
            run = run.kept(keep)?;
        }
        run.inputs = reader.inputs(run.inputs);
        run.tally = Some(reader.tally());
        Ok(PostRun {
            run,
            engine: engine()?,
            reader,
        })
    }
}

/// Posts that are only looked through.
pub struct Looked {
    /// Inputs and rejects.
    pub run: Run,
    /// What makes posts of lines.
    pub reader: PostReader,
}

/// A run over posts.
pub struct PostRun {
    /// Inputs, rejects and output.
    pub run: Run,
    /// What answers.
    pub engine: Engine,
    /// What makes posts of lines.
    pub reader: PostReader,
}

impl PostRun {
    /// Calls `each` for every block of lines, in order.
    pub fn each_block(
        &mut self,
        mut each: impl FnMut(&mut PostRun, &Block) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        Reading::new(&mut self.run, "posts").each_block(|reading, block| {
            each(self, block)?;
            reading.passed(&mut self.run, block)
        })
    }

    /// Calls `each` for every block of lines as it comes, and without one after each and whenever
    /// none has come for a moment; until the input ends, or a signal asks for the end of a run that
    /// [waits for it](signals::wait_for_end). Whether it was a signal.
    pub fn follow(
        &mut self,
        mut each: impl FnMut(&mut PostRun, Option<&Block>) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let reading = Reading::new(&mut self.run, "posts");
        let blocks = reading.inputs.blocks(&reading.bytes);
        while !signals::is_asked() {
            match blocks.recv_timeout(MOMENT) {
                Ok(block) => {
                    let block = block?;
                    each(self, Some(&block))?;
                    reading.passed(&mut self.run, &block)?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(false),
            }
            each(self, None)?;
        }
        Ok(true)
    }

    /// Calls `work` for every post, on all threads, and gives what came of it to `take`, in order.
    pub fn each_post<T: Send>(
        &mut self,
        work: impl Fn(&Engine, &mut Scratch, &Post<'_>) -> Result<T, String> + Sync,
        mut take: impl FnMut(&mut Run, &Line, T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.each_block(|posts, block| {
            let reader = &posts.reader;
            let done = posts
                .engine
                .map_batch(&block.lines, |engine, scratch, line| {
                    work(engine, scratch, &reader.post(block, line)?)
                });
            for (line, done) in block.lines.iter().zip(done) {
                match done {
                    Ok(done) => take(&mut posts.run, line, done)?,
                    Err(reason) => posts.run.reject(block, line, &reason)?,
                }
            }
            Ok(())
        })
    }
}
