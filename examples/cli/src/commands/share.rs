//! `hearken share`: what share of the contacts of each period is about a topic, corrected for
//! the classifier's errors.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hearken::prevalence::{Change, Confusion, Correction, Doubt, Share, Tally};
use hearken::triage::Verdict;
use hearken_cli::by::{By, Figures, Of};
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
  hearken share --model reason.model --confusion reason.json --by day,brand dump.jsonl
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
    /// Keep shares apart by period (day or hour, in UTC; posts without a time are a period of their
    /// own), or by this field of the posts (brand, shop, country …): a name, a path with dots or
    /// name=source; several times, or with commas, for a period and two fields
    #[arg(long, value_name = "day|hour|FIELD")]
    by: Vec<String>,
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

#[derive(Clone, Copy)]
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
    period: Option<String>,
    /// The posts with one value of a field; none for all posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Of<'a>>,
    label: &'a str,
    #[serde(flatten)]
    share: Share,
    /// Since the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

/// The posts of a period.
#[derive(Default)]
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
#[derive(Default)]
struct Periods(BTreeMap<(bool, i64), Counted>);

impl Figures for Periods {
    fn weight(&self) -> u64 {
        let posts = self.0.values().map(|counted| counted.tally.posts());
        posts.sum()
    }

    fn merge(&mut self, other: &Periods) {
        for (period, counted) in &other.0 {
            let own = self.0.entry(*period).or_default();
            own.tally.merge(&counted.tally);
            own.spam += counted.spam;
        }
    }
}

/// What `--by` names: a period, and fields of the posts.
fn asked(by: &[String]) -> Result<(Option<Period>, Option<String>), Failure> {
    let (mut period, mut fields) = (None, Vec::new());
    for part in by.iter().flat_map(|part| part.split(',')) {
        let named = match part.trim() {
            "day" => Period::Day,
            "hour" => Period::Hour,
            _ => {
                fields.push(part);
                continue;
            }
        };
        if period.replace(named).is_some() {
            return Err(Failure::message(
                "--by names two periods; name day or hour, once (a field of that name is day=day)",
            ));
        }
    }
    let fields = (!fields.is_empty()).then(|| fields.join(","));
    Ok((period, fields))
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let path = arguments.confusion.display();
    let text = read_text(&arguments.confusion, "the confusion")?;
    let confusion = Confusion::from_json(&text).map_err(|error| Failure::about(&path, &error))?;
    let labels = labels(&confusion, &arguments.topics)?;
    let (period, fields) = asked(&arguments.by)?;
    let engine = || arguments.engine.engine();
    let mut posts = arguments.input.open_by(fields.as_deref(), engine, shared)?;
    confusion
        .check(&posts.engine)
        .map_err(|error| Failure::about(&path, &error))?;
    let (all, by) = counted(arguments, period, &confusion, &mut posts)?;
    let shares = Shares {
        correction: Correction::new(&confusion),
        names: confusion.labels(),
        labels,
        period,
        sampled: arguments.sampled,
    };
    let mut rows = shares.rows(None, &all);
    for (of, periods) in by.rows() {
        rows.extend(shares.rows(Some(of), periods));
    }
    let output = &mut posts.run.output;
    match arguments.json {
        true => rows.iter().try_for_each(|row| output.put_json(row))?,
        false => output.put(shown(&rows, period.is_some(), !by.is_empty()).as_bytes())?,
    }
    let spam: u64 = all.0.values().map(|counted| counted.spam).sum();
    posts.run.finish(|_| {
        let spam = match spam {
            0 => String::new(),
            _ => format!("hearken: posts of spam, left out: {}\n", grouped(spam)),
        };
        spam + &by.summary()
    })
}

/// What the classifier gives the posts of each period, of all and of each value of the fields.
fn counted(
    arguments: &Arguments,
    period: Option<Period>,
    confusion: &Confusion,
    posts: &mut PostRun,
) -> Result<(Periods, By<Periods>), Failure> {
    let mut all = Periods::default();
    let mut by: By<Periods> = By::new(posts.reader.segment_fields());
    posts.each_post(
        |engine, scratch, post| {
            let spam =
                !arguments.with_spam && engine.triage(post, scratch).spam.verdict == Verdict::Spam;
            let given = (!spam).then(|| confusion.decide(engine, &post.text, scratch));
            Ok((post.created_at, given, post.segments.clone()))
        },
        |_, _, (time, given, segments)| {
            let period = match (period, time) {
                (None, _) => (false, 0),
                (Some(_), None) => (true, 0),
                (Some(by), Some(time)) => (false, by.start(time)),
            };
            let add = |periods: &mut Periods| {
                let counted = periods.0.entry(period).or_insert_with(|| Counted {
                    tally: confusion.tally(),
                    spam: 0,
                });
                match &given {
                    Some(given) => counted.tally.add(given.iter().copied()),
                    None => counted.spam += 1,
                }
            };
            add(&mut all);
            by.add(&segments, add);
            Ok(())
        },
    )?;
    by.finish();
    Ok((all, by))
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

/// What shares are made with.
struct Shares<'c> {
    correction: Correction,
    /// All labels, and the indices of those that were asked for.
    names: &'c [String],
    labels: Vec<usize>,
    period: Option<Period>,
    sampled: f64,
}

impl<'c> Shares<'c> {
    /// A row for each period and label.
    fn rows(&self, of: Option<Of<'c>>, periods: &Periods) -> Vec<Row<'c>> {
        // Without an end, the number of posts rounds to the largest there is.
        let all =
            |posts: u64| (self.sampled < 1.0).then(|| (posts as f64 / self.sampled).round() as u64);
        let endless = Some(u64::MAX);
        let mut rows = Vec::new();
        let mut before: Option<&Tally> = None;
        for (&(undated, start), counted) in &periods.0 {
            let tally = &counted.tally;
            for &label in &self.labels {
                let change = before.filter(|_| !undated).map(|before| {
                    let (before, now) = ((before, endless), (tally, endless));
                    self.correction.change(label, before, now)
                });
                let period = self.period.filter(|_| !undated);
                rows.push(Row {
                    period: period.map(|period| period.name(start)),
                    of: of.clone(),
                    label: self.names.get(label).map_or("", String::as_str),
                    share: self.correction.share(label, tally, all(tally.posts())),
                    change,
                });
            }
            before = Some(tally);
        }
        rows
    }
}

/// The table for people.
fn shown(rows: &[Row<'_>], periods: bool, by: bool) -> String {
    let mut header = vec!["topic", "posts", "raw share", "share", "from", "to"];
    if periods {
        header.insert(0, "period");
        header.extend(["change", "from", "to"]);
    }
    if by {
        header.insert(0, "posts of");
    }
    header.push("");
    let first = 1 + usize::from(periods) + usize::from(by);
    let right: Vec<usize> = (first..header.len() - 1).collect();
    let rows = rows.iter().map(|row| cells(row, periods, by));
    table(&header, rows.collect(), &right)
}

fn cells(row: &Row<'_>, periods: bool, by: bool) -> Vec<String> {
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
        cells.insert(0, row.period.as_deref().unwrap_or("no time").to_owned());
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
    if by {
        let of = row.of.as_ref();
        cells.insert(0, of.map_or_else(|| "all".to_owned(), Of::shown));
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
