//! Campaigns: the same text by many accounts in a short time, told from incidents and from reach.

mod fingerprint;

pub use fingerprint::Fingerprint;
