//! Snapshots: the state of a room as bytes or as a file, versioned and checksummed.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HEARKENS` |
//! | 4 | length of the kind, little endian |
//! | … | the kind of state (`campaigns`, `context` …) |
//! | 4 | version of the kind, little endian |
//! | … | the state (postcard) |
//! | 8 | checksum of all before it |
//!
//! A file is written beside its place and renamed, so that it is the old state or the new one
//! whenever the machine stops. A [`Bundle`] holds several snapshots in one file.

mod bundle;
pub(crate) mod file;

use std::path::Path;

pub use bundle::Bundle;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::stats::hash::checksum;
use crate::{Error, Result};

/// The first bytes of a snapshot. Frozen: files hold them.
const MAGIC: &[u8; 8] = b"HEARKENS";

/// What a state is written as. It is private, so that the form of a snapshot is no promise and only
/// this crate's states are [`Snapshot`]s.
pub(crate) trait State: Sized {
    /// What kind of state it is, as it stands in the file.
    const KIND: &'static str;
    /// The version of its form; raised whenever it changes.
    const VERSION: u32;

    /// What is kept of it. The same state gives the same bytes, so it has a stated order.
    type Kept: Serialize + DeserializeOwned;

    fn keep(&self) -> Self::Kept;

    /// The state from what was kept; an error if the parts contradict each other or exceed their
    /// ceilings.
    fn restore(kept: Self::Kept) -> Result<Self>;
}

/// State that can be saved and loaded. It is sealed: the crate's own states have it, no other type
/// can.
///
/// The same state gives the same bytes.
#[expect(
    private_bounds,
    reason = "it is sealed by a bound that nobody else can name"
)]
pub trait Snapshot: State {
    /// The state as bytes.
    ///
    /// # Errors
    /// If it can't be written as bytes; [`Error::is_snapshot`] holds.
    fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(Self::KIND.len() as u32).to_le_bytes());
        bytes.extend_from_slice(Self::KIND.as_bytes());
        bytes.extend_from_slice(&Self::VERSION.to_le_bytes());
        let mut bytes = postcard::to_extend(&self.keep(), bytes).map_err(|error| {
            Error::snapshot(format!(
                "the state of {} can't be written: {error}",
                Self::KIND
            ))
            .with_source(error)
        })?;
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        Ok(bytes)
    }

    /// The state from bytes that [`Snapshot::to_bytes`] gave.
    ///
    /// # Errors
    /// If they are not a snapshot of this kind and version, or damaged; [`Error::is_snapshot`]
    /// holds.
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let kept = open(bytes, Self::KIND, Self::VERSION)?;
        let refuse = |why: &dyn std::fmt::Display| {
            Error::snapshot(format!(
                "the snapshot of {} can't be read ({why}); take an older one",
                Self::KIND
            ))
        };
        let (kept, rest) =
            postcard::take_from_bytes(kept).map_err(|error| refuse(&error).with_source(error))?;
        // Bytes behind the state would be lost when it is written again: whoever wrote them meant
        // another form of it.
        if !rest.is_empty() {
            return Err(refuse(&"bytes follow its end"));
        }
        Self::restore(kept)
    }

    /// Writes the state to `path`: to a file beside it that only its owner may read, to the disk,
    /// then renamed.
    ///
    /// # Errors
    /// If the file can't be written; [`Error::is_snapshot`] holds, the kind is
    /// [`ErrorKind::Io`](crate::ErrorKind::Io), and what was at `path` before is still there.
    fn save(&self, path: &Path) -> Result<()> {
        file::save(path, &self.to_bytes()?)
    }

    /// Reads the state that [`Snapshot::save`] wrote.
    ///
    /// # Errors
    /// If the file can't be read (the kind is [`ErrorKind::Io`](crate::ErrorKind::Io)), and
    /// as [`Snapshot::from_bytes`] if it is not such a snapshot; [`Error::is_snapshot`]
    /// holds for both.
    fn load(path: &Path) -> Result<Self> {
        file::load(path, Self::from_bytes)
    }
}

impl<S: State> Snapshot for S {}

/// The state within `bytes`, if they are a whole snapshot of this kind and version.
fn open<'b>(bytes: &'b [u8], kind: &str, version: u32) -> Result<&'b [u8]> {
    let cut = || cut("the snapshot");
    let rest = checked(bytes, MAGIC, "a snapshot")?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let (found, rest) = rest
        .split_at_checked(u32::from_le_bytes(*length) as usize)
        .ok_or_else(cut)?;
    if found != kind.as_bytes() {
        let found = String::from_utf8_lossy(found);
        return Err(Error::snapshot(format!(
            "this is a snapshot of {found}, not of {kind}; give the one of {kind}"
        )));
    }
    let (found, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    match u32::from_le_bytes(*found) {
        found if found == version => Ok(rest),
        found => Err(Error::snapshot(format!(
            "the snapshot of {kind} is of version {found}, this hearken reads {version}; {}",
            if found > version {
                "update hearken"
            } else {
                "replay the posts from where it began"
            }
        ))),
    }
}

/// What stands in `bytes` between `magic` and the checksum; `what` they should be.
fn checked<'b>(bytes: &'b [u8], magic: &[u8; 8], what: &str) -> Result<&'b [u8]> {
    let Some(rest) = bytes.strip_prefix(magic) else {
        return Err(Error::snapshot(format!(
            "not {what}: the file does not begin with {}; give a file that was saved as {what}",
            String::from_utf8_lossy(magic)
        )));
    };
    let what = what.replacen("a ", "the ", 1);
    let (content, sum) = bytes.split_last_chunk::<8>().ok_or_else(|| cut(&what))?;
    if content.len() < magic.len() || checksum(content) != u64::from_le_bytes(*sum) {
        return Err(cut(&what));
    }
    rest.get(..rest.len() - sum.len()).ok_or_else(|| cut(&what))
}

#[cold]
fn cut(what: &str) -> Error {
    Error::snapshot(format!(
        "{what} is damaged or cut: its checksum does not match; take an older one"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u32);

    impl State for Count {
        const KIND: &'static str = "count";
        const VERSION: u32 = 1;
        type Kept = u32;

        fn keep(&self) -> u32 {
            self.0
        }

        fn restore(kept: u32) -> Result<Count> {
            Ok(Count(kept))
        }
    }

    #[test]
    fn bytes_behind_the_state_are_refused_under_a_true_checksum() {
        let bytes = Count(7).to_bytes().expect("can be written");
        assert_eq!(Count::from_bytes(&bytes).map(|count| count.0).ok(), Some(7));
        let mut longer = bytes[..bytes.len() - 8].to_vec();
        longer.push(0);
        longer.extend_from_slice(&checksum(&longer).to_le_bytes());
        let error = Count::from_bytes(&longer)
            .map(|count| count.0)
            .expect_err("too long");
        assert!(
            error.to_string().contains("bytes follow its end"),
            "{error}"
        );
    }
}
