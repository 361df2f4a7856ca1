//! `hearken report`: one page that says what happened, what to answer first and why.

use std::path::PathBuf;
use std::time::Duration;

use hearken::desk::Outcome as DeskOutcome;
use hearken::prevalence::Confusion;
use hearken::queue::Queue;
use hearken::text::Language;
use hearken::{queue, trend};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::mask;
use hearken_cli::options::{Shared, read_text};
use hearken_cli::run::PostRun;
use hearken_cli::summary::{grouped, table};
use hearken_report::{Asked, Collector, LANGUAGES, Report, Source, html};

use super::queue_files::{WhenOptions, answered};
use super::stateful::{DumpOptions, StreamOptions};

/// Makes one page of a dump: what happened, what to answer first, and why
///
/// The page is one file that fetches nothing and runs no script; it is for screens, telephones and
/// paper, and has at most 400 kB. It holds texts of customers, with personal data masked as far as
/// it was found: see --no-mask and --no-texts. --json gives the same report as data. Alerts are
/// those of `hearken trends`, cases those of `hearken queue`, and groups those of `hearken
/// coverage`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken report data/sample/posts.jsonl -o report.html
  hearken report dump.jsonl.zst --time-zone Europe/Prague --lang cs --by brand -o report.html
  hearken report dump.jsonl --answered answered.jsonl --no-texts -o numbers.html
  hearken report dump.jsonl --confusion topics.json --json | jq .topics

answered.jsonl:   {\"post\":\"77\",\"at\":\"2026-03-01T08:20:00Z\"}
topics.json:      hearken evaluate --taxonomy care.toml --bundled topic --confusion topics.json \\
                  labelled.jsonl")]
pub(crate) struct Arguments {
    #[command(flatten)]
    dump: DumpOptions,
    #[command(flatten)]
    when: WhenOptions,
    /// The length of its lists: cases, alerts, campaigns and groups
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=50))]
    top: u16,
    /// The language of the page: en, cs, zh-Hans or zh-Hant
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language)]
    lang: Language,
    /// Leave personal data in the texts as it is. Without it what is shown is masked, and posts are
    /// read as they came: a masked contact would be no evidence of a campaign. --mask masks them
    /// before they are read
    #[arg(long, conflicts_with = "mask")]
    no_mask: bool,
    /// Leave out all that customers wrote, and all that quotes it: numbers only
    #[arg(long)]
    no_texts: bool,
    /// Correct the shares of topics for what `hearken evaluate --confusion` wrote of them
    #[arg(long, value_name = "FILE")]
    confusion: Option<PathBuf>,
    /// Print one line of JSON instead of the page: the same numbers, spans in milliseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_code(text)
        .filter(|language| LANGUAGES.contains(language))
        .ok_or_else(|| "write en, cs, zh-Hans or zh-Hant".to_owned())
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let stream = &arguments.stream;
    if stream.keeps_state() {
        return Err(Failure::message(
            "a report is made of a whole dump and keeps no state; leave --state out",
        ));
    }
    let until = arguments.when.now()?;
    let answers = arguments.when.answers()?;
    let confusion = arguments.confusion()?;
    let mut posts = arguments.dump.open(Some(stream), None, shared)?;
    let fed = stream.desk(&mut posts, None, |asked| {
        asked.queue = Some(queue::Settings::default());
        // Of a whole dump no post comes late.
        asked.trends = Some(trend::Settings {
            bound: Duration::ZERO,
            lateness: Duration::ZERO,
            ..trend::Settings::default()
        });
        asked.watch = Some(trend::watch::Settings::default());
    })?;
    let mut fed = fed.named().until(until);
    let asked = Asked {
        language: arguments.lang,
        zone: posts.reader.zone().clone(),
        top: usize::from(arguments.top),
        masked: !arguments.no_mask,
        texts: !arguments.no_texts,
        by: posts.reader.segment_fields().cloned().collect(),
        confusion,
        answers: answers.clone(),
    };
    let mut collector = Collector::new(&fed.desk, asked)?;
    let mut take = |posts: &mut PostRun, outcome: DeskOutcome| {
        collector.take(&posts.engine, outcome);
        Ok(())
    };
    posts.each_block(|posts, block| fed.take(posts, block, &mut take))?;
    fed.finish(&mut posts, &mut take)?;
    let now = until.or(fed.desk.queue().and_then(Queue::watermark));
    if let Some(now) = now {
        answered(&mut fed.desk, &answers.unwrap_or_default(), now);
        for outcome in fed.desk.advance(now) {
            collector.take(&posts.engine, outcome);
        }
    }
    let inputs = posts.run.inputs.names().into_iter();
    let report = collector.finish(
        &fed.desk,
        Source {
            inputs: inputs.map(|name| mask::text(&name).into_owned()).collect(),
            options: arguments
                .dump
                .engine
                .named()
                .iter()
                .map(|name| mask::text(name).into_owned())
                .collect(),
            rejected: posts.run.rejects.count(),
            now,
        },
    );
    match arguments.json {
        true => posts.run.output.put_json(&report)?,
        false => posts.run.output.put(html(&report).as_bytes())?,
    }
    posts.run.finish(|rejected| summary(&report, rejected))
}

impl Arguments {
    fn confusion(&self) -> Result<Option<Confusion>, Failure> {
        let Some(path) = &self.confusion else {
            return Ok(None);
        };
        let text = read_text(path, "the confusion")?;
        let about = |error| Failure::about(path.display(), &error);
        let confusion = Confusion::from_json(&text).map_err(about)?;
        if confusion.task() != TOPIC {
            return Err(Failure::message(format!(
                "{} is of the head {:?}, and a report has shares of topics; evaluate the taxonomy",
                path.display(),
                confusion.task()
            )));
        }
        Ok(Some(confusion))
    }
}

/// The head of topics.
const TOPIC: &str = "topic";

fn summary(report: &Report, rejected: u64) -> String {
    let tiles = &report.tiles;
    let rows = [
        ("posts", tiles.posts),
        ("rejects", rejected),
        ("spam", tiles.spam),
        ("rises", tiles.rises),
        ("cases that wait", tiles.waiting),
        ("cases overdue", tiles.overdue),
    ];
    let rows = rows
        .into_iter()
        .map(|(name, count)| vec![name.to_owned(), grouped(count)]);
    table(&[], rows.collect(), &[1])
}
