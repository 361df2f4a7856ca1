//! What other modules need of a text, taken while it is at hand.

use super::{Engine, Scratch};
use crate::feature::Feature;
use crate::observation::term::terms;
use crate::observation::{Fingerprint, Observation, echo, elements, is_headline};
use crate::{Post, Triage};

impl Engine {
    /// As [`Engine::triage`], with what the stateful rooms need of the text. A pure function,
    /// for any thread.
    pub fn observe(&self, post: &Post<'_>, scratch: &mut Scratch) -> (Triage, Observation) {
        let triage = self.triage(post, scratch);
        let (analysis, lexicon) = (&scratch.analysis, self.inner.analyzer.lexicon());
        let identities = &self.inner.identities;
        // What is read of a mail or of HTML is a part of the text: the rest is masked, too.
        let read = analysis.source.is_whole(&post.text);
        let read = read.then_some((&analysis.folded, analysis.entities.as_slice()));
        let author = post.author.name.as_deref();
        let masker = &self.inner.masker;
        scratch.masking.clear();
        let masked = masker.mask_read(&post.text, author, read, &mut scratch.masking);
        let observation = Observation {
            identity: identities.identify(post),
            fingerprint: Fingerprint::under(identities, analysis, triage.spam.probability),
            elements: elements(analysis, lexicon),
            echo: echo::is_echo(analysis, lexicon),
            headline: is_headline(analysis, lexicon),
            terms: terms(analysis, masked.spans()),
            masked: (!masked.spans().is_empty()).then(|| masked.text().into()),
        };
        (triage, observation)
    }

    /// Reads a text for [`Engine::analysed`] and calls `each` for every feature of it.
    pub(crate) fn each_feature(
        &self,
        text: &str,
        scratch: &mut Scratch,
        each: impl FnMut(Feature),
    ) {
        let analyzer = &self.inner.analyzer;
        analyzer.prepare(text, &mut scratch.analysis);
        analyzer.features(&mut scratch.analysis, each);
    }
}
