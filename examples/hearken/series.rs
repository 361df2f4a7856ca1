//! `hearken series`: how surprising each value of a series is.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hearken::post::parse_time;
use hearken::trend::surprise::{Detector, Settings};

use crate::failure::{Failure, Outcome};
use crate::input::Inputs;
use crate::options::Shared;
use crate::output::Output;
use crate::summary::{grouped, say, table};
use crate::triage::Rejects;

/// Moments that the closing summary names.
const NAMED: usize = 5;

/// Says how surprising each value of a series is: timestamp,value in, timestamp,value,score out, in the same order
///
/// The score is from 0 to 1, of this row and earlier ones only; from about 0.43 on a row is worth a look. Steps of any length, also
/// irregular ones. A row without a value scores 0 and is a gap, not a drop; an unreadable row is rejected and named.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken series mentions.csv -o scores.csv
  zcat calls.csv.gz | hearken series | awk -F, '$3 > 0.43'
  hearken series prices.csv --scale 0.01

mentions.csv:  timestamp,value
               2026-03-01 08:00:00,14")]
pub(crate) struct Arguments {
    /// A file of CSV with a row timestamp,value for each step, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Up to about this value a difference counts as it is, beyond it as a ratio; 10 suits counts
    #[arg(long, value_name = "NUMBER", default_value_t = 10.0)]
    scale: f64,
    /// Keep rejected rows in this file, as JSON lines with file, line, reason and text
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Exit with 1 if a row was rejected; the scores are written all the same
    #[arg(long)]
    strict: bool,
}

/// A row that was read, as it was written and as it counts.
pub(crate) struct Row {
    stamp: String,
    text: String,
    pub(crate) at: i64,
    pub(crate) value: f64,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let files: Vec<PathBuf> = arguments.file.iter().cloned().collect();
    let inputs = Inputs::check(&files)?;
    let mut detector = Detector::new(Settings { scale: arguments.scale })?;
    let mut output = Output::open(shared.output.as_deref())?;
    let mut rejects = Rejects::open(arguments.rejects.as_deref())?;
    let mut written = csv::Writer::from_writer(Vec::new());
    let fails = |error: csv::Error| Failure::message(format!("a row can't be written: {error}"));
    written.write_record(["timestamp", "value", "score"]).map_err(fails)?;
    let mut most: Vec<(f64, String, String)> = Vec::new();
    let mut rows = 0;
    inputs.each_block(&Arc::new(AtomicU64::new(0)), |block| {
        for line in &block.lines {
            let row = block.text(line).and_then(|text| read(text, line.number));
            let Row { stamp, text, at, value } = match row {
                Ok(Some(row)) => row,
                Ok(None) => continue,
                Err(reason) => {
                    rejects.add(&inputs, &block, line, &reason)?;
                    continue;
                }
            };
            let score = detector.observe(at, value);
            rows += 1;
            written.write_record([&stamp, &text, &format!("{score:.6}")]).map_err(fails)?;
            most.push((score, stamp, text));
            if most.len() > 10 * NAMED {
                keep_most(&mut most);
            }
        }
        written.flush().map_err(|error| fails(error.into()))?;
        output.put(written.get_ref())?;
        output.flush()?;
        written = csv::Writer::from_writer(Vec::new());
        Ok(())
    })?;
    written.flush().map_err(|error| fails(error.into()))?;
    output.put(written.get_ref())?;
    output.finish()?;
    let rejected = rejects.count();
    rejects.finish(shared.quiet)?;
    if !shared.quiet {
        keep_most(&mut most);
        let named = most.into_iter().map(|(score, stamp, text)| vec![stamp, text, format!("{score:.3}")]).collect();
        say(&format!("{} rows, {} rejected; the most surprising:\n", grouped(rows), grouped(rejected)));
        say(&table(&["timestamp", "value", "score"], named, &[1, 2]));
    }
    Ok(if arguments.strict && rejected > 0 { Outcome::Rejected } else { Outcome::Done })
}

/// Keeps the rows with the largest scores, the earlier of equal ones.
fn keep_most(most: &mut Vec<(f64, String, String)>) {
    most.sort_by(|one, other| other.0.total_cmp(&one.0));
    most.truncate(NAMED);
}

/// Reads a row; the first line may be a header, and then is none.
pub(crate) fn read(line: &str, number: u64) -> Result<Option<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next().transpose().map_err(|error| format!("no CSV: {error}"))?;
    let Some(record) = record else { return Ok(None) };
    let (stamp, text) = (record.get(0).unwrap_or_default().trim(), record.get(1).map(str::trim));
    // Without an offset a time is taken for UTC: only distances count.
    let Some(at) = parse_time(stamp).or_else(|| parse_time(&format!("{stamp}Z"))) else {
        // A header names its columns; what follows has times.
        return match number {
            1 => Ok(None),
            _ => Err(format!("{stamp:?} is no time; write 2026-03-01T08:20:00Z, 2026-03-01 08:20:00 or Unix seconds")),
        };
    };
    let Some(text) = text else { return Err("no value; write timestamp,value".to_owned()) };
    let value = match text.parse::<f64>() {
        Ok(value) => value,
        Err(_) if text.is_empty() => f64::NAN,
        Err(_) => return Err(format!("the value {text:?} is no number; write one, or nothing for a gap")),
    };
    Ok(Some(Row { stamp: stamp.to_owned(), text: text.to_owned(), at, value }))
}
