//! `hearken mask`: texts in, the same texts out without personal data.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::ValueEnum;
use hearken::mask::{Kind, Masker, Mode, Thread};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::{RejectOptions, Shared};
use hearken_cli::run::Run;
use hearken_cli::summary::{grouped, table};
use serde_json::{Map, Value, json};

use super::stateful::read_key;

/// Masks personal data: telephones, mail addresses, handles of messengers, cards, bank accounts,
/// identity and birth numbers, names of accounts and queries of links
///
/// A line of JSON stays as it is but for its text and its author's name. Order numbers, dates and
/// identifiers stay. Masking a masked text changes nothing.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken mask posts.jsonl -o masked.jsonl
  hearken mask posts.jsonl --mode numbered --thread-field case
  hearken mask posts.jsonl --mode keyed --key secret.key --pattern contract='c-[0-9]{6}'
  echo 'call me at +420 777 123 456' | hearken mask --plain")]
pub(crate) struct Arguments {
    /// Files of lines, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What stands in the place of a value
    #[arg(long, value_name = "MODE", default_value = "label")]
    mode: Mask,
    /// Mask also what this pattern matches, as [NAME]: NAME=REGEX, on the folded text (lower case,
    /// half width, Simplified Chinese); can be given several times
    #[arg(long = "pattern", value_name = "NAME=REGEX")]
    patterns: Vec<String>,
    /// The file with the secret key of --mode keyed: at least 16 bytes, of which the first 16 are
    /// used
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Lines are texts, not JSON
    #[arg(long, conflicts_with_all = ["text_fields", "author_field", "thread_field", "spans"])]
    plain: bool,
    /// A field of a text, dots descend; can be given several times
    #[arg(long = "text-field", value_name = "FIELD", default_value = "text")]
    text_fields: Vec<String>,
    /// The field of the author's displayed name, which is masked, too
    #[arg(long, value_name = "FIELD", default_value = "author.name")]
    author_field: String,
    /// The field by which lines are one thread, for --mode numbered
    #[arg(long, value_name = "FIELD", default_value = "thread")]
    thread_field: String,
    /// Add to each line what was masked: field, kind, first byte and one past the last, in the text
    /// as it came
    #[arg(long)]
    spans: bool,
    #[command(flatten)]
    rejects: RejectOptions,
}

/// What stands in the place of a value.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mask {
    /// Its kind: [phone]
    Label,
    /// Its kind and a number, the same for the same value in a thread: [phone 1]
    Numbered,
    /// Its kind and a hash under --key, the same for the same value everywhere: [phone:3fa2…]
    Keyed,
    /// Its kind and its last four digits: [card *4242]
    LastFour,
}

/// What is masked with, and what was masked so far.
struct Masking<'a> {
    arguments: &'a Arguments,
    masker: Masker,
    threads: HashMap<String, Thread>,
    alone: Thread,
    counts: std::collections::BTreeMap<String, u64>,
    lines: u64,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let mut masking = Masking {
        arguments,
        masker: arguments.masker()?,
        threads: HashMap::new(),
        alone: Thread::default(),
        counts: Default::default(),
        lines: 0,
    };
    let mut run = Run::open(&arguments.files, &arguments.rejects, shared)?;
    run.writes_as_it_reads(match arguments.plain {
        true => "texts, one a line,",
        false => "posts, one JSON object a line,",
    });
    run.each_block("lines", |run, block| {
        for line in &block.lines {
            match block.text(line).and_then(|text| masking.line(text)) {
                Ok(masked) => run.output.put(masked.as_bytes())?,
                Err(reason) => run.reject(block, line, &reason)?,
            }
        }
        Ok(())
    })?;
    run.finish(|rejected| masking.summary(rejected))
}

impl Arguments {
    fn masker(&self) -> Result<Masker, Failure> {
        let mode = match (self.mode, &self.key) {
            (Mask::Keyed, Some(key)) => Mode::Keyed(read_key(key)?),
            (Mask::Keyed, None) => {
                return Err(Failure::message(
                    "--mode keyed needs a secret; name its file with --key",
                ));
            }
            (_, Some(_)) => {
                return Err(Failure::message(
                    "--key is only for --mode keyed; give both",
                ));
            }
            (Mask::Label, None) => Mode::Label,
            (Mask::Numbered, None) => Mode::Numbered,
            (Mask::LastFour, None) => Mode::LastFour,
        };
        let masker = Masker::new().with_mode(mode);
        self.patterns.iter().try_fold(masker, |masker, pattern| {
            let Some((name, regex)) = pattern.split_once('=') else {
                return Err(Failure::message(format!(
                    "invalid --pattern `{pattern}`: write NAME=REGEX, as in contract=c-[0-9]{{6}}"
                )));
            };
            let masker = masker.with_pattern(name, regex);
            masker.map_err(|error| Failure::about("--pattern", &error))
        })
    }
}

impl Masking<'_> {
    /// A line without personal data, or why it is none that can be masked.
    fn line(&mut self, line: &str) -> Result<String, String> {
        self.lines += 1;
        if self.arguments.plain {
            let masked = self.mask(line, None, None).0;
            return Ok(masked + "\n");
        }
        let mut value: Value = hearken_cli::labelled::value(line)?;
        let arguments = self.arguments;
        let author = string(&value, &arguments.author_field).map(str::to_owned);
        let thread = field(&value, &arguments.thread_field).map(Value::to_string);
        let mut spans = Vec::new();
        for name in &arguments.text_fields {
            let text = hearken_cli::labelled::text(&value, name).map_err(|reason| {
                format!("{reason}; name the field of the text with --text-field")
            })?;
            let (masked, found) = self.mask(text, author.as_deref(), thread.as_deref());
            spans.extend(found.into_iter().map(|(kind, start, end)| {
                json!({"field": name, "kind": kind, "start": start, "end": end})
            }));
            set(&mut value, name, masked);
        }
        if let Some(author) = author {
            let placeholder = self.mask(&author, Some(&author), thread.as_deref()).0;
            set(&mut value, &arguments.author_field, placeholder);
        }
        if let (true, Value::Object(object)) = (arguments.spans, &mut value) {
            object.insert("masked".to_owned(), Value::Array(spans));
        }
        Ok(value.to_string() + "\n")
    }

    /// A text without personal data, and what it had: kind, first byte, one past the last.
    fn mask(
        &mut self,
        text: &str,
        author: Option<&str>,
        thread: Option<&str>,
    ) -> (String, Vec<(String, usize, usize)>) {
        let numbered = self.arguments.mode == Mask::Numbered;
        let thread = match thread.filter(|_| numbered) {
            Some(name) => self.threads.entry(name.to_owned()).or_default(),
            None => {
                self.alone.clear();
                &mut self.alone
            }
        };
        let masked = self.masker.mask_in(text, author, thread);
        let name = |kind: Kind| self.masker.name(kind).to_owned();
        let spans: Vec<_> = masked
            .spans()
            .iter()
            .map(|span| (name(span.kind), span.original.start, span.original.end))
            .collect();
        for (kind, ..) in &spans {
            *self.counts.entry(kind.clone()).or_default() += 1;
        }
        (masked.into_text().into_owned(), spans)
    }

    fn summary(&self, rejected: u64) -> String {
        let row = |name: &str, count: u64| vec![name.to_owned(), grouped(count)];
        let mut rows = vec![
            row("lines", self.lines - rejected),
            row("rejected", rejected),
        ];
        rows.extend(self.counts.iter().map(|(kind, count)| row(kind, *count)));
        table(&[], rows, &[1])
    }
}

/// The field of this name, or the one that its dots lead to.
fn field<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    value.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        field(value.get(first)?, rest)
    })
}

fn string<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    field(value, path).and_then(Value::as_str)
}

/// Puts a text where [`field`] finds one.
fn set(value: &mut Value, path: &str, text: String) {
    let place: Option<&mut Map<String, Value>> = value.as_object_mut();
    let Some(object) = place else { return };
    if let Some(slot) = object.get_mut(path) {
        *slot = Value::String(text);
    } else if let Some((first, rest)) = path.split_once('.')
        && let Some(inner) = object.get_mut(first)
    {
        set(inner, rest, text);
    }
}
