//! Arrows run one way: each module of `src` uses only those that stand above it on the list of
//! floors in ARCHITECTURE.md, or before it on the same floor.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What the crate's root re-exports, and the module that it stands in.
const RE_EXPORTS: [(&str, &str); 12] = [
    ("Answer", "triage"),
    ("Triage", "triage"),
    ("AnswerOwned", "triage"),
    ("Desk", "state"),
    ("Engine", "engine"),
    ("EngineBuilder", "engine"),
    ("Error", "error"),
    ("ErrorKind", "error"),
    ("Observation", "observation"),
    ("Post", "post"),
    ("Result", "error"),
    ("Scratch", "engine"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The modules in the order of the floors: the block of text under `## Floors`.
fn floors() -> Vec<String> {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    let section = map.split("\n## Floors").nth(1).expect("a section Floors");
    let block = section.split("```").nth(1).expect("a block of text");
    let lines = block.lines().skip(1);
    lines
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without comments and without its unit tests, which may use anything.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let text = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What stands first in each path that begins with `crate::`, nested braces included.
fn used(code: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(inside) = rest.strip_prefix('{') else {
            names.push(name(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in inside.char_indices() {
            if depth == 0 && begins && !c.is_whitespace() {
                names.push(name(&inside[at..]));
                begins = false;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' => begins = depth == 0,
                _ => {}
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The floor of a path of `src`, and how it is shown.
fn module(path: &Path) -> (String, String) {
    let inner = path
        .strip_prefix(root().join("src"))
        .expect("a path of src");
    let first = inner
        .iter()
        .next()
        .and_then(|first| first.to_str())
        .expect("a name");
    (
        first.trim_end_matches(".rs").to_owned(),
        inner.display().to_string(),
    )
}

/// Every arrow that runs upwards, as `file uses module`, `floors` being the order.
fn upward(floors: &[String], files: &[(String, String, String)]) -> Vec<String> {
    let place: BTreeMap<&str, usize> = floors
        .iter()
        .enumerate()
        .map(|(place, name)| (name.as_str(), place))
        .collect();
    let mut arrows = Vec::new();
    for (module, file, code) in files {
        let own = place[module.as_str()];
        for name in used(code) {
            let known = RE_EXPORTS.iter().find(|(export, _)| *export == name);
            let target = known.map_or(name.as_str(), |(_, module)| module);
            match place.get(target) {
                Some(&other) if other <= own => {}
                Some(_) => arrows.push(format!("src/{file} uses src/{target}, a floor below it")),
                None => arrows.push(format!(
                    "src/{file} uses crate::{name}, which is on no floor"
                )),
            }
        }
    }
    arrows.sort();
    arrows.dedup();
    arrows
}

fn files() -> Vec<(String, String, String)> {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    paths.sort();
    paths.retain(|path| !path.ends_with("src/lib.rs") && !path.ends_with("tests.rs"));
    let of = |path: &PathBuf| {
        let (module, file) = module(path);
        (module, file, code(path))
    };
    paths.iter().map(of).collect()
}

#[test]
fn each_module_uses_only_the_floors_above_it() {
    let (floors, files) = (floors(), files());
    for (module, file, _) in &files {
        assert!(
            floors.contains(module),
            "src/{file} is on no floor; add {module} to ARCHITECTURE.md"
        );
    }
    for floor in &floors {
        assert!(
            files.iter().any(|(module, ..)| module == floor),
            "there is no module {floor}"
        );
    }
    let arrows = upward(&floors, &files);
    assert!(
        arrows.is_empty(),
        "arrows run upwards:\n{}",
        arrows.join("\n")
    );
}

#[test]
fn an_arrow_that_is_turned_round_is_found() {
    let floors = ["error", "post", "engine"].map(str::to_owned);
    let file = |module: &str, code: &str| (module.into(), format!("{module}.rs"), code.into());
    let found = |code: &str| upward(&floors, &[file("post", code)]);
    assert!(found("use crate::error::Kind;\nuse crate::{Error, Result};").is_empty());
    assert_eq!(
        found("use crate::engine::Inner;"),
        ["src/post.rs uses src/engine, a floor below it"]
    );
    assert_eq!(found("use crate::{\n    Error,\n    Engine,\n};").len(), 1);
    assert_eq!(
        found("use crate::{error::{Kind, Engine}, engine::{Inner}};").len(),
        1
    );
    assert_eq!(found("fn of(at: crate::engine::Inner) {}").len(), 1);
    assert_eq!(found("use crate::drawer::Thing;").len(), 1);
}

/// The modules that an answer is computed by.
const SCORED: [&str; 11] = [
    "post",
    "text",
    "mask",
    "feature",
    "model",
    "taxonomy",
    "terms",
    "triage",
    "importance",
    "observation",
    "engine",
];

/// What the C library of each platform rounds in its own way.
const PLATFORM: [&str; 16] = [
    ".exp()",
    ".exp2()",
    ".exp_m1()",
    ".ln()",
    ".ln_1p()",
    ".log(",
    ".log2()",
    ".log10()",
    ".powf(",
    ".powi(",
    ".cbrt()",
    ".hypot(",
    ".sin()",
    ".cos()",
    ".tan()",
    ".tanh()",
];

#[test]
fn answers_are_the_same_bits_on_every_machine() {
    let mut found = Vec::new();
    for module in SCORED {
        let mut paths = vec![root().join(format!("src/{module}.rs"))];
        paths.retain(|path| path.exists());
        let folder = root().join("src").join(module);
        if folder.exists() {
            sources(&folder, &mut paths);
        }
        assert!(!paths.is_empty(), "src has no module {module}");
        for path in paths {
            let code = code(&path);
            let calls = PLATFORM.iter().filter(|call| code.contains(**call));
            found.extend(calls.map(|call| format!("{}: {call}", path.display())));
        }
    }
    assert!(found.is_empty(), "take stats::power instead: {found:#?}");
}
