//! `hearken explain`: one post, every part of its scores, and the places in its text
//! that are evidence.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hearken::explain::{Explanation, HeadExplanation, ImportanceExplanation, SCALE, Span};
use hearken::text::Language;
use hearken::{Answer, Engine, Post};

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::{Block, Inputs, Line};
use hearken_cli::mask;
use hearken_cli::options::{EngineOptions, PostOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::summary::table;

/// Parts shown of each head's evidence, the strongest; the rest is summed in one row.
const SHOWN_PARTS: usize = 8;
/// Characters shown of the post's text.
const TEXT: usize = 1000;
/// Characters shown of a place in the text, and of a feature.
const SNIPPET: usize = 24;
const FEATURE: usize = 40;

/// Explains the answer to one post: every part of its scores with the words that are evidence, as a
/// table or as JSON
///
/// The weights of a head are in the model's unit and sum to its margin; the points of importance
/// sum to the score.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken explain --text 'My parcel is lost and nobody answers!'
  hearken explain posts.jsonl --line 17
  hearken explain posts.jsonl --line 17 --html -o post.html
  hearken triage posts.jsonl | head -1; head -1 posts.jsonl | hearken explain --json")]
pub(crate) struct Arguments {
    /// A file of posts; - or none is standard input
    #[arg(value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Explain this text instead of a line
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["line", "map", "preset", "format"])]
    text: Option<String>,
    /// The number of the line to explain [default: the first that is not blank]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    line: Option<u64>,
    #[command(flatten)]
    posts: PostOptions,
    #[command(flatten)]
    engine: EngineOptions,
    /// Print one line of JSON: the answer with its explanation
    #[arg(long)]
    json: bool,
    /// Print a page instead: the text with the places that counted, and the score's parts as a bar
    #[arg(long, conflicts_with_all = ["json", "all"])]
    html: bool,
    /// Show every part of the evidence
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    if let Some(text) = &arguments.text {
        let engine = arguments.engine.engine()?;
        let post = mask::post(Post::new(text.as_str()));
        return explain(&engine, &post, arguments, shared);
    }
    let reader = arguments.posts.reader(None)?;
    let files: Vec<PathBuf> = arguments.file.iter().cloned().collect();
    let inputs = reader.inputs(Inputs::check(&files)?);
    let (block, line) = wanted(&inputs, arguments.line)?;
    let place = format!("{}, line {}", inputs.name(0), line.number);
    let post = reader
        .post(&block, &line)
        .map_err(|reason| Failure::message(format!("{place}: {reason}")))?;
    explain(&arguments.engine.engine()?, &post, arguments, shared)
}

/// The line of this number, or the first that is not blank.
fn wanted(inputs: &Inputs, number: Option<u64>) -> Result<(Block, Line), Failure> {
    let mut lines = inputs.open(0, &Arc::new(AtomicU64::new(0)))?;
    let mut block = Block::default();
    while lines.next(&mut block)? {
        match block.lines.first().cloned() {
            Some(line) if number.is_none_or(|number| line.number == number) => {
                return Ok((block, line));
            }
            Some(line) if number.is_some_and(|number| line.number > number) => break,
            _ => block.clear(),
        }
    }
    let place = number.map_or_else(String::new, |number| format!(" in line {number}"));
    Err(Failure::message(format!(
        "{} has no post{place}: the line is blank, or the input ends before it",
        inputs.name(0)
    )))
}

fn explain(
    engine: &Engine,
    post: &Post<'_>,
    arguments: &Arguments,
    shared: &Shared,
) -> Result<Outcome, Failure> {
    let mut output = Output::open(shared.output.as_deref())?;
    let triage = engine.triage(post, &mut engine.scratch());
    let mut answer = engine.answer(post, &triage);
    let explanation = engine.explain(post);
    if arguments.html {
        let page = hearken_report::explained(post, &answer, &explanation, Language::En);
        output.put(page.as_bytes())?;
    } else if arguments.json {
        answer.explanation = Some(explanation);
        output.put_json(&answer)?;
    } else {
        let text = readable(&post.text, &answer, &explanation, arguments.all);
        output.put(text.as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::Done)
}

/// The answer, the evidence of each head, and the ledger of importance, as tables.
fn readable(text: &str, answer: &Answer<'_>, explanation: &Explanation, all: bool) -> String {
    let mut report = overview(text, answer);
    report.push('\n');
    report.push_str(&ledger(text, &explanation.importance));
    for head in &explanation.heads {
        report.push('\n');
        report.push_str(&evidence(text, head, all));
    }
    if explanation.heads.is_empty() {
        report.push_str("\nThe text has no words to base an answer on.\n");
    }
    report
}

/// The points of importance and why, with their sum.
fn ledger(text: &str, importance: &ImportanceExplanation) -> String {
    let mut rows: Vec<Vec<String>> = importance
        .parts
        .iter()
        .map(|part| {
            let place = snippets(text, &part.spans, &part.reason);
            vec![
                format!("{:+}", part.points),
                part.name.to_string(),
                part.reason.clone(),
                place,
            ]
        })
        .collect();
    rows.push(sum_row(
        importance.score.to_string(),
        "score",
        lower(&importance.level),
    ));
    format!(
        "importance: its parts sum to the score\n{}",
        table(&["points", "part", "why", "in the text"], rows, &[0])
    )
}

/// The text and the answer, its parts in the order of the JSON.
fn overview(text: &str, answer: &Answer<'_>) -> String {
    let mut rows = judgements(answer);
    rows.extend(
        answer
            .terms
            .iter()
            .map(|term| row("term", &format!("{} ({})", term.term, term.list), None)),
    );
    for rule in &answer.rules {
        let parts: Vec<&str> = rule.parts.iter().map(|part| &*part.term).collect();
        let (name, severity, parts) = (rule.rule.to_string(), rule.severity, parts.join(", "));
        rows.push(row(
            "rule",
            &format!("{name} (severity {severity}): {parts}"),
            None,
        ));
    }
    for (name, head) in &answer.heads {
        let label = head.label.as_deref().unwrap_or("none of these");
        rows.push(row(name, label, Some(head.probability)));
    }
    let cut = match answer.truncated {
        true => "\n(only its beginning was read)",
        false => "",
    };
    format!(
        "{}{cut}\n\n{}",
        shortened(text, TEXT),
        table(&["", "", "probability"], rows, &[2])
    )
}

/// What the heads of every engine say, and the importance.
fn judgements(answer: &Answer<'_>) -> Vec<Vec<String>> {
    let language = &answer.language;
    let (score, level) = (answer.importance.score, lower(&answer.importance.level));
    let mut rows: Vec<Vec<String>> = answer.id.iter().map(|id| row("id", id, None)).collect();
    rows.push(row("language", &language.code, Some(language.probability)));
    let unsaid = |name: &str| row(name, "not said in this language", None);
    rows.push(match &answer.spam {
        Some(spam) => row("spam", &lower(&spam.verdict), Some(spam.probability)),
        None => unsaid("spam"),
    });
    rows.push(row("importance", &format!("{score} of 100, {level}"), None));
    for topic in &answer.topics {
        rows.push(row("topic", &topic.id, Some(topic.probability)));
    }
    if answer.topics.is_empty() {
        rows.push(row("topic", "none of these", None));
    }
    rows.push(match &answer.sentiment {
        Some(sentiment) => {
            let label = lower(&sentiment.label);
            let probability = sentiment.probability.get(label.as_str());
            row("sentiment", &label, probability.copied())
        }
        None => unsaid("sentiment"),
    });
    rows.push(match answer.urgency {
        Some(urgency) if urgency >= 0.5 => row("urgency", "urgent", Some(urgency)),
        Some(urgency) => row("urgency", "calm", Some(urgency)),
        None => unsaid("urgency"),
    });
    rows
}

fn row(name: &str, value: &str, probability: Option<f32>) -> Vec<String> {
    let probability =
        probability.map_or_else(String::new, |probability| format!("{probability:.3}"));
    vec![name.to_owned(), value.to_owned(), probability]
}

/// The strongest parts of a head's margin, and the rest in one row, so that the column sums
/// to the margin.
fn evidence(text: &str, head: &HeadExplanation, all: bool) -> String {
    let shown = match all || head.evidence.len() <= SHOWN_PARTS + 1 {
        true => head.evidence.len(),
        false => SHOWN_PARTS,
    };
    let (strong, rest) = head.evidence.split_at(shown);
    let mut weights: Vec<i64> = strong.iter().map(|part| part.weight).collect();
    let mut rows: Vec<Vec<String>> = strong
        .iter()
        .map(|part| {
            let place = snippets(text, &part.spans, &part.text);
            let evidence = shortened(&part.text, FEATURE);
            vec![String::new(), part.kind.to_string(), evidence, place]
        })
        .collect();
    if !rest.is_empty() {
        weights.push(rest.iter().map(|part| part.weight).sum());
        let more = format!("{} more", rest.len());
        rows.push(sum_row(String::new(), &more, String::new()));
    }
    for (row, thousandths) in rows.iter_mut().zip(rounded(&weights)) {
        if let Some(cell) = row.first_mut() {
            *cell = decimal(thousandths);
        }
    }
    let margin = rounded(&[weights.iter().sum()]);
    let margin = margin.into_iter().map(decimal).collect();
    let probability = format!("probability {:.3}", head.probability);
    rows.push(sum_row(margin, "margin", probability));
    format!(
        "{}: evidence for `{}` (+) and against it (-)\n{}",
        head.head,
        head.label,
        table(&["weight", "kind", "evidence", "in the text"], rows, &[0])
    )
}

fn sum_row(number: String, name: &str, what: String) -> Vec<String> {
    vec![number, name.to_owned(), what, String::new()]
}

/// Margins in thousandths of the model's unit, rounded so that they sum to their rounded sum: each
/// is rounded down, and those that lost most get a thousandth back.
fn rounded(weights: &[i64]) -> Vec<i64> {
    let exact = |weight: i64| i128::from(weight) * 1000;
    let scale = i128::from(SCALE);
    let sum: i128 = weights.iter().map(|&weight| exact(weight)).sum();
    let mut short = (sum + scale / 2).div_euclid(scale);
    let mut parts: Vec<i128> = weights
        .iter()
        .map(|&weight| exact(weight).div_euclid(scale))
        .collect();
    short -= parts.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| {
        (
            std::cmp::Reverse(exact(weights[index]).rem_euclid(scale)),
            index,
        )
    });
    for index in order.into_iter().take(usize::try_from(short).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts.into_iter().map(|part| part as i64).collect()
}

fn decimal(thousandths: i64) -> String {
    format!("{:+.3}", thousandths as f64 / 1000.0)
}

/// The words at `spans`, each once, in order of place; those that `known` says already
/// are left out.
fn snippets(text: &str, spans: &[Span], known: &str) -> String {
    let known = known.to_lowercase();
    let mut found: Vec<String> = Vec::new();
    for span in spans {
        let words = text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
            .trim();
        let said = known.contains(&words.to_lowercase());
        let words = shortened(words, SNIPPET);
        if !said && !found.contains(&words) {
            found.push(words);
        }
    }
    found.join(" … ")
}

/// The first `limit` characters, on one line.
fn shortened(text: &str, limit: usize) -> String {
    let mut short: String = text
        .chars()
        .take(limit)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if text.chars().nth(limit).is_some() {
        short.push('…');
    }
    short
}

/// A verdict, a level or a polarity as answers write it.
fn lower(label: &impl std::fmt::Debug) -> String {
    format!("{label:?}").to_lowercase()
}
