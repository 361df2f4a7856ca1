//! The sections of what people judged: topics of posts read by hand, and pairs of which one is
//! graver.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hearken::{Engine, Post};

use super::Context;
use super::page::{Page, share};
use crate::train_bundled::{lines, text_of};
use hearken_cli::failure::Failure;

const SCRIPTS: [&str; 4] = ["en", "cs", "zh-Hans", "zh-Hant"];

/// Topics that are right, given in vain and missing.
#[derive(Default)]
struct Counts {
    posts: usize,
    right: usize,
    vain: usize,
    missing: usize,
}

pub(crate) fn write_topics(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Topics of posts read by hand",
        "150 posts a script, labelled with all their topics before any answer was looked at \
         (`tests/cases/topics`: set, line of its valid half, topics). A topic given in vain costs \
         precision, a missing one recall. Labels that readers would differ on (`?` in the file, \
         about four in ten) count as they are, and once more without those posts. Posts with an \
         even place in the file were looked at while the head was made, those with an odd one \
         were not.",
    );
    let mut rows = Vec::new();
    for script in SCRIPTS {
        let text = text_of(&PathBuf::from(format!("tests/cases/topics/{script}.tsv")))?;
        let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
        for (at, row) in text.lines().enumerate() {
            let fields: Vec<&str> = row.split('\t').collect();
            let &[set, line, topics, unsure] = fields.as_slice() else {
                continue;
            };
            if !texts.contains_key(set) {
                let path = context.folder.join(set).join("valid.jsonl");
                if !path.exists() {
                    continue;
                }
                let lines = lines(&text_of(&path)?, &path, "label")?;
                texts.insert(set, lines.into_iter().map(|line| line.text).collect());
            }
            let line = line.parse::<usize>().unwrap_or(0).saturating_sub(1);
            let Some(text) = texts.get(set).and_then(|texts| texts.get(line)) else {
                continue;
            };
            let given = topics_of(&context.engine, text);
            let wanted: Vec<&str> = topics.split(',').filter(|topic| *topic != "none").collect();
            let half = if at % 2 == 0 {
                "1 looked at"
            } else {
                "2 not looked at"
            };
            let sure = (unsure != "?").then_some("3 sure labels");
            for key in ["0 all", half, set].into_iter().chain(sure) {
                let counts = counts.entry(key).or_default();
                let right = given.iter().filter(|topic| wanted.contains(topic));
                let right = right.count();
                counts.posts += 1;
                counts.right += right;
                counts.vain += given.len() - right;
                counts.missing += wanted.len() - right;
            }
        }
        for (key, counts) in &counts {
            let Counts {
                posts,
                right,
                vain,
                missing,
            } = *counts;
            rows.push(vec![
                format!(
                    "{script}, {}",
                    key.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ')
                ),
                posts.to_string(),
                (right + missing).to_string(),
                share(right, right + vain),
                share(right, right + missing),
            ]);
        }
    }
    page.table(
        &["script, posts of", "posts", "topics", "precision", "recall"],
        &rows,
    );
    Ok(())
}

fn topics_of<'e>(engine: &'e Engine, text: &str) -> Vec<&'e str> {
    let mut scratch = engine.scratch();
    let triage = engine.triage(&Post::new(text), &mut scratch);
    let topics = &engine.taxonomy().topics;
    let named = triage.topics.as_slice().iter();
    named
        .filter_map(|found| topics.get(usize::from(found.topic)))
        .map(|topic| topic.id.as_str())
        .collect()
}

pub(crate) fn write_anchors(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Anchors of importance",
        "Pairs of posts of which a care lead would sign that the first comes before the second \
         (`tests/cases/anchors.tsv`); the lighter post is often the louder one. Pairs in the \
         right order; those of the part “tune” were looked at, those of “held” were not.",
    );
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    let text = text_of(&PathBuf::from("tests/cases/anchors.tsv"))?;
    let mut scratch = context.engine.scratch();
    for row in text.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let &[script, kind, part, graver, lighter] = fields.as_slice() else {
            continue;
        };
        let [graver, lighter] = [graver, lighter].map(|text| {
            let post = Post::new(text);
            context.engine.triage(&post, &mut scratch).importance.score
        });
        for key in ["all", script, kind] {
            let (right, all) = counts.entry((key, part)).or_default();
            *right += usize::from(graver > lighter);
            *all += 1;
        }
    }
    let rows: Vec<Vec<String>> = counts
        .iter()
        .map(|((of, part), (right, all))| {
            vec![
                format!("{of}, {part}"),
                all.to_string(),
                right.to_string(),
                share(*right, *all),
            ]
        })
        .collect();
    page.table(&["pairs of, part", "pairs", "right", "share"], &rows);
    Ok(())
}
