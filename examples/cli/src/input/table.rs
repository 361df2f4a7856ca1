//! Rows of a table with a header, each as an object of JSON whose fields are its columns.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};
use hearken::post::FieldMap;

use super::MAX_LINE;
use super::format::separator;

/// A table that is being read.
pub(super) struct Table<R> {
    rows: Reader<Bounded<R>>,
    /// Bytes that may still be read for a row.
    room: Rc<Cell<usize>>,
    record: ByteRecord,
    columns: Vec<String>,
    separator: u8,
}

/// A row that was read.
pub(super) struct Row {
    /// The line on which it begins.
    pub(super) line: u64,
    /// Why it can't be used.
    pub(super) fault: Option<String>,
}

/// A source that fails where a row has no end, as when a quote is not closed.
pub(super) struct Bounded<R> {
    source: R,
    room: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = self.room.get();
        if room == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "a row is longer than {} MiB; close its quote",
                    MAX_LINE >> 20
                ),
            ));
        }
        let most = into.len().min(room);
        let count = self.source.read(into.get_mut(..most).unwrap_or_default())?;
        self.room.set(room - count);
        Ok(count)
    }
}

impl<R: BufRead> Table<R> {
    /// Reads the header. `comma` is the separator, or none to see it from the header.
    pub(super) fn new(mut source: R, comma: Option<u8>) -> io::Result<Table<R>> {
        let separator = match comma {
            Some(comma) => comma,
            None => {
                let begin = source.fill_buf()?;
                let line = begin
                    .split(|&byte| byte == b'\n')
                    .next()
                    .unwrap_or_default();
                separator(&String::from_utf8_lossy(line))
            }
        };
        let room = Rc::new(Cell::new(MAX_LINE));
        let source = Bounded {
            source,
            room: room.clone(),
        };
        let mut rows = ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .from_reader(source);
        let own = |name: &str| {
            let is_own = |field: &&str| field.eq_ignore_ascii_case(name);
            FieldMap::targets().find(is_own).unwrap_or(name).to_owned()
        };
        let columns = rows.byte_headers().map_err(io_error)?.iter();
        let columns = columns
            .map(|name| own(String::from_utf8_lossy(name).trim()))
            .collect();
        Ok(Table {
            rows,
            room,
            record: ByteRecord::new(),
            columns,
            separator,
        })
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Appends the next row that has a value to `into`; none at the end.
    pub(super) fn next(&mut self, into: &mut Vec<u8>) -> io::Result<Option<Row>> {
        loop {
            self.room.set(MAX_LINE);
            if !self
                .rows
                .read_byte_record(&mut self.record)
                .map_err(io_error)?
            {
                return Ok(None);
            }
            if !self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                break;
            }
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let fault = self.put(into).err();
        Ok(Some(Row { line, fault }))
    }

    /// Appends the row as JSON, or as it stands if it can't be used.
    fn put(&self, into: &mut Vec<u8>) -> Result<(), String> {
        let from = into.len();
        let written = self.put_json(into);
        if written.is_err() {
            into.truncate(from);
            for (column, cell) in self.record.iter().enumerate() {
                if column > 0 {
                    into.push(self.separator);
                }
                into.extend_from_slice(cell);
            }
        }
        written
    }

    fn put_json(&self, into: &mut Vec<u8>) -> Result<(), String> {
        let (cells, columns) = (self.record.len(), self.columns.len());
        let surplus = self.record.iter().skip(columns);
        if surplus
            .into_iter()
            .any(|cell| !cell.trim_ascii().is_empty())
        {
            return Err(format!(
                "the row has {cells} cells, and the header {columns} columns; put cells that hold the separator in quotes"
            ));
        }
        for (column, (name, cell)) in self.columns.iter().zip(&self.record).enumerate() {
            let cell = std::str::from_utf8(cell).map_err(|_| {
                format!(
                    "the cell in column `{name}` is not UTF-8; convert the file, for instance with `iconv -t UTF-8`"
                )
            })?;
            into.push(if column == 0 { b'{' } else { b',' });
            let written = serde_json::to_writer(&mut *into, name).and_then(|()| {
                into.push(b':');
                serde_json::to_writer(&mut *into, cell)
            });
            written.map_err(|error| format!("the row can't be read: {error}"))?;
        }
        into.push(b'}');
        Ok(())
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}")),
    }
}
