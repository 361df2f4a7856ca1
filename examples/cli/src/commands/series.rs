//! `hearken series`: numbers in time in, each with how surprising it is out.

use std::path::PathBuf;

use csv::StringRecord;
use hearken::series::surprise::{Detector, Direction, Row, Score, Settings};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::{Block, Line};
use hearken_cli::options::{RejectOptions, Shared};
use hearken_cli::rows::{numbers, split};
use hearken_cli::run::Run;
use hearken_cli::summary::{grouped, say, table};
use hearken_report::svg::{Series, series};

/// Moments that the summary names, and how far apart they are at least, in milliseconds.
const MOMENTS: usize = 5;
const APART_MS: i64 = 43_200_000;

/// Says of each value of a series how surprising it is, from that value and earlier ones only: 0
/// not at all, to 1
///
/// The input is CSV with a time and a value a row, of any step, in any unit: counts of posts made
/// elsewhere, for instance, or loads, prices, temperatures. The output is `timestamp,value,score`,
/// a row for a row in the same order, times and values as they came. Times are RFC 3339
/// (2026-03-01T08:15:00+08:00), 2026-03-01 08:15:00 (taken as UTC), or Unix seconds or
/// milliseconds.
///
/// A score says how far the series goes beyond everything that it did before, in shares of its
/// range so far: 0.5 is about 1 %, 0.8 about 5 %, 0.9 about a tenth, 0.99 more than the whole
/// range. It is no probability. Begin with 0.5, and raise it to 0.8 or 0.9 where alarms are too
/// many. Falls score as rises do, and so do parts that are rougher or flatter than any before;
/// --direction up takes rises alone, which is right for counts of posts. What was seen once is
/// hardly a surprise the second time. After an alarm the next 100 rows score 0 unless they go much
/// further. The first hundred or so rows have little to be compared with.
///
/// A missing value (empty, NaN, infinite) scores 0 and teaches nothing. A row that is not later
/// than the one before it is scored and learnt from in the order it came; sort a file that is not
/// in order. A row without a time or number is rejected: counted, named with file, line and reason,
/// and kept with --rejects; the rest goes on.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken series counts.csv -o scores.csv
  hearken series counts.csv -q --direction up | awk -F, '$3 > 0.5'
  hearken series counts.csv --svg -o counts.svg
  hearken series metrics.csv.gz --timestamp time --value load
  tail -f counts.csv | hearken series -")]
pub(crate) struct Arguments {
    /// A file of CSV, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The column of times [default: timestamp, or the first where there are no names]
    #[arg(long, value_name = "COLUMN")]
    timestamp: Option<String>,
    /// The column of values [default: value, or the second where there are no names]
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// Which way a series must go to surprise
    #[arg(long, value_name = "DIRECTION", value_enum, default_value_t = Way::Both)]
    direction: Way,
    /// Write a picture (SVG) instead: the values as a curve, and their scores below
    #[arg(long)]
    svg: bool,
    #[command(flatten)]
    rejects: RejectOptions,
}

/// Which way a series must go to surprise.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Way {
    /// Rises alone
    Up,
    /// Falls alone
    Down,
    /// Rises and falls, and parts rougher or flatter than any before
    Both,
}

impl Way {
    fn direction(self) -> Direction {
        match self {
            Way::Up => Direction::Up,
            Way::Down => Direction::Down,
            Way::Both => Direction::Both,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let mut run = Run::open(arguments.file.as_slice(), &arguments.rejects, shared)?;
    run.writes_as_it_reads("rows of timestamp,value");
    let mut scoring = Scoring {
        detector: Detector::new(Settings {
            direction: arguments.direction.direction(),
            ..Settings::default()
        })?,
        columns: None,
        record: StringRecord::new(),
        summary: Summary::default(),
        picture: arguments.svg.then(Picture::default),
    };
    let mut header = Some("timestamp,value,score\n");
    run.each_block("rows", |run, block| {
        let rows = scoring.score(arguments, run, block)?;
        if arguments.svg {
            return Ok(());
        }
        // Not before the columns are found: a wrong input leaves nothing behind. There is a block
        // even of an empty one.
        run.output
            .put(header.take().unwrap_or_default().as_bytes())?;
        run.output.put(&rows)
    })?;
    if let Some(picture) = &scoring.picture {
        let title = run.inputs.names().join(", ");
        run.output.put(picture.svg(&title).as_bytes())?;
    }
    let mut summary = scoring.summary;
    let outcome = run.finish(|rejected| summary.table(rejected))?;
    if summary.late * 2 > summary.rows {
        say(
            "hearken: most rows are not later than the one before them; sort the series by time, \
             oldest first\n",
        );
    }
    Ok(outcome)
}

fn unwritable(error: csv::Error) -> Failure {
    Failure::message(format!("a row can't be written as CSV: {error}"))
}

/// The series as it comes.
struct Scoring {
    detector: Detector,
    /// Where times and values stand, once a row has been read.
    columns: Option<(usize, usize)>,
    record: StringRecord,
    summary: Summary,
    picture: Option<Picture>,
}

/// What a picture is made of.
#[derive(Default)]
struct Picture {
    values: Vec<Option<f64>>,
    scores: Vec<f64>,
    /// The times of the first and the last value, as they came.
    ends: Option<[String; 2]>,
}

impl Picture {
    fn add(&mut self, time: &str, value: f64, score: f64) {
        self.values
            .push(Some(value).filter(|value| value.is_finite()));
        self.scores.push(score);
        let [_, last] = self
            .ends
            .get_or_insert_with(|| [time.to_owned(), String::new()]);
        time.clone_into(last);
    }

    fn svg(&self, title: &str) -> String {
        let ends = self.ends.as_ref();
        let [first, last] = ends.map_or(["", ""], |[first, last]| [first, last]);
        series(&Series {
            title,
            values: &self.values,
            scores: &self.scores,
            ends: [first, last],
        })
    }
}

impl Scoring {
    /// The rows of a block with their scores, as CSV.
    fn score(
        &mut self,
        arguments: &Arguments,
        run: &mut Run,
        block: &Block,
    ) -> Result<Vec<u8>, Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for line in &block.lines {
            let read = block
                .text(line)
                .and_then(|text| split(text, &mut self.record));
            if read.is_ok() && self.columns.is_none() {
                let file = run.inputs.name(line.source);
                let found = arguments.columns(&self.record, &file, line)?;
                self.columns = Some(found.at);
                if found.are_named {
                    continue;
                }
            }
            let columns = self.columns.unwrap_or((0, 1));
            let numbers = read.and_then(|()| numbers(&self.record, columns));
            match numbers {
                Ok(numbers) => self.put(columns, numbers, &mut writer)?,
                Err(reason) => run.reject(block, line, &reason)?,
            }
        }
        writer
            .into_inner()
            .map_err(|error| unwritable(error.into_error().into()))
    }

    /// Writes the row of the record with its score.
    fn put(
        &mut self,
        columns: (usize, usize),
        (at, number): (i64, f64),
        writer: &mut csv::Writer<Vec<u8>>,
    ) -> Result<(), Failure> {
        let score = self.detector.observe(at, number);
        let field = |column: usize| self.record.get(column).unwrap_or_default();
        let (time, value) = (field(columns.0), field(columns.1));
        if let Some(picture) = &mut self.picture {
            picture.add(time, number, score.score);
        }
        self.summary.add(at, time, value, &score);
        writer
            .write_record([time, value, &format!("{:.4}", score.score)])
            .map_err(unwritable)
    }
}

/// Where times and values stand.
struct Columns {
    at: (usize, usize),
    /// Whether the first row holds the names of the columns; then it is not a row of the series.
    are_named: bool,
}

impl Arguments {
    /// The columns of a file that begins with this row.
    fn columns(&self, first: &StringRecord, file: &str, line: &Line) -> Result<Columns, Failure> {
        let find = |name: &str| {
            first
                .iter()
                .position(|field| field.trim().eq_ignore_ascii_case(name))
        };
        let names = [
            self.timestamp.as_deref().unwrap_or("timestamp"),
            self.value.as_deref().unwrap_or("value"),
        ];
        if let [Some(time), Some(value)] = names.map(find) {
            return Ok(Columns {
                at: (time, value),
                are_named: true,
            });
        }
        if self.timestamp.is_none() && self.value.is_none() && numbers(first, (0, 1)).is_ok() {
            return Ok(Columns {
                at: (0, 1),
                are_named: false,
            });
        }
        let missing = names
            .iter()
            .find(|name| find(name).is_none())
            .copied()
            .unwrap_or_default();
        let found: Vec<&str> = first.iter().collect();
        Err(Failure::message(format!(
            "{file}, line {}: there is no column `{missing}` among {found:?}; separate columns by \
             commas, and name those of times and values with --timestamp and --value",
            line.number
        )))
    }
}

/// What is said at the end.
#[derive(Default)]
struct Summary {
    rows: u64,
    missing: u64,
    late: u64,
    /// The most surprising moments, in order of the rows; the last may still be surpassed
    /// by a neighbour.
    moments: Vec<Moment>,
}

struct Moment {
    at: i64,
    time: String,
    value: String,
    expected: f64,
    score: f64,
}

impl Summary {
    fn add(&mut self, at: i64, time: &str, value: &str, score: &Score) {
        self.rows += 1;
        match score.row {
            Row::Missing => self.missing += 1,
            Row::Late => self.late += 1,
            Row::Later => {}
        }
        let Some(expected) = score.expected.filter(|_| score.score > 0.0) else {
            return;
        };
        if let Some(last) = self
            .moments
            .pop_if(|last| at.saturating_sub(last.at) < APART_MS)
            && last.score >= score.score
        {
            self.moments.push(last);
            return;
        }
        if self.moments.len() > MOMENTS {
            let least = (0..self.moments.len()).min_by(|&one, &other| {
                let score = |at: usize| self.moments.get(at).map_or(0.0, |moment| moment.score);
                score(one).total_cmp(&score(other))
            });
            least.map(|least| self.moments.remove(least));
        }
        let (time, value) = (time.to_owned(), value.to_owned());
        self.moments.push(Moment {
            at,
            time,
            value,
            expected,
            score: score.score,
        });
    }

    fn table(&mut self, rejected: u64) -> String {
        let counts = [
            ("rows", self.rows),
            ("missing", self.missing),
            ("not later", self.late),
            ("rejects", rejected),
        ];
        let rows = counts
            .iter()
            .map(|(name, count)| vec![(*name).to_owned(), grouped(*count)])
            .collect();
        table(&[], rows, &[1]) + &self.most_surprising()
    }

    /// The most surprising moments; nothing if none was.
    fn most_surprising(&mut self) -> String {
        self.moments.sort_by(|one, other| {
            let by_score = other.score.total_cmp(&one.score);
            by_score.then(one.at.cmp(&other.at))
        });
        let row = |moment: &Moment| {
            vec![
                moment.time.clone(),
                moment.value.clone(),
                format!("{:.1}", moment.expected),
                format!("{:.3}", moment.score),
            ]
        };
        let rows: Vec<Vec<String>> = self.moments.iter().take(MOMENTS).map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        let header = ["time", "value", "expected", "score"];
        let rows = table(&header, rows, &[1, 2, 3]);
        format!("\nThe most surprising moments:\n{rows}")
    }
}
