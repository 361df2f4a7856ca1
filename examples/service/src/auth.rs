//! Who asks: tokens, roles and tenants.
//!
//! A token is 32 random bytes, so it can't be guessed or looked up: one round of SHA-256 is enough
//! to keep it out of the configuration. (Slow hashes are for passwords, which people choose.)

use std::fmt::Write as _;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Posts may be sent.
    Ingest,
    /// The queue, corrections, suggestions, trends and reports.
    Agent,
    /// Persons may be forgotten, and everything of an agent.
    Admin,
}

/// A token as the configuration has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The name of who has it: an agent's, as claims and corrections bear it.
    pub name: String,
    /// The tenant whose rows it opens.
    pub tenant: String,
    /// What it allows.
    pub roles: Vec<Role>,
    /// The SHA-256 of the token, in hexadecimal.
    #[serde(deserialize_with = "hash")]
    pub sha256: [u8; 32],
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Their name.
    pub name: String,
    /// Whose rows they see.
    pub tenant: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

impl Caller {
    /// Whether they may do this.
    pub fn may(&self, role: Role) -> bool {
        self.roles.contains(&role) || (role == Role::Agent && self.roles.contains(&Role::Admin))
    }
}

/// Who has this token.
pub fn caller(tokens: &[Token], token: &str) -> Option<Caller> {
    let asked: [u8; 32] = Sha256::digest(token.trim()).into();
    // Hashes of guesses tell nothing of where they differ, so the time of the comparison may.
    let known = tokens.iter().find(|known| known.sha256 == asked)?;
    Some(Caller {
        name: known.name.clone(),
        tenant: known.tenant.clone(),
        roles: known.roles.clone(),
    })
}

/// A new token, and its hash for the configuration.
///
/// # Errors
/// If the system gives no random bytes.
pub fn new_token() -> Result<(String, String)> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(format!("the system gives no random bytes: {error}")))?;
    let token = hexadecimal(&bytes);
    let hash: [u8; 32] = Sha256::digest(&token).into();
    Ok((token, hexadecimal(&hash)))
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // A text takes any digits.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn hash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.trim();
    let mut hash = [0u8; 32];
    let is_hash = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    for (at, byte) in hash.iter_mut().enumerate() {
        let pair = digits.get(2 * at..2 * at + 2).filter(|_| is_hash);
        let read = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        *byte = read.ok_or_else(|| {
            D::Error::custom(
                "sha256 is not 64 hexadecimal digits; make a token with `hearken-service token`",
            )
        })?;
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_tenant_and_no_other() {
        let (token, hash) = new_token().expect("random bytes");
        let toml = format!(
            "name = \"eva\"\ntenant = \"acme\"\nroles = [\"admin\"]\nsha256 = \"{hash}\"\n"
        );
        let tokens = [toml::from_str::<Token>(&toml).expect("a token")];
        let found = caller(&tokens, &token).expect("it is known");
        assert_eq!(
            (found.name.as_str(), found.tenant.as_str()),
            ("eva", "acme")
        );
        assert!(found.may(Role::Agent) && found.may(Role::Admin) && !found.may(Role::Ingest));
        // The hash itself, which more people see, opens nothing.
        assert_eq!(caller(&tokens, &hash), None);
        assert_eq!(caller(&tokens, ""), None);
    }
}
