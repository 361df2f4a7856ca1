//! Inputs that the present code writes: their form is always today's, so that mutants of them get
//! to today's checks. Files in `corpus` keep what was found before.

use hearken::campaign::{self, Campaigns};
use hearken::context::Context;
use hearken::desk::{self, Desk};
use hearken::importance::Level;
use hearken::internals::VERSION;
use hearken::internals::signal::COUNT;
use hearken::learn::{Learner, Replay};
use hearken::model::Model;
use hearken::queue::{self, Agent, Queue};
use hearken::series::surprise::{self, Detector};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::{Bundle, Snapshot};
use hearken::stream::{Settings, Stream};
use hearken::text::Language;
use hearken::trend::{self, Trends, Watch, watch};
use hearken::{Engine, Post};
use serde_json::{Value, json};

use crate::frame::Frame;
use crate::mutate::Draws;

/// The smallest model that has heads.
pub const TINY: &[u8] = include_bytes!("../../tests/fixtures/tiny-v2.model");

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

/// Texts with invented personal data.
pub fn personal() -> Vec<Vec<u8>> {
    let texts = [
        "Call me at +420 601 123 456 or write to jana (at) mail [dot] example",
        "我的手机是一三八 0013 8000，微信 vx: jana_123，身份证 11010519491231002X",
        "Moje karta 4111 1111 1111 1111, účet 19-2000145399/0800, rodné číslo 760506/0008",
        "@jana see https://a.example/x?u=1&t=2\u{1e}Jana",
    ];
    texts.map(Vec::from).into()
}

/// The bundled service levels.
pub fn levels() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../data/service_levels.toml").to_vec()]
}

/// Bytes of a seeded generator, for targets that make something of any bytes.
pub fn scripts() -> Vec<Vec<u8>> {
    let draws = (1..=12).map(|seed| {
        let mut draws = Draws(seed);
        (0..(seed * 60)).map(|_| draws.byte()).collect()
    });
    draws.collect()
}

/// A file of each shape that the command line reads.
pub fn inputs() -> Vec<Vec<u8>> {
    let lines: Vec<&str> = SAMPLE.lines().take(3).collect();
    let texts = [
        lines.join("\n"),
        format!("[{}]", lines.join(",")),
        "id,text,created_at\n1,\"where is, my \"\"refund\"\"\",2026-03-01\n2,x,\n".into(),
        "id\ttext\n1\tx\n".into(),
        "From a@b.example Sat Nov 28 10:00:00 2026\nFrom: a@b.example\nSubject: Refund\nDate: Sat, 28 Nov 2026 10:00:00 +0000\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nWhere is it?\n--x--\n".into(),
    ];
    let mut files: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    let lines = format!("{}\n", lines.join("\n"));
    files.push(zstd(lines.as_bytes()));
    files
}

/// A frame of zstd with one raw block (RFC 8878, 3.1.1).
fn zstd(content: &[u8]) -> Vec<u8> {
    let length = content.len() as u32;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend_from_slice(&length.to_le_bytes());
    // The last block, raw, of this many bytes.
    frame.extend_from_slice(&(1 | (length << 3)).to_le_bytes()[..3]);
    frame.extend_from_slice(content);
    frame
}

/// A log with each kind of line.
pub fn logs() -> Vec<Vec<u8>> {
    let log = "{\"post\":\"p1\",\"task\":\"spam\",\"text\":\"x\",\"label\":\"ham\",\"by\":\"jana\",\"at\":\"2026-03-01T08:00:00Z\"}\n\
               {\"retract\":{\"by\":\"jana\"},\"reason\":\"wrong\",\"at\":\"2026-03-02T08:00:00Z\"}\n";
    vec![log.into()]
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
        TINY.to_vec(),
        Frame::Model.join(&start, &[header.into_bytes(), rows.to_vec()]),
    ]
}

/// An overlay that was learnt on the tiny model, beside models.
pub fn overlays() -> Vec<Vec<u8>> {
    let learnt = || -> hearken::Result<Vec<u8>> {
        let tiny = Model::from_bytes(TINY)?;
        let base = Engine::builder()
            .without_bundled_models()
            .model(tiny)
            .build()?;
        let log = br#"{"post":"p1","task":"spam","text":"zorplafem red","label":"ham","by":"jana","at":"2026-03-01T08:00:00Z"}
"#;
        let mut learner = Learner::new(&base, "spam")?;
        learner.follow(&Replay::from_bytes("log", log)?.corrections)?;
        Ok(learner.overlay()?.to_bytes())
    };
    let mut files = models();
    files.push(learnt().expect("the tiny model can be corrected"));
    files
}

/// Every kind of snapshot: one of a state that saw nothing, and one of a state that saw posts.
pub fn snapshots() -> Vec<Vec<u8>> {
    let mut kept = Vec::new();
    for posts in [0, 24] {
        kept.extend(states(posts).expect("the default settings and the sample are sound"));
    }
    kept
}

/// Files of state: without and with states and a journal.
pub fn bundles() -> Vec<Vec<u8>> {
    let journal = r#"{"inputs":[{"items":3,"first":7,"hash":9}],"outputs":[["out.jsonl",{"bytes":12,"hash":5}]],"report":8}"#;
    let kept = states(24).expect("the default settings and the sample are sound");
    let mut bundle = Bundle::new();
    let mut files = vec![bundle.to_bytes()];
    bundle.put_bytes("journal", journal.into());
    files.push(bundle.to_bytes());
    // Of a desk and of a queue.
    for (name, state) in [("desk", kept.last()), ("queue", kept.get(4))] {
        bundle.put_bytes(name, state.cloned().unwrap_or_default());
    }
    files.push(bundle.to_bytes());
    files
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
    let mut desk = Desk::new(&engine, desk::Settings::for_engine(&engine)?)?;
    for line in SAMPLE.lines().take(count) {
        desk.observe(&Post::from_json(line)?);
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
        desk.remembered()?.to_bytes(),
    ]
    .into_iter()
    .collect()
}
