//! Inputs that the present code writes: their form is always today's, so that mutants of them get
//! to today's checks. Files in `corpus` keep what was found before.

use hearken::campaign::{self, Campaigns};
use hearken::context::Context;
use hearken::importance::Level;
use hearken::internals::VERSION;
use hearken::internals::signal::COUNT;
use hearken::queue::{self, Agent, Queue};
use hearken::series::surprise::{self, Detector};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::stream::{Settings, Stream};
use hearken::text::Language;
use hearken::trend::{self, Trends, Watch, watch};
use hearken::{Engine, Post};
use serde_json::{Value, json};

use crate::frame::Frame;

const SAMPLE: &str = include_str!("../../data/sample/posts.jsonl");

/// Every fiftieth line of the sample, as it is and behind the map of a preset.
pub fn posts() -> Vec<Vec<u8>> {
    SAMPLE.lines().step_by(50).map(Vec::from).collect()
}

/// The texts of these.
pub fn texts() -> Vec<Vec<u8>> {
    let lines = SAMPLE.lines().step_by(20);
    lines
        .filter_map(|line| Post::from_json(line).ok())
        .map(|post| post.text.into_owned().into_bytes())
        .collect()
}

/// What is bundled, and a list.
pub fn rules() -> Vec<Vec<u8>> {
    let importance = include_str!("../../data/importance.toml");
    vec![importance.into()]
}

/// The models of the tests, and one that has every part that a file can have.
pub fn models() -> Vec<Vec<u8>> {
    let head = |task: &str, labels: &[&str]| -> Value {
        let lanes = if labels.len() == 2 { 1 } else { labels.len() };
        json!({
            "task": task, "labels": labels, "shift": 12, "bias": vec![1 << 30; lanes],
            "calibration": {
                "a": vec![-1.0; lanes], "b": vec![0.1; lanes], "sharpness": 1.5, "novelty": 0.5,
                "decision": vec![1.0; labels.len()], "thresholds": vec![0.25; labels.len()],
            },
            "signals": {"weight": 0.5, "gaussians": vec![vec![[1.0, 0.25, 0.0, 0.25]; COUNT]; lanes]},
            "languages": ["en", "zh"], "priors": vec![1.0 / labels.len() as f32; labels.len()],
            "stack": {"bias": -1.0, "learnt": 0.5, "terms": 0.5},
            "provenance": {"data": "none", "licence": "MIT", "posts": 1, "settings": {"alpha": "1"}},
        })
    };
    let heads = [head("kind", &["a", "b"]), head("topic", &["a", "b", "c"])];
    let header = json!({"features": VERSION, "heads": heads}).to_string();
    // Two rows of six numbers (energy and one lane, energy and three): the step to the key, a bit a
    // number, the numbers.
    let rows = [
        2, 0, 0, 0, 5, 0b11, 2, 4, 7, 0b11_1111, 2, 4, 1, 3, 0x80, 1, 9,
    ];
    let start = [&b"HEARKEN\n"[..], &1u32.to_le_bytes()].concat();
    vec![
        include_bytes!("../../tests/fixtures/tiny-v2.model").to_vec(),
        Frame::Model.join(&start, &[header.into_bytes(), rows.to_vec()]),
    ]
}

/// Every kind of snapshot: one of a state that saw nothing, and one of a state that saw posts.
pub fn snapshots() -> Vec<Vec<u8>> {
    let mut kept = Vec::new();
    for posts in [0, 24] {
        kept.extend(states(posts).expect("the default settings and the sample are sound"));
    }
    kept
}

fn states(count: usize) -> hearken::Result<Vec<Vec<u8>>> {
    let engine = Engine::builder().without_bundled_models().build()?;
    let mut scratch = engine.scratch();
    let mut stream = Stream::new(Settings::for_engine(&engine)?)?;
    let mut campaigns = Campaigns::new(campaign::Settings::default())?;
    let mut context = Context::new(Default::default(), engine.identities().clone())?;
    let mut queue = Queue::new(
        queue::Settings::default(),
        ServiceLevels::bundled()?,
        engine.importance().levels(),
    )?;
    let mut trends = Trends::new(trend::Settings::default())?;
    let mut watch = Watch::new(watch::Settings {
        warm_up: std::time::Duration::ZERO,
        min_authors: 1,
        budget: 1e6,
        ..watch::Settings::default()
    })?;
    let mut detector = Detector::new(surprise::Settings::default())?;
    // Neighbours in time: the same campaigns, threads and words.
    for (number, line) in SAMPLE.lines().take(count).enumerate() {
        let post = Post::from_json(line)?;
        let (mut triage, observation) = engine.observe(&post, &mut scratch);
        triage.importance.level = Level::High;
        trends.observe(&engine, &post, &triage, &observation);
        context.observe(&post, &triage, &observation);
        campaigns.observe(&post, &mut triage.clone(), &observation);
        stream.observe(&post, &mut triage, &observation);
        queue.observe(&post, &triage, &observation.identity);
        let at = post.created_at.unwrap_or_default();
        detector.observe(at, (number % 7) as f64);
    }
    watch.observe_rest(&mut trends);
    if count > 0 {
        queue.add_agent(Agent {
            id: "jana".into(),
            skills: vec![1],
            languages: vec![Language::ALL[1]],
            capacity: Some(2),
        })?;
        let now = queue.watermark().unwrap_or_default();
        queue.advance(now);
        queue.assign_next(1);
        let waiting = queue.next(2);
        if let Some(place) = waiting.last() {
            queue.answered(&place.post, now);
        }
    }
    [
        campaigns.to_bytes(),
        context.memory().to_bytes(),
        stream.novelty().to_bytes(),
        stream.remembered().to_bytes(),
        queue.to_bytes(),
        trends.to_bytes(),
        watch.to_bytes(),
        detector.to_bytes(),
    ]
    .into_iter()
    .collect()
}
