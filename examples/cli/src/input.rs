//! Lines of files and of standard input, plain or compressed, in blocks of bounded size. What is
//! not lines (a JSON array, a table, mails) is made lines.

mod archive;
mod block;
mod documents;
mod format;
mod lines;
mod mail;
mod table;

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;

use archive::{Unpacked, unpacked};
pub use block::{Block, Line, MadeOf};
pub use format::Format;
use hearken::post::FieldMap;
pub use lines::Lines;
use lines::{Shape, cut_short, reader, told};

use crate::failure::{Failure, plain};
use crate::journal::{Position, Taken, Walk};

/// Bytes of the longest line that is read.
const MAX_LINE: usize = 16 << 20;
/// Bytes of a longer line that are kept for the reject file.
const KEPT_OF_LONG_LINE: usize = 64 << 10;
const BUFFER: usize = 256 << 10;

/// Files and standard input that are there to be read.
#[derive(Clone, Debug)]
pub struct Inputs {
    sources: Vec<Source>,
    /// Bytes of all files as they lie on the disk; none if one is not a plain file.
    pub total_bytes: Option<u64>,
    /// What is known of the posts in them; none where lines are no posts.
    posts: Option<Arc<Posts>>,
    /// How far a state has inputs already; none without a state.
    known: Option<Arc<[Position]>>,
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
            known: None,
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

    /// The inputs as ones of which a state has these already, up to there. What it has is passed
    /// over, whatever the name of the input is.
    pub fn beyond(self, known: &[Position]) -> Inputs {
        Inputs {
            known: Some(known.into()),
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

    /// The names of all inputs, in order.
    pub fn names(&self) -> Vec<String> {
        (0..self.sources.len())
            .map(|source| self.name(source))
            .collect()
    }

    /// Calls `each` for every block of lines, in order, while a thread reads on ahead; `read`
    /// counts the bytes taken from the disk.
    pub fn each_block(
        &self,
        read: &Arc<AtomicU64>,
        mut each: impl FnMut(Block) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.blocks(read)
            .into_iter()
            .try_for_each(|block| each(block?))
    }

    /// The blocks of lines, in order, from a thread that reads on ahead.
    pub(crate) fn blocks(&self, read: &Arc<AtomicU64>) -> Receiver<Result<Block, Failure>> {
        // Two blocks wait at most, so that memory stays bounded. The thread is left alone if nobody
        // takes them: it may be waiting for a standard input that never ends.
        let (sender, receiver) = mpsc::sync_channel(2);
        let (inputs, read) = (self.clone(), read.clone());
        thread::spawn(move || {
            if let Err(failure) = inputs.send_blocks(&read, &sender) {
                let _ = sender.send(Err(failure));
            }
        });
        receiver
    }

    fn send_blocks(
        &self,
        read: &Arc<AtomicU64>,
        sender: &SyncSender<Result<Block, Failure>>,
    ) -> Result<(), Failure> {
        let mut block = Block::default();
        let mut known = self.known.as_deref().unwrap_or_default().to_vec();
        for index in 0..self.sources.len() {
            let (mut lines, mut walk, from) = self.begin(index, read, &known, &mut block)?;
            let taken = |walk: &Walk| Taken {
                from,
                to: walk.position(),
            };
            loop {
                let waits = lines.may_wait() && !block.lines.is_empty();
                if block.is_full() || waits {
                    if self.known.is_some() {
                        block.taken.insert(index, taken(&walk));
                    }
                    if block.is_full() {
                        if sender.send(Ok(std::mem::take(&mut block))).is_err() {
                            return Ok(());
                        }
                    } else {
                        // What a live input has given so far goes on at once, unless there is
                        // work enough.
                        match sender.try_send(Ok(std::mem::take(&mut block))) {
                            Ok(()) => {}
                            Err(TrySendError::Full(Ok(unsent))) => block = unsent,
                            Err(_) => return Ok(()),
                        }
                    }
                }
                if !lines.walk(&mut block, &mut walk)? {
                    break;
                }
            }
            if self.known.is_some() && walk.position().items > 0 {
                block.taken.insert(index, taken(&walk));
                // An input that is named twice is one.
                known.push(walk.position());
            }
            let unfinished = lines.unfinished.map(|line| (index, line));
            block.unfinished.extend(unfinished);
        }
        let _ = sender.send(Ok(block));
        Ok(())
    }

    /// Opens an input and passes over what is `known` of it. Gives it with how far it is read, and
    /// up to where it was known; an item that had to be read for that stands in `block`.
    fn begin(
        &self,
        index: usize,
        read: &Arc<AtomicU64>,
        known: &[Position],
        block: &mut Block,
    ) -> Result<(Lines, Walk, Option<Position>), Failure> {
        let mut lines = self.open(index, read)?;
        let mut walk = Walk::new();
        if known.is_empty() {
            return Ok((lines, walk, None));
        }
        let (bytes, before) = (block.bytes.len(), block.lines.len());
        lines.walk(block, &mut walk)?;
        let begins = |known: &&Position| known.first == walk.position().first;
        let same: Vec<Position> = known.iter().filter(begins).copied().collect();
        let Some(most) = same.iter().map(|known| known.items).max() else {
            return Ok((lines, walk, None));
        };
        // It begins as an input that is known: whether it is that one shows where that was left.
        block.truncate(bytes, before);
        let mut passed = Block::default();
        let mut known = None;
        loop {
            known = match same.contains(&walk.position()) {
                true => Some(walk.position()),
                false => known,
            };
            passed.clear();
            if walk.position().items >= most || !lines.walk(&mut passed, &mut walk)? {
                break;
            }
        }
        if known != Some(walk.position()) {
            if !self.is_file(index) {
                return Err(Failure::message(format!(
                    "{} begins as an input that the state has, and then differs from it or ends \
                     before it; give the input as a file, or take another state",
                    self.name(index)
                )));
            }
            lines = self.open(index, read)?;
            walk = Walk::new();
            let items = known.map_or(0, |known| known.items);
            while walk.position().items < items {
                passed.clear();
                if !lines.walk(&mut passed, &mut walk)? {
                    break;
                }
            }
        }
        Ok((lines, walk, known))
    }

    /// Whether an input can be read twice.
    fn is_file(&self, index: usize) -> bool {
        match self.sources.get(index) {
            Some(Source::File(path)) => fs::metadata(path).is_ok_and(|found| found.is_file()),
            _ => false,
        }
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
            is_kept: self.known.is_some(),
            unfinished: None,
        })
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
