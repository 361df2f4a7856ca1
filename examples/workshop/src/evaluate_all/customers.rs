//! The section of spam on posts of customers: how often a customer is taken for a spammer, and
//! what is found of kinds of spam that no set holds.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hearken::triage::Verdict;
use hearken::{Engine, Post};

use super::Context;
use super::page::{Page, share};
use crate::train_bundled::{Head, lines, text_of, train_head};
use hearken_cli::failure::Failure;

/// Sets of which every post counts as ham, as files below the folder of the sets.
const HAM: [&str; 20] = [
    "airline_stream/posts.jsonl",
    "airline_sentiment/valid.jsonl",
    "banking77/valid.jsonl",
    "bdci_car2018_topic/valid.jsonl",
    "clinc150/valid.jsonl",
    "cold/valid.jsonl",
    "crisislex_t26/valid.jsonl",
    "csfd_asketak/valid.jsonl",
    "cz_facebook_3class/valid.jsonl",
    "disaster_tweets/valid.jsonl",
    "online_shopping_10_cats/valid.jsonl",
    "ptt_mood/valid.jsonl",
    "smp2020_ewect_usual/valid.jsonl",
    "tnews_clue/valid.jsonl",
    "toutiao_subset/valid.jsonl",
    "tweeteval_emotion/valid.jsonl",
    "tweeteval_offensive/valid.jsonl",
    "tweeteval_sentiment/valid.jsonl",
    "waimai_10k/valid.jsonl",
    "zh_conv_sentiment/valid.jsonl",
];
/// Kinds of spam, each a file of the training posts in `data/examples/spam` and one of test posts
/// in `tests/cases/spam`.
const SPAM: [&str; 8] = [
    "phishing",
    "fake_support",
    "crypto",
    "loans",
    "gambling",
    "fake_jobs",
    "disguised",
    "comment_spam",
];
/// Kinds of ham that look like spam, of the same folders.
const ALIKE: [&str; 6] = [
    "notices",
    "greetings",
    "mid_case",
    "warnings",
    "money_talk",
    "comments",
];
/// The share of ham that is given up where recall is compared, one in so many.
const GIVEN_UP: usize = 100;

/// The probability and the verdict of a post.
type Answer = (f32, Verdict);

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Spam on posts of customers",
        "Every post of these sets counts as ham, so an answer “spam” is a customer, or a reader of \
         news, who is taken for a spammer: so many in a thousand posts. “Unsure” posts stand in \
         the queue's lane of suspects, or are in a language of which no head says anything. A few posts of some sets are spam indeed.",
    );
    let mut rows = Vec::new();
    let mut all = Vec::new();
    for set in HAM.iter().filter(|set| context.folder.join(set).exists()) {
        let answers = of_file(&context.engine, &context.folder.join(set))?;
        rows.push(row(set.split('/').next().unwrap_or_default(), &answers));
        all.extend(answers);
    }
    rows.push(row("all", &all));
    let header = ["set", "posts", "spam", "in 1,000", "unsure", "in 1,000"];
    page.table(&header, &rows);
    page.part(
        "Ham that looks like spam",
        "100 posts of each kind (`tests/cases/spam`), written apart from the training posts.",
    );
    let mut rows = Vec::new();
    for kind in ALIKE {
        rows.push(row(kind, &of_kind(&context.engine, kind)?));
    }
    page.table(&header, &rows);
    kinds(context, &all, page)
}

/// What is found of each kind of spam, with its training posts and without them.
fn kinds(context: &Context<'_>, ham: &[Answer], page: &mut Page) -> Result<(), Failure> {
    page.part(
        "Kinds of spam, each held out in turn",
        "100 posts of each kind (`tests/cases/spam`), written apart from the training posts. \
         “Found”: called spam or unsure by the shipped head. “At 1 % of ham”: the share above the \
         probability that one in a hundred of the ham above exceeds; “held out”: the same of a \
         head trained without any post of `data/examples/spam/KIND.tsv`.",
    );
    let Some(head) = context.recipe.head.iter().find(|head| head.task == "spam") else {
        return Ok(());
    };
    if !context.trains(head, page) {
        return Ok(());
    }
    let mut rows = Vec::new();
    let mut sums = [0.0; 2];
    for kind in SPAM {
        let shipped = of_kind(&context.engine, kind)?;
        let found = shipped
            .iter()
            .filter(|(_, verdict)| *verdict != Verdict::Ham);
        let without = without(context, head, kind)?;
        let mut pooled = Vec::new();
        for set in HAM.iter().filter(|set| context.folder.join(set).exists()) {
            pooled.extend(of_file(&without, &context.folder.join(set))?);
        }
        let recalls = [
            above(&shipped, bar(ham)),
            above(&of_kind(&without, kind)?, bar(&pooled)),
        ];
        for (sum, recall) in sums.iter_mut().zip(recalls) {
            *sum += recall / SPAM.len() as f64;
        }
        rows.push(vec![
            kind.to_owned(),
            share(found.count(), shipped.len()),
            format!("{:.3}", recalls[0]),
            format!("{:.3}", recalls[1]),
        ]);
    }
    rows.push(vec![
        "mean".to_owned(),
        String::new(),
        format!("{:.3}", sums[0]),
        format!("{:.3}", sums[1]),
    ]);
    page.table(&["kind", "found", "at 1 % of ham", "held out"], &rows);
    Ok(())
}

/// An engine with the spam head trained without the posts of `kind`.
fn without(context: &Context<'_>, head: &Head, kind: &str) -> Result<Engine, Failure> {
    let started = Instant::now();
    let file = format!("data/examples/spam/{kind}.tsv");
    let (model, _) = train_head(head, context.folder, &[file], None, &mut |_, _| {})?;
    let seconds = started.elapsed().as_secs_f64();
    context.tell(&format!("spam without {kind}, trained in {seconds:.1} s"));
    Ok(Engine::builder().model(model).build()?)
}

fn of_file(engine: &Engine, path: &Path) -> Result<Vec<Answer>, Failure> {
    let lines = lines(&text_of(path)?, path, "label")?;
    Ok(answers(engine, lines.iter().map(|line| line.text.as_str())))
}

fn of_kind(engine: &Engine, kind: &str) -> Result<Vec<Answer>, Failure> {
    let text = text_of(&PathBuf::from(format!("tests/cases/spam/{kind}.tsv")))?;
    let texts = text.lines().filter_map(|line| line.split('\t').nth(2));
    let texts: Vec<String> = texts.map(|text| text.replace("\\n", "\n")).collect();
    Ok(answers(engine, texts.iter().map(String::as_str)))
}

fn answers<'a>(engine: &Engine, texts: impl Iterator<Item = &'a str>) -> Vec<Answer> {
    let posts: Vec<Post<'_>> = texts.map(Post::new).collect();
    let triaged = engine.triage_batch(&posts);
    let answer = |triage: &hearken::Triage| (triage.spam.probability, triage.spam.verdict);
    triaged.iter().map(answer).collect()
}

fn row(name: &str, answers: &[Answer]) -> Vec<String> {
    let mut row = vec![name.to_owned(), answers.len().to_string()];
    for wanted in [Verdict::Spam, Verdict::Unsure] {
        let of = answers.iter().filter(|(_, verdict)| *verdict == wanted);
        let count = of.count();
        let thousandth = 1000.0 * count as f64 / answers.len().max(1) as f64;
        row.extend([count.to_string(), format!("{thousandth:.2}")]);
    }
    row
}

/// The probability that one in [`GIVEN_UP`] exceeds.
fn bar(ham: &[Answer]) -> f32 {
    let mut sorted: Vec<f32> = ham.iter().map(|(probability, _)| *probability).collect();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    sorted.get(sorted.len() / GIVEN_UP).copied().unwrap_or(1.0)
}

/// The share of answers above `bar`.
fn above(answers: &[Answer], bar: f32) -> f64 {
    let above = answers.iter().filter(|(probability, _)| *probability > bar);
    above.count() as f64 / answers.len().max(1) as f64
}
