//! The lines of one input, whatever its shape.

use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use hearken::post::{FieldMap, Reader};
use serde::de::IgnoredAny;

use super::block::{BLOCK_BYTES, Block, Line, MadeOf};
use super::documents::{Documents, MAX_DOCUMENT};
use super::format::Format;
use super::mail::Mails;
use super::table::Table;
use super::{BUFFER, KEPT_OF_LONG_LINE, MAX_LINE, Posts};
use crate::failure::{Failure, plain};
use crate::journal::Walk;

pub(super) type Plain = BufReader<Box<dyn Read + Send>>;

pub(super) fn reader(source: Box<dyn Read + Send>) -> Plain {
    BufReader::with_capacity(BUFFER, source)
}

/// That an input which was opened can't be read on behind a line.
pub(super) fn cut_short(name: &str, line: u64, error: &io::Error) -> Failure {
    Failure::message(format!(
        "{name} can't be read after line {line}: {}; is the file cut short or damaged?",
        plain(error)
    ))
}

/// The shape of an input by how it begins; what was read for it is left in `begin`.
pub(super) fn told(
    source: &mut dyn Read,
    begin: &mut Vec<u8>,
    map: &FieldMap,
) -> io::Result<Format> {
    let is_text = |name: &str| {
        let line = serde_json::json!({ name.trim().to_ascii_lowercase(): "a", name.trim(): "a" });
        Reader::new()
            .map(map.clone())
            .read(&line.to_string())
            .is_ok()
    };
    let mut piece = vec![0; 16 << 10];
    loop {
        if let Some(format) = Format::of(begin, false, is_text) {
            return Ok(format);
        }
        match source.read(&mut piece) {
            Ok(0) => return Ok(Format::of(begin, true, is_text).unwrap_or(Format::Jsonl)),
            Ok(count) => begin.extend(piece.iter().take(count)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// How an input is read.
pub(super) enum Shape {
    Lines(Plain),
    Documents(Plain, Documents),
    Table(Box<Table<Plain>>),
    Mails(Plain, Mails),
}

impl Shape {
    pub(super) fn new(
        format: Format,
        mut reader: Plain,
        name: &str,
        map: &FieldMap,
    ) -> Result<Shape, Failure> {
        let comma = match format {
            Format::Jsonl => return Ok(Shape::Lines(reader)),
            Format::Json => return Ok(Shape::Documents(reader, Documents::new())),
            Format::Mbox => return Ok(Shape::Mails(reader, Mails::new(true))),
            Format::Eml => return Ok(Shape::Mails(reader, Mails::new(false))),
            Format::Csv => None,
            Format::Tsv => Some(b'\t'),
        };
        let unreadable = |error| cut_short(name, 0, &error);
        // The mark of UTF-8 is no part of the first column's name.
        if reader
            .fill_buf()
            .map_err(unreadable)?
            .starts_with(b"\xEF\xBB\xBF")
        {
            reader.consume(3);
        }
        let table = Table::new(reader, comma).map_err(unreadable)?;
        let cells: serde_json::Map<_, _> = table
            .columns()
            .iter()
            .map(|name| (name.clone(), "a".into()))
            .collect();
        let line = serde_json::Value::Object(cells).to_string();
        match Reader::new().map(map.clone()).read(&line) {
            Err(error) if !table.columns().is_empty() => Err(Failure::message(format!(
                "{name} is a table without the text of its posts ({}); its columns are {}: name one, as in --map text=COLUMN",
                error.to_string().split(';').next().unwrap_or_default(),
                table.columns().join(", ")
            ))),
            _ => Ok(Shape::Table(Box::new(table))),
        }
    }

    /// Whether the next line may be long in coming.
    fn is_read_out(&self) -> bool {
        match self {
            // What has come of a line may be long without its end.
            Shape::Lines(reader) => !reader.buffer().contains(&b'\n'),
            Shape::Documents(reader, _) | Shape::Mails(reader, _) => reader.buffer().is_empty(),
            Shape::Table(_) => true,
        }
    }
}

/// The lines of one input.
pub struct Lines {
    pub(super) name: String,
    pub(super) index: usize,
    pub(super) live: bool,
    pub(super) number: u64,
    pub(super) shape: Shape,
    pub(super) posts: Option<Arc<Posts>>,
    pub(super) skipped: Vec<u8>,
    /// Whether a last line that is not complete is left for another run.
    pub(super) is_kept: bool,
    /// That line.
    pub(super) unfinished: Option<u64>,
}

impl Lines {
    /// Appends the next line that is not blank, or the posts that it holds; false at the end.
    pub fn next(&mut self, block: &mut Block) -> Result<bool, Failure> {
        if matches!(self.shape, Shape::Lines(_)) {
            return self.next_line(block);
        }
        let start = block.bytes.len();
        let into = &mut block.bytes;
        let read = match &mut self.shape {
            Shape::Lines(_) => Ok(None),
            Shape::Documents(reader, documents) => documents.next(reader, into).map(|found| {
                let found = found?;
                let fault = found.too_long.then(|| {
                    format!(
                        "the value is longer than {} MiB; write its posts one a line",
                        MAX_DOCUMENT >> 20
                    )
                });
                Some((found.line, fault, MadeOf::Json))
            }),
            Shape::Table(table) => table
                .next(into)
                .map(|row| row.map(|row| (row.line, row.fault, MadeOf::Row))),
            Shape::Mails(reader, mails) => mails
                .next(reader, into)
                .map(|mail| mail.map(|mail| (mail.line, mail.fault, MadeOf::Mail))),
        };
        let read = read.map_err(|error| self.unreadable(&error))?;
        let Some((number, fault, made_of)) = read else {
            return Ok(false);
        };
        if fault.is_some() {
            block.bytes.truncate(start + KEPT_OF_LONG_LINE);
        }
        self.number = number;
        let range = start..block.bytes.len();
        self.put(block, range, made_of, fault);
        Ok(true)
    }

    /// As [`Lines::next`], and passes the items on the way.
    pub(super) fn walk(&mut self, block: &mut Block, walk: &mut Walk) -> Result<bool, Failure> {
        let from = block.lines.len();
        let any = self.next(block)?;
        if self.is_kept {
            for line in block.lines.iter().skip(from) {
                walk.pass(block.bytes(line));
            }
        }
        Ok(any)
    }

    /// Adds what stands in `range` as a line, or as those that it holds.
    fn put(&self, block: &mut Block, range: Range<usize>, made_of: MadeOf, fault: Option<String>) {
        let line = Line {
            source: self.index,
            number: self.number,
            part: None,
            made_of,
            range,
            fault: fault.map(String::into_boxed_str),
        };
        let unpack = |posts: &Posts| {
            let is_json = line.fault.is_none() && made_of == MadeOf::Json;
            let text = is_json.then(|| block.text(&line).ok())??;
            posts.map.unpack(text)
        };
        match self.posts.as_deref().and_then(unpack) {
            None => block.lines.push(line),
            Some(posts) => {
                block.bytes.truncate(line.range.start);
                for (post, part) in posts.iter().zip(1..) {
                    let start = block.bytes.len();
                    block.bytes.extend_from_slice(post.as_bytes());
                    block.lines.push(Line {
                        part: Some(part),
                        range: start..block.bytes.len(),
                        ..line.clone()
                    });
                }
            }
        }
    }

    fn next_line(&mut self, block: &mut Block) -> Result<bool, Failure> {
        loop {
            let start = block.bytes.len();
            let count = self.read(&mut block.bytes, MAX_LINE)?;
            if count == 0 {
                return Ok(false);
            }
            self.number += 1;
            let cut = count == MAX_LINE && block.bytes.last() != Some(&b'\n');
            let too_long = cut && self.skip_rest()?;
            if too_long {
                block.bytes.truncate(start + KEPT_OF_LONG_LINE);
                block.bytes.shrink_to(BLOCK_BYTES);
            }
            let mut line = block.bytes.get(start..).unwrap_or_default();
            let mut first = start;
            // Files put one behind the other carry the mark in the middle too.
            if let Some(rest) = line.strip_prefix(b"\xEF\xBB\xBF") {
                first += line.len() - rest.len();
                line = rest;
            }
            let range = first..first + line.trim_ascii_end().len();
            if range.is_empty() && !too_long {
                block.bytes.truncate(start);
                continue;
            }
            let is_cut = || !block.bytes.ends_with(b"\n") && !is_whole(line);
            if self.is_kept && !too_long && is_cut() {
                block.bytes.truncate(start);
                self.unfinished = Some(self.number);
                return Ok(false);
            }
            let fault = too_long
                .then(|| format!("the line is longer than {} MiB; split it", MAX_LINE >> 20));
            self.put(block, range, MadeOf::Json, fault);
            return Ok(true);
        }
    }

    /// Whether the next line may be long in coming.
    pub(super) fn may_wait(&self) -> bool {
        self.live && self.shape.is_read_out()
    }

    fn read(&mut self, into: &mut Vec<u8>, limit: usize) -> Result<usize, Failure> {
        let Shape::Lines(reader) = &mut self.shape else {
            return Ok(0);
        };
        reader
            .take(limit as u64)
            .read_until(b'\n', into)
            .map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        cut_short(&self.name, self.number, error)
    }

    /// Reads to the end of the line in small pieces; false if the line ended already.
    fn skip_rest(&mut self) -> Result<bool, Failure> {
        let mut skipped = std::mem::take(&mut self.skipped);
        let mut any = false;
        loop {
            skipped.clear();
            let count = self.read(&mut skipped, BUFFER)?;
            any |= skipped.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
            if count == 0 || skipped.last() == Some(&b'\n') {
                self.skipped = skipped;
                return Ok(any);
            }
        }
    }
}

/// Whether a last line without an end can't be the beginning of a longer one.
fn is_whole(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    matches!(line.first(), Some(b'{' | b'[')) && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}
