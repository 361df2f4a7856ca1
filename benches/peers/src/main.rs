//! Language identification beside its peers: accuracy by kind and language, and the cost of a
//! post, as Markdown.
//!
//! `cargo run --release -- LANGID.jsonl [NOTE]`: each line of the file has `text`, `label` (a
//! language tag) and `kind`.

use hearken::internals::Identifier;
use hearken::text::Language as Ours;
use lingua::{Language, LanguageDetector, LanguageDetectorBuilder};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;
use whatlang::Lang;

const KINDS: [&str; 4] = ["sentences", "word-pairs", "single-words", "social"];

struct Line {
    text: String,
    label: String,
    kind: String,
}

type Tell<'a> = Box<dyn Fn(&str) -> &'static str + 'a>;

struct Peer<'a> {
    name: &'static str,
    tell: Tell<'a>,
    /// What it answers for Chinese: with the script, or without.
    scripts: bool,
    /// Languages that it doesn't know.
    lacks: &'static [&'static str],
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: peers LANGID.jsonl");
        std::process::exit(2);
    };
    let lines = match read(&path) {
        Ok(lines) => lines,
        Err(error) => {
            eprintln!("{path}: {error}");
            std::process::exit(2);
        }
    };
    let identifier = match Identifier::bundled() {
        Ok(identifier) => identifier,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let allowed = whatlang_languages();
    let whatlang =
        whatlang::Detector::with_allowlist(allowed.iter().map(|(lang, _)| *lang).collect());
    let (high, low) = (lingua_detector(false), lingua_detector(true));
    let peers = [
        Peer {
            name: "hearken",
            tell: Box::new(|text| identifier.identify(text).language.code()),
            scripts: true,
            lacks: &[],
        },
        Peer {
            name: "whatlang 0.18",
            tell: Box::new(|text| {
                whatlang
                    .detect_lang(text)
                    .and_then(|lang| allowed.iter().find(|(known, _)| *known == lang))
                    .map_or("und", |(_, code)| code)
            }),
            scripts: false,
            lacks: &[],
        },
        Peer {
            name: "whichlang 0.1.1",
            tell: Box::new(|text| whichlang_code(whichlang::detect_language(text))),
            scripts: false,
            lacks: &["cs", "sk", "sl", "hr", "pl", "uk"],
        },
        Peer {
            name: "lingua 1.8, low accuracy",
            tell: Box::new(|text| low.detect_language_of(text).map_or("und", lingua_code)),
            scripts: false,
            lacks: &[],
        },
        Peer {
            name: "lingua 1.8, high accuracy",
            tell: Box::new(|text| high.detect_language_of(text).map_or("und", lingua_code)),
            scripts: false,
            lacks: &[],
        },
    ];
    // Answers first: models that load at the first call are loaded before anything is timed.
    let answers: Vec<Vec<&'static str>> = peers
        .iter()
        .map(|peer| lines.iter().map(|line| (peer.tell)(&line.text)).collect())
        .collect();

    println!(
        "Chinese counts as right for a peer that doesn't tell its scripts; a dash: the peer \
         doesn't know the language.\n"
    );
    println!("### By kind, all languages\n");
    header(&peers, "kind");
    for kind in KINDS.into_iter().chain(["all"]) {
        row(kind, &peers, &answers, &lines, |line| {
            kind == "all" || line.kind == kind
        });
    }
    println!("\n### By language\n");
    header(&peers, "language");
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &lines {
        *labels.entry(&line.label).or_default() += 1;
    }
    for label in labels.keys() {
        row(label, &peers, &answers, &lines, |line| line.label == *label);
    }
    println!("\n### English and Czech by kind\n");
    header(&peers, "language, kind");
    for label in ["en", "cs"] {
        for kind in KINDS {
            row(
                &format!("{label}, {kind}"),
                &peers,
                &answers,
                &lines,
                |line| line.label == label && line.kind == kind,
            );
        }
    }
    println!(
        "\n### Chinese: strict, and with `zh` taken for either script and either script for \
        `zh`\n"
    );
    println!("| label | lines | strict | lenient |\n|---|---:|---:|---:|");
    for label in ["zh-Hans", "zh-Hant", "zh"] {
        let of: Vec<&str> = lines
            .iter()
            .zip(&answers[0])
            .filter(|(line, _)| line.label == label)
            .map(|(_, answer)| *answer)
            .collect();
        let strict = of.iter().filter(|answer| **answer == label).count();
        let lenient = of.iter().filter(|answer| {
            **answer == label || **answer == "zh" || label == "zh" && answer.starts_with("zh")
        });
        println!(
            "| {label} | {} | {} | {} |",
            of.len(),
            share(strict, of.len()),
            share(lenient.count(), of.len())
        );
    }
    calibration(&identifier, &lines);
    println!("\n### Cost, one thread: the least of several passes, µs a post\n");
    header(&peers, "posts");
    let cost = |name: &str, chosen: &dyn Fn(&Line) -> bool| {
        let texts: Vec<&str> = lines
            .iter()
            .filter(|line| chosen(line))
            .map(|line| line.text.as_str())
            .collect();
        let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
        print!(
            "| {name}, {:.0} characters |",
            characters as f64 / texts.len().max(1) as f64
        );
        for peer in &peers {
            let passes = if peer.name.starts_with("lingua") {
                2
            } else {
                20
            };
            let least = (0..passes)
                .map(|_| {
                    let start = Instant::now();
                    for text in &texts {
                        black_box((peer.tell)(black_box(text)));
                    }
                    start.elapsed().as_secs_f64()
                })
                .fold(f64::MAX, f64::min);
            print!(" {:.2} |", least * 1e6 / texts.len().max(1) as f64);
        }
        println!();
    };
    cost("en, social", &|line| {
        line.label == "en" && line.kind == "social"
    });
    cost("cs, social", &|line| {
        line.label == "cs" && line.kind == "social"
    });
    cost("en, sentences", &|line| {
        line.label == "en" && line.kind == "sentences"
    });
    cost("zh-Hans, social", &|line| {
        line.label == "zh-Hans" && line.kind == "social"
    });
    cost("all", &|_| true);
}

fn header(peers: &[Peer<'_>], first: &str) {
    println!(
        "| {first} | {} |",
        peers
            .iter()
            .map(|peer| peer.name)
            .collect::<Vec<_>>()
            .join(" | ")
    );
    println!("|---|{}", "---:|".repeat(peers.len()));
}

fn row(
    name: &str,
    peers: &[Peer<'_>],
    answers: &[Vec<&'static str>],
    lines: &[Line],
    chosen: impl Fn(&Line) -> bool,
) {
    print!("| {name} |");
    for (peer, answers) in peers.iter().zip(answers) {
        let (mut right, mut all) = (0, 0);
        for (line, answer) in lines.iter().zip(answers).filter(|(line, _)| chosen(line)) {
            if peer.lacks.contains(&line.label.as_str()) {
                continue;
            }
            all += 1;
            let label = if peer.scripts || !line.label.starts_with("zh") {
                line.label.as_str()
            } else {
                "zh"
            };
            right += usize::from(*answer == label);
        }
        print!(
            " {} |",
            if all == 0 {
                "–".into()
            } else {
                share(right, all)
            }
        );
    }
    println!();
}

fn share(right: usize, all: usize) -> String {
    if all == 0 {
        "–".into()
    } else {
        format!("{:.3}", right as f64 / all as f64)
    }
}

/// The expected calibration error in ten bins, over the languages that the table tells.
fn calibration(identifier: &Identifier, lines: &[Line]) {
    let mut bins = [(0usize, 0.0f64, 0usize); 10];
    for line in lines
        .iter()
        .filter(|line| !line.label.starts_with("zh") && line.label != "ja" && line.label != "ko")
    {
        let answer = identifier.identify(&line.text);
        if answer.language == Ours::Und {
            continue;
        }
        let bin = &mut bins[((answer.probability * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += f64::from(answer.probability);
        bin.2 += usize::from(answer.language.code() == line.label);
    }
    let all: usize = bins.iter().map(|bin| bin.0).sum();
    let error: f64 = bins
        .iter()
        .map(|bin| (bin.1 - bin.2 as f64).abs())
        .sum::<f64>()
        / all.max(1) as f64;
    println!("\n### Calibration of hearken, Latin and Cyrillic\n");
    println!("Expected calibration error in ten bins: {error:.4}\n");
    println!("| probability | lines | mean probability | accuracy |\n|---|---:|---:|---:|");
    for (at, (count, sum, right)) in bins.iter().enumerate().filter(|(_, bin)| bin.0 > 0) {
        let (low, high) = (at as f64 / 10.0, (at + 1) as f64 / 10.0);
        println!(
            "| {low:.1}–{high:.1} | {count} | {:.3} | {} |",
            sum / *count as f64,
            share(*right, *count)
        );
    }
}

fn read(path: &str) -> Result<Vec<Line>, Box<dyn std::error::Error>> {
    std::fs::read_to_string(path)?
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line)?;
            let field = |name: &str| {
                value[name]
                    .as_str()
                    .map(str::to_string)
                    .ok_or(format!("a line has no `{name}`"))
            };
            Ok(Line {
                text: field("text")?,
                label: field("label")?,
                kind: field("kind")?,
            })
        })
        .collect()
}

fn whatlang_languages() -> Vec<(Lang, &'static str)> {
    vec![
        (Lang::Ces, "cs"),
        (Lang::Slk, "sk"),
        (Lang::Slv, "sl"),
        (Lang::Hrv, "hr"),
        (Lang::Pol, "pl"),
        (Lang::Deu, "de"),
        (Lang::Spa, "es"),
        (Lang::Fra, "fr"),
        (Lang::Rus, "ru"),
        (Lang::Ukr, "uk"),
        (Lang::Jpn, "ja"),
        (Lang::Kor, "ko"),
        (Lang::Vie, "vi"),
        (Lang::Cmn, "zh"),
        (Lang::Eng, "en"),
    ]
}

fn whichlang_code(lang: whichlang::Lang) -> &'static str {
    match lang {
        whichlang::Lang::Deu => "de",
        whichlang::Lang::Spa => "es",
        whichlang::Lang::Fra => "fr",
        whichlang::Lang::Rus => "ru",
        whichlang::Lang::Jpn => "ja",
        whichlang::Lang::Kor => "ko",
        whichlang::Lang::Vie => "vi",
        whichlang::Lang::Cmn => "zh",
        whichlang::Lang::Eng => "en",
        _ => "und",
    }
}

fn lingua_detector(low: bool) -> LanguageDetector {
    let mut builder = LanguageDetectorBuilder::from_all_languages();
    builder.with_preloaded_language_models();
    if low {
        builder.with_low_accuracy_mode();
    }
    builder.build()
}

fn lingua_code(language: Language) -> &'static str {
    match language {
        Language::Czech => "cs",
        Language::Slovak => "sk",
        Language::Slovene => "sl",
        Language::Croatian => "hr",
        Language::Polish => "pl",
        Language::German => "de",
        Language::Spanish => "es",
        Language::French => "fr",
        Language::Russian => "ru",
        Language::Ukrainian => "uk",
        Language::Japanese => "ja",
        Language::Korean => "ko",
        Language::Vietnamese => "vi",
        Language::Chinese => "zh",
        Language::English => "en",
    }
}
