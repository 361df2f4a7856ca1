//! `hearken share`: what share of the contacts of each period is about a topic, corrected for
//! the classifier's errors.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;
use hearken::prevalence::{Change, Confusion, Correction, Doubt, Share, Tally};
use hearken::triage::Verdict;
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::{EngineOptions, Shared, read_text};
use hearken_cli::run::{PostInput, PostRun};
use hearken_cli::summary::{grouped, moment, table};
use serde::Serialize;

/// Says what share of posts is about a topic, with an interval of 95 % that knows
/// the classifier's errors
///
/// The errors come from `hearken evaluate --confusion FILE` on labelled posts that the same
/// model, with the same taxonomy and overlays, was not trained on. Spam is left out. The change
/// is that since the period before, of the rate behind the posts: where its interval is above 0
/// the topic is rising.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken evaluate --model reason.model --confusion reason.json valid.jsonl
  hearken share --model reason.model --confusion reason.json --topic refund --by day dump.jsonl.zst
  hearken share --model reason.model --confusion reason.json --sampled 0.1 tenth.jsonl --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: PostInput,
    /// What the classifier takes for what, as `hearken evaluate --confusion` wrote it
    #[arg(long, value_name = "FILE")]
    confusion: PathBuf,
    /// The topic, or the label of another head; can be given several times [default: all]
    #[arg(long = "topic", value_name = "LABEL")]
    topics: Vec<String>,
    /// Periods, in UTC; posts without a time are a period of their own [default: all posts
    /// are one period]
    #[arg(long, value_name = "PERIOD")]
    by: Option<Period>,
    /// The posts are a random sample, this share of all there were, above 0 to 1; 0 is of a
    /// source without end
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    sampled: f64,
    /// Count spam like any post
    #[arg(long)]
    with_spam: bool,
    #[command(flatten)]
    engine: EngineOptions,
    /// Print a line of JSON for each period and topic instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Period {
    /// From midnight to midnight
    Day,
    /// From hour to hour
    Hour,
}

/// A row of the answer.
#[derive(Serialize)]
struct Row<'a> {
    /// When the period begins; none for posts without a time, or where there is one period.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<&'a str>,
    label: &'a str,
    #[serde(flatten)]
    share: Share,
    /// Since the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

/// The posts of a period.
struct Counted {
    tally: Tally,
    spam: u64,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a number from 0 to 1".to_owned())
}

impl Period {
    /// The beginning of the period of a time, both in milliseconds.
    fn start(self, time: i64) -> i64 {
        let length = match self {
            Period::Day => 86_400_000,
            Period::Hour => 3_600_000,
        };
        time.div_euclid(length) * length
    }

    fn name(self, start: i64) -> String {
        let form = match self {
            Period::Day => "%Y-%m-%d",
            Period::Hour => "%Y-%m-%dT%H:00Z",
        };
        moment(start, form)
    }
}

/// The periods by their beginning; posts without a time come last.
type Periods = BTreeMap<(bool, i64), Counted>;

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let path = arguments.confusion.display();
    let text = read_text(&arguments.confusion, "the confusion")?;
    let confusion = Confusion::from_json(&text).map_err(|error| Failure::about(&path, &error))?;
    let labels = labels(&confusion, &arguments.topics)?;
    let mut posts = arguments.input.open(|| arguments.engine.engine(), shared)?;
    confusion
        .check(&posts.engine)
        .map_err(|error| Failure::about(&path, &error))?;
    let periods = counted(arguments, &confusion, &mut posts)?;
    let names: Vec<Option<String>> = periods
        .keys()
        .map(|&(undated, start)| arguments.by.filter(|_| !undated).map(|by| by.name(start)))
        .collect();
    let rows = rows(arguments, &confusion, &labels, &names, &periods);
    let output = &mut posts.run.output;
    match arguments.json {
        true => rows.iter().try_for_each(|row| output.put_json(row))?,
        false => output.put(shown(&rows, arguments.by.is_some()).as_bytes())?,
    }
    let spam: u64 = periods.values().map(|counted| counted.spam).sum();
    posts.run.finish(|_| match spam {
        0 => String::new(),
        _ => format!("hearken: posts of spam, left out: {}\n", grouped(spam)),
    })
}

/// What the classifier gives the posts of each period.
fn counted(
    arguments: &Arguments,
    confusion: &Confusion,
    posts: &mut PostRun,
) -> Result<Periods, Failure> {
    let mut periods = Periods::new();
    posts.each_post(
        |engine, scratch, post| {
            let spam =
                !arguments.with_spam && engine.triage(post, scratch).spam.verdict == Verdict::Spam;
            let given = (!spam).then(|| confusion.decide(engine, &post.text, scratch));
            Ok((post.created_at, given))
        },
        |_, _, (time, given)| {
            let period = match (arguments.by, time) {
                (None, _) => (false, 0),
                (Some(_), None) => (true, 0),
                (Some(by), Some(time)) => (false, by.start(time)),
            };
            let counted = periods.entry(period).or_insert_with(|| Counted {
                tally: confusion.tally(),
                spam: 0,
            });
            match given {
                Some(given) => counted.tally.add(given),
                None => counted.spam += 1,
            }
            Ok(())
        },
    )?;
    Ok(periods)
}

/// The indices of the labels that were asked for.
fn labels(confusion: &Confusion, topics: &[String]) -> Result<Vec<usize>, Failure> {
    if topics.is_empty() {
        return Ok((0..confusion.labels().len()).collect());
    }
    let find = |topic: &String| {
        confusion
            .labels()
            .iter()
            .position(|label| label == topic)
            .ok_or_else(|| {
                let known = confusion.labels().join(", ");
                Failure::message(format!(
                    "the confusion has no label `{topic}`; known: {known}"
                ))
            })
    };
    topics.iter().map(find).collect()
}

fn rows<'a>(
    arguments: &Arguments,
    confusion: &'a Confusion,
    labels: &[usize],
    names: &'a [Option<String>],
    periods: &Periods,
) -> Vec<Row<'a>> {
    let correction = Correction::new(confusion);
    // Without an end, the number of posts rounds to the largest there is.
    let all = |posts: u64| {
        (arguments.sampled < 1.0).then(|| (posts as f64 / arguments.sampled).round() as u64)
    };
    let endless = Some(u64::MAX);
    let mut rows = Vec::new();
    let mut before: Option<&Tally> = None;
    for ((&(undated, _), counted), name) in periods.iter().zip(names) {
        let tally = &counted.tally;
        for &label in labels {
            let change = before
                .filter(|_| !undated)
                .map(|before| correction.change(label, (before, endless), (tally, endless)));
            rows.push(Row {
                period: name.as_deref(),
                label: confusion.labels().get(label).map_or("", String::as_str),
                share: correction.share(label, tally, all(tally.posts())),
                change,
            });
        }
        before = Some(tally);
    }
    rows
}

/// The table for people.
fn shown(rows: &[Row<'_>], periods: bool) -> String {
    let mut header = vec!["topic", "posts", "raw share", "share", "from", "to"];
    if periods {
        header.insert(0, "period");
        header.extend(["change", "from", "to"]);
    }
    header.push("");
    let right: Vec<usize> = (1 + usize::from(periods)..header.len() - 1).collect();
    let rows = rows.iter().map(|row| cells(row, periods));
    table(&header, rows.collect(), &right)
}

fn cells(row: &Row<'_>, periods: bool) -> Vec<String> {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let share = &row.share;
    let mut cells = vec![
        row.label.to_owned(),
        grouped(share.posts),
        percent(share.raw),
        share.share.map_or_else(|| "–".to_owned(), percent),
        percent(share.low),
        percent(share.high),
    ];
    if periods {
        cells.insert(0, row.period.unwrap_or("no time").to_owned());
        let points = |change: f64| format!("{:+.1}", 100.0 * change);
        cells.extend(match &row.change {
            Some(Change {
                change: Some(change),
                low,
                high,
                ..
            }) => [*change, *low, *high].map(points),
            _ => ["", "", ""].map(str::to_owned),
        });
    }
    let mut remarks: Vec<&str> = share.doubts.iter().map(|doubt| remark(*doubt)).collect();
    match &row.change {
        Some(change) if change.low > 0.0 => remarks.push("rising"),
        Some(change) if change.high < 0.0 => remarks.push("falling"),
        _ => {}
    }
    cells.push(remarks.join(", "));
    cells
}

fn remark(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::KnowsNothing => "not distinguished in validation",
        Doubt::Impossible => "errors are not those of validation",
        Doubt::Unfamiliar => "texts unlike those of validation",
    }
}
