//! The cases of `hearken queue` as they are written: a table for people, lines of JSON, CSV.

use hearken::post::Segment;
use hearken::queue::Place;
use hearken_cli::failure::Failure;
use hearken_cli::flat::{FlatOptions, Row as FlatRow, Shape};
use hearken_cli::output::Output;
use hearken_cli::summary::{grouped, table};
use hearken_report::Moment;
use serde::Serialize;
use serde_json::{Map, Value};

use super::queue_texts::Texts;

/// Where the segments of a case stand: behind its channel.
const BY_COLUMN: usize = 3;

/// A case as it is written.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    rank: usize,
    #[serde(flatten)]
    place: &'a Place,
    /// What was asked for with --with, of its weightiest post.
    #[serde(flatten)]
    beside: Map<String, Value>,
    /// Where agents were given: who takes it, and why, or why nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned: Option<Assigned<'a>>,
}

#[derive(Clone, Copy, Serialize)]
struct Assigned<'a> {
    agent: Option<&'a str>,
    reason: &'a str,
}

/// A case, and where agents were given who takes it, or nobody, and why.
pub(super) type Given = (Place, Option<(Option<String>, String)>);

/// How cases are written.
pub(super) struct Form<'a> {
    pub(super) flat: &'a FlatOptions,
    /// Lines of JSON.
    pub(super) json: bool,
    /// Whether the table has a column of agents, and one of segments.
    pub(super) agents: bool,
    pub(super) segments: bool,
}

/// Writes the cases.
pub(super) fn put(
    form: &Form<'_>,
    given: &[Given],
    texts: &Texts,
    output: &mut Output,
) -> Result<(), Failure> {
    let rows = given
        .iter()
        .enumerate()
        .map(|(rank, (place, assigned))| Row {
            rank: rank + 1,
            place,
            beside: beside(form, texts, place),
            assigned: assigned.as_ref().map(|(agent, reason)| Assigned {
                agent: agent.as_deref(),
                reason,
            }),
        });
    let rows: Vec<Row<'_>> = rows.collect();
    match form.flat.output_format {
        Some(Shape::Csv) => {
            output.put(&flat_header(form.flat).line()?)?;
            return rows
                .iter()
                .try_for_each(|row| output.put(&row.flat(form.flat).line()?));
        }
        Some(Shape::Jsonl) => return put_json(&rows, output),
        None if form.json => return put_json(&rows, output),
        None => {}
    }
    output.put(shown(&rows, texts, form).as_bytes())
}

/// What the post of a place says, as far as it was asked for.
fn beside(form: &Form<'_>, texts: &Texts, place: &Place) -> Map<String, Value> {
    let said = texts.get(&(place.post.clone(), place.channel.clone()));
    let said = said.cloned().unwrap_or_default().beside(form.flat);
    said.into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect()
}

fn put_json(rows: &[Row<'_>], output: &mut Output) -> Result<(), Failure> {
    rows.iter()
        .try_for_each(|row| output.put_json_with_times(row))
}

/// The header of the table of cases.
fn flat_header(flat: &FlatOptions) -> FlatRow {
    let mut header = FlatRow::default();
    for name in [
        "rank",
        "post",
        "channel",
        "lane",
        "level",
        "importance",
        "points",
        "posts",
        "since",
        "waited_minutes",
        "due_at",
        "overdue_minutes",
        "by",
        "agent",
        "reason",
    ] {
        header.put(name);
    }
    flat.names().for_each(|name| header.put(name));
    header
}

impl Row<'_> {
    /// The case as a row of a table.
    fn flat(&self, flat: &FlatOptions) -> FlatRow {
        let (place, minute) = (self.place, 60_000);
        let segments: Vec<String> = place.segments.iter().map(Segment::to_string).collect();
        let agent = self.assigned.and_then(|assigned| assigned.agent);
        let mut row = FlatRow::default();
        row.put(self.rank);
        row.text(&place.post);
        row.text(place.channel.as_deref().unwrap_or_default());
        row.put(format!("{:?}", place.lane).to_lowercase());
        row.put(format!("{:?}", place.level).to_lowercase());
        row.put(place.score);
        row.put(place.points_tenths as f64 / 10.0);
        row.put(place.count);
        row.put(Moment(place.since));
        row.put(place.waited / minute);
        row.maybe(place.due_at.map(Moment));
        row.put(place.overdue_by / minute);
        row.text(&segments.join("|"));
        row.text(agent.or(place.agent.as_deref()).unwrap_or_default());
        row.text(&place.reason);
        for name in flat.names() {
            let value = self.beside.get(&name).and_then(Value::as_str);
            row.text(value.unwrap_or_default());
        }
        row
    }
}

/// The cases for people.
fn shown(rows: &[Row<'_>], texts: &Texts, form: &Form<'_>) -> String {
    let mut header = vec![
        "",
        "post",
        "channel",
        "lane",
        "importance",
        "posts",
        "waits",
        "overdue",
        "text",
        "why here",
    ];
    if form.segments {
        header.insert(BY_COLUMN, "by");
    }
    if form.agents {
        header.insert(1, "agent");
    }
    let numbers = ["", "importance", "posts", "waits", "overdue"];
    let right = header.iter().enumerate();
    let right = right.filter(|(_, name)| numbers.contains(name));
    let right: Vec<usize> = right.map(|(column, _)| column).collect();
    let rows = rows.iter().map(|row| cells(row, texts, form));
    table(&header, rows.collect(), &right)
}

fn cells(row: &Row<'_>, texts: &Texts, form: &Form<'_>) -> Vec<String> {
    let place = row.place;
    let overdue = Some(place.overdue_by).filter(|by| *by > 0);
    let mut cells = vec![
        row.rank.to_string(),
        place.post.clone(),
        place.channel.clone().unwrap_or_default(),
        format!("{:?}", place.lane).to_lowercase(),
        place.score.to_string(),
        grouped(place.count),
        hours(place.waited),
        overdue.map(hours).unwrap_or_default(),
        texts
            .get(&(place.post.clone(), place.channel.clone()))
            .map(|said| said.text.clone())
            .unwrap_or_default(),
        place.reason.clone(),
    ];
    if form.segments {
        let segments: Vec<String> = place.segments.iter().map(Segment::to_string).collect();
        cells.insert(BY_COLUMN, segments.join(", "));
    }
    if let Some(Assigned { agent, reason }) = row.assigned {
        let agent = agent.unwrap_or("nobody");
        cells.insert(1, format!("{agent}: {reason}"));
    }
    cells
}

fn hours(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}
