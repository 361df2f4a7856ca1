//! Several snapshots and what belongs to them in one file, which changes as a whole.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HEARKENB` |
//! | 4 | version of the form, little endian |
//! | 4 | number of parts |
//! | … | each part, by name: 4 for the length of the name, the name, 8 for the length, the bytes |
//! | 8 | checksum of all before it |

use std::collections::BTreeMap;
use std::path::Path;

use super::{Snapshot, checked, file};
use crate::stats::hash::checksum;
use crate::{Error, Result};

/// The first bytes of a bundle. Frozen: files hold them.
const MAGIC: &[u8; 8] = b"HEARKENB";
/// The version of its form; raised whenever it changes.
const VERSION: u32 = 1;

/// Named parts in one file: [snapshots](Snapshot), and bytes that belong to them, such as a note of
/// what they were made from.
///
/// One checksum covers all of it, so the parts are of one moment. The same parts give the same
/// bytes.
///
/// ```
/// use hearken::snapshot::Bundle;
///
/// # fn main() -> hearken::Result<()> {
/// let mut bundle = Bundle::new();
/// bundle.put_bytes("note", b"up to line 17".to_vec());
/// let again = Bundle::from_bytes(&bundle.to_bytes())?;
/// assert_eq!(again.bytes("note"), Some(&b"up to line 17"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    parts: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// A bundle without parts.
    pub fn new() -> Bundle {
        Bundle::default()
    }

    /// Adds a state as the part `name`, or replaces that part.
    ///
    /// # Errors
    /// As [`Snapshot::to_bytes`].
    pub fn put(&mut self, name: &str, state: &impl Snapshot) -> Result<()> {
        self.put_bytes(name, state.to_bytes()?);
        Ok(())
    }

    /// Adds bytes as the part `name`, or replaces that part.
    pub fn put_bytes(&mut self, name: &str, bytes: Vec<u8>) {
        self.parts.insert(name.to_owned(), bytes);
    }

    /// Takes the part `name` out; gives its bytes.
    pub fn remove(&mut self, name: &str) -> Option<Vec<u8>> {
        self.parts.remove(name)
    }

    /// The state in the part `name`; none if there is no such part.
    ///
    /// # Errors
    /// As [`Snapshot::from_bytes`].
    pub fn get<S: Snapshot>(&self, name: &str) -> Result<Option<S>> {
        self.bytes(name).map(S::from_bytes).transpose()
    }

    /// The bytes of the part `name`.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.parts.get(name).map(Vec::as_slice)
    }

    /// The bundle as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(self.parts.len() as u32).to_le_bytes());
        for (name, part) in &self.parts {
            bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The bundle from bytes that [`Bundle::to_bytes`] gave.
    ///
    /// # Errors
    /// If they are no bundle, of another version, or damaged; [`Error::is_snapshot`] holds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Bundle> {
        let mut rest = checked(bytes, MAGIC, "a file of state")?;
        let damaged = || Error::snapshot("the file of state is damaged; take an older one");
        let version = u32::from_le_bytes(*first(&mut rest).ok_or_else(damaged)?);
        if version != VERSION {
            return Err(Error::snapshot(format!(
                "the file of state is of version {version}, this hearken reads {VERSION}; use the \
                 hearken that wrote it, or replay the posts from where it began"
            )));
        }
        let count = u32::from_le_bytes(*first(&mut rest).ok_or_else(damaged)?);
        let mut parts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for _ in 0..count {
            let mut part = || {
                let length = u32::from_le_bytes(*first(&mut rest)?);
                let name = std::str::from_utf8(taken(&mut rest, u64::from(length))?).ok()?;
                let length = u64::from_le_bytes(*first(&mut rest)?);
                Some((name.to_owned(), taken(&mut rest, length)?.to_vec()))
            };
            let (name, part) = part().ok_or_else(damaged)?;
            // In their order, each once: so equal bundles are equal bytes.
            if parts
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                return Err(damaged());
            }
            parts.insert(name, part);
        }
        match rest.is_empty() {
            true => Ok(Bundle { parts }),
            false => Err(damaged()),
        }
    }

    /// Writes the bundle to `path`: to a file beside it that only its owner may read, to the disk,
    /// then renamed. Whenever the machine stops, `path` has the old bundle or the new one.
    ///
    /// # Errors
    /// As [`Snapshot::save`].
    pub fn save(&self, path: &Path) -> Result<()> {
        file::save(path, &self.to_bytes())
    }

    /// Reads the bundle that [`Bundle::save`] wrote.
    ///
    /// # Errors
    /// If the file can't be read (the kind is [`ErrorKind::Io`](crate::ErrorKind::Io)), and as
    /// [`Bundle::from_bytes`]; [`Error::is_snapshot`] holds for both.
    pub fn load(path: &Path) -> Result<Bundle> {
        file::load(path, Bundle::from_bytes)
    }
}

/// Takes the first bytes off `rest`.
fn first<'b, const N: usize>(rest: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (first, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(first)
}

/// Takes `length` bytes off `rest`.
fn taken<'b>(rest: &mut &'b [u8], length: u64) -> Option<&'b [u8]> {
    let (taken, behind) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = behind;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let mut bundle = Bundle::new();
        bundle.put_bytes("queue", vec![1, 2, 3]);
        bundle.put_bytes("journal", Vec::new());
        bundle
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_refused() {
        let bytes = bundle().to_bytes();
        assert_eq!(Bundle::from_bytes(&bytes).ok(), Some(bundle()));
        for length in 0..bytes.len() {
            let error = Bundle::from_bytes(&bytes[..length]).expect_err("it is cut");
            assert!(error.is_snapshot(), "{length}: {error}");
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert!(Bundle::from_bytes(&flipped).is_err(), "byte {at}");
        }
    }

    #[test]
    fn lengths_that_lie_are_refused_under_a_true_checksum() {
        let bytes = bundle().to_bytes();
        let content = &bytes[..bytes.len() - 8];
        for at in MAGIC.len()..content.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut lying = content.to_vec();
                lying[at] = value;
                lying.extend_from_slice(&checksum(&lying).to_le_bytes());
                if let Ok(read) = Bundle::from_bytes(&lying) {
                    assert_eq!(read.to_bytes(), lying, "byte {at}");
                }
            }
        }
    }
}
