//! `workshop evaluate-all` on invented sets: the page, its pictures, and that it shows no text.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::json;
use support::{command, project};
use tempfile::TempDir;

/// Runs `workshop evaluate-all` in the project's folder, where its recipe and tables are.
fn evaluate(sets: &Path, page: &Path, more: &[&str]) -> Output {
    let mut command = command(&project(""), "evaluate-all --quiet");
    command
        .arg(sets)
        .arg("-o")
        .arg(page)
        .args(more)
        .output()
        .expect("runs")
}

/// Words of a label that no other label has.
const WORDS: [[&str; 4]; 3] = [
    ["zorplafem", "zorplafox", "zorplafiz", "zorplafub"],
    ["blikkridem", "blikkridox", "blikkridiz", "blikkridub"],
    ["quvfmunem", "quvfmunox", "quvfmuniz", "quvfmunub"],
];

fn line(label: &str, words: usize, turn: usize) -> String {
    let of = WORDS[words];
    let text = format!(
        "{} {} {}",
        of[turn % 4],
        of[(turn / 4) % 4],
        of[(turn / 2) % 4]
    );
    json!({"text": text, "label": label, "lang": "en"}).to_string() + "\n"
}

/// Writes a set: 24 training lines a label, and valid lines whose words are those of another label
/// here and there.
fn write_set(sets: &Path, name: &str, labels: &[&str], valid: &[(usize, usize, usize)]) {
    let folder = sets.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    let train = labels.iter().enumerate();
    let train: String = train
        .flat_map(|(at, label)| {
            (0..24)
                .map(move |turn| line(label, at, turn))
                .collect::<Vec<_>>()
        })
        .collect();
    let valid = valid.iter().flat_map(|&(label, words, count)| {
        (0..count)
            .map(|turn| line(labels[label], words, turn + 3))
            .collect::<Vec<_>>()
    });
    fs::write(folder.join("train.jsonl"), train).expect("is written");
    fs::write(folder.join("valid.jsonl"), valid.collect::<String>()).expect("is written");
}

/// Two sets whose figures are known: what has the words of another label is given that label.
fn sets() -> TempDir {
    let sets = TempDir::new().expect("a folder");
    // In scope 19 of 20 right; of `oos` two of four.
    write_set(
        sets.path(),
        "clinc150",
        &["balance", "oos", "weather"],
        &[(0, 0, 9), (0, 2, 1), (2, 2, 10), (1, 1, 2), (1, 0, 2)],
    );
    // Of irony: 8 found, 2 missed, 2 found wrongly, so its F1 is 0.8.
    write_set(
        sets.path(),
        "tweeteval_irony",
        &["irony", "non_irony"],
        &[(0, 0, 8), (0, 1, 2), (1, 1, 20), (1, 0, 2)],
    );
    sets
}

/// The files under `folder`, sorted.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => {
                found.insert(path);
            }
        }
    }
    found
}

#[test]
fn the_page_has_known_figures_and_shows_all_its_pictures_and_no_text() {
    let (sets, place) = (sets(), TempDir::new().expect("a folder"));
    let path = place.path().join("PAGE.md");
    let output = evaluate(sets.path(), &path, &["--threads", "1"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let page = fs::read_to_string(&path).expect("the page");
    for known in [
        "| clinc150 | accuracy in scope | 0.9500 |",
        "| clinc150 | recall of `oos` | 0.5000 |",
        "| tweeteval_irony | F1 of `irony` | 0.8000 |",
        "- tweeteval_irony: non_irony 0.909 (22), irony 0.800 (10)",
    ] {
        assert!(page.contains(known), "{known} is not in\n{page}");
    }
    for section in [
        "### Coverage against accuracy",
        "### Each class",
        "### Sentiment beside VADER and SnowNLP",
        "## The sample, language by language",
        "## Topics of the sample",
        "## Phenomena",
        "## Leave one domain out",
        "### The 20 surest mistakes of the own heads",
    ] {
        assert!(page.contains(section), "{section} is not in\n{page}");
    }
    // The mistakes are described; none of their words is shown.
    assert!(page.contains("oos → balance"), "{page}");
    // What spoke for a label of two is found: the words that only it has.
    let row = page
        .lines()
        .find(|line| line.contains("| tweeteval_irony |") && line.contains("irony → "))
        .unwrap_or_else(|| panic!("no such mistake in\n{page}"));
    assert!(
        row.contains("words ") && row.contains("characters "),
        "{row}"
    );
    for word in WORDS.iter().flatten() {
        assert!(!page.contains(word), "{word}");
    }

    let links: BTreeSet<PathBuf> = page
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|link| place.path().join(link))
        .collect();
    let pictures = files(&place.path().join("docs/evaluation"));
    assert_eq!(links, pictures);
    assert_eq!(pictures.len(), 2);
    for picture in &pictures {
        let svg = fs::read_to_string(picture).expect("a picture");
        // A circle for each bin that has texts, and the names of the set and its error.
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{svg}"
        );
        assert!(svg.contains("<circle") && svg.contains("ECE 0."), "{svg}");
    }

    // The same bytes on more threads, wherever the pictures go.
    let again = TempDir::new().expect("a folder");
    let elsewhere = again.path().join("figures");
    let other = again.path().join("PAGE.md");
    let output = evaluate(
        sets.path(),
        &other,
        &[
            "--threads",
            "3",
            "--pictures",
            elsewhere.to_str().expect("a plain path"),
        ],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        fs::read_to_string(&other)
            .expect("the page")
            .replace("](figures/", "](docs/evaluation/"),
        page
    );
    for picture in &pictures {
        let other = elsewhere.join(picture.file_name().expect("a name"));
        assert_eq!(
            fs::read(picture).expect("a picture"),
            fs::read(other).expect("the other")
        );
    }
}

#[test]
fn nothing_is_written_if_a_set_is_broken() {
    let (sets, place) = (sets(), TempDir::new().expect("a folder"));
    fs::write(
        sets.path().join("tweeteval_irony/valid.jsonl"),
        "{\"text\": \"good\", \"label\": \"sincere\"}\n",
    )
    .expect("is written");
    let output = evaluate(sets.path(), &place.path().join("PAGE.md"), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sincere"));
    assert_eq!(files(place.path()), BTreeSet::new());
}
