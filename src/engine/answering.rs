//! Naming the parts of an answer: indices become names, probabilities are rounded.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Engine, rounded};
use crate::Post;
use crate::importance::Part;
use crate::triage::{
    Answer, AnswerHead, AnswerImportance, AnswerLanguage, AnswerSentiment, AnswerSpam, AnswerTerm,
    AnswerTopic, HeadAnswer, TermSpan, TopicScore, Triage,
};

impl Engine {
    /// Names the parts of an answer, for writing.
    pub fn answer<'a>(&'a self, post: &'a Post<'_>, triage: &'a Triage) -> Answer<'a> {
        let sentiment = triage.sentiment;
        let parts = Part::ALL
            .iter()
            .zip(triage.importance.parts)
            .filter(|(_, points)| *points != 0);
        Answer {
            id: post.id.as_deref().map(Cow::Borrowed),
            language: AnswerLanguage {
                code: triage.language.code().into(),
                probability: rounded(triage.language_probability),
            },
            spam: (!triage.is_spam_unsaid()).then(|| AnswerSpam {
                probability: rounded(triage.spam.probability),
                verdict: triage.spam.verdict,
                campaign: triage.spam.campaign,
            }),
            disposition: triage.disposition(),
            importance: AnswerImportance {
                score: triage.importance.score,
                level: triage.importance.level,
                parts: parts
                    .map(|(part, points)| (part.name().into(), points))
                    .collect(),
            },
            topics: self.answer_topics(triage),
            sentiment: (!triage.silent.sentiment).then(|| AnswerSentiment {
                label: sentiment.label,
                polarity: rounded(sentiment.polarity),
                probability: BTreeMap::from([
                    ("negative".into(), rounded(sentiment.negative)),
                    ("neutral".into(), rounded(sentiment.neutral)),
                    ("positive".into(), rounded(sentiment.positive)),
                ]),
            }),
            urgency: (!triage.silent.urgency).then(|| rounded(triage.urgency)),
            supported: triage.silent.any().then_some(false),
            terms: self.answer_terms(triage),
            rules: self.answer_rules(triage),
            heads: self.answer_heads(triage),
            truncated: triage.truncated,
            quoted: triage.quoted,
            explanation: None,
        }
    }

    fn answer_terms<'a>(&'a self, triage: &Triage) -> Vec<AnswerTerm<'a>> {
        let terms = triage.terms.iter();
        terms.filter_map(|span| self.answer_term(span)).collect()
    }

    pub(super) fn answer_term(&self, span: &TermSpan) -> Option<AnswerTerm<'_>> {
        let term = self.inner.analyzer.lexicon().term(span.term)?;
        // A kind says more than its list: `safety` rather than `harm`.
        let list = if term.kind.is_empty() {
            term.list.name()
        } else {
            term.kind.as_str()
        };
        let is_monitored = term.list.is_monitored();
        Some(AnswerTerm {
            list: list.into(),
            term: term.text.as_str().into(),
            start: span.start,
            end: span.end,
            severity: is_monitored.then_some(term.strength.unsigned_abs()),
        })
    }

    fn answer_topics<'a>(&'a self, triage: &Triage) -> Vec<AnswerTopic<'a>> {
        let answer = |found: &TopicScore| {
            let topic = self.inner.taxonomy.topics.get(usize::from(found.topic))?;
            Some(AnswerTopic {
                id: topic.id.as_str().into(),
                probability: rounded(found.probability),
            })
        };
        let topics = triage.topics.as_slice();
        topics.iter().filter_map(answer).collect()
    }

    /// The custom heads; below the probability that its calibration asks for a label is not named.
    pub(super) fn answer_heads<'a>(
        &'a self,
        triage: &Triage,
    ) -> BTreeMap<Cow<'a, str>, AnswerHead<'a>> {
        let answer = |answer: &HeadAnswer| {
            let head = self.inner.table.heads().get(usize::from(answer.head))?;
            let label = head
                .labels
                .get(usize::from(answer.label))
                .filter(|_| answer.enough);
            let answer = AnswerHead {
                label: label.map(|label| label.as_str().into()),
                probability: rounded(answer.probability),
            };
            Some((head.task.as_str().into(), answer))
        };
        triage.heads.iter().filter_map(answer).collect()
    }
}
