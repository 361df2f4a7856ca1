//! The section of the sample: invented posts with labels, language by language.

use std::path::Path;

use hearken::train::{Evaluation, Prediction};
use hearken::triage::{Polarity, Verdict};
use hearken::{Post, Triage};

use super::page::{Page, four, share, three};
use super::{Context, wrong};
use crate::train_bundled::text_of;
use hearken_cli::failure::Failure;

const POSTS: &str = "data/sample/posts.jsonl";
const LABELS: &str = "data/sample/labels.tsv";

/// A post of the sample, what its author was meant to write, and what was answered.
pub(crate) struct Labelled {
    language: String,
    pub(crate) spam: bool,
    pub(crate) topic: Option<String>,
    sentiment: usize,
    pub(crate) urgent: bool,
    /// The topics that were named, most probable first.
    pub(crate) named: Vec<String>,
    pub(crate) triage: Triage,
}

/// The labels of sentiment, in the order of the head's.
const SENTIMENTS: [Polarity; 3] = [Polarity::Negative, Polarity::Neutral, Polarity::Positive];

/// The sample, triaged.
pub(crate) fn read(context: &Context<'_>) -> Result<Vec<Labelled>, Failure> {
    let (posts, labels) = (text_of(Path::new(POSTS))?, text_of(Path::new(LABELS))?);
    let posts: Vec<Post<'_>> = posts
        .lines()
        .enumerate()
        .map(|(at, line)| {
            Post::from_json(line).map_err(|error| wrong(POSTS, at, &error.to_string()))
        })
        .collect::<Result<_, _>>()?;
    let triages = context.engine.triage_batch(&posts);
    let lines = labels.lines().enumerate().skip(1);
    let labelled = lines
        .zip(posts.iter().zip(triages))
        .map(|((at, line), (post, triage))| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [id, spam, topic, sentiment, urgent, ..] = fields.as_slice() else {
                return Err(wrong(LABELS, at, "fewer than five fields"));
            };
            if post.id.as_deref() != Some(id) {
                return Err(wrong(
                    LABELS,
                    at,
                    "another post than in that line of the posts",
                ));
            }
            let named =
                |polarity: &Polarity| format!("{polarity:?}").eq_ignore_ascii_case(sentiment);
            Ok(Labelled {
                language: post.lang.as_deref().unwrap_or_default().to_owned(),
                spam: *spam == "1",
                topic: (*topic != "-").then(|| (*topic).to_owned()),
                sentiment: SENTIMENTS
                    .iter()
                    .position(named)
                    .ok_or_else(|| wrong(LABELS, at, "no sentiment"))?,
                urgent: *urgent == "1",
                named: context
                    .engine
                    .answer(post, &triage)
                    .topics
                    .iter()
                    .map(|topic| topic.id.to_string())
                    .collect(),
                triage,
            })
        });
    labelled.collect()
}

pub(crate) fn write(sample: &[Labelled], page: &mut Page) {
    page.section(
        "The sample, language by language",
        "The invented posts of `data/sample`, which train nothing, by the language that their \
         authors write. Spam: the share of it that is called spam, and of the other posts (false \
         alarms). Sentiment and importance of the posts that are no spam; importance is its mean \
         score, 0 to 100. Topic: the right one is first; is among those named; none is named where \
         there is none.",
    );
    let mut languages: Vec<&str> = sample.iter().map(|post| post.language.as_str()).collect();
    languages.sort_unstable();
    languages.dedup();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for language in languages {
        let of: Vec<&Labelled> = sample
            .iter()
            .filter(|post| post.language == language)
            .collect();
        rows.push(figures(language, &of));
    }
    rows.push(figures("all", &sample.iter().collect::<Vec<_>>()));
    let header = [
        "language",
        "posts",
        "language found",
        "spam found",
        "false alarms",
        "sentiment accuracy",
        "macro F1",
        "calibration",
        "urgent",
        "routine",
        "topic first",
        "named",
        "none",
    ];
    page.table(&header, &rows);
}

fn figures(name: &str, posts: &[&Labelled]) -> Vec<String> {
    let count = |of: &[&Labelled], wanted: &dyn Fn(&Labelled) -> bool| {
        of.iter().filter(|post| wanted(post)).count()
    };
    let (spam, ham): (Vec<&Labelled>, Vec<&Labelled>) =
        posts.iter().copied().partition(|post| post.spam);
    let called = |post: &Labelled| post.triage.spam.verdict == Verdict::Spam;
    let sentiment = Evaluation::from_predictions(
        "sentiment",
        &SENTIMENTS.map(|one| format!("{one:?}")),
        &predictions(&ham),
    );
    let mean = |urgent: bool| {
        let scores: Vec<f64> = ham
            .iter()
            .filter(|post| post.urgent == urgent)
            .map(|post| f64::from(post.triage.importance.score))
            .collect();
        format!(
            "{:.1}",
            scores.iter().sum::<f64>() / scores.len().max(1) as f64
        )
    };
    let (with, without): (Vec<&Labelled>, Vec<&Labelled>) =
        ham.iter().copied().partition(|post| post.topic.is_some());
    vec![
        name.to_owned(),
        posts.len().to_string(),
        share(
            count(posts, &|post| post.triage.language.code() == post.language),
            posts.len(),
        ),
        share(count(&spam, &called), spam.len()),
        share(count(&ham, &called), ham.len()),
        four(sentiment.accuracy),
        four(sentiment.macro_f1),
        three(sentiment.calibration_error),
        mean(true),
        mean(false),
        share(
            count(&with, &|post| post.named.first() == post.topic.as_ref()),
            with.len(),
        ),
        share(
            count(&with, &|post| {
                post.topic
                    .as_ref()
                    .is_some_and(|topic| post.named.contains(topic))
            }),
            with.len(),
        ),
        share(
            count(&without, &|post| post.named.is_empty()),
            without.len(),
        ),
    ]
}

/// What the sentiment head said of `posts`.
fn predictions(posts: &[&Labelled]) -> Vec<Prediction> {
    posts
        .iter()
        .map(|post| {
            let sentiment = post.triage.sentiment;
            let probabilities = [sentiment.negative, sentiment.neutral, sentiment.positive];
            let given = SENTIMENTS
                .iter()
                .position(|one| *one == sentiment.label)
                .unwrap_or(0);
            Prediction {
                truth: post.sentiment,
                given,
                probability: probabilities[given],
                of_truth: probabilities[post.sentiment],
            }
        })
        .collect()
}
