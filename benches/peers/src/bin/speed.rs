//! What peers written in Rust take, for `speed.py`, which asks for one pass at a time.
//!
//! `speed en=FILE zh=FILE`: each line of a file is a JSON object with `text`. First all peers are
//! named, a line each: language, peer, what it gives; then an empty line. After that each line of
//! standard input, `LANGUAGE<TAB>PEER`, is one pass over the posts, answered by its seconds of this
//! thread on a processor.

use std::hint::black_box;
use std::io::{BufRead, Write};

use charabia::TokenizerBuilder;
use hearken::{Engine, Post};
use lingua::LanguageDetectorBuilder;

/// Language, name, what it gives, and a pass over the posts.
struct Peer {
    language: String,
    name: &'static str,
    gives: &'static str,
    pass: Box<dyn FnMut()>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut peers = Vec::new();
    for argument in std::env::args().skip(1) {
        let (language, path) = argument
            .split_once('=')
            .ok_or("usage: speed LANGUAGE=FILE …")?;
        let lines: Vec<String> = std::fs::read_to_string(path)?
            .lines()
            .map(str::to_owned)
            .collect();
        peers.extend(peers_of(language, &lines)?);
    }
    for Peer {
        language,
        name,
        gives,
        ..
    } in &peers
    {
        println!("{language}\t{name}\t{gives}");
    }
    println!();
    std::io::stdout().flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let asked = line.split_once('\t').ok_or("a line has no tab")?;
        let found = peers
            .iter_mut()
            .find(|peer| (&*peer.language, peer.name) == asked);
        let peer = found.ok_or("there is no such peer")?;
        let before = processor_seconds();
        (peer.pass)();
        println!("{}", processor_seconds() - before);
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Seconds that this thread was on a processor. (What `/proc` tells is older by up to 4 ms.)
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn peers_of(language: &str, lines: &[String]) -> Result<Vec<Peer>, Box<dyn std::error::Error>> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line)?;
        texts.push(
            value["text"]
                .as_str()
                .ok_or("a line has no text")?
                .to_owned(),
        );
    }
    let mut peers = Vec::new();
    let mut add = |name, gives, pass: Box<dyn FnMut()>| {
        peers.push(Peer {
            language: language.to_owned(),
            name,
            gives,
            pass,
        });
    };
    let each = |texts: &[String], mut tell: Box<dyn FnMut(&str)>| -> Box<dyn FnMut()> {
        let texts = texts.to_vec();
        Box::new(move || texts.iter().for_each(|text| tell(black_box(text))))
    };
    let engine = Engine::new()?;
    let mut scratch = engine.scratch();
    let own = engine.clone();
    add(
        "hearken",
        "all heads",
        each(
            &texts,
            Box::new(move |text| drop(black_box(own.triage(&Post::new(text), &mut scratch)))),
        ),
    );
    let (own, mut scratch, mut buffer, owned) =
        (engine.clone(), engine.scratch(), Vec::new(), lines.to_vec());
    add(
        "hearken, JSON to JSON",
        "all heads",
        Box::new(move || {
            for line in &owned {
                let Ok(post) = Post::from_json(line) else {
                    continue;
                };
                let triage = own.triage(&post, &mut scratch);
                buffer.clear();
                own.write_answer(&post, &triage, &mut buffer);
                black_box(&buffer);
            }
        }),
    );
    if language == "en" {
        let analyzer = vader_sentiment::SentimentIntensityAnalyzer::new();
        let polarity = move |text: &str| {
            black_box(analyzer.polarity_scores(text));
        };
        add(
            "vader_sentiment 0.1.1",
            "sentiment",
            each(&texts, Box::new(polarity)),
        );
    }
    let allowed = vec![
        whatlang::Lang::Eng,
        whatlang::Lang::Ces,
        whatlang::Lang::Cmn,
        whatlang::Lang::Deu,
        whatlang::Lang::Fra,
        whatlang::Lang::Spa,
        whatlang::Lang::Pol,
        whatlang::Lang::Slk,
    ];
    let detector = whatlang::Detector::with_allowlist(allowed);
    let tell = move |text: &str| {
        black_box(detector.detect_lang(text));
    };
    add(
        "whatlang 0.18, 8 languages",
        "language",
        each(&texts, Box::new(tell)),
    );
    let tell = |text: &str| {
        black_box(whichlang::detect_language(text));
    };
    add("whichlang 0.1.1", "language", each(&texts, Box::new(tell)));
    use lingua::Language::{Chinese, Croatian, Czech, English, French, German, Slovak, Spanish};
    let languages = [
        English, Czech, Chinese, German, French, Spanish, Croatian, Slovak,
    ];
    let mut builder = LanguageDetectorBuilder::from_languages(&languages);
    let low = builder
        .with_preloaded_language_models()
        .with_low_accuracy_mode()
        .build();
    let tell = move |text: &str| {
        black_box(low.detect_language_of(text));
    };
    add(
        "lingua 1.8, low accuracy, 8 languages",
        "language",
        each(&texts, Box::new(tell)),
    );
    let tokenizer = TokenizerBuilder::<Vec<u8>>::default().into_tokenizer();
    let cut = move |text: &str| {
        black_box(tokenizer.tokenize(text).count());
    };
    add("charabia", "tokens", each(&texts, Box::new(cut)));
    // Models that load at the first call are loaded before anything is timed.
    peers.iter_mut().for_each(|peer: &mut Peer| (peer.pass)());
    Ok(peers)
}
