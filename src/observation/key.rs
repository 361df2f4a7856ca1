//! By what state knows the key that its hashes were made under.

use serde::{Deserialize, Serialize};

use super::{Identities, Identity};
use crate::observation::identity::NONE;
use crate::{Error, Result};

/// The check value of a secret and a policy ([`Identity::check`]); none of state that has hashed
/// nothing yet. State keeps it in its snapshot and never the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyCheck(u64);

impl KeyCheck {
    /// That of `identities`.
    pub(crate) fn of(identities: &Identities) -> KeyCheck {
        KeyCheck(identities.check())
    }

    /// Notes under what a post was hashed. The first one holds.
    pub(crate) fn note(&mut self, identity: &Identity) {
        if self.0 == NONE {
            self.0 = identity.check;
        }
    }

    /// The check value of both parts of a merge; `what` names them in the error.
    ///
    /// # Errors
    /// If they differ: equal persons would have different hashes. [`Error::is_merge`] holds.
    pub(crate) fn joined(self, other: KeyCheck, what: &str) -> Result<KeyCheck> {
        match (self.0, other.0) {
            (NONE, _) => Ok(other),
            (_, NONE) => Ok(self),
            (own, other) if own == other => Ok(self),
            _ => Err(Error::merge(format!(
                "the {what} were made under different keys or policies of accounts; give both the \
                 same, and one its posts again"
            ))),
        }
    }

    /// Checks that state goes on under the key that it was made with; `what` names it in the error.
    ///
    /// # Errors
    /// If not: nobody would be known again, and no error would show it. [`Error::is_snapshot`]
    /// holds.
    pub(crate) fn allows(self, identities: &Identities, what: &str) -> Result<()> {
        match self.0 == NONE || self.0 == identities.check() {
            true => Ok(()),
            false => Err(Error::snapshot(format!(
                "{what} was made under another key or policy of accounts; give those that it was \
                 made with"
            ))),
        }
    }
}
