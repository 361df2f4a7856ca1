//! `hearken coverage`: what share of a dump gets a topic, and what the rest is about.

use hearken::coverage::{Coverage, CoverageOptions, Group, LIKE, Noted, Report};
use hearken_cli::by::{By, Figures, Of};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;
use hearken_cli::summary::{grouped, table};
use serde::Serialize;

use super::stateful::DumpOptions;

/// Says what share of posts gets a topic, and groups those that get none, with terms to add
/// to the taxonomy
///
/// Spam is left out. The posts of a group share words that are rare elsewhere; its terms are lines
/// of TOML to paste into the taxonomy, as a new topic or beneath the topic that the group is most
/// like. Have a look at them first.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken coverage data/sample/posts.jsonl
  hearken coverage dump.jsonl --by brand
  hearken coverage --taxonomy reasons.toml --groups 10 dump.jsonl.zst --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    dump: DumpOptions,
    /// Most groups
    #[arg(long, value_name = "N", default_value_t = CoverageOptions::default().most_groups)]
    groups: usize,
    /// Different texts that make a group, at least 2
    #[arg(long, value_name = "N", default_value_t = CoverageOptions::default().fewest)]
    fewest: usize,
    /// Posts without a topic that are looked at; of more a sample is, the same one each time
    #[arg(long, value_name = "N", default_value_t = CoverageOptions::default().most_posts)]
    sample: usize,
    /// Print one line of JSON instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let mut posts = arguments.dump.open(None, None, shared)?;
    let mut by: By<Covered> = By::new(posts.reader.segment_fields());
    let mut coverage = Coverage::new(CoverageOptions {
        most_posts: arguments.sample,
        fewest: arguments.fewest,
        most_groups: arguments.groups,
        ..CoverageOptions::default()
    });
    posts.each_post(
        |engine, scratch, post| {
            let noted = Coverage::read(engine, post, scratch);
            Ok((noted, post.segments.clone()))
        },
        |_, _, (noted, segments)| {
            by.add(&segments, |covered| covered.add(&noted));
            coverage.add(noted);
            Ok(())
        },
    )?;
    by.finish();
    let report = coverage.report(&posts.engine);
    let by_rows = by.rows().map(|(of, covered)| ByRow { of, covered });
    let by_rows: Vec<ByRow<'_>> = by_rows.collect();
    let output = &mut posts.run.output;
    match arguments.json {
        true => output.put_json(&Written {
            report: &report,
            by: &by_rows,
        })?,
        false => output.put(shown(&report, &by_rows).as_bytes())?,
    }
    posts.run.finish(|_| by.summary())
}

/// The report as a line of JSON.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    by: &'a [ByRow<'a>],
}

/// What is covered of the posts with one value of a field.
#[derive(Serialize)]
struct ByRow<'a> {
    #[serde(flatten)]
    of: Of<'a>,
    #[serde(flatten)]
    covered: &'a Covered,
}

/// Counts of posts as [`Report`] has them.
#[derive(Default, Serialize)]
struct Covered {
    posts: u64,
    spam: u64,
    covered: u64,
    uncovered: u64,
}

impl Covered {
    fn add(&mut self, noted: &Noted) {
        self.posts += 1;
        let part = match (noted.is_spam(), noted.has_topic()) {
            (true, _) => &mut self.spam,
            (false, true) => &mut self.covered,
            (false, false) => &mut self.uncovered,
        };
        *part += 1;
    }
}

impl Figures for Covered {
    fn weight(&self) -> u64 {
        self.posts
    }

    fn merge(&mut self, other: &Covered) {
        self.posts += other.posts;
        self.spam += other.spam;
        self.covered += other.covered;
        self.uncovered += other.uncovered;
    }
}

/// The report for people.
fn shown(report: &Report, by: &[ByRow<'_>]) -> String {
    let mut text = overview(report);
    if !by.is_empty() {
        let header = [
            "",
            "posts",
            "spam",
            "with a topic",
            "without",
            "with a topic",
        ];
        let rows = by.iter().map(|ByRow { of, covered }| {
            let counts = [
                covered.posts,
                covered.spam,
                covered.covered,
                covered.uncovered,
            ];
            let mut cells = vec![of.shown()];
            cells.extend(counts.map(grouped));
            cells.push(share(covered.covered, covered.covered + covered.uncovered));
            cells
        });
        let rows = rows.collect();
        text.push_str(&format!("\n{}", table(&header, rows, &[1, 2, 3, 4, 5])));
    }
    for (number, group) in report.groups.iter().enumerate() {
        text.push_str(&section(number + 1, group));
    }
    text
}

/// How many posts have which topic, and how many have none.
fn overview(report: &Report) -> String {
    let row = |name: &str, count: u64, share: String| vec![name.to_owned(), grouped(count), share];
    let of = |name: &str, part: u64, whole: u64| row(name, part, share(part, whole));
    let real = report.covered + report.uncovered;
    let mut rows = vec![
        row("posts", report.posts, String::new()),
        of("spam, left out", report.spam, report.posts),
        of("with a topic", report.covered, real),
    ];
    let mut topics: Vec<_> = report.topics.iter().collect();
    topics.sort_by_key(|topic| std::cmp::Reverse(topic.posts));
    rows.extend(
        topics
            .iter()
            .map(|topic| of(&format!("  {}", topic.id), topic.posts, real)),
    );
    rows.push(of("without a topic", report.uncovered, real));
    if report.looked_at < report.uncovered {
        let sample = report.looked_at;
        rows.push(row("  looked at (a sample)", sample, String::new()));
    }
    rows.push(of("  in a group below", report.grouped, report.looked_at));
    table(&[], rows, &[1, 2])
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => String::new(),
        _ => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    }
}

/// A group of posts without a topic: what it is like, examples, and terms for the taxonomy.
fn section(number: usize, group: &Group) -> String {
    let mut text = format!(
        "\nGroup {number}: {} posts, {} different, {}",
        grouped(group.posts),
        grouped(group.texts),
        group.language
    );
    if let Some(nearest) = &group.nearest {
        let how = match nearest.similarity >= LIKE {
            true => "like",
            false => "nearest",
        };
        text.push_str(&format!(
            "; {how} {} ({:.2})",
            nearest.id, nearest.similarity
        ));
    }
    text.push('\n');
    for example in &group.examples {
        text.push_str(&format!("  “{example}”\n"));
    }
    for line in group.toml.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    text
}
