//! Where answers go: standard output, or a file that appears only when it is whole.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, BufRead, BufReader, BufWriter, Read, StdoutLock, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use crate::failure::{Failure, plain};
use crate::part::{Part, step, sync_folder};
use crate::times;

/// A place to write to. What is not [finished](Output::finish) leaves no file behind.
pub struct Output {
    name: String,
    sink: Sink,
    /// Whether it goes with a state, so that it must last as long.
    kept: bool,
}

enum Sink {
    Standard(BufWriter<StdoutLock<'static>>),
    /// A device or a pipe: there is nothing to rename.
    Direct(BufWriter<File>),
    Beside(Box<Beside>),
}

/// What a file has, or had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its length.
    pub bytes: u64,
    /// The hash of its bytes.
    pub hash: u64,
}

impl Written {
    /// What the file at `place` has.
    pub(crate) fn of(place: &Path) -> io::Result<Written> {
        let mut file = BufReader::with_capacity(1 << 16, File::open(place)?);
        let (mut hash, mut bytes) = (XxHash64::with_seed(0), 0);
        loop {
            let piece = file.fill_buf()?;
            let count = piece.len();
            if count == 0 {
                let hash = hash.finish();
                return Ok(Written { bytes, hash });
            }
            hash.write(piece);
            bytes += count as u64;
            file.consume(count);
        }
    }
}

/// A file that is written beside its place, in the same folder, so that renaming it is one step.
struct Beside {
    place: PathBuf,
    private: bool,
    /// What is written to; none while nothing is to be added to what stands in its place.
    part: Option<BufWriter<Part>>,
    /// The hash of all that is written.
    hash: XxHash64,
    bytes: u64,
    /// Whether anything was added since it last took its place.
    added: bool,
    /// Whether it goes with a state, so that it must last as long.
    kept: bool,
    /// Whether what stands in its place is exactly what it goes on from.
    is_there: bool,
    /// Whether something stands in its place that it doesn't go on from.
    replaces: bool,
}

impl Output {
    /// Opens `path`, or standard output for none and `-`.
    pub fn open(path: Option<&Path>) -> Result<Output, Failure> {
        Output::open_as(path, false)
    }

    /// Opens `path` for what only its owner may read.
    pub fn open_private(path: &Path) -> Result<Output, Failure> {
        Output::open_as(Some(path), true)
    }

    /// Standard output for a report that may be lost, as something else is the result.
    pub fn standard() -> Output {
        let sink = Sink::Standard(BufWriter::with_capacity(1 << 16, io::stdout().lock()));
        Output {
            name: "standard output".to_owned(),
            sink,
            kept: false,
        }
    }

    fn open_as(path: Option<&Path>, private: bool) -> Result<Output, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            if is_closed() {
                return Err(Failure::message(
                    "standard output is closed, or looks so (/dev/null, opened for reading too); \
                     send it somewhere, or name a file with -o",
                ));
            }
            return Ok(Output::standard());
        };
        let name = path.display().to_string();
        let unwritable =
            |error| Failure::message(format!("{name} can't be written: {}", plain(&error)));
        let sink = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Failure::message(format!(
                    "{name} is a folder; name a file to write to"
                )));
            }
            Ok(found) if !found.is_file() => Sink::Direct(BufWriter::new(
                File::options().write(true).open(path).map_err(unwritable)?,
            )),
            // A link is followed, so that it stays a link.
            Ok(_) => Sink::Beside(Box::new(
                fs::canonicalize(path)
                    .and_then(|place| Beside::new(place, private))
                    .map_err(unwritable)?,
            )),
            Err(_) => Sink::Beside(Box::new(
                Beside::new(path.to_owned(), private).map_err(unwritable)?,
            )),
        };
        Ok(Output {
            name,
            sink,
            kept: false,
        })
    }

    /// Opens `path` for what is not text: it must be a file. `example` is a name for it.
    pub fn open_binary(path: Option<&Path>, example: &str) -> Result<Output, Failure> {
        let output = path.map(|path| Output::open(Some(path))).transpose()?;
        output
            .filter(|output| !output.is_standard())
            .ok_or_else(|| {
                Failure::message(format!(
                    "a model is not text for standard output; name a file, as in -o {example}"
                ))
            })
    }

    /// The output as one that goes with a state. What it has is added to what a file had when that
    /// state was saved (`before`); what a run that was ended has added since is left out.
    pub(crate) fn kept(mut self, before: Option<Written>) -> Result<Output, Failure> {
        self.kept = true;
        if let Sink::Beside(beside) = &mut self.sink {
            beside.kept = true;
            let found = fs::metadata(&beside.place).map_or(0, |found| found.len());
            // Whoever takes the lines away leaves nothing to go on from.
            if let Some(before) = before.filter(|_| found > 0) {
                let same = beside.copy(before.bytes);
                let same = same.map_err(|error| Failure::writing(&self.name, &error))?;
                if !same || beside.written() != before {
                    return Err(Failure::message(format!(
                        "{} is not as the last run of this state left it; move it away, or name \
                         another file",
                        self.name
                    )));
                }
                beside.is_there = found == before.bytes;
                beside.replaces = false;
            }
        }
        Ok(self)
    }

    /// Where the file appears; none for what is no file.
    pub(crate) fn place(&self) -> Option<&Path> {
        match &self.sink {
            Sink::Beside(beside) => Some(&beside.place),
            _ => None,
        }
    }

    /// Whether this is standard output.
    pub fn is_standard(&self) -> bool {
        matches!(self.sink, Sink::Standard(_))
    }

    /// Writes all of `bytes`.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Standard(writer) => writer.write_all(bytes),
            Sink::Direct(writer) => writer.write_all(bytes),
            Sink::Beside(beside) => beside.add(bytes),
        }
        .map_err(|error| self.unwritable(&error))
    }

    /// Writes a value as a line of JSON.
    pub fn put_json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let json = self.json(value)? + "\n";
        self.put(json.as_bytes())
    }

    /// As [`Output::put_json`], with the moments of alerts, windows and cases as RFC 3339.
    pub fn put_json_with_times(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let json = self.json(value)?;
        let json = format!("{}\n", times::readable(&json));
        self.put(json.as_bytes())
    }

    fn json(&self, value: &impl serde::Serialize) -> Result<String, Failure> {
        serde_json::to_string(value).map_err(|error| {
            Failure::message(format!(
                "a line for {} can't be written as JSON: {error}",
                self.name
            ))
        })
    }

    /// Hands on what is buffered.
    pub fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Standard(writer) => writer.flush(),
            Sink::Direct(writer) => writer.flush(),
            Sink::Beside(beside) => beside.part.as_mut().map_or(Ok(()), Write::flush),
        }
        .map_err(|error| self.unwritable(&error))
    }

    /// Why it can't be written. Who closes a pipe has enough, but where a state is kept, the state
    /// has not.
    fn unwritable(&self, error: &io::Error) -> Failure {
        match Failure::writing(&self.name, error) {
            Failure::ClosedPipe if self.kept => Failure::message(format!(
                "{} was closed before all was written; the state stays as it was saved last, so \
                 that the next run writes it again",
                self.name
            )),
            failure => failure,
        }
    }

    /// Makes what was written so far appear; more may follow. Where nothing `new` was read and
    /// nothing written, a file that was there stays. Gives what the file has now, if it goes with a
    /// state.
    pub(crate) fn appear(&mut self, new: bool) -> Result<Option<Written>, Failure> {
        self.flush()?;
        let Sink::Beside(beside) = &mut self.sink else {
            return Ok(None);
        };
        beside
            .appear(new)
            .map_err(|error| Failure::writing(&self.name, &error))
    }

    /// Leaves the file as it was before.
    pub(crate) fn leave(&mut self) {
        if let Sink::Beside(beside) = &mut self.sink {
            (beside.part, beside.is_there, beside.added) = (None, true, false);
        }
    }

    /// Makes what was written appear.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.appear(true).map(drop)
    }
}

impl Beside {
    fn new(place: PathBuf, private: bool) -> io::Result<Beside> {
        let replaces = place.exists();
        // At once: whether one may write there is known before the work begins.
        let part = BufWriter::new(Part::beside(&place, private)?);
        Ok(Beside {
            place,
            private,
            part: Some(part),
            hash: XxHash64::with_seed(0),
            bytes: 0,
            added: false,
            kept: false,
            is_there: false,
            replaces,
        })
    }

    fn written(&self) -> Written {
        Written {
            bytes: self.bytes,
            hash: self.hash.finish(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let part = match &mut self.part {
            Some(part) => part,
            none => none.insert(BufWriter::new(Part::beside(&self.place, self.private)?)),
        };
        part.write_all(bytes)?;
        self.hash.write(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.part.is_none() {
            let before = self.written();
            (self.bytes, self.hash) = (0, XxHash64::with_seed(0));
            // Whoever takes the lines away leaves nothing to go on from.
            let is_there = fs::metadata(&self.place).is_ok_and(|found| found.len() > 0);
            if is_there && (!self.copy(before.bytes)? || self.written() != before) {
                return Err(io::Error::other(
                    "it was changed while the run went on; nobody else may write to it",
                ));
            }
        }
        self.added |= !bytes.is_empty();
        self.write(bytes)
    }

    /// Writes the first `count` bytes of what stands in its place; false if it has less.
    fn copy(&mut self, count: u64) -> io::Result<bool> {
        let mut before = BufReader::new(File::open(&self.place)?).take(count);
        let mut piece = vec![0; 1 << 16];
        loop {
            match before.read(&mut piece)? {
                0 => return Ok(self.bytes == count),
                read => self.write(piece.get(..read).unwrap_or_default())?,
            }
        }
    }

    fn appear(&mut self, new: bool) -> io::Result<Option<Written>> {
        let stays = !self.added && (self.is_there || (!new && self.replaces));
        let known = !self.replaces || self.added || new;
        if let Some(part) = self.part.take()
            && !stays
        {
            let part = part.into_inner().map_err(io::IntoInnerError::into_error)?;
            if self.kept {
                part.sync()?;
                step("output-synced");
            }
            part.take(&self.place)?;
            if self.kept {
                sync_folder(&self.place)?;
                step("output-renamed");
            }
            (self.is_there, self.replaces, self.added) = (true, false, false);
        }
        Ok((self.kept && known).then(|| self.written()))
    }
}

/// Whether standard output was closed when the process began. Rust's runtime has opened /dev/null
/// in its place by then, for reading and writing, where `> /dev/null` is for writing only.
#[cfg(target_os = "linux")]
fn is_closed() -> bool {
    use std::os::unix::fs::MetadataExt;

    let device = |path| fs::metadata(path).ok().map(|found| found.rdev());
    let described = fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
    let flags = described
        .lines()
        .find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    // The last two bits are how it was opened: 2 is for both.
    flags.is_some_and(|flags| flags & 3 == 2)
        && device("/dev/stdout").is_some_and(|found| Some(found) == device("/dev/null"))
}

/// Elsewhere it can't be told.
#[cfg(not(target_os = "linux"))]
fn is_closed() -> bool {
    false
}
