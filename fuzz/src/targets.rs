//! The five targets.

use std::sync::LazyLock;

use hearken::campaign::Campaigns;
use hearken::context::Memory;
use hearken::importance::Settings;
use hearken::internals::{Analysis, Analyzer};
use hearken::internals::{Folded, Folder};
use hearken::internals::{Sums, Table};
use hearken::model::Model;
use hearken::novelty::Novelty;
use hearken::post::{FieldMap, Reader};
use hearken::queue::Queue;
use hearken::series::surprise::Detector;
use hearken::snapshot::Snapshot;
use hearken::stream::Remembered;
use hearken::taxonomy::Taxonomy;
use hearken::terms::Rules;
use hearken::trend::{Trends, Watch};
use hearken::{Error, Post};

use crate::Outcome;

/// What separates a file from the list that it names, a map of fields from the line it reads, and
/// the messages of one outcome.
pub const SEPARATOR: char = '\u{1e}';

fn refused(error: &Error) -> Outcome {
    let message = error.to_string();
    assert!(!message.trim().is_empty(), "a refusal without a word");
    Outcome::Refused(message)
}

/// A line of JSON, or a map of fields, a separator and a line.
///
/// Reading never panics, and the map of a post's own names reads what [`Post::from_json`] reads.
pub fn post(data: &[u8]) -> Outcome {
    let input = String::from_utf8_lossy(data);
    if let Some((map, line)) = input.split_once(SEPARATOR) {
        let map = match FieldMap::preset(map).or_else(|_| FieldMap::parse(map)) {
            Ok(map) => map,
            Err(error) => return refused(&error),
        };
        for post in map.unpack(line).into_iter().flatten() {
            let _ = map.read(&post);
        }
        let lenient = Reader::new().map(map.clone()).read(line);
        return match map.read(line) {
            Ok(_) if lenient.is_err() => panic!("a lenient reader refuses what a strict one reads"),
            Ok(_) => Outcome::Accepted("mapped"),
            Err(error) => refused(&error),
        };
    }
    let read = Post::from_json(&input);
    let mapped = FieldMap::default().read(&input);
    match (read, mapped) {
        (Ok(read), Ok(mapped)) => {
            assert_eq!(read, mapped, "by its own names the map reads another post");
            let _ = read.age_at_counts();
            Outcome::Accepted("post")
        }
        (Err(error), Err(_)) => refused(&error),
        // A map looks at the whole line, so a field that `Post::from_json` passes over must be a
        // value of JSON that 64 bits hold too.
        (Ok(_), Err(_)) if serde_json::from_str::<serde_json::Value>(&input).is_err() => {
            Outcome::Accepted("post that no map reads")
        }
        (read, mapped) => panic!("from_json: {read:?}\nthe default map: {mapped:?}"),
    }
}

/// A text.
///
/// Folding a folded text changes nothing. Every span of the folded text comes from a span of the
/// original that lies within it and on boundaries of its characters.
pub fn fold(data: &[u8]) -> Outcome {
    static FOLDER: LazyLock<Folder> = LazyLock::new(Folder::new);
    let original = String::from_utf8_lossy(data);
    let mut folded = Folded::default();
    FOLDER.fold(&original, &mut folded);
    let text = folded.as_str();
    let twice = FOLDER.fold_term(text);
    assert_eq!(twice, text, "folded twice");
    let check = |from: usize, to: usize| {
        let span = folded.original_span(from..to);
        assert!(
            original.get(span.clone()).is_some(),
            "{from}..{to} of {text:?} is {span:?} of {original:?}"
        );
        span
    };
    let mut before = 0;
    for (from, character) in text.char_indices() {
        let span = check(from, from + character.len_utf8());
        assert!(
            before <= span.start,
            "the map goes back at {from}: {text:?}"
        );
        before = span.start;
    }
    // Spans that end within a character, beyond the text, or before they begin.
    let whole = check(0, text.len());
    check(0, usize::MAX);
    check(usize::MAX, 0);
    for at in 0..text.len().min(64) {
        let span = check(at, at + 1);
        assert!(whole.start <= span.start && span.end <= whole.end);
        check(at, at);
    }
    let saw = folded.disguises();
    let kinds = [
        saw.look_alikes,
        saw.invisible,
        saw.spaced_out,
        saw.contact_variants,
        saw.pinyin_notes,
        saw.full_width,
        saw.elongations,
        saw.traditional,
    ];
    let kinds: String = kinds
        .map(|count| if count > 0 { 'x' } else { '-' })
        .iter()
        .collect();
    // Which disguises it saw: there is nothing to accept, and nothing to refuse.
    Outcome::Refused(kinds)
}

/// A model's file.
///
/// It is refused, or its bytes are a fixed point and it scores texts without a panic, each head
/// with probabilities that sum to 1.
pub fn model(data: &[u8]) -> Outcome {
    static ANALYZER: LazyLock<Analyzer> =
        LazyLock::new(|| Analyzer::bundled().expect("the bundled lexicons are sound"));
    let model = match Model::from_bytes(data) {
        Ok(model) => model,
        Err(error) => return refused(&error),
    };
    let bytes = model.to_bytes();
    match Model::from_bytes(&bytes) {
        Ok(again) => assert!(
            again.to_bytes() == bytes,
            "a model's bytes change when read again"
        ),
        Err(error) => panic!("a model refuses its own bytes: {error}"),
    }
    let table = Table::new(&model);
    let (mut analysis, mut sums) = (Analysis::default(), Sums::default());
    let (mut margins, mut probabilities) = (Vec::new(), Vec::new());
    for text in [
        "",
        "red",
        "Red and blue shoes, where is my refund?",
        "快递三天还没到",
        "😡",
    ] {
        ANALYZER.prepare(text, &mut analysis);
        let mut summing = table.start(&mut sums);
        ANALYZER.feed(&mut analysis, &mut summing);
        summing.finish();
        for (head, known) in table.heads().iter().enumerate() {
            let familiarity = table.familiarity(head, &sums);
            table.probabilities(
                head,
                &sums,
                &analysis.signals,
                (|_| 0, familiarity),
                &mut margins,
                &mut probabilities,
            );
            assert_eq!(probabilities.len(), known.labels.len());
            let sum: f32 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "{probabilities:?} sum to {sum}");
            if let Some((label, _)) = known.calibration.choose(&probabilities) {
                assert!(label < known.labels.len());
            }
        }
    }
    Outcome::Accepted("model")
}

/// A snapshot of any kind.
///
/// It is refused, or its state is written to bytes that give the same bytes when they are read and
/// written again. (They may differ from the input's: a number has several forms in postcard, of
/// which hearken writes the shortest.)
pub fn snapshots(data: &[u8]) -> Outcome {
    fn read<S: Snapshot>(data: &[u8], last: Outcome) -> Outcome {
        if matches!(last, Outcome::Accepted(_)) {
            return last;
        }
        let state = match S::from_bytes(data) {
            Ok(state) => state,
            Err(error) => {
                // Of nine refusals that of the kind it claims to be says most.
                let Outcome::Refused(message) = refused(&error) else {
                    return last;
                };
                let other_kind = message.contains("this is a snapshot of");
                return if other_kind {
                    last
                } else {
                    Outcome::Refused(message)
                };
            }
        };
        let bytes = state
            .to_bytes()
            .expect("a state that was read can be written");
        let again = match S::from_bytes(&bytes) {
            Ok(again) => again.to_bytes().expect("it could be written before"),
            Err(error) => panic!(
                "a snapshot of {} refuses its own bytes: {error}",
                std::any::type_name::<S>()
            ),
        };
        assert!(
            again == bytes,
            "a snapshot of {} changes when it is read again",
            std::any::type_name::<S>()
        );
        Outcome::Accepted(std::any::type_name::<S>())
    }
    let none = Outcome::Refused("of no known kind".into());
    let outcome = read::<Campaigns>(data, none);
    let outcome = read::<Memory>(data, outcome);
    let outcome = read::<Novelty>(data, outcome);
    let outcome = read::<Remembered>(data, outcome);
    let outcome = read::<Queue>(data, outcome);
    let outcome = read::<Trends>(data, outcome);
    let outcome = read::<Watch>(data, outcome);
    read::<Detector>(data, outcome)
}

/// Rules with the list that they may name (`terms.tsv`) after a separator, a taxonomy, or settings
/// of importance: every text is read as each of them.
///
/// Each is refused with a message that names a line, or can be used.
pub fn rules(data: &[u8]) -> Outcome {
    let input = String::from_utf8_lossy(data);
    let (text, list) = input.split_once(SEPARATOR).unwrap_or((&input, ""));
    let rules = Rules::from_toml(text, &[("terms.tsv", list)]);
    let taxonomy = Taxonomy::from_toml(text);
    let settings = Settings::from_toml(text);
    if let Ok(rules) = &rules {
        for rule in 0..rules.len() {
            assert!(rules.id(rule).is_some_and(|id| !id.is_empty()));
        }
        if !rules.is_empty() {
            let twice = rules.clone().join(rules.clone());
            assert!(twice.is_err(), "two rules of one name");
        }
        if !rules.is_empty() || rules.lists().next().is_some() {
            return Outcome::Accepted("rules");
        }
    }
    if let Ok(taxonomy) = &taxonomy {
        assert!(taxonomy.to_terms().all(|term| !term.text.is_empty()));
        for topic in &taxonomy.topics {
            assert!((0.0..=1.0).contains(&topic.threshold()));
            assert!(taxonomy.index_of(&topic.id).is_some());
        }
        return Outcome::Accepted("taxonomy");
    }
    if let Ok(settings) = &settings {
        assert!(settings.levels().is_sorted(), "levels descend");
        for (share, count) in [(0.0, 0), (0.5, 1), (f32::NAN, u32::MAX), (f32::INFINITY, 3)] {
            for points in [
                settings.waiting(share, count),
                settings.repeat(count, count, count),
                settings.tier(Some("gold")),
                settings.tier(Some("x")),
            ] {
                assert!((-100..=100).contains(&points), "{points} points");
            }
        }
        if !text.trim().is_empty() {
            return Outcome::Accepted("settings");
        }
    }
    let errors = [rules.err(), taxonomy.err(), settings.err()];
    let messages: Vec<String> = errors
        .iter()
        .flatten()
        .map(|error| {
            assert!(
                error.to_string().contains("line "),
                "without a line: {error}"
            );
            error.to_string()
        })
        .collect();
    Outcome::Refused(messages.join(&SEPARATOR.to_string()))
}
