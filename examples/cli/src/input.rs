//! Lines of files and of standard input, plain or compressed, in blocks of bounded size. What is
//! not lines (a JSON array, a table, mails) is made lines.

mod archive;
mod documents;
mod format;
mod mail;
mod table;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread;

use archive::{Unpacked, unpacked};
use documents::{Documents, MAX_DOCUMENT};
pub use format::Format;
use hearken::post::{FieldMap, Reader};
use mail::Mails;

use table::Table;

use crate::failure::{Failure, plain};

/// Bytes of the longest line that is read.
const MAX_LINE: usize = 16 << 20;
/// Bytes of a longer line that are kept for the reject file.
const KEPT_OF_LONG_LINE: usize = 64 << 10;
/// Lines and bytes at which a block is full.
const BLOCK_LINES: usize = 8192;
const BLOCK_BYTES: usize = 8 << 20;
const BUFFER: usize = 256 << 10;

/// Files and standard input that are there to be read.
#[derive(Clone, Debug)]
pub struct Inputs {
    sources: Vec<Source>,
    /// Bytes of all files as they lie on the disk; none if one is not a plain file.
    pub total_bytes: Option<u64>,
    /// What is known of the posts in them; none where lines are no posts.
    posts: Option<Arc<Posts>>,
}

/// What the shape of an input is told by.
#[derive(Clone, Debug, Default)]
pub struct Posts {
    /// The shape of all inputs, if it was said.
    pub format: Option<Format>,
    /// Where the fields of a post stand: in documents, and in lines and tables.
    pub map: FieldMap,
}

#[derive(Clone, Debug)]
enum Source {
    StandardInput,
    File(PathBuf),
}

impl Inputs {
    /// Looks at each input before the work begins; none is standard input, and so is `-`.
    pub fn check(files: &[PathBuf]) -> Result<Inputs, Failure> {
        let mut inputs = Inputs {
            sources: Vec::new(),
            total_bytes: Some(0),
            posts: None,
        };
        for path in files {
            let size = size(path)?;
            let sizes = inputs.total_bytes.zip(size);
            inputs.total_bytes = sizes.map(|(total, size)| total + size);
            inputs.sources.push(match path.as_os_str() == "-" {
                true => Source::StandardInput,
                false => Source::File(path.clone()),
            });
        }
        if inputs.sources.is_empty() {
            inputs.sources.push(Source::StandardInput);
            inputs.total_bytes = None;
        }
        let is_standard = |source: &&Source| matches!(source, Source::StandardInput);
        if inputs.sources.iter().filter(is_standard).count() > 1 {
            return Err(Failure::message(
                "standard input (-) is named twice; it can be read only once",
            ));
        }
        Ok(inputs)
    }

    /// The inputs as ones of posts: of any shape.
    pub fn of_posts(self, posts: Posts) -> Inputs {
        Inputs {
            posts: Some(Arc::new(posts)),
            ..self
        }
    }

    /// Whether standard input is all there is.
    pub fn is_only_standard(&self) -> bool {
        matches!(self.sources.as_slice(), [Source::StandardInput])
    }

    /// The name of an input, as given.
    pub fn name(&self, source: usize) -> String {
        match self.sources.get(source) {
            Some(Source::File(path)) => path.display().to_string(),
            _ => "-".to_owned(),
        }
    }

    /// Calls `each` for every block of lines, in order, while a thread reads on ahead; `read`
    /// counts the bytes taken from the disk.
    pub fn each_block(
        &self,
        read: &Arc<AtomicU64>,
        mut each: impl FnMut(Block) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // Two blocks wait at most, so that memory stays bounded. The thread is left alone if `each`
        // fails: it may be waiting for a standard input that never ends.
        let (sender, receiver) = mpsc::sync_channel(2);
        let (inputs, read) = (self.clone(), read.clone());
        thread::spawn(move || {
            if let Err(failure) = inputs.send_blocks(&read, &sender) {
                let _ = sender.send(Err(failure));
            }
        });
        receiver.into_iter().try_for_each(|block| each(block?))
    }

    fn send_blocks(
        &self,
        read: &Arc<AtomicU64>,
        sender: &SyncSender<Result<Block, Failure>>,
    ) -> Result<(), Failure> {
        let mut block = Block::default();
        for index in 0..self.sources.len() {
            let mut lines = self.open(index, read)?;
            while lines.next(&mut block)? {
                if block.is_full() {
                    if sender.send(Ok(std::mem::take(&mut block))).is_err() {
                        return Ok(());
                    }
                } else if lines.may_wait() {
                    // What a live input has given so far goes on at once, unless there
                    // is work enough.
                    match sender.try_send(Ok(std::mem::take(&mut block))) {
                        Ok(()) => {}
                        Err(TrySendError::Full(Ok(unsent))) => block = unsent,
                        Err(_) => return Ok(()),
                    }
                }
            }
        }
        let _ = sender.send(Ok(block));
        Ok(())
    }

    /// Opens an input.
    pub fn open(&self, index: usize, read: &Arc<AtomicU64>) -> Result<Lines, Failure> {
        let name = self.name(index);
        let unreadable =
            |error| Failure::message(format!("{name} can't be read: {}", plain(&error)));
        let (live, source): (bool, Box<dyn Read + Send>) = match self.sources.get(index) {
            Some(Source::File(path)) => (false, Box::new(File::open(path).map_err(unreadable)?)),
            _ => (true, Box::new(io::stdin())),
        };
        let mut source = Counted {
            source,
            read: read.clone(),
        };
        let mut first = Vec::new();
        (&mut source)
            .take(4)
            .read_to_end(&mut first)
            .map_err(unreadable)?;
        let magic = first.clone();
        let whole = Cursor::new(first).chain(source);
        let (live, unpacked) = match unpacked(&name, &magic, whole)? {
            Unpacked::Archive(archive) => (false, archive),
            Unpacked::Plain(plain) => (live, plain),
        };
        let mut unpacked = unpacked;
        let shape = match &self.posts {
            None => Shape::Lines(reader(unpacked)),
            Some(posts) => {
                let mut begin = Vec::new();
                let format = match posts.format {
                    Some(format) => format,
                    None => told(&mut unpacked, &mut begin, &posts.map)
                        .map_err(|error| cut_short(&name, 0, &error))?,
                };
                let reader = reader(Box::new(Cursor::new(begin).chain(unpacked)));
                Shape::new(format, reader, &name, &posts.map)?
            }
        };
        Ok(Lines {
            name,
            index,
            live,
            number: 0,
            shape,
            posts: self.posts.clone(),
            skipped: Vec::new(),
        })
    }
}

type Plain = BufReader<Box<dyn Read + Send>>;

fn reader(source: Box<dyn Read + Send>) -> Plain {
    BufReader::with_capacity(BUFFER, source)
}

/// That an input which was opened can't be read on behind a line.
fn cut_short(name: &str, line: u64, error: &io::Error) -> Failure {
    Failure::message(format!(
        "{name} can't be read after line {line}: {}; is the file cut short or damaged?",
        plain(error)
    ))
}

/// The shape of an input by how it begins; what was read for it is left in `begin`.
fn told(source: &mut dyn Read, begin: &mut Vec<u8>, map: &FieldMap) -> io::Result<Format> {
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
enum Shape {
    Lines(Plain),
    Documents(Plain, Documents),
    Table(Box<Table<Plain>>),
    Mails(Plain, Mails),
}

impl Shape {
    fn new(
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
            Shape::Lines(reader) | Shape::Documents(reader, _) | Shape::Mails(reader, _) => {
                reader.buffer().is_empty()
            }
            Shape::Table(_) => true,
        }
    }
}

/// The bytes of an input; none if it is not a plain file. Refuses one that can't be read.
fn size(path: &Path) -> Result<Option<u64>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(None);
    }
    let unreadable = |error| {
        let path = path.display();
        Failure::message(format!("{path} can't be read: {}", plain(&error)))
    };
    let found = fs::metadata(path).map_err(unreadable)?;
    if found.is_dir() {
        return Err(Failure::message(format!(
            "{} is a folder; name the files in it",
            path.display()
        )));
    }
    if !found.is_file() {
        return Ok(None); // a pipe is not opened twice: its writer would take that for the end
    }
    File::open(path).map_err(unreadable)?;
    Ok(Some(found.len()))
}

/// Lines in one buffer.
#[derive(Debug, Default)]
pub struct Block {
    bytes: Vec<u8>,
    /// The places of the lines, in order.
    pub lines: Vec<Line>,
}

/// The place of a line.
#[derive(Clone, Debug)]
pub struct Line {
    /// The input, for [`Inputs::name`].
    pub source: usize,
    /// The line's number in its input, from 1.
    pub number: u64,
    /// The number of the post in its line or document, from 1, where that holds several.
    pub part: Option<u64>,
    /// Whether it was made of a table's row or of a mail.
    pub made_of: MadeOf,
    range: Range<usize>,
    /// Why it can't be used.
    fault: Option<Box<str>>,
}

impl Line {
    /// Where it stands in its input, for people.
    pub fn place(&self) -> String {
        match self.part {
            Some(part) => format!("line {}, post {part}", self.number),
            None => format!("line {}", self.number),
        }
    }
}

/// What a line was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeOf {
    /// A line or a document of JSON.
    Json,
    /// A row of a table.
    Row,
    /// A mail.
    Mail,
}

impl Block {
    fn is_full(&self) -> bool {
        self.lines.len() >= BLOCK_LINES || self.bytes.len() >= BLOCK_BYTES
    }

    /// Forgets the lines and keeps the buffer.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.lines.clear();
    }

    /// The bytes of a line, without its end.
    pub fn bytes(&self, line: &Line) -> &[u8] {
        self.bytes.get(line.range.clone()).unwrap_or_default()
    }

    /// The text of a line, or why it has none.
    pub fn text(&self, line: &Line) -> Result<&str, String> {
        if let Some(fault) = &line.fault {
            return Err(fault.to_string());
        }
        std::str::from_utf8(self.bytes(line)).map_err(|error| {
            format!(
                "the line is not UTF-8 (byte {}); convert it, for instance with `iconv -t UTF-8`",
                error.valid_up_to() + 1
            )
        })
    }
}

/// The lines of one input.
pub struct Lines {
    name: String,
    index: usize,
    live: bool,
    number: u64,
    shape: Shape,
    posts: Option<Arc<Posts>>,
    skipped: Vec<u8>,
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
            let fault = too_long
                .then(|| format!("the line is longer than {} MiB; split it", MAX_LINE >> 20));
            self.put(block, range, MadeOf::Json, fault);
            return Ok(true);
        }
    }

    /// Whether the next line may be long in coming.
    fn may_wait(&self) -> bool {
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

/// Counts the bytes that are taken from a source.
struct Counted {
    source: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
