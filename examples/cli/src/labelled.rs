//! Labelled texts from JSON lines, for training and evaluation.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hearken::train::{Example, TopicText};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::input::Inputs;
use crate::mask;
use crate::progress::Progress;
use crate::summary::{grouped, say};

/// Rejects that are named on standard error.
const NAMED_REJECTS: usize = 10;

/// Where a labelled line has its text and its label.
#[derive(clap::Args)]
pub struct LabelledOptions {
    /// The field of the text; dots descend
    #[arg(long, value_name = "FIELD", default_value = "text")]
    text_field: String,
    /// The field of the label: a string, a number or a boolean; dots descend. With --taxonomy it
    /// may be an array of strings
    #[arg(long, value_name = "FIELD", default_value = "label")]
    label_field: String,
    /// The field that says where a text comes from, where there is one
    #[arg(long, value_name = "FIELD")]
    domain_field: Option<String>,
    /// Exit with 1 if a line was rejected; the work is done all the same
    #[arg(long)]
    strict: bool,
}

/// Labelled texts, and how many lines had to be rejected.
pub struct Labelled<T = Example> {
    /// The texts, in order of the files and their lines.
    pub examples: Vec<T>,
    rejects: u64,
    named: Vec<String>,
}

impl LabelledOptions {
    /// Reads all lines of `files`.
    pub fn read(&self, files: &[PathBuf], quiet: bool) -> Result<Labelled, Failure> {
        self.read_each(files, quiet, |line| self.example(line))
    }

    /// Reads all lines of `files` as texts of topics: their label may be an array, the labels of
    /// several topics or none.
    pub fn read_topics(
        &self,
        files: &[PathBuf],
        quiet: bool,
    ) -> Result<Labelled<TopicText>, Failure> {
        self.read_each(files, quiet, |line| self.topic_text(line))
    }

    /// Reads all lines of `files` as texts that need no label.
    pub fn read_texts(&self, files: &[PathBuf], quiet: bool) -> Result<Labelled<String>, Failure> {
        self.read_each(files, quiet, |line| {
            let value = value(line)?;
            let text = text(&value, &self.text_field).map_err(|reason| {
                format!("{reason}; name the field of the text with --text-field")
            })?;
            Ok(mask::text(text).into_owned())
        })
    }

    fn read_each<T>(
        &self,
        files: &[PathBuf],
        quiet: bool,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Labelled<T>, Failure> {
        let inputs = Inputs::check(files)?;
        let progress = Progress::bytes(!quiet, inputs.total_bytes);
        let bytes_read = Arc::new(AtomicU64::new(0));
        let mut labelled = Labelled {
            examples: Vec::new(),
            rejects: 0,
            named: Vec::new(),
        };
        inputs.each_block(&bytes_read, |block| {
            for line in &block.lines {
                match block.text(line).and_then(&parse) {
                    Ok(example) => labelled.examples.push(example),
                    Err(reason) => {
                        let (file, number) = (inputs.name(line.source), line.number);
                        labelled.reject(|| format!("{file}, line {number}: {reason}"));
                    }
                }
            }
            progress.set(bytes_read.load(Ordering::Relaxed), "reading".to_owned());
            Ok(())
        })?;
        progress.finish();
        if labelled.examples.is_empty() {
            return Err(labelled.none_in(files));
        }
        labelled.report(quiet);
        Ok(labelled)
    }

    /// How a command ends that did its work on `labelled`.
    pub fn outcome<T>(&self, labelled: &[&Labelled<T>]) -> Outcome {
        let rejects = labelled.iter().map(|labelled| labelled.rejects);
        Outcome::of(self.strict, rejects.sum())
    }

    fn topic_text(&self, line: &str) -> Result<TopicText, String> {
        let value = value(line)?;
        match descend(&value, &self.label_field) {
            Some(Value::Array(labels)) => {
                let named = |label: &Value| {
                    name(label).ok_or_else(|| {
                        format!("`{}` holds {label}, which is not a label", self.label_field)
                    })
                };
                let labels = labels.iter().map(named).collect::<Result<_, String>>()?;
                let text = text(&value, &self.text_field).map_err(|reason| {
                    format!("{reason}; name the field of the text with --text-field")
                })?;
                Ok(TopicText {
                    text: mask::text(text).into_owned(),
                    labels,
                    ..TopicText::default()
                })
            }
            _ => self.example(line).map(|example| TopicText::from(&example)),
        }
    }

    fn example(&self, line: &str) -> Result<Example, String> {
        let value = value(line)?;
        let text = text(&value, &self.text_field)
            .map_err(|reason| format!("{reason}; name the field of the text with --text-field"))?;
        let label = label(&value, &self.label_field).map_err(|reason| {
            format!("{reason}; name the field of the label with --label-field")
        })?;
        let domain = self
            .domain_field
            .as_deref()
            .and_then(|field| descend(&value, field))
            .and_then(name);
        Ok(Example {
            text: mask::text(text).into_owned(),
            label,
            domain: domain.unwrap_or_default(),
            ..Example::default()
        })
    }
}

impl<T> Labelled<T> {
    /// Counts a line that can't be used; the first of them are named.
    fn reject(&mut self, named: impl FnOnce() -> String) {
        self.rejects += 1;
        if self.named.len() < NAMED_REJECTS {
            self.named.push(named());
        }
    }

    /// That the files have no labelled text, and why.
    fn none_in(&self, files: &[PathBuf]) -> Failure {
        let why = self.named.first().map_or("it is empty", String::as_str);
        let files: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Failure::message(format!("no labelled text in {}: {why}", files.join(", ")))
    }

    fn report(&self, quiet: bool) {
        if self.rejects == 0 {
            return;
        }
        if quiet {
            return say(&format!(
                "hearken: rejected lines: {}\n",
                grouped(self.rejects)
            ));
        }
        for reject in &self.named {
            say(&format!("hearken: {reject}\n"));
        }
        let more = self.rejects - self.named.len() as u64;
        if more > 0 {
            say(&format!(
                "hearken: more rejected lines: {}\n",
                grouped(more)
            ));
        }
    }
}

/// The JSON of a line, or why it is not JSON.
pub fn value(line: &str) -> Result<Value, String> {
    serde_json::from_str(line).map_err(|error| {
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        format!(
            "the line is not JSON (column {}: {what}); write one JSON object a line",
            error.column()
        )
    })
}

/// The text in `field`, or why there is none.
pub fn text<'v>(value: &'v Value, field: &str) -> Result<&'v str, String> {
    match descend(value, field) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => Err(format!("no `{field}`")),
        Some(_) => Err(format!("`{field}` is not a string")),
    }
}

/// The label in `field`, or why there is none.
pub fn label(value: &Value, field: &str) -> Result<String, String> {
    descend(value, field)
        .and_then(name)
        .ok_or_else(|| format!("no label in `{field}`"))
}

/// A string, a number or a boolean as the name of a class; 1 and 1.0 are the same.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                Some(format!("{float:.0}"))
            }
            _ => Some(number.to_string()),
        },
        _ => None,
    }
}

/// The field of this name, or the one that its dots lead to.
fn descend<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    value.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        descend(value.get(first)?, rest)
    })
}
