//! The sections of the mistakes: what kinds of posts are answered wrongly, and the surest mistakes
//! described in kind. No text and no word of a text is shown.

use std::collections::BTreeMap;

use hearken::explain::{Evidence, Explanation};
use hearken::internals::{Analysis, Analyzer, List, TokenKind, signal};
use hearken::text::EntityKind;
use hearken::train::{Example, Prediction};
use hearken::{Engine, Post};

use super::page::Page;

/// Mistakes that are described, of all sets together, and most of one set: otherwise the largest
/// set would fill the list.
const DESCRIBED: usize = 20;
const OF_ONE_SET: usize = 2;
/// Words below which a post is short, and above which it is long.
const SHORT: usize = 6;
const LONG: usize = 60;
/// The share of capitals among the letters above which a post counts as shouting.
const SHOUTING: f32 = 0.5;
/// Expected mistakes below which a kind is too rare to say anything of.
const MIN_POSTS: f64 = 10.0;
/// Shares of the evidence that are named, most and least.
const NAMED_PARTS: usize = 4;
const MIN_PART: f64 = 0.05;

/// The kinds of posts that are distinguished, a bit each.
const KINDS: [&str; 20] = [
    "negation",
    "contrast",
    "intensifier",
    "question",
    "exclamation",
    "emoji or emoticon",
    "link",
    "mention",
    "hashtag",
    "elongation",
    "capitals",
    "disguised letters",
    "good and bad words",
    "no sentiment word",
    "insult",
    "request",
    "no listed term",
    "short",
    "long",
    "language not told",
];

/// What was seen of the mistakes on one set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    posts: usize,
    mistakes: usize,
    /// Posts and mistakes of each kind.
    kinds: [(usize, usize); KINDS.len()],
    surest: Vec<Mistake>,
}

#[derive(Clone, Debug)]
struct Mistake {
    probability: f32,
    cells: Vec<String>,
}

/// What can be said of a text without showing it.
struct Described {
    kinds: u32,
    language: &'static str,
    words: usize,
}

/// Looks at the mistakes that the head `task` of `engine` made on `examples`.
pub(crate) fn note(
    engine: &Engine,
    analyzer: &Analyzer,
    task: &str,
    set: &str,
    examples: &[Example],
    predictions: &[Prediction],
) -> Notes {
    let described = engine.map_batch(examples, |_, _, example| describe(analyzer, &example.text));
    let mut notes = Notes {
        posts: examples.len(),
        ..Notes::default()
    };
    let mut wrong: Vec<usize> = Vec::new();
    for (at, (text, prediction)) in described.iter().zip(predictions).enumerate() {
        let mistaken = prediction.given != prediction.truth;
        if mistaken {
            wrong.push(at);
        }
        notes.mistakes += usize::from(mistaken);
        for (_, kind) in notes
            .kinds
            .iter_mut()
            .enumerate()
            .filter(|(bit, _)| text.kinds & 1 << bit != 0)
        {
            kind.0 += 1;
            kind.1 += usize::from(mistaken);
        }
    }
    wrong.sort_by(|&a, &b| {
        predictions[b]
            .probability
            .total_cmp(&predictions[a].probability)
            .then(a.cmp(&b))
    });
    let labels = engine.labels(task).unwrap_or_default();
    let label = |index: usize| labels.get(index).map_or("", String::as_str);
    let mut taken: Vec<&str> = Vec::new();
    for at in wrong {
        // A text that occurs twice is one mistake.
        if taken.contains(&examples[at].text.as_str()) {
            continue;
        }
        taken.push(&examples[at].text);
        let (prediction, text) = (&predictions[at], &described[at]);
        let explanation = engine.explain(&Post::new(examples[at].text.as_str()));
        notes.surest.push(Mistake {
            probability: prediction.probability,
            cells: vec![
                if task == set {
                    set.to_owned()
                } else {
                    format!("{task}, {set}")
                },
                format!(
                    "{} → {} {:.3}",
                    label(prediction.truth),
                    label(prediction.given),
                    prediction.probability
                ),
                text.language.to_owned(),
                text.words.to_string(),
                names(text.kinds).join(", "),
                spoke(&explanation, task, labels, prediction.given),
            ],
        });
        if taken.len() == OF_ONE_SET {
            break;
        }
    }
    notes
}

/// The kinds of a text, its language and its length.
fn describe(analyzer: &Analyzer, text: &str) -> Described {
    let mut analysis = Analysis::default();
    analyzer.prepare(text, &mut analysis);
    let lexicon = analyzer.lexicon();
    let (mut good, mut bad) = (false, false);
    let mut listed = |wanted: List| {
        let mut found = false;
        for (hit, &negated) in analysis.hits.iter().zip(&analysis.negated) {
            let Some(term) = lexicon.brief(hit.term).filter(|term| term.list == wanted) else {
                continue;
            };
            found = true;
            if wanted == List::Sentiment {
                let strength = if negated {
                    -term.strength
                } else {
                    term.strength
                };
                good |= strength > 0;
                bad |= strength < 0;
            }
        }
        found
    };
    let [negation, contrast, intensifier, sentiment, insult, request] = [
        List::Negation,
        List::Contrast,
        List::Intensifier,
        List::Sentiment,
        List::Insult,
        List::Request,
    ]
    .map(&mut listed);
    let entity = |kinds: &[EntityKind]| {
        analysis
            .entities
            .iter()
            .any(|entity| kinds.contains(&entity.kind))
    };
    let measure = |name: &str| {
        let index = signal::NAMES.iter().position(|other| *other == name);
        index
            .and_then(|index| analysis.signals.get(index))
            .copied()
            .unwrap_or(0.0)
    };
    let words = analysis
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Han))
        .count();
    let language = analysis.language.language.code();
    let flags = [
        negation,
        contrast,
        intensifier,
        measure("questions") > 0.0,
        measure("exclamations") > 0.0,
        entity(&[EntityKind::Emoji, EntityKind::Emoticon]),
        entity(&[EntityKind::Url]),
        entity(&[EntityKind::Mention]),
        entity(&[EntityKind::Hashtag]),
        measure("elongations") > 0.0,
        measure("capitals") > SHOUTING,
        measure("disguises") > 0.0,
        good && bad,
        !sentiment,
        insult,
        request,
        analysis.hits.is_empty(),
        words < SHORT,
        words > LONG,
        language == "und",
    ];
    let kinds = flags
        .iter()
        .enumerate()
        .filter(|(_, flag)| **flag)
        .fold(0, |bits, (bit, _)| bits | 1 << bit);
    Described {
        kinds,
        language,
        words,
    }
}

fn names(kinds: u32) -> Vec<&'static str> {
    KINDS
        .iter()
        .enumerate()
        .filter(|(bit, _)| kinds & 1 << bit != 0)
        .map(|(_, name)| *name)
        .collect()
}

/// The evidence for the label that was given: its kinds, with their shares of the whole.
fn spoke(explanation: &Explanation, task: &str, labels: &[String], given: usize) -> String {
    let Some(head) = explanation.heads.iter().find(|head| head.head == task) else {
        return "nothing: there is no word to judge by".to_owned();
    };
    // Of two labels the second one's margin is explained; the evidence for the first stands there
    // with its sign turned.
    let sign = match labels {
        [first, second] if head.label == *second && labels.get(given) == Some(first) => -1,
        _ if labels.get(given) == Some(&head.label) => 1,
        _ => return "–".to_owned(),
    };
    let mut parts: BTreeMap<String, i64> = BTreeMap::new();
    for evidence in &head.evidence {
        *parts.entry(part(evidence)).or_default() += (evidence.weight * sign).max(0);
    }
    let all: i64 = parts.values().sum();
    let mut parts: Vec<(f64, String)> = parts
        .into_iter()
        .map(|(name, weight)| (weight as f64 / all.max(1) as f64, name))
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let named = parts
        .iter()
        .take(NAMED_PARTS)
        .filter(|part| part.0 >= MIN_PART);
    let mut named: Vec<String> = named
        .map(|(share, name)| format!("{name} {:.0} %", share * 100.0))
        .collect();
    let known = |evidence: &Evidence| !matches!(&*evidence.kind, "bias" | "measure" | "signal");
    if !head.evidence.iter().any(known) {
        named.push("no known feature".to_owned());
    }
    named.join(", ")
}

/// The kind of a piece of evidence, and of a listed term its list.
fn part(evidence: &Evidence) -> String {
    match &*evidence.kind {
        "word" => "words".to_owned(),
        "pair" => "word pairs".to_owned(),
        "characters" | "han" => "characters".to_owned(),
        "entity" => "links, names and signs".to_owned(),
        "signal" | "measure" => "measures".to_owned(),
        "bias" => "base rate".to_owned(),
        // `list +strength: term`, see Engine::explain.
        "lexicon" => match evidence
            .text
            .split(':')
            .next()
            .unwrap_or_default()
            .rsplit_once(' ')
        {
            Some(("sentiment", strength)) if strength.starts_with('+') => {
                "listed good words".to_owned()
            }
            Some(("sentiment", _)) => "listed bad words".to_owned(),
            Some((list, _)) => format!("listed {list}"),
            None => "listed terms".to_owned(),
        },
        other => other.to_owned(),
    }
}

/// The kinds that are over-represented among the mistakes, and the surest mistakes, of
/// several sets together.
pub(crate) fn write<'a>(whose: &str, all: impl Iterator<Item = &'a Notes>, page: &mut Page) {
    let all: Vec<&Notes> = all.collect();
    page.section(
        &format!("Mistakes of the {whose}"),
        "No text is shown. A kind's mistakes are set against those that it would have if each \
         set's mistakes fell on its posts evenly, so that a hard set doesn't speak for its kind of \
         posts. Short: fewer than 6 words; long: more than 60.",
    );
    page.table(
        &["kind", "posts", "mistakes", "expected", "times as many"],
        &over_represented(&all),
    );
    page.part(
        &format!("The {DESCRIBED} surest mistakes of the {whose}"),
        &format!(
            "At most {OF_ONE_SET} of a set. Label → given label with its probability; the language \
             that was found; words; what is in the text; what spoke for the given label, as shares \
             of all that spoke for it (characters: sequences of them; measures: length, capitals, \
             signs and the like). Labels of the sets are taken as they are: some of the surest \
             mistakes are theirs."
        ),
    );
    let mut surest: Vec<&Mistake> = all.iter().flat_map(|notes| &notes.surest).collect();
    surest.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then_with(|| a.cells.cmp(&b.cells))
    });
    let rows: Vec<Vec<String>> = surest
        .iter()
        .take(DESCRIBED)
        .map(|mistake| mistake.cells.clone())
        .collect();
    page.table(
        &[
            "set",
            "label → given",
            "language",
            "words",
            "in it",
            "spoke for it",
        ],
        &rows,
    );
}

/// A row for each kind: posts, mistakes, expected mistakes and their ratio, the largest first. The
/// expectation is that of indirect standardisation: each set's share of mistakes times its posts
/// of the kind.
fn over_represented(all: &[&Notes]) -> Vec<Vec<String>> {
    let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
    for (at, kind) in KINDS.iter().enumerate() {
        let (mut posts, mut mistakes, mut expected) = (0, 0, 0.0);
        for notes in all {
            let (of_kind, wrong) = notes.kinds[at];
            posts += of_kind;
            mistakes += wrong;
            expected += of_kind as f64 * notes.mistakes as f64 / notes.posts.max(1) as f64;
        }
        if expected < MIN_POSTS {
            continue;
        }
        let ratio = mistakes as f64 / expected;
        let row = vec![
            (*kind).to_owned(),
            posts.to_string(),
            mistakes.to_string(),
            format!("{expected:.0}"),
            format!("{ratio:.2}"),
        ];
        rows.push((ratio, row));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    rows.into_iter().map(|(_, row)| row).collect()
}
