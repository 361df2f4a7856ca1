//! What a post costs beside the floor, and as it gets longer, or as there are more topics, terms
//! and labels.

use std::fmt::Write;
use std::time::Instant;

use hearken::taxonomy::Taxonomy;
use hearken::terms::Rules;
use hearken::train::{Example, Settings, TrainOptions, train};
use hearken::{Engine, Post, Scratch};
use unicode_segmentation::UnicodeSegmentation;

use crate::Size;
use crate::support::rounds::{Spread, Work, figure, grouped, in_turn};
use crate::support::{Line, Sample, processor_seconds, samples};

/// Bytes that are read in one measurement, at least: a measurement takes some milliseconds.
const READ: usize = 200_000;

/// Seconds of this thread that some work takes, on a processor where the system tells it.
pub(crate) fn seconds(work: impl FnOnce()) -> f64 {
    let (start, before) = (Instant::now(), processor_seconds());
    work();
    let processor = before.zip(processor_seconds());
    let processor = processor.map(|(before, after)| after - before);
    processor.unwrap_or_else(|| start.elapsed().as_secs_f64())
}

/// Answers lines, from JSON to JSON.
pub(crate) fn answer(
    engine: &Engine,
    scratch: &mut Scratch,
    buffer: &mut Vec<u8>,
    lines: &[impl AsRef<str>],
) {
    for line in lines {
        let post = Post::from_json(line.as_ref()).expect("it is a post");
        let triage = engine.triage(&post, scratch);
        buffer.clear();
        engine.write_answer(&post, &triage, buffer);
        assert!(buffer.ends_with(b"}"));
    }
}

/// The work of answering lines; gives microseconds a post.
fn answering<'w>(engine: &Engine, lines: &'w [impl AsRef<str>]) -> Work<'w> {
    let (engine, mut scratch, mut buffer) = (engine.clone(), engine.scratch(), Vec::new());
    Box::new(move || {
        let took = seconds(|| answer(&engine, &mut scratch, &mut buffer, lines));
        took * 1e6 / lines.len() as f64
    })
}

fn engine() -> Result<Engine, String> {
    Engine::new().map_err(|error| error.to_string())
}

/// From line to answer, beside what any reader of posts does: serde_json reads identifier and text,
/// unicode-segmentation cuts the text into words.
pub(crate) fn floor(size: Size) -> Result<String, String> {
    let engine = engine()?;
    let mut table = String::from(
        "| language | posts | bytes of text a post | line to answer, µs a post | floor: serde_json and \
         unicode_words, µs | ratio |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for sample in &samples() {
        let posts = sample.posts() as f64;
        let floor = || {
            let took = seconds(|| {
                for line in &sample.lines {
                    let line: Line<'_> = serde_json::from_str(line).expect("it is a post");
                    std::hint::black_box(line.text.unicode_words().count());
                }
            });
            took * 1e6 / posts
        };
        let mut works = [answering(&engine, &sample.lines), Box::new(floor)];
        let spreads = in_turn(size.rounds, &mut works);
        let _ = writeln!(
            table,
            "| {} | {} | {:.0} | {} | {} | {} |",
            sample.language,
            sample.posts(),
            sample.text_bytes() as f64 / posts,
            spreads[0],
            spreads[1],
            figure(spreads[0].median / spreads[1].median)
        );
    }
    Ok(table)
}

/// Posts of about `bytes` bytes of text each, made of those of a sample one after another.
fn posts_of(sample: &Sample, bytes: usize) -> Vec<String> {
    let all = sample.texts.join(" ");
    let mut rest = &all[..];
    let mut lines = Vec::new();
    for number in 0..(READ / bytes).clamp(2, 2000) {
        if rest.len() < bytes {
            rest = &all;
        }
        let end = (bytes..=rest.len()).find(|end| rest.is_char_boundary(*end));
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let post = serde_json::json!({"id": number.to_string(), "text": text});
        lines.push(post.to_string());
    }
    lines
}

/// By length: texts of three scripts from 8 bytes to 16 KB.
pub(crate) fn length(size: Size) -> Result<String, String> {
    let engine = engine()?;
    let lengths = [8, 32, 128, 512, 2048, 8192, 16_384];
    let lengths = size.of(&lengths, 4);
    let samples = samples();
    let mut table = "| bytes of text |".to_owned();
    for sample in &samples {
        let _ = write!(table, " {}, µs a post | ns a byte |", sample.language);
    }
    table += &format!("\n|---:|{}\n", "---:|---:|".repeat(samples.len()));
    let made: Vec<Vec<Vec<String>>> = lengths
        .iter()
        .map(|bytes| samples.iter().map(|one| posts_of(one, *bytes)).collect())
        .collect();
    let mut works: Vec<Work<'_>> = made
        .iter()
        .flatten()
        .map(|lines| answering(&engine, lines))
        .collect();
    let spreads = in_turn(size.rounds, &mut works);
    for (bytes, row) in lengths.iter().zip(spreads.chunks(samples.len())) {
        let _ = write!(table, "| {} |", grouped(*bytes));
        for spread in row {
            let a_byte = spread.median * 1000.0 / *bytes as f64;
            let _ = write!(table, " {spread} | {} |", figure(a_byte));
        }
        table.push('\n');
    }
    Ok(table + "\nA line that is linear in its length has the same ns a byte from some length on.")
}

/// Engines in turn over the posts of all three languages: a row each, and what each costs beside
/// the first.
fn engines(size: Size, what: &str, engines: &[(String, Engine)]) -> String {
    let lines: Vec<&str> = samples().iter().flat_map(|one| one.lines.clone()).collect();
    let mut works: Vec<Work<'_>> = engines
        .iter()
        .map(|(_, engine)| answering(engine, &lines))
        .collect();
    let spreads = in_turn(size.rounds, &mut works);
    let mut table = format!(
        "| {what} | line to answer, µs a post | of the first | engine, MB |\n|---|---:|---:|---:|\n"
    );
    let first = spreads.first().copied().unwrap_or_default();
    for ((name, engine), spread) in engines.iter().zip(&spreads) {
        let megabytes = engine.memory_usage() as f64 / 1e6;
        let multiple = figure(spread.median / first.median);
        let _ = writeln!(
            table,
            "| {name} | {spread} | × {multiple} | {megabytes:.1} |"
        );
    }
    table
}

/// A word that is no other number's.
fn invented(number: usize) -> String {
    format!("qx{number}zv")
}

/// By topics: 6,000 terms over 5 to 200 topics.
pub(crate) fn topics(size: Size) -> Result<String, String> {
    let with = |topics: usize| -> Result<(String, Engine), String> {
        let mut toml = String::new();
        for topic in 0..topics {
            let terms: Vec<String> = (topic..6000).step_by(topics).map(invented).collect();
            let _ = write!(
                toml,
                "[[topic]]\nid = \"t{topic}\"\nname = {{ en = \"T{topic}\" }}\n[topic.terms]\nen = {terms:?}\n"
            );
        }
        let taxonomy = Taxonomy::from_toml(&toml).map_err(|error| error.to_string())?;
        let engine = Engine::builder().taxonomy(taxonomy).build();
        Ok((grouped(topics), engine.map_err(|error| error.to_string())?))
    };
    let counts = [5, 15, 50, 100, 200];
    let all: Result<Vec<_>, _> = size.of(&counts, 2).iter().map(|one| with(*one)).collect();
    Ok(engines(size, "topics", &all?))
}

/// By monitored terms: every tenth is a word that the posts have.
pub(crate) fn terms(size: Size) -> Result<String, String> {
    let words: Vec<String> = samples()
        .iter()
        .flat_map(|sample| &sample.texts)
        .flat_map(|text| text.unicode_words().map(str::to_lowercase))
        .filter(|word| word.chars().count() > 3)
        .collect();
    let with = |terms: usize| -> Result<(String, Engine), String> {
        let mut lists = String::new();
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..terms {
            let word = words.get(number / 10).filter(|_| number % 10 == 0);
            let term = word.cloned().unwrap_or_else(|| invented(number));
            if seen.insert(term.clone()) {
                let _ = writeln!(lists, "{term}\tlist\t2");
            }
        }
        let rules = Rules::from_toml("lists = [\"lists.tsv\"]\n", &[("lists.tsv", &lists)]);
        let engine = Engine::builder().rules(rules.map_err(|error| error.to_string())?);
        let engine = engine.build().map_err(|error| error.to_string())?;
        Ok((grouped(terms), engine))
    };
    let counts = [100, 1000, 10_000, 100_000];
    let all: Result<Vec<_>, _> = size.of(&counts, 2).iter().map(|one| with(*one)).collect();
    Ok(engines(size, "monitored terms", &all?))
}

/// By labels of an own head beside the bundled ones, trained on invented texts.
pub(crate) fn heads(size: Size) -> Result<String, String> {
    let with = |labels: usize| -> Result<(String, Engine), String> {
        // Words of a label, and words of all; the posts of the sample lend theirs.
        let sample = &samples()[0];
        let rows = (0..labels.max(20) * 12).map(|row| Example {
            text: format!(
                "{} {} {}",
                sample.texts[row % sample.texts.len()],
                invented(row % labels),
                invented(1000 + row % 37)
            ),
            label: format!("label{}", row % labels),
            ..Example::default()
        });
        let rows: Vec<Example> = rows.collect();
        let options = TrainOptions {
            task: "own".into(),
            settings: Some(Settings::default()),
            priors: false,
            ..TrainOptions::default()
        };
        let model = train(&rows, &options, &mut |_, _| {}).map_err(|error| error.to_string())?;
        let engine = Engine::builder().model(model).build();
        Ok((grouped(labels), engine.map_err(|error| error.to_string())?))
    };
    let counts = [2, 10, 50, 100, 200];
    let mut all = vec![("none".to_owned(), engine()?)];
    for labels in size.of(&counts, 2) {
        all.push(with(*labels)?);
    }
    Ok(engines(size, "labels", &all))
}

/// What one of many takes, beside the first.
pub(crate) fn multiple(of: Spread, first: Spread) -> String {
    format!("× {}", figure(of.median / first.median))
}
