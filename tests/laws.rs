//! Laws: whatever the text, answers are the same bytes, sum to what they say, and no input
//! is a panic.

mod support;

use hearken::model::{Familiarity, Model};
use hearken::taxonomy::Taxonomy;
use hearken::{Engine, Post};
use proptest::prelude::*;
use support::{HEADS, faults, lines, sample, tiny, words};

/// Pieces that mean something to some part of the engine, beside the words of the tiny model.
const PIECES: [&str; 36] = [
    "refund",
    "not",
    "never",
    "glass",
    "urgent",
    "please help",
    "!!!",
    "?",
    "@nordwind",
    "#late#",
    "#late",
    "http://a.example/b",
    "😡",
    "[怒]",
    "加V",
    "薇❤",
    "微 信 abc123",
    "着火",
    "投诉",
    "退款",
    "統(tǒng)計",
    "訂單",
    "还没到",
    "ihned",
    "nefunguje",
    "NIKDY",
    "příšera",
    "priserne",
    "ｆｒｅｅ",
    "fr\u{200b}ee",
    "sooooo",
    "+420 600 000 000",
    "a@b.example",
    "\u{202e}",
    "e\u{301}\u{327}",
    "㍿ﬁ",
];

fn text() -> impl Strategy<Value = String> {
    let known: Vec<String> = HEADS
        .iter()
        .enumerate()
        .flat_map(|(head, (_, labels))| (0..labels.len()).flat_map(move |label| words(head, label)))
        .collect();
    let piece = prop_oneof![
        4 => prop::sample::select(known),
        4 => prop::sample::select(&PIECES[..]).prop_map(String::from),
        1 => "\\PC{0,6}",
        1 => "[a-zA-Z0-9ěščřž]{1,8}",
        1 => "[一-龥]{1,5}",
        1 => any::<String>().prop_map(|any| any.chars().take(12).collect()),
    ];
    (prop::collection::vec(
        (piece, prop::sample::select(&["", " ", "，", "\n"][..])),
        0..12,
    ))
    .prop_map(|pieces| {
        pieces
            .iter()
            .flat_map(|(piece, gap)| [piece.as_str(), *gap])
            .collect()
    })
}

prop_compose! {
    fn post()(
        text in text(),
        followers in prop::option::of(any::<u64>()),
        counts in prop::option::of(any::<[u64; 4]>()),
        verified in prop::option::of(any::<bool>()),
        tier in prop::option::of(prop::sample::select(&["vip", "GOLD", "basic", "other", ""][..])),
    ) -> Post<'static> {
        let mut post = Post::new(text);
        post.author.followers = followers;
        post.author.verified = verified;
        post.customer.tier = tier.map(Into::into);
        if let Some([likes, reposts, replies, views]) = counts {
            let engagement = &mut post.engagement;
            (engagement.likes, engagement.reposts) = (Some(likes), Some(reposts));
            (engagement.replies, engagement.views) = (Some(replies), Some(views));
        }
        post
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_sums_to_its_score(post in post()) {
        let faults = faults(tiny(), &post);
        prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_used_scratch_is_as_good_as_a_fresh_one(posts in prop::collection::vec(post(), 1..8)) {
        let engine = tiny();
        let mut used = engine.scratch();
        for post in &posts {
            prop_assert_eq!(engine.triage(post, &mut used), engine.triage(post, &mut engine.scratch()));
        }
        // The same again in the other order, and after other calls that use it.
        for post in posts.iter().rev() {
            engine.probabilities("shape", &posts[0].text, &mut used);
            prop_assert_eq!(engine.triage(post, &mut used), engine.triage(post, &mut engine.scratch()));
        }
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in bytes()) {
        let text = String::from_utf8_lossy(&bytes);
        let post = Post::new(text.as_ref());
        let faults = faults(tiny(), &post);
        prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
        if let Err(error) = Post::from_json(&text) {
            prop_assert!(error.is_post(), "{:?}", error);
        }
        if let Err(error) = Taxonomy::from_toml(&text) {
            prop_assert!(error.is_taxonomy(), "{:?}", error);
        }
        prop_assert!(Model::from_bytes(&bytes).is_err_and(|error| error.is_model()));
    }

    #[test]
    fn nearly_right_input_is_no_panic(
        at in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        put in prop::sample::select(&["\"", "\\", "{", "}", "[", "]", "\\ud800", "null", "1e999", "=", "\n", "*", "é", ","][..]),
    ) {
        let splice = |text: &str| {
            let (at, cut) = (at.index(text.len() + 1), cut.index(12));
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let end = (at + cut..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            format!("{}{put}{}", &text[..at], &text[end..])
        };
        let line = r#"{"id":"77","text":"a \u00e9 😡","created_at":"2026-03-01T08:15:00+08:00","author":{"id":"u1","followers":12,"verified":false},"engagement":{"likes":3}}"#;
        let line = splice(line);
        match Post::from_json(&line) {
            Ok(post) => { tiny().triage(&post, &mut tiny().scratch()); }
            Err(error) => prop_assert!(error.is_post() && !error.to_string().contains('\n'), "{error:?}"),
        }
        let taxonomy = splice("[[topic]]\nid = \"late\"\nname = { en = \"Late\" }\nstrong.en = [\"train is late\"]\nterms = { cs = [\"vlak*\"] }\n");
        if let Err(error) = Taxonomy::from_toml(&taxonomy) {
            prop_assert!(error.is_taxonomy() && !error.to_string().contains('\n'), "{error:?}");
        }
    }

    #[test]
    fn threads_and_batches_leave_no_trace(posts in prop::collection::vec(post(), 0..40), size in 1..40usize) {
        let engine = tiny();
        let mut scratch = engine.scratch();
        let one: Vec<_> = posts.iter().map(|post| engine.triage(post, &mut scratch)).collect();
        prop_assert_eq!(&engine.triage_batch(&posts), &one);
        let chunks: Vec<_> = posts.chunks(size).flat_map(|chunk| engine.triage_batch(chunk)).collect();
        prop_assert_eq!(&chunks, &one);
    }
}

#[test]
fn the_sample_gives_the_same_bytes_on_any_number_of_threads() {
    let (engine, posts) = (tiny(), &sample()[..700]);
    let mut scratch = engine.scratch();
    let one: Vec<_> = posts
        .iter()
        .map(|post| engine.triage(post, &mut scratch))
        .collect();
    let one = lines(engine, posts, &one);
    assert!(one.lines().count() == posts.len() && one.contains("\"id\":\"p0700\""));
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        for size in [1, 100, 256, posts.len()] {
            let answers: Vec<_> = pool.install(|| {
                posts
                    .chunks(size)
                    .flat_map(|chunk| engine.triage_batch(chunk))
                    .collect()
            });
            assert!(
                lines(engine, posts, &answers) == one,
                "{threads} threads, {size} posts at a time"
            );
        }
        // What a service does besides is given back in order too.
        let written = pool.install(|| {
            engine.map_batch(posts, |engine, scratch, post| {
                lines(
                    engine,
                    std::slice::from_ref(post),
                    &[engine.triage(post, scratch)],
                )
            })
        });
        assert!(
            written.concat() == one,
            "{threads} threads, written on them"
        );
    }
}

#[test]
fn the_sample_is_explained_to_the_last_point() {
    let faults: Vec<String> = sample()
        .iter()
        .step_by(4)
        .flat_map(|post| faults(tiny(), post))
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults, such as\n{}",
        faults.len(),
        faults[..faults.len().min(5)].join("\n")
    );
}

/// The margin that is explained is the one that was answered: its calibration gives
/// the answered probability.
#[test]
fn a_margin_explains_its_probability() {
    let engine = tiny();
    let mut seen = 0;
    for post in sample().iter().step_by(20) {
        let text = format!(
            "{} {} {}",
            words(2, 1)[seen % 6],
            post.text,
            words(4, 0)[seen % 5]
        );
        for head in engine.explain(&Post::new(text)).heads {
            let Some(spec) = support::tiny_model()
                .heads()
                .iter()
                .find(|spec| spec.task == head.head && spec.lanes() == 1)
            else {
                continue;
            };
            let mut probabilities = Vec::new();
            let familiarity = Familiarity {
                share: head.known,
                nothing: false,
            };
            let margin = head.margin as f64 / hearken::explain::SCALE as f64;
            spec.calibration
                .probabilities(&[margin], familiarity, &mut probabilities);
            assert!(
                (probabilities[1] - head.probability).abs() <= 0.0006,
                "{head:?}"
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn engines_of_the_same_parts_answer_the_same() {
    let again = Engine::builder()
        .without_bundled_models()
        .model(support::tiny_model().clone())
        .build()
        .expect("fits");
    let posts = &sample()[..100];
    assert_eq!(again.triage_batch(posts), tiny().triage_batch(posts));
}

#[cfg(feature = "train")]
mod counts {
    use hearken::internals::hash::FeatureKind;
    use hearken::train::FeatureCounts;
    use hearken::train::documents::Document;

    use super::*;

    const CLASSES: usize = 3;

    /// Documents over few features, so that they share some.
    fn documents() -> impl Strategy<Value = Vec<(Document, u16)>> {
        let features = prop::collection::btree_map(0..20u64, 1..4u16, 0..8);
        let document = features.prop_map(|features| Document {
            features: features
                .into_iter()
                .map(|(hash, times)| (hash * 0x9e37_79b9, FeatureKind::Word, times))
                .collect(),
            ..Document::default()
        });
        prop::collection::vec((document, 0..CLASSES as u16), 0..12)
    }

    fn of(documents: &[(Document, u16)]) -> FeatureCounts {
        FeatureCounts::from_documents(
            CLASSES,
            documents.iter().map(|(document, class)| (document, *class)),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merge_is_a_commutative_monoid_and_subtract_undoes_it(a in documents(), b in documents(), c in documents()) {
            let [a, b, c] = [a, b, c].map(|documents| of(&documents));
            prop_assert_eq!(a.merge(&b), b.merge(&a));
            prop_assert_eq!(a.merge(&b).merge(&c), a.merge(&b.merge(&c)));
            prop_assert_eq!(&a.merge(&FeatureCounts::new(CLASSES)), &a);
            prop_assert_eq!(&FeatureCounts::new(CLASSES).merge(&a), &a);
            prop_assert_eq!(&a.merge(&b).subtract(&b).unwrap(), &a);
            prop_assert_eq!(a.subtract(&a).unwrap(), FeatureCounts::new(CLASSES));
        }

        #[test]
        fn shards_of_any_split_equal_one(all in documents(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(all.len() + 1)).chain([0, all.len()]).collect();
            cuts.sort_unstable();
            let shards = cuts.windows(2).map(|ends| of(&all[ends[0]..ends[1]]));
            let merged = shards.fold(FeatureCounts::new(CLASSES), |sum, shard| sum.merge(&shard));
            prop_assert_eq!(&merged, &of(&all));
            prop_assert_eq!(merged.texts().iter().sum::<u64>(), all.len() as u64);
            prop_assert!(merged.entries().is_sorted_by(|a, b| (a.hash, a.class) < (b.hash, b.class)));
            prop_assert!(merged.entries().iter().all(|entry| entry.count > 0));
        }

        #[test]
        fn what_was_never_learnt_is_not_unlearnt(a in documents(), b in documents()) {
            let (a, b) = (of(&a), of(&b));
            match a.subtract(&b) {
                Ok(rest) => prop_assert_eq!(rest.merge(&b), a),
                Err(error) => prop_assert!(error.is_training()),
            }
        }
    }
}
