//! What the stateful rooms need of a text, taken while it is at hand.

use super::{Engine, Scratch};
use crate::observation::term::terms;
use crate::observation::{Fingerprint, Observation, echo, elements, is_headline};
use crate::{Post, Triage};

impl Engine {
    /// As [`Engine::triage`], with what the stateful rooms need of the text. A pure function,
    /// for any thread.
    pub fn observe(&self, post: &Post<'_>, scratch: &mut Scratch) -> (Triage, Observation) {
        let triage = self.triage(post, scratch);
        let (analysis, lexicon) = self.analysed(scratch);
        let identities = &self.inner.identities;
        let observation = Observation {
            identity: identities.identify(post),
            fingerprint: Fingerprint::under(identities, analysis, triage.spam.probability),
            elements: elements(analysis, lexicon),
            echo: echo::is_echo(analysis, lexicon),
            headline: is_headline(analysis, lexicon),
            terms: terms(analysis),
        };
        (triage, observation)
    }
}
