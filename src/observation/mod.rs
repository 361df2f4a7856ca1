//! What state needs of a text beside its answer, taken while the text is at hand.
//!
#![doc = include_str!("../../docs/design/observation.md")]

pub(crate) mod contact;
pub(crate) mod echo;
mod element;
pub(crate) mod fingerprint;
mod headline;
pub(crate) mod identity;
mod key;
pub(crate) mod term;

pub(crate) use contact::Contact;
pub use element::Element;
pub(crate) use element::elements;
pub use fingerprint::Fingerprint;
pub(crate) use headline::is_headline;
pub use identity::{Accounts, Identities, Identity};
pub(crate) use key::KeyCheck;
use term::Terms;

use crate::Post;
pub use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// What state needs of a text beside its [`Triage`](crate::Triage).
///
/// It is made by [`Engine::observe`](crate::Engine::observe), on any thread; the modules of state
/// then take posts one by one in order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Who wrote it, and in which thread.
    pub identity: Identity,
    /// By what the text is recognised when it comes again.
    pub fingerprint: Fingerprint,
    /// What may be rare and severe in it.
    pub elements: Vec<Element>,
    /// Whether it only agrees with what it answers.
    pub echo: bool,
    /// Whether it is a headline with a link: nobody speaks, is addressed or asked.
    pub headline: bool,
    /// What it is about in its own words; none of them is a personal number or name.
    pub terms: Terms,
    /// Its text with personal data masked, if it has any: the one text that state may keep.
    pub masked: Option<Box<str>>,
}

impl Observation {
    /// What state may keep of the text of `post`, from which this was taken.
    pub(crate) fn text<'a>(&'a self, post: &'a Post<'_>) -> &'a str {
        self.masked.as_deref().unwrap_or(&post.text)
    }
}
