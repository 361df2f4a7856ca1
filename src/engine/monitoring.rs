//! Monitored terms of a text, and the rules on them.

use super::{Engine, Inner, Scratch};
use crate::feature::lexicon::Term;
use crate::terms::{Monitored, Rules};
use crate::triage::{AnswerPart, AnswerRule};
use crate::{Post, Triage};

impl Engine {
    /// The monitored terms in a post and the rules that hit, without the rest of the answer: the
    /// same as [`Engine::triage`] gives, for a fraction of its time.
    pub fn monitor(&self, post: &Post<'_>, scratch: &mut Scratch) -> Monitored {
        self.inner
            .analyzer
            .prepare(&post.text, &mut scratch.analysis);
        self.monitored(post, scratch)
    }

    /// The rules and lists that answers name by their index.
    pub fn rules(&self) -> &Rules {
        self.inner.matcher.rules()
    }

    /// The term of a [`TermSpan`](crate::triage::TermSpan).
    pub fn term(&self, index: u32) -> Option<&Term> {
        self.inner.analyzer.lexicon().term(index)
    }

    /// Adds what is monitored in the text that was read.
    pub(super) fn add_monitored(
        &self,
        post: &Post<'_>,
        scratch: &mut Scratch,
        triage: &mut Triage,
    ) {
        let Monitored { terms, rules } = self.monitored(post, scratch);
        if !terms.is_empty() {
            triage.terms.extend(terms);
            triage
                .terms
                .sort_by_key(|span| (span.start, span.end, span.term));
        }
        triage.rules = rules;
    }

    /// Names the rules of an answer.
    pub(super) fn answer_rules<'a>(&'a self, triage: &Triage) -> Vec<AnswerRule<'a>> {
        let hits = triage.rules.iter().filter_map(|hit| {
            let parts = hit.parts.iter().filter_map(|span| {
                Some(AnswerPart {
                    term: self.term(span.term)?.text.as_str().into(),
                    start: span.start,
                    end: span.end,
                })
            });
            let rule = self.rules().id(usize::from(hit.rule))?;
            Some(AnswerRule {
                rule: rule.into(),
                severity: hit.severity,
                parts: parts.collect(),
            })
        });
        hits.collect()
    }

    fn monitored(&self, post: &Post<'_>, scratch: &mut Scratch) -> Monitored {
        let Inner {
            analyzer, matcher, ..
        } = &*self.inner;
        let Scratch {
            analysis, matches, ..
        } = scratch;
        matcher.find(post, analysis, analyzer.lexicon(), matches)
    }
}
