//! `hearken suggest`: the firm's own answers to posts, and what its FAQ reaches on its own
//! questions.

use std::path::PathBuf;

use hearken::learn::Correction;
use hearken::suggest::{Accepted, Check, Faq, Settings, Suggester, Suggestion, TASK};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::mask;
use hearken_cli::options::{EngineOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::run::PostInput;
use hearken_cli::summary::{grouped, say, table};
use serde::Serialize;

use super::learn::replay;

/// Characters shown of a question.
const QUESTION: usize = 60;

/// Suggests a firm's own answers to posts, with a probability and the words that counted
///
/// The FAQ is TOML: [[entry]] tables with id, answer, questions, and where wanted topics and
/// language. A line of output has the post's id and up to three suggestions, none below the
/// threshold.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken suggest --faq data/suggest/faq.toml --check
  hearken suggest --faq data/suggest/faq.toml posts.jsonl
  hearken suggest --faq data/suggest/faq.toml --corrections corrections.jsonl posts.jsonl
  echo '{\"text\":\"where is my parcel?\"}' | hearken suggest --faq data/suggest/faq.toml --answers")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: PostInput,
    #[command(flatten)]
    engine: EngineOptions,
    /// The FAQ (TOML)
    #[arg(long, value_name = "FILE")]
    faq: PathBuf,
    /// The probability from which on an answer is suggested
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().threshold)]
    threshold: f32,
    /// Most suggestions for a post, 1 to 3
    #[arg(long, value_name = "N", default_value_t = Settings::default().most)]
    most: usize,
    /// A log of corrections: posts that an entry was found to answer (`hearken accept`) are more of
    /// its questions; can be given several times
    #[arg(long, value_name = "LOG")]
    corrections: Vec<PathBuf>,
    /// Write the text of each suggested answer, too
    #[arg(long)]
    answers: bool,
    /// Read no posts: judge the FAQ by its own questions, each left out of what judges it
    #[arg(long)]
    check: bool,
    /// With --check: print one line of JSON instead of tables
    #[arg(long, requires = "check")]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let (faq, accepted) = arguments.faq()?;
    let settings = Settings {
        threshold: arguments.threshold,
        most: arguments.most,
    };
    if arguments.check {
        let suggester = Suggester::new(&arguments.engine.engine()?, faq, settings)?;
        let check = suggester.check();
        let mut output = Output::open(shared.output.as_deref())?;
        match arguments.json {
            true => output.put_json(&Checked::of(&check))?,
            false => output.put(shown(&check).as_bytes())?,
        }
        output.finish()?;
        if !shared.quiet {
            say(&told(accepted));
        }
        return Ok(Outcome::Done);
    }
    let mut posts = arguments.input.open(|| arguments.engine.engine(), shared)?;
    posts.run.writes_as_it_reads("posts");
    let suggester = Suggester::new(&posts.engine, faq, settings)?;
    let (mut read, mut answered) = (0u64, 0u64);
    posts.each_post(
        |_, scratch, post| {
            let suggestions = suggester.suggest(&post.text, scratch);
            let line = Line {
                id: post.id.as_deref(),
                suggestions: suggestions
                    .iter()
                    .map(|one| One::of(one, post, arguments.answers))
                    .collect(),
            };
            let written = serde_json::to_string(&line).map_err(|error| error.to_string())?;
            Ok((written, !suggestions.is_empty()))
        },
        |run, _, (written, any)| {
            read += 1;
            answered += u64::from(any);
            run.output.put(written.as_bytes())?;
            run.output.put(b"\n")
        },
    )?;
    posts.run.finish(|_| {
        let (read, answered) = (grouped(read), grouped(answered));
        format!("{read} posts, {answered} with a suggestion\n") + &told(accepted)
    })
}

impl Arguments {
    /// The FAQ with the posts that its entries were found to answer, and what became of these.
    fn faq(&self) -> Result<(Faq, Option<Accepted>), Failure> {
        let faq = Faq::read(&self.faq)?;
        if self.corrections.is_empty() {
            return Ok((faq, None));
        }
        let corrections = replay(&self.corrections)?.corrections;
        let mut standing: Vec<Correction> = corrections.standing(TASK).collect();
        // The newest first: those are taken if there is no room for all.
        standing.sort_by(|a, b| (b.at, &a.post).cmp(&(a.at, &b.post)));
        // A log that was written without --mask has texts as they came.
        for one in &mut standing {
            one.text = mask::text(&one.text).into_owned();
        }
        let accepted = standing.iter().map(|one| (&*one.label, &*one.text));
        let (faq, accepted) = faq.with_accepted(accepted);
        Ok((faq, Some(accepted)))
    }
}

/// What became of accepted answers, for people; nothing without a log.
fn told(accepted: Option<Accepted>) -> String {
    let Some(accepted) = accepted else {
        return String::new();
    };
    let mut text = format!(
        "{} accepted answers are questions of the FAQ\n",
        grouped(accepted.taken as u64)
    );
    for (count, why) in [
        (accepted.known, "stand in it already"),
        (accepted.unknown, "are of entries that it does not have"),
        (accepted.left_out, "have no room in it"),
    ] {
        if count > 0 {
            text.push_str(&format!("{} {why}\n", grouped(count as u64)));
        }
    }
    text
}

/// A line of output.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    suggestions: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    id: &'a str,
    /// In thousandths, as probabilities of answers are.
    probability: f64,
    words: Vec<Word<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a str>,
}

#[derive(Serialize)]
struct Word<'a> {
    text: &'a str,
    start: u32,
    end: u32,
    share: f64,
}

impl<'a> One<'a> {
    fn of(suggestion: &Suggestion<'a>, post: &'a hearken::Post<'_>, answers: bool) -> One<'a> {
        let word = |word: &hearken::suggest::Word| Word {
            text: post
                .text
                .get(word.start as usize..word.end as usize)
                .unwrap_or_default(),
            start: word.start,
            end: word.end,
            share: thousandths(word.share),
        };
        One {
            id: &suggestion.entry.id,
            probability: thousandths(suggestion.probability),
            words: suggestion.words.iter().map(word).collect(),
            answer: answers.then_some(&*suggestion.entry.answer),
        }
    }
}

/// What a FAQ reaches, as a line of JSON.
#[derive(Serialize)]
struct Checked<'a> {
    questions: usize,
    alone: usize,
    first: usize,
    among_three: usize,
    astray: Vec<Astray<'a>>,
}

#[derive(Serialize)]
struct Astray<'a> {
    question: &'a str,
    entry: &'a str,
    instead: &'a str,
    probability: f64,
}

impl<'a> Checked<'a> {
    fn of(check: &Check<'a>) -> Checked<'a> {
        let astray = check.astray.iter().map(|astray| Astray {
            question: astray.question,
            entry: &astray.entry.id,
            instead: &astray.instead.id,
            probability: thousandths(astray.probability),
        });
        Checked {
            questions: check.questions,
            alone: check.alone,
            first: check.first,
            among_three: check.among_three,
            astray: astray.collect(),
        }
    }
}

fn thousandths(share: f32) -> f64 {
    f64::from((share * 1000.0).round()) / 1000.0
}

/// What a FAQ reaches, for people.
fn shown(check: &Check<'_>) -> String {
    let share = |count: usize| match check.questions {
        0 => String::new(),
        of => format!("{:.1} %", 100.0 * count as f64 / of as f64),
    };
    let row = |name: &str, count: usize, share: String| {
        vec![name.to_owned(), grouped(count as u64), share]
    };
    let rows = vec![
        row("questions judged", check.questions, String::new()),
        row("  own answer first", check.first, share(check.first)),
        row(
            "  among the first three",
            check.among_three,
            share(check.among_three),
        ),
        row(
            "only question of an entry, not judged",
            check.alone,
            String::new(),
        ),
    ];
    let mut text = table(&[], rows, &[1, 2]);
    if !check.astray.is_empty() {
        let rows = check.astray.iter().map(|astray| {
            let question: String = astray.question.chars().take(QUESTION).collect();
            vec![
                astray.entry.id.clone(),
                astray.instead.id.clone(),
                format!("{:.2}", astray.probability),
                question,
            ]
        });
        let header = ["entry", "nearer to", "probability", "question"];
        text.push_str(&format!("\n{}", table(&header, rows.collect(), &[2])));
    }
    text
}
