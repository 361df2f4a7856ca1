//! Lines in blocks of bounded size, with their places.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::journal::Taken;

/// Lines and bytes at which a block is full.
const BLOCK_LINES: usize = 8192;
pub(super) const BLOCK_BYTES: usize = 8 << 20;

/// Lines in one buffer.
#[derive(Debug, Default)]
pub struct Block {
    pub(super) bytes: Vec<u8>,
    /// The places of the lines, in order.
    pub lines: Vec<Line>,
    /// How far inputs are read with this block, by their number, where state is kept.
    pub taken: BTreeMap<usize, Taken>,
    /// The last lines of inputs that are not complete, and are left for another run: input, line.
    pub unfinished: Vec<(usize, u64)>,
}

/// The place of a line.
#[derive(Clone, Debug)]
pub struct Line {
    /// The input, for [`Inputs::name`](super::Inputs::name).
    pub source: usize,
    /// The line's number in its input, from 1.
    pub number: u64,
    /// The number of the post in its line or document, from 1, where that holds several.
    pub part: Option<u64>,
    /// Whether it was made of a table's row or of a mail.
    pub made_of: MadeOf,
    pub(super) range: Range<usize>,
    /// Why it can't be used.
    pub(super) fault: Option<Box<str>>,
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
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= BLOCK_LINES || self.bytes.len() >= BLOCK_BYTES
    }

    /// Forgets the lines and keeps the buffer.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.lines.clear();
    }

    /// Forgets what stands behind the first `bytes` bytes and the first `lines` lines.
    pub(super) fn truncate(&mut self, bytes: usize, lines: usize) {
        self.bytes.truncate(bytes);
        self.lines.truncate(lines);
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
