//! Drives a target on stable: replays its corpus, then mutates it. See `USAGE`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hearken_fuzz::mutate::{Draws, mutant};
use hearken_fuzz::{Outcome, SEPARATOR, TARGETS, Target, target};

const USAGE: &str = "\
usage: cargo run --manifest-path fuzz/Cargo.toml --release -- TARGET [OPTIONS] [CORPUS…]

Runs TARGET (its names: --help) on every file of each CORPUS, a folder or a file
(fuzz/corpus/TARGET if none is given), and on the inputs that the code writes; then on mutants.

  --runs N      mutants to try (default 10000)
  --seconds N   try mutants for N seconds instead
  --seed N      the seed of the mutations (default 1)
  --tally FILE  add a line to FILE: target, seed, mutants, seconds
  --trace       write each input to fuzz/artifacts/TARGET/last before it is tried: where the process
                ends without a panic (a stack overflow, no memory), that is the input
  --export DIR  write the inputs that the code writes to DIR, and do nothing else

`--targets` lists the targets.

A panic ends the run: its input is made small and written to fuzz/artifacts/TARGET, and the exit code
is 1.";

/// Most inputs that are kept for mutation.
const MAX_KEPT: usize = 4000;

fn main() -> ExitCode {
    if std::env::args()
        .nth(1)
        .is_some_and(|name| name == "--targets")
    {
        TARGETS
            .iter()
            .for_each(|target| println!("{}", target.name));
        return ExitCode::SUCCESS;
    }
    match Plan::read(std::env::args().skip(1)).and_then(|plan| plan.carry_out()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// How long mutants are tried.
enum Limit {
    Runs(u64),
    Time(Duration),
}

/// What the command line asks for.
struct Plan {
    target: &'static Target,
    limit: Limit,
    seed: u64,
    trace: bool,
    tally: Option<PathBuf>,
    export: Option<PathBuf>,
    corpus: Vec<PathBuf>,
}

impl Plan {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
        let names = || TARGETS.each_ref().map(|target| target.name).join(", ");
        let usage = || format!("{USAGE}\n\nTargets: {}", names());
        let name = arguments.next().ok_or_else(usage)?;
        if name == "--help" {
            return Err(usage());
        }
        let target = target(&name)
            .ok_or_else(|| format!("invalid target {name:?}: expected {}", names()))?;
        let mut plan = Plan {
            target,
            limit: Limit::Runs(10_000),
            seed: 1,
            trace: false,
            tally: None,
            export: None,
            corpus: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number = |value: String| {
                let wrong = |error| format!("invalid {argument} {value:?}: {error}");
                value.parse::<u64>().map_err(wrong)
            };
            match argument.as_str() {
                "--runs" => plan.limit = Limit::Runs(number(value()?)?),
                "--seconds" => {
                    plan.limit = Limit::Time(Duration::from_secs(number(value()?)?));
                }
                "--seed" => plan.seed = number(value()?)?,
                "--tally" => plan.tally = Some(value()?.into()),
                "--trace" => plan.trace = true,
                "--export" => plan.export = Some(value()?.into()),
                _ if argument.starts_with('-') => {
                    return Err(format!("unknown option {argument}\n\n{USAGE}"));
                }
                _ => plan.corpus.push(argument.into()),
            }
        }
        let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        // Of a target that never failed nothing needs to be kept.
        if plan.corpus.is_empty() && kept.is_dir() {
            plan.corpus.push(kept);
        }
        Ok(plan)
    }

    /// Whether no input failed.
    fn carry_out(&self) -> Result<bool, String> {
        let seeds = (self.target.seeds)();
        if let Some(folder) = &self.export {
            return export(folder, &seeds).map(|()| true);
        }
        // To try a failing input by itself, it is given by name, with no mutants.
        let alone = !self.corpus.is_empty() && matches!(self.limit, Limit::Runs(0));
        let mut pool = if alone { Vec::new() } else { seeds };
        for path in &self.corpus {
            pool.extend(files(path)?);
        }
        let mut session = Session::new(self);
        for input in &pool {
            if !session.passes(input)? {
                return Ok(false);
            }
        }
        println!("{}: {} inputs replayed", self.target.name, pool.len());
        session.outcomes.values_mut().for_each(|count| *count = 0);
        let (start, mut draws, mut runs) = (Instant::now(), Draws(self.seed), 0);
        session.slowest = (Duration::ZERO, 0);
        while match self.limit {
            Limit::Runs(most) => runs < most,
            Limit::Time(most) => start.elapsed() < most,
        } {
            let input = mutant(&mut draws, self.target, &pool);
            let known = session.outcomes.len();
            if !session.passes(&input)? {
                return Ok(false);
            }
            if session.outcomes.len() > known && pool.len() < MAX_KEPT {
                pool.push(input);
            }
            runs += 1;
        }
        session.report(runs, start.elapsed());
        self.count(runs, start.elapsed())?;
        Ok(true)
    }
}

impl Plan {
    /// Adds the mutants of this run to the file of the tally.
    fn count(&self, runs: u64, elapsed: Duration) -> Result<(), String> {
        let Some(path) = &self.tally else {
            return Ok(());
        };
        let wrong = |error| format!("{} can't be written: {error}", path.display());
        let file = fs::OpenOptions::new().create(true).append(true).open(path);
        let (name, seed, seconds) = (self.target.name, self.seed, elapsed.as_secs());
        writeln!(file.map_err(wrong)?, "{name}\t{seed}\t{runs}\t{seconds}").map_err(wrong)
    }
}

/// What came of the inputs so far.
struct Session<'p> {
    plan: &'p Plan,
    artifacts: PathBuf,
    outcomes: BTreeMap<Outcome, u64>,
    /// The slowest input and its length.
    slowest: (Duration, usize),
}

/// Message and place of the last panic.
static PANIC: Mutex<String> = Mutex::new(String::new());

impl Session<'_> {
    fn new(plan: &Plan) -> Session<'_> {
        panic::set_hook(Box::new(|panic| {
            *PANIC.lock().expect("nothing panics while it is held") = panic.to_string();
        }));
        Session {
            plan,
            artifacts: Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("artifacts")
                .join(plan.target.name),
            outcomes: BTreeMap::new(),
            slowest: (Duration::ZERO, 0),
        }
    }

    /// Tries an input and notes what came of it; false where the target panicked.
    fn passes(&mut self, input: &[u8]) -> Result<bool, String> {
        if self.plan.trace {
            write(&self.artifacts.join("last"), input)?;
        }
        let start = Instant::now();
        let outcome = attempt(self.plan.target, input);
        self.slowest = self.slowest.max((start.elapsed(), input.len()));
        let message = match outcome {
            Ok(outcome) => {
                *self.outcomes.entry(sort(outcome)).or_default() += 1;
                return Ok(true);
            }
            Err(message) => message,
        };
        let input = shrunk(self.plan.target, input, &message);
        // FNV-1a (Fowler, Noll and Vo): one name for one input.
        let name = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let path = self.artifacts.join(format!("{name:016x}"));
        write(&path, &input)?;
        eprintln!(
            "{} failed: {message}\nthe input of {} bytes is in {}; try it again with\n  \
             cargo run --manifest-path fuzz/Cargo.toml --release -- {} --runs 0 {}",
            self.plan.target.name,
            input.len(),
            path.display(),
            self.plan.target.name,
            path.display(),
        );
        Ok(false)
    }

    fn report(&self, runs: u64, elapsed: Duration) {
        let of = |wanted: fn(&Outcome) -> bool| {
            let found = self.outcomes.iter().filter(|(outcome, _)| wanted(outcome));
            found.map(|(_, count)| count).sum::<u64>()
        };
        let accepted: BTreeSet<&Outcome> = self
            .outcomes
            .keys()
            .filter(|outcome| matches!(outcome, Outcome::Accepted(_)))
            .collect();
        println!(
            "{}: {runs} mutants in {:.1} s, {:.0} a second; {} accepted in {} ways, {} kinds of other \
             outcomes; the slowest took {:.1} ms ({} bytes)",
            self.plan.target.name,
            elapsed.as_secs_f64(),
            runs as f64 / elapsed.as_secs_f64().max(1e-9),
            of(|outcome| matches!(outcome, Outcome::Accepted(_))),
            accepted.len(),
            self.outcomes.len() - accepted.len(),
            self.slowest.0.as_secs_f64() * 1e3,
            self.slowest.1,
        );
    }
}

/// What came of an input, or the message and place of the panic.
fn attempt(target: &Target, input: &[u8]) -> Result<Outcome, String> {
    panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))).map_err(|_| {
        let message = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
        message.clone()
    })
}

/// The smallest input found in half a minute that fails at the same place: without pieces of it,
/// and with zeros.
fn shrunk(target: &Target, input: &[u8], message: &str) -> Vec<u8> {
    let place = |message: &str| message.lines().next().map(str::to_owned);
    let start = Instant::now();
    let fails = |input: &[u8]| {
        start.elapsed() < Duration::from_secs(30)
            && attempt(target, input).is_err_and(|again| place(&again) == place(message))
    };
    let mut input = input.to_vec();
    let mut length = input.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < input.len() {
            let end = (at + length).min(input.len());
            let shorter = [&input[..at], &input[end..]].concat();
            if fails(&shorter) {
                input = shorter;
            } else {
                at = end;
            }
        }
        length /= 2;
    }
    for at in 0..input.len() {
        let mut plainer = input.clone();
        plainer[at] = 0;
        if plainer != input && fails(&plainer) {
            input = plainer;
        }
    }
    input
}

/// An outcome without what comes from the input itself: of each message its end, without digits.
/// Messages begin with what is wrong and end with what to do.
fn sort(outcome: Outcome) -> Outcome {
    let Outcome::Refused(messages) = outcome else {
        return outcome;
    };
    let ends = messages.split(SEPARATOR).map(|message| {
        let end: Vec<char> = message.chars().rev().take(40).collect();
        let end = end
            .iter()
            .rev()
            .filter(|character| !character.is_ascii_digit());
        end.collect::<String>()
    });
    Outcome::Refused(ends.collect::<Vec<_>>().join("\n"))
}

/// The files of a folder in the order of their names, or the file.
fn files(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let wrong = |error| format!("{} can't be read: {error}", path.display());
    if path.is_file() {
        return Ok(vec![fs::read(path).map_err(wrong)?]);
    }
    let entries = fs::read_dir(path).map_err(wrong)?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).map_err(wrong))
        .collect()
}

fn export(folder: &Path, seeds: &[Vec<u8>]) -> Result<(), String> {
    for (number, seed) in seeds.iter().enumerate() {
        write(&folder.join(format!("seed-{number:03}")), seed)?;
    }
    println!("{} inputs in {}", seeds.len(), folder.display());
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let wrong = |error| format!("{} can't be written: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(wrong)?;
    }
    fs::write(path, bytes).map_err(wrong)
}
