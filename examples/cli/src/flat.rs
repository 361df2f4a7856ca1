//! Outputs that people open: lines of JSON or a table (CSV), with what the post says beside it.

use clap::{Args, ValueEnum};
use hearken::Post;
use hearken::triage::{Answer, Disposition, Part};
use hearken_report::Moment;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The shape of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// Lines of JSON
    Jsonl,
    /// A table with a header, in flat columns
    Csv,
}

/// Something of a post that stands beside its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Beside {
    /// Its text
    Text,
    /// Its time, RFC 3339
    CreatedAt,
    /// The identifier of its author
    Author,
    /// The name of its author
    Name,
    /// Its channel
    Channel,
    /// Its thread
    Thread,
    /// The post that it answers
    InReplyTo,
    /// The identifier of its customer
    Customer,
}

/// How answers are written.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct FlatOptions {
    /// Write lines of JSON (jsonl) or a table in flat columns (csv). In a cell of a table a text
    /// that a spreadsheet would take for a formula begins with an apostrophe
    #[arg(long, value_name = "SHAPE", value_enum)]
    pub output_format: Option<Shape>,
    /// Write beside each answer what the post says: text, created_at, author, name, channel,
    /// thread, in_reply_to, customer
    #[arg(
        long,
        value_name = "FIELDS",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub with: Vec<Beside>,
}

impl FlatOptions {
    /// Whether a table is asked for.
    pub fn is_table(&self) -> bool {
        self.output_format == Some(Shape::Csv)
    }

    /// The names of the columns of what stands beside.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.with.iter().map(|beside| beside.name())
    }

    /// What stands beside, in the order in which it was asked for.
    pub fn beside(&self, post: &Post<'_>) -> Vec<Option<String>> {
        self.with.iter().map(|beside| beside.of(post)).collect()
    }

    /// What stands beside, as fields of JSON.
    pub fn fields(&self, post: &Post<'_>) -> Map<String, Value> {
        let values = self.beside(post).into_iter().map(Value::from);
        self.names().zip(values).collect()
    }
}

impl Beside {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn of(self, post: &Post<'_>) -> Option<String> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        match self {
            Beside::Text => Some(post.text.clone().into_owned()),
            Beside::CreatedAt => post.created_at.map(|at| Moment(at).to_string()),
            Beside::Author => text(post.author.id.as_deref()),
            Beside::Name => text(post.author.name.as_deref()),
            Beside::Channel => text(post.channel.as_deref()),
            Beside::Thread => text(post.thread.as_deref()),
            Beside::InReplyTo => text(post.in_reply_to.as_deref()),
            Beside::Customer => text(post.customer.id.as_deref()),
        }
    }
}

/// A row of a table.
#[derive(Debug, Default)]
pub struct Row(Vec<String>);

impl Row {
    /// Adds a cell of our own: a number, a name.
    pub fn put(&mut self, cell: impl ToString) {
        self.0.push(cell.to_string());
    }

    /// Adds a cell that may be empty.
    pub fn maybe(&mut self, cell: Option<impl ToString>) {
        self.put(cell.map_or_else(String::new, |cell| cell.to_string()));
    }

    /// Adds what somebody else wrote: a spreadsheet must not take it for a formula.
    pub fn text(&mut self, text: &str) {
        let is_formula = text
            .trim_start_matches(' ')
            .starts_with(['=', '+', '-', '@', '\t', '\r']);
        self.0.push(if is_formula {
            format!("'{text}")
        } else {
            text.to_owned()
        });
    }

    /// The row as a line of CSV.
    pub fn line(&self) -> Result<Vec<u8>, Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let unwritable = |error: &dyn std::fmt::Display| {
            Failure::message(format!("a row can't be written as CSV: {error}"))
        };
        writer
            .write_record(&self.0)
            .map_err(|error| unwritable(&error))?;
        writer.into_inner().map_err(|error| unwritable(&error))
    }
}

/// The header of the table of answers.
pub fn header(options: &FlatOptions) -> Row {
    let mut row = Row::default();
    for name in [
        "id",
        "language",
        "spam",
        "spam_probability",
        "campaign",
        "disposition",
        "importance",
        "level",
    ] {
        row.put(name);
    }
    for part in Part::ALL {
        row.put(format!("part_{}", part.name()));
    }
    for name in [
        "topics",
        "sentiment",
        "polarity",
        "urgency",
        "terms",
        "rules",
        "truncated",
    ] {
        row.put(name);
    }
    options.names().for_each(|name| row.put(name));
    row
}

/// A row of the table of answers; several topics, terms and rules are separated by bars.
pub fn row(answer: &Answer<'_>, options: &FlatOptions, post: &Post<'_>) -> Row {
    let mut row = Row::default();
    row.text(answer.id.as_deref().unwrap_or_default());
    row.put(&answer.language.code);
    let spam = answer.spam.as_ref();
    row.maybe(spam.map(|spam| name(&spam.verdict)));
    row.maybe(spam.map(|spam| spam.probability));
    row.maybe(spam.and_then(|spam| spam.campaign));
    row.put(disposition(answer.disposition));
    row.put(answer.importance.score);
    row.put(name(&answer.importance.level));
    for part in Part::ALL {
        let points = answer.importance.parts.get(part.name());
        row.put(points.copied().unwrap_or_default());
    }
    let topics: Vec<&str> = answer.topics.iter().map(|topic| &*topic.id).collect();
    row.text(&topics.join("|"));
    let sentiment = answer.sentiment.as_ref();
    row.maybe(sentiment.map(|sentiment| name(&sentiment.label)));
    row.maybe(sentiment.map(|sentiment| sentiment.polarity));
    row.maybe(answer.urgency);
    let terms: Vec<&str> = answer.terms.iter().map(|term| &*term.term).collect();
    row.text(&terms.join("|"));
    let rules: Vec<&str> = answer.rules.iter().map(|rule| &*rule.rule).collect();
    row.text(&rules.join("|"));
    row.put(answer.truncated);
    for beside in options.beside(post) {
        row.text(&beside.unwrap_or_default());
    }
    row
}

/// The name of a label as JSON has it.
fn name(label: &impl std::fmt::Debug) -> String {
    format!("{label:?}").to_lowercase()
}

fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::NeedsAnswer => "needs_answer",
        Disposition::Thanks => "thanks",
        Disposition::Automatic => "automatic",
        Disposition::None => "none",
    }
}

/// A line of JSON with what the post says beside.
#[derive(Serialize)]
pub struct WithPost<'a, T> {
    /// The answer.
    #[serde(flatten)]
    pub answer: &'a T,
    /// What the post says.
    #[serde(flatten)]
    pub post: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_formula() {
        let mut row = Row::default();
        ["=1+1", " @x", "-5 €", "a,\"b\"\n", "'x"]
            .iter()
            .for_each(|text| row.text(text));
        row.put(-5);
        let line = String::from_utf8(row.line().unwrap()).unwrap();
        assert_eq!(line, "'=1+1,' @x,'-5 €,\"a,\"\"b\"\"\n\",'x,-5\n");
    }
}
