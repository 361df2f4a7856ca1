//! The engine: what it allocates, which threads may share it, and what builders and edges of
//! the input give.

mod support;

use std::panic::{RefUnwindSafe, UnwindSafe};

use hearken::triage::{Polarity, Verdict};
use hearken::{Engine, Post};
use support::{sample, tiny, tiny_model};

fn shared<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}

#[test]
fn every_public_type_is_shared_between_threads_and_survives_a_panic() {
    use hearken::*;
    shared::<(Engine, EngineBuilder, Scratch, Error)>();
    shared::<(
        Post<'static>,
        post::Author<'static>,
        post::Engagement,
        post::Customer<'static>,
        post::FieldMap,
    )>();
    shared::<(
        Triage,
        triage::HeadAnswer,
        triage::Spam,
        Verdict,
        triage::Topics,
        triage::TopicScore,
        triage::Sentiment,
    )>();
    shared::<(
        Polarity,
        triage::TermSpan,
        Answer<'static>,
        triage::AnswerLanguage,
        triage::AnswerSpam,
    )>();
    shared::<(
        campaign::Campaigns,
        internals::Fingerprint,
        campaign::Membership,
        campaign::Campaign,
        triage::CampaignId,
    )>();
    shared::<(
        triage::AnswerImportance,
        triage::AnswerTopic<'static>,
        triage::AnswerSentiment,
    )>();
    shared::<(triage::AnswerTerm<'static>, triage::AnswerHead<'static>)>();
    shared::<(
        explain::Explanation,
        explain::HeadExplanation,
        explain::Evidence,
        explain::Span,
    )>();
    shared::<(explain::ImportanceExplanation, explain::ImportancePart)>();
    shared::<(
        importance::Level,
        importance::Part,
        importance::Importance,
        internals::ledger::Judgement,
    )>();
    shared::<(
        model::Model,
        model::Head,
        model::Provenance,
        model::Calibration,
        model::SignalModel,
        internals::Table,
        internals::Sums,
    )>();
    shared::<(taxonomy::Taxonomy, taxonomy::Topic)>();
    shared::<(
        internals::Folder,
        internals::Folded,
        internals::TokenKind,
        internals::Token,
        text::EntityKind,
        internals::Entity,
    )>();
    shared::<(
        internals::EntityFinder,
        text::Language,
        internals::Identifier,
        internals::HanSegmenter,
    )>();
    shared::<(
        internals::Block,
        internals::Feature,
        internals::Analysis,
        internals::Analyzer,
        internals::hash::FeatureKind,
    )>();
    shared::<(
        internals::hash::Hasher,
        internals::List,
        internals::Term,
        internals::TermHit,
    )>();
    shared::<(internals::Lexicon, internals::LexiconBuilder)>();
    #[cfg(feature = "train")]
    {
        shared::<(
            train::FeatureCounts,
            internals::Entry,
            internals::Selected,
            train::Evaluation,
            train::ClassReport,
        )>();
        shared::<(
            train::Settings,
            train::Example,
            train::TrainOptions,
            train::documents::Document,
        )>();
        shared::<(
            learn::Correction,
            learn::Corrections,
            learn::Retraction,
            learn::Target,
            learn::Day,
            learn::Line,
        )>();
        shared::<(
            learn::Log,
            learn::Replay,
            learn::Torn,
            learn::Learner,
            learn::Followed,
        )>();
        shared::<(learn::Gate, learn::Judgement, learn::Compared, learn::Live)>();
    }
}

#[test]
fn an_error_is_a_word_wide() {
    assert_eq!(size_of::<hearken::Error>(), size_of::<usize>());
    assert_eq!(size_of::<hearken::Result<()>>(), size_of::<usize>());
}

#[test]
fn an_empty_text_says_nothing() {
    let engine = tiny();
    for text in ["", " ", "\n\t ", "\u{200b}", "\u{feff}"] {
        let post = Post::new(text);
        let triage = engine.triage(&post, &mut engine.scratch());
        assert_eq!(triage.language.code(), "und", "{text:?}");
        assert_eq!(triage.spam.verdict, Verdict::Unsure, "{text:?}");
        assert_eq!(triage.sentiment.label, Polarity::Neutral, "{text:?}");
        assert_eq!(triage.importance.score, 0, "{text:?}");
        assert!(
            triage.topics.as_slice().is_empty()
                && triage.terms.is_empty()
                && triage.heads.is_empty(),
            "{text:?}"
        );
        assert!(engine.explain(&post).heads.is_empty(), "{text:?}");
    }
}

#[test]
fn a_long_text_is_read_to_its_limit_and_says_so() {
    let engine = tiny();
    let limit = hearken::text::MAX_BYTES;
    let whole = "refund ".repeat(limit / 7 + 1);
    let (kept, long) = (
        &whole[..limit],
        format!("{}GLASS IN MY FOOD", &whole[..limit]),
    );
    let answer = |text: &str| engine.triage(&Post::new(text.to_string()), &mut engine.scratch());
    let (kept, mut long) = (answer(kept), answer(&long));
    assert!(!kept.truncated && long.truncated);
    long.truncated = false;
    assert_eq!(long, kept);
    // A character on the limit is not cut in two.
    let han = "退".repeat(limit / 3 + 1);
    assert!(answer(&han).truncated);
    let line = serde_json::to_string(&engine.answer(&Post::new(""), &answer(&han))).unwrap();
    assert!(line.contains("\"truncated\":true"), "{line}");
}

#[test]
fn heads_of_the_engines_own_names_play_their_parts() {
    let engine = tiny();
    assert_eq!(
        engine.tasks().collect::<Vec<_>>(),
        ["sentiment", "shape", "spam", "topic", "urgency"]
    );
    assert_eq!(engine.labels("shape").unwrap().len(), 5);
    assert!(engine.labels("no such head").is_none());
    assert!(
        engine
            .probabilities("no such head", "text", &mut engine.scratch())
            .is_empty()
    );
    let posts = [2, 4, 0]
        .map(|head| Post::new(support::words(head, if head == 0 { 0 } else { 1 })[..3].join(" ")));
    let [spam, urgent, negative] = posts.map(|post| engine.triage(&post, &mut engine.scratch()));
    assert_eq!(spam.spam.verdict, Verdict::Spam);
    assert!(
        urgent.urgency > 0.7 && negative.urgency < 0.7,
        "{} {}",
        urgent.urgency,
        negative.urgency
    );
    assert_eq!(negative.sentiment.label, Polarity::Negative);
    assert!(
        negative.sentiment.polarity < -0.4,
        "{:?}",
        negative.sentiment
    );
    // The embedder's own head answers under its name.
    let post = Post::new(support::words(1, 3)[..3].join(" "));
    let triage = engine.triage(&post, &mut engine.scratch());
    assert_eq!(
        engine.answer(&post, &triage).heads["shape"]
            .label
            .as_deref(),
        Some("knot")
    );
}

#[test]
fn two_heads_of_one_name_are_refused() {
    let twice = Engine::builder()
        .without_bundled_models()
        .model(tiny_model().clone())
        .model(tiny_model().clone());
    let error = twice.build().unwrap_err();
    assert!(
        error.is_model() && error.to_string().contains("two heads are named"),
        "{error}"
    );
}

#[test]
fn an_engine_without_models_still_finds_terms_and_topics() {
    let engine = Engine::builder().without_bundled_models().build().unwrap();
    assert_eq!(engine.tasks().count(), 0);
    let post = Post::new("There is glass in my food, I want a refund!");
    let triage = engine.triage(&post, &mut engine.scratch());
    assert_eq!(triage.spam.verdict, Verdict::Unsure);
    assert!(triage.importance.score > 0 && !triage.terms.is_empty());
    assert!(!triage.topics.as_slice().is_empty());
    let faults = support::faults(&engine, &post);
    assert!(faults.is_empty(), "{faults:?}");
}

/// Once its buffers have grown, a Latin post without terms of harm costs no allocation; a Han post
/// only what the segmenter's own call takes, a handful for each run of Han.
fn allocations(engine: &Engine) {
    let mut scratch = engine.scratch();
    for post in sample() {
        engine.triage(post, &mut scratch);
    }
    let (mut latin, mut han) = (0, 0);
    let mut wrong = Vec::new();
    for post in sample() {
        let triage = engine.triage(post, &mut scratch);
        // The fewer of two: another test may hold the matchers' buffers for a moment, and then new
        // ones are made.
        let [first, second] = [(); 2].map(|()| {
            allocation_counter::measure(|| drop(engine.triage(post, &mut scratch))).count_total
        });
        let used = first.min(second);
        // The answer itself holds lists: of terms found, and of the answers of added heads.
        let lists = u64::from(!triage.terms.is_empty()) * 3 + u64::from(!triage.heads.is_empty());
        let runs = post
            .text
            .chars()
            .fold((0, false), |(runs, within), character| {
                let is_han = hearken::internals::is_han(character);
                (runs + u64::from(is_han && !within), is_han)
            });
        let most = lists + 8 * runs.0;
        *(if runs.0 == 0 { &mut latin } else { &mut han }) += 1;
        if used > most {
            wrong.push(format!("{used} allocations, at most {most}: {}", post.text));
        }
    }
    assert!(latin > 500 && han > 500, "{latin} {han}");
    assert!(
        wrong.is_empty(),
        "{} posts, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
}

#[test]
fn a_latin_post_allocates_nothing_in_steady_state() {
    allocations(tiny());
}

#[cfg(feature = "bundled-models")]
#[test]
fn with_the_bundled_models_too() {
    allocations(&Engine::new().unwrap());
}

/// A scratch remembers words of earlier texts; under another engine they count differently.
#[test]
fn a_scratch_serves_two_engines() {
    let bare = Engine::builder()
        .without_bundled_models()
        .model(tiny_model().clone().without(&["spam", "shape"]));
    let bare = bare.build().unwrap();
    let text = [0, 2, 4]
        .map(|head| support::words(head, 1)[..3].join(" "))
        .join(" ");
    let post = Post::new(text);
    let mut scratch = tiny().scratch();
    for _ in 0..3 {
        for engine in [tiny(), &bare] {
            assert_eq!(
                engine.triage(&post, &mut scratch),
                engine.triage(&post, &mut engine.scratch())
            );
        }
    }
    assert_ne!(
        tiny().triage(&post, &mut scratch).spam,
        bare.triage(&post, &mut scratch).spam
    );
}

#[test]
fn an_answer_with_every_part_survives_its_line() {
    use hearken::terms::Rules;
    use hearken::triage::CampaignId;

    let rules = Rules::from_toml(
        "[[rule]]\nid = \"fire\"\nany = [\"smoke\"]\nseverity = 3\n",
        &[],
    );
    let engine = Engine::builder()
        .without_bundled_models()
        .model(tiny_model().clone())
        .rules(rules.unwrap())
        .build()
        .unwrap();
    // Words of the head that is not one of the four known ones, a rule, and more text than is read.
    let words = support::words(1, 3)[..3].join(" ");
    let post = Post {
        id: Some("\"7\"\n".into()),
        ..Post::new(format!("smoke {words} {}", "and on ".repeat(10_000)))
    };
    let mut triage = engine.triage(&post, &mut engine.scratch());
    triage.spam.campaign = Some(CampaignId(7));
    triage.quoted = true;
    support::line(&engine, &post, &triage);
    let mut answer = engine.answer(&post, &triage);
    answer.explanation = Some(engine.explain(&post));
    assert!(answer.truncated && !answer.rules.is_empty() && !answer.heads.is_empty());
    assert!(!answer.rules[0].parts.is_empty() && answer.id.is_some());
    support::survives_its_line(answer);
    // Without the parts that are left out of a line where they are empty.
    support::line(&engine, &Post::default(), &hearken::Triage::default());
    support::survives_its_line(engine.answer(&Post::default(), &hearken::Triage::default()));
}

/// Nobody trained the heads on German or Russian: nothing is said of such posts, they get no points
/// for what was not read, and they wait like posts that need an answer.
#[test]
#[cfg(feature = "bundled-models")]
fn what_no_head_was_trained_on_is_not_guessed() {
    let engine = Engine::new().unwrap();
    let mut scratch = engine.scratch();
    let mut answer = |text: &str| {
        let post = Post::new(text);
        let triage = engine.triage(&post, &mut scratch);
        let mut line = Vec::new();
        engine.write_answer(&post, &triage, &mut line);
        let written: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let read: hearken::AnswerOwned = serde_json::from_slice(&line).unwrap();
        assert_eq!(read, engine.answer(&post, &triage), "{text}");
        assert!(triage.needs_answer(), "{text}");
        written
    };
    for text in [
        "Das ist eine Frechheit, seit drei Wochen warte ich auf meine Bestellung und niemand antwortet.",
        "Безобразие, уже три недели жду свой заказ, и никто не отвечает на письма.",
    ] {
        let answer = answer(text);
        assert_eq!(answer["supported"], false, "{answer}");
        assert!(answer["spam"].is_null() && answer["sentiment"].is_null());
        assert!(answer["urgency"].is_null());
        assert!(answer["importance"]["parts"]["sentiment"].is_null());
    }
    // Slovak is read as Czech; a word or two are no language.
    for text in [
        "Toto je nehoráznosť, už tri týždne čakám na svoju objednávku a nikto neodpovedá na e-maily.",
        "Kde je moje objednávka?",
        "where is my order, nobody answers",
    ] {
        let answer = answer(text);
        assert!(
            answer["supported"].is_null() && answer["sentiment"].is_object(),
            "{answer}"
        );
    }
}
