//! The report of `hearken backtest`, for people and as lines of JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::backtest::{Backtest, Change, Entry, Sample, Shown};
use hearken_cli::failure::Failure;
use hearken_cli::summary::{grouped, table};

/// Days that are listed of a rule; of more, the busiest.
const DAYS: usize = 14;
/// Length of the longest bar.
const BAR: u64 = 30;
/// Characters that are shown before, between and behind the parts of a hit.
const CONTEXT: usize = 60;

/// A line for the dump and one for each rule and list.
pub(crate) fn json(backtest: &Backtest) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct Dump<'a> {
        kind: &'static str,
        #[serde(flatten)]
        backtest: &'a Backtest,
    }
    let wrong = |error| Failure::message(format!("the report can't be written as JSON: {error}"));
    let mut text = serde_json::to_string(&Dump {
        kind: "dump",
        backtest,
    })
    .map_err(wrong)?
        + "\n";
    for entry in &backtest.entries {
        text += &serde_json::to_string(entry).map_err(wrong)?;
        text.push('\n');
    }
    Ok(text)
}

/// The report for people; `old` is the name of the older rules.
pub(crate) fn shown(backtest: &Backtest, old: Option<&str>) -> String {
    let mut text = format!("{} posts", grouped(backtest.posts));
    if let (Some((first, _)), Some((last, _))) = (
        backtest.days.first_key_value(),
        backtest.days.last_key_value(),
    ) {
        let _ = write!(text, " from {first} to {last} (UTC)");
    }
    if backtest.undated > 0 {
        let _ = write!(text, ", {} undated", grouped(backtest.undated));
    }
    let _ = writeln!(
        text,
        "; {} with a hit, {}",
        grouped(backtest.hit),
        share(backtest.hit, backtest.posts)
    );
    if backtest.rejects > 0 {
        let _ = writeln!(text, "{} lines were rejected", grouped(backtest.rejects));
    }
    text.push('\n');
    text.push_str(&overview(backtest));
    for entry in &backtest.entries {
        if entry.hits > 0 || entry.against.as_ref().is_some_and(|change| change.lost > 0) {
            text.push_str(&section(entry, backtest, old));
        }
    }
    text
}

/// A row for each rule and list.
fn overview(backtest: &Backtest) -> String {
    let compares = backtest.entries.iter().any(|entry| entry.against.is_some());
    let mut header = vec!["", "hits", "of posts", "first", "last", "busiest day"];
    if compares {
        header.extend(["kept", "gained", "lost", ""]);
    }
    let rows = backtest.entries.iter().map(|entry| {
        let first = entry.days.keys().next().cloned().unwrap_or_default();
        let last = entry.days.keys().next_back().cloned().unwrap_or_default();
        // The first of the busiest.
        let busiest = entry.days.iter().rev().max_by_key(|(_, count)| **count);
        let busiest = busiest
            .map(|(day, count)| format!("{day}: {}", grouped(*count)))
            .unwrap_or_default();
        let mut row = vec![
            name(entry),
            grouped(entry.hits),
            share(entry.hits, backtest.posts),
            first,
            last,
            busiest,
        ];
        if let Some(change) = &entry.against {
            row.extend([change.kept, change.gained, change.lost].map(grouped));
            row.push(if change.stands_in == "both" {
                String::new()
            } else {
                change.stands_in.to_owned()
            });
        }
        row
    });
    table(&header, rows.collect(), &[1, 2, 6, 7, 8])
}

/// Days, samples and changes of one rule or list.
fn section(entry: &Entry, backtest: &Backtest, old: Option<&str>) -> String {
    let mut text = format!("\n{}", name(entry));
    if !entry.about.is_empty() {
        let _ = write!(text, ": {}", entry.about);
    }
    text.push('\n');
    text.push_str(&days(entry, &backtest.days));
    texts(&mut text, "sample", entry.hits, &entry.sample);
    if let (
        Some(Change {
            gained,
            lost,
            gained_sample,
            lost_sample,
            ..
        }),
        Some(old),
    ) = (&entry.against, old)
    {
        if gained + lost == 0 {
            let _ = writeln!(text, "  nothing gained or lost against {old}");
        }
        texts(
            &mut text,
            &format!("gained against {old}"),
            *gained,
            gained_sample,
        );
        texts(
            &mut text,
            &format!("lost against {old}"),
            *lost,
            lost_sample,
        );
    }
    text
}

/// The busiest days in order of time, each with a bar.
fn days(entry: &Entry, posts: &BTreeMap<String, u64>) -> String {
    let mut busiest: Vec<(&String, u64)> = entry
        .days
        .iter()
        .map(|(day, count)| (day, *count))
        .collect();
    busiest.sort_by_key(|(day, count)| (std::cmp::Reverse(*count), *day));
    let most = busiest.first().map_or(1, |(_, count)| *count);
    let rest = busiest.split_off(busiest.len().min(DAYS));
    busiest.sort();
    let mut rows: Vec<Vec<String>> = busiest
        .into_iter()
        .map(|(day, count)| {
            let of = posts.get(day).copied().unwrap_or_default();
            let bar = "■".repeat((count * BAR).div_ceil(most.max(BAR)) as usize);
            vec![
                format!("  {day}"),
                grouped(count),
                format!("of {}", grouped(of)),
                bar,
            ]
        })
        .collect();
    if !rest.is_empty() {
        let hits = rest.iter().map(|(_, count)| count).sum();
        rows.push(vec![format!("  {} other days", rest.len()), grouped(hits)]);
    }
    if entry.undated > 0 {
        rows.push(vec!["  undated".to_owned(), grouped(entry.undated)]);
    }
    if rows.is_empty() {
        String::new()
    } else {
        table(&[], rows, &[1, 2])
    }
}

/// Some texts below a title; nothing if there are no hits.
fn texts(text: &mut String, title: &str, hits: u64, sample: &Sample) {
    let texts = sample.texts();
    match (hits, texts.len()) {
        (0, _) => return,
        (_, 0) => {
            let _ = writeln!(text, "  {title}: {}", grouped(hits));
            return;
        }
        (_, shown) if shown as u64 == hits => {
            let _ = writeln!(text, "  {title}, all {}:", grouped(hits));
        }
        (_, shown) => {
            let _ = writeln!(
                text,
                "  {title}, {shown} different texts of {}:",
                grouped(hits)
            );
        }
    }
    for shown in texts {
        let place = match &shown.id {
            Some(id) => id.clone(),
            None => format!("{}:{}", shown.file, shown.line),
        };
        let time = shown
            .created_at
            .as_deref()
            .and_then(|at| at.get(..16))
            .unwrap_or("undated")
            .replace('T', " ");
        let _ = writeln!(text, "    {place}  {time}  {}", marked(shown));
    }
}

/// The text in one line, its parts in «», what is far from them left out.
fn marked(shown: &Shown) -> String {
    // Of parts within each other the outer one is marked.
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &(start, end) in &shown.spans {
        match spans.last_mut() {
            Some((_, last)) if (start as usize) < *last => *last = (*last).max(end as usize),
            _ => spans.push((start as usize, end as usize)),
        }
    }
    let mut line = String::new();
    let mut from = 0;
    for (index, &(start, end)) in spans.iter().enumerate() {
        let before = shown.text.get(from..start).unwrap_or_default();
        line.push_str(&shortened(before, index > 0, true));
        let _ = write!(line, "«{}»", shown.text.get(start..end).unwrap_or_default());
        from = end;
    }
    line.push_str(&shortened(
        shown.text.get(from..).unwrap_or_default(),
        !spans.is_empty(),
        false,
    ));
    line.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// The ends of `text` that lie beside a part.
fn shortened(text: &str, behind: bool, before: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let kept = CONTEXT * (usize::from(behind) + usize::from(before));
    if characters.len() <= kept + 1 {
        return text.to_owned();
    }
    let head: String = characters
        .iter()
        .take(if behind { CONTEXT } else { 0 })
        .collect();
    let tail = characters.len() - if before { CONTEXT } else { 0 };
    let tail: String = characters.iter().skip(tail).collect();
    format!("{head}…{tail}")
}

fn name(entry: &Entry) -> String {
    if entry.kind == "list" {
        format!("list {}", entry.name)
    } else {
        entry.name.clone()
    }
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => String::new(),
        _ => match 100.0 * part as f64 / whole as f64 {
            share if part > 0 && share < 0.05 => "< 0.1 %".to_owned(),
            share => format!("{share:.1} %"),
        },
    }
}
