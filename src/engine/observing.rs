//! What the stateful rooms need of a text, taken while it is at hand.

use super::{Engine, Scratch};
use crate::campaign::Fingerprint;
use crate::context::echo;
use crate::explain::Span;
use crate::importance::novelty::{self, Among, Surprise};
use crate::observation::Observation;
use crate::{Post, Triage};

impl Engine {
    /// As [`Engine::triage`], with what the stateful rooms need of the text. A pure function, for any thread.
    pub fn observe(&self, post: &Post<'_>, scratch: &mut Scratch) -> (Triage, Observation) {
        let triage = self.triage(post, scratch);
        let (analysis, lexicon) = self.analysed(scratch);
        let observation = Observation {
            fingerprint: Fingerprint::of(post, analysis),
            elements: novelty::elements(analysis, lexicon),
            echo: echo::is_echo(analysis, lexicon),
        };
        (triage, observation)
    }

    /// Why a surprise is one, in a sentence, and where it stands in the original text.
    pub fn surprise_reason(&self, surprise: &Surprise) -> (String, Vec<Span>) {
        let element = surprise.element;
        let term = self.inner.analyzer.lexicon().term(element.listed).map_or("", |term| term.text.as_str());
        let topic = match surprise.among {
            Among::Topic(topic) => self.inner.taxonomy.topics.get(usize::from(topic)).map(|topic| topic.id.as_str()),
            Among::NoTopic | Among::All => None,
        };
        (surprise.reason(term, topic), vec![Span { start: element.start, end: element.end }])
    }
}
