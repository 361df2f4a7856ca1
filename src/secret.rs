//! The secret under which personal values are hashed: identifiers, and values that are masked.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

/// The secret under which identifiers and masked values are hashed. It is in no snapshot; keep it
/// where other secrets are kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret([u8; 16]);

impl Secret {
    /// The secret of 16 random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Secret {
        Secret(bytes)
    }

    /// A hash under the secret, of a hash that anybody can make.
    pub(crate) fn seal(&self, kind: u8, hash: u64) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        // Nine bytes, where what is hashed as text has 24 at least.
        hasher.write_u8(kind);
        hasher.write_u64(hash);
        hasher.finish()
    }

    /// The keyed hash of several texts (SipHash-2-4, Aumasson and Bernstein 2012). No two rows of
    /// texts are read as one.
    pub(crate) fn hash(&self, parts: &[&str]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        for part in parts {
            // The length first: "ab" + "c" must not be "a" + "bc".
            hasher.write(&(part.len() as u64).to_le_bytes());
            hasher.write(part.as_bytes());
        }
        hasher.finish()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
