//! `hearken coverage`: what share of a dump gets a topic, and what the rest is about.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hearken::coverage::{Coverage, CoverageOptions, LIKE, Report};

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::Inputs;
use hearken_cli::options::{EngineOptions, PostOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::rejects::Rejects;
use hearken_cli::summary::{grouped, table};

/// Says what share of posts gets a topic, and groups those that get none, with terms to add
/// to the taxonomy
///
/// Spam is left out. A group is of posts that share the words which tell them from others; its
/// terms are lines of TOML to paste into the taxonomy, as a new topic or beneath the topic that the
/// group is most like. Have a look at them first.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken coverage data/sample/posts.jsonl
  hearken coverage --taxonomy reasons.toml --groups 10 dump.jsonl.zst --json")]
pub(crate) struct Arguments {
    /// Files of posts, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    posts: PostOptions,
    #[command(flatten)]
    engine: EngineOptions,
    /// Most groups
    #[arg(long, value_name = "N", default_value_t = CoverageOptions::default().most_groups)]
    groups: usize,
    /// Different texts that make a group, at least 2
    #[arg(long, value_name = "N", default_value_t = CoverageOptions::default().fewest)]
    fewest: usize,
    /// Posts without a topic that are looked at; of more a sample is, the same one each time
    #[arg(long, value_name = "N", default_value_t = CoverageOptions::default().most_posts)]
    sample: usize,
    /// Exit with 1 if a line was rejected; the report is written all the same
    #[arg(long)]
    strict: bool,
    /// Print one line of JSON instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let reader = arguments.posts.reader()?;
    let inputs = Inputs::check(&arguments.files)?;
    let mut output = Output::open(shared.output.as_deref())?;
    let engine = arguments.engine.engine()?;
    let options = CoverageOptions {
        most_posts: arguments.sample,
        fewest: arguments.fewest,
        most_groups: arguments.groups,
        ..CoverageOptions::default()
    };
    let mut coverage = Coverage::new(options);
    let mut rejects = Rejects::open(None)?;
    let progress = Progress::bytes(!shared.quiet, inputs.total_bytes);
    let bytes_read = Arc::new(AtomicU64::new(0));
    inputs.each_block(&bytes_read, |block| {
        let noted = engine.map_batch(&block.lines, |engine, scratch, line| {
            let post = block
                .text(line)
                .and_then(|text| reader.read(text).map_err(|error| error.to_string()));
            post.map(|post| Coverage::read(engine, &post, scratch))
        });
        for (line, noted) in block.lines.iter().zip(noted) {
            match noted {
                Ok(noted) => coverage.add(noted),
                Err(reason) => rejects.add(&inputs, &block, line, &reason)?,
            }
        }
        progress.set(bytes_read.load(Ordering::Relaxed), "reading".to_owned());
        Ok(())
    })?;
    progress.finish();
    let report = coverage.report(&engine);
    let text = match arguments.json {
        true => serde_json::to_string(&report)
            .map(|json| json + "\n")
            .map_err(|error| {
                Failure::message(format!("the report can't be written as JSON: {error}"))
            })?,
        false => shown(&report),
    };
    output.put(text.as_bytes())?;
    output.finish()?;
    let rejected = rejects.count() > 0;
    rejects.finish(shared.quiet)?;
    Ok(if arguments.strict && rejected {
        Outcome::Rejected
    } else {
        Outcome::Done
    })
}

/// The report for people.
fn shown(report: &Report) -> String {
    let share = |part: u64, whole: u64| match whole {
        0 => String::new(),
        _ => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    };
    let real = report.covered + report.uncovered;
    let row = |name: &str, count: u64, share: String| vec![name.to_owned(), grouped(count), share];
    let mut rows = vec![
        row("posts", report.posts, String::new()),
        row(
            "spam, left out",
            report.spam,
            share(report.spam, report.posts),
        ),
        row("with a topic", report.covered, share(report.covered, real)),
    ];
    let mut topics: Vec<_> = report.topics.iter().collect();
    topics.sort_by_key(|topic| std::cmp::Reverse(topic.posts));
    rows.extend(topics.iter().map(|topic| {
        row(
            &format!("  {}", topic.id),
            topic.posts,
            share(topic.posts, real),
        )
    }));
    rows.push(row(
        "without a topic",
        report.uncovered,
        share(report.uncovered, real),
    ));
    if report.looked_at < report.uncovered {
        rows.push(row(
            "  looked at (a sample)",
            report.looked_at,
            String::new(),
        ));
    }
    rows.push(row(
        "  in a group below",
        report.grouped,
        share(report.grouped, report.looked_at),
    ));
    let mut text = table(&[], rows, &[1, 2]);
    for (number, group) in report.groups.iter().enumerate() {
        text.push_str(&format!(
            "\nGroup {}: {} posts, {} different, {}",
            number + 1,
            grouped(group.posts),
            grouped(group.texts),
            group.language
        ));
        if let Some(nearest) = &group.nearest {
            let how = if nearest.similarity >= LIKE {
                "like"
            } else {
                "nearest"
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
    }
    text
}
