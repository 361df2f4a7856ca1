//! Reasons for an answer: the same sums as scoring, taken apart.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Engine, Inner, Scratch, rounded};
use crate::feature::hash::FeatureKind;
use crate::feature::signal::{self, Signals};
use crate::feature::{Analysis, Analyzer, Feature};
use crate::importance::{Part, ledger, reason};
use crate::model::Head;
use crate::triage::explanation::{
    Evidence, Explanation, HeadExplanation, ImportanceExplanation, ImportancePart, Span,
};
use crate::{Post, Triage};

impl Engine {
    /// The reasons for the answer to `post`: for each head its most probable label (of two labels,
    /// the second), for each topic that was named, and for importance.
    pub fn explain(&self, post: &Post<'_>) -> Explanation {
        let mut scratch = self.scratch();
        let triage = self.triage(post, &mut scratch);
        let mut heads = Vec::new();
        let table = &self.inner.table;
        if !scratch.analysis.tokens.is_empty() {
            // Gathered again with their places: scoring keeps sums only.
            let features = self.features(&mut scratch);
            let roles = &self.inner.roles;
            let is_asked = |head: &usize| {
                let bundled = [roles.spam, roles.sentiment, roles.urgency].contains(&Some(*head));
                Some(*head) != roles.topic
                    && !(bundled && self.is_foreign(Some(*head), &scratch.analysis))
            };
            let asked: Vec<usize> = (0..table.heads().len()).filter(is_asked).collect();
            for head in asked {
                let probabilities = self.probabilities_of(head, &mut scratch).to_vec();
                let label = match probabilities.len() {
                    2 => 1,
                    _ => table.heads()[head]
                        .calibration
                        .choose(&probabilities)
                        .map_or(0, |(label, _)| label),
                };
                heads.push(self.explain_head(
                    head,
                    label,
                    probabilities[label],
                    &features,
                    &scratch,
                ));
            }
            // What triage gathered for the topics is still there.
            heads.extend(self.explain_topics(&triage, &scratch));
        }
        Explanation {
            heads,
            importance: self.explain_importance(post, &triage, &scratch.analysis),
        }
    }

    fn features(&self, scratch: &mut Scratch) -> Vec<Feature> {
        let mut features = Vec::new();
        self.inner
            .analyzer
            .features(&mut scratch.analysis, |feature| features.push(feature));
        features
    }

    fn explain_head(
        &self,
        head: usize,
        label: usize,
        probability: f32,
        features: &[Feature],
        scratch: &Scratch,
    ) -> HeadExplanation {
        let table = &self.inner.table;
        let spec = &table.heads()[head];
        let lane = if spec.lanes() == 1 { 0 } else { label };
        let analysis = &scratch.analysis;
        let mut parts = Parts::default();
        let added = self.overlay.as_ref().and_then(|overlay| {
            overlay.added_to(table, head, &scratch.sums, &scratch.overlay_sums)
        });
        for feature in features {
            let correction = added
                .as_ref()
                .map_or(0, |added| added.weight(feature, lane));
            let learnt = table.row(feature.hash).map_or(0, |row| {
                let factor = table.factor(head, feature.block, &scratch.sums);
                i64::from(table.weight(row, head, lane)) * factor
            });
            if correction == 0 && learnt == 0 {
                continue;
            }
            let text = self.feature_text(feature, analysis);
            let kind = feature.kind.name();
            let span = (feature.start < feature.end)
                .then(|| original(analysis, feature.start, feature.end));
            // Corrections stand by themselves, so that a reader sees what people changed.
            parts.add("correction", format!("{kind} {text}"), correction, span);
            parts.add(kind, text, learnt, span);
        }
        parts.add_head(spec, lane, &analysis.signals);
        for found in table.opinion_parts(head, lane, &scratch.sums, &analysis.signals) {
            let text = format!(
                "{}: {} {:.2}",
                found.head.task, found.label, found.probability
            );
            parts.add("opinion", text, found.part, None);
        }
        let mut context = 0_i64;
        for (place, part) in spec.context_parts(&scratch.contexts) {
            context = context.saturating_add(part);
            parts.add("context", place.reason().to_owned(), part, None);
        }
        let base = table.familiarity(head, &scratch.sums);
        let familiarity = added.as_ref().map_or(base, |added| added.familiarity(base));
        let margin = table.margin(head, lane, &scratch.sums, &analysis.signals)
            + added.as_ref().map_or(0, |added| added.margin(lane))
            + context;
        HeadExplanation {
            head: spec.task.clone(),
            label: spec.labels.get(label).cloned().unwrap_or_default(),
            probability: rounded(probability),
            known: rounded(familiarity.share),
            margin,
            evidence: strongest_first(parts.into_evidence()),
        }
    }

    fn explain_topics(&self, triage: &Triage, scratch: &Scratch) -> Vec<HeadExplanation> {
        let Inner {
            analyzer, taxonomy, ..
        } = &*self.inner;
        let analysis = &scratch.analysis;
        let named = triage.topics.as_slice().iter();
        named
            .map(|found| {
                let topic = usize::from(found.topic);
                let mut parts = vec![Evidence {
                    kind: "bias".into(),
                    text: "what most texts are".into(),
                    weight: scratch.evidence.base(topic),
                    spans: vec![],
                }];
                parts.extend(scratch.evidence.parts(topic).map(|part| {
                    let hit = part.hit.and_then(|hit| analysis.hits.get(hit as usize));
                    let term = hit.and_then(|hit| analyzer.lexicon().term(hit.term));
                    match (hit, term) {
                        (Some(hit), Some(term)) => Evidence {
                            kind: "term".into(),
                            text: term.text.clone(),
                            weight: part.weight,
                            spans: vec![original(analysis, hit.start, hit.end)],
                        },
                        _ => Evidence {
                            kind: "model".into(),
                            text: "learnt from examples".into(),
                            weight: part.weight,
                            spans: vec![],
                        },
                    }
                }));
                HeadExplanation {
                    head: "topic".into(),
                    label: taxonomy
                        .topics
                        .get(topic)
                        .map(|topic| topic.id.clone())
                        .unwrap_or_default(),
                    probability: rounded(found.probability),
                    known: 1.0,
                    margin: scratch.evidence.log_odds(topic),
                    evidence: strongest_first(parts),
                }
            })
            .collect()
    }

    fn explain_importance(
        &self,
        post: &Post<'_>,
        triage: &Triage,
        analysis: &Analysis,
    ) -> ImportanceExplanation {
        let lexicon = self.inner.analyzer.lexicon();
        let importance = triage.importance;
        let facts = ledger::facts(post, analysis, lexicon, self.judgement(triage));
        let parts = Part::ALL
            .iter()
            .zip(importance.parts)
            .filter(|(_, points)| *points != 0)
            .map(|(&part, points)| {
                let mut spans: Vec<Span> = ledger::hits(analysis, lexicon, part)
                    .map(|(hit, _)| original(analysis, hit.start, hit.end))
                    .collect();
                if part == Part::Harm {
                    let told = analysis.accident_hits.iter();
                    spans.extend(told.map(|hit| original(analysis, hit.start, hit.end)));
                }
                spans.sort_unstable();
                spans.dedup();
                let reason = reason(part, &facts, analysis, lexicon, &self.inner.importance);
                ImportancePart {
                    name: part.name().into(),
                    points,
                    reason,
                    spans,
                }
            });
        ImportanceExplanation {
            score: importance.score,
            level: importance.level,
            parts: parts.collect(),
        }
    }

    /// A feature as a person reads it.
    fn feature_text(&self, feature: &Feature, analysis: &Analysis) -> String {
        let text = || {
            let folded = analysis.folded.as_str();
            folded
                .get(feature.start as usize..feature.end as usize)
                .unwrap_or_default()
                .to_string()
        };
        match feature.kind {
            FeatureKind::Signal => {
                let name = signal::NAMES
                    .get((feature.detail >> 8) as usize)
                    .copied()
                    .unwrap_or_default();
                format!("{name}, step {}", feature.detail & 0xff)
            }
            FeatureKind::Lexicon => match self.inner.analyzer.lexicon().term(feature.detail) {
                Some(term) => format!("{} {:+}: {}", term.list, term.strength, term.text),
                None => text(),
            },
            _ => text(),
        }
    }
}

/// One entry a feature: its kind and text; its weight, and every place where it stands.
#[derive(Default)]
struct Parts(BTreeMap<(&'static str, String), (i64, Vec<Span>)>);

impl Parts {
    /// Adds what a head knows of a text besides its features: its measures and its bias.
    fn add_head(&mut self, head: &Head, lane: usize, signals: &Signals) {
        if let Some(model) = &head.signals {
            for (index, name) in signal::NAMES.iter().enumerate() {
                let weight = model.contribution(lane, index, signals);
                self.add(
                    "measure",
                    format!("{name} {:.2}", signals[index]),
                    weight,
                    None,
                );
            }
        }
        if let Some(&bias) = head.bias.get(lane) {
            // Even a bias of 0 is named: it is where the head begins.
            let bias_of = self.0.entry(("bias", "what most texts are".into()));
            bias_of.or_default().0 += bias;
        }
    }

    /// Adds a weight that is not zero.
    fn add(&mut self, kind: &'static str, text: String, weight: i64, span: Option<Span>) {
        if weight != 0 {
            let (sum, spans) = self.0.entry((kind, text)).or_default();
            *sum += weight;
            spans.extend(span);
        }
    }

    fn into_evidence(self) -> Vec<Evidence> {
        let evidence =
            |((kind, text), (weight, mut spans)): ((&'static str, _), (_, Vec<Span>))| {
                spans.sort_unstable();
                spans.dedup();
                Evidence {
                    kind: Cow::Borrowed(kind),
                    text,
                    weight,
                    spans,
                }
            };
        self.0.into_iter().map(evidence).collect()
    }
}

fn original(analysis: &Analysis, start: u32, end: u32) -> Span {
    let (start, end) = Analyzer::original(analysis, start, end);
    Span { start, end }
}

/// Strongest first, ties by kind and text.
fn strongest_first(mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    evidence.sort_by(|a, b| {
        b.weight
            .unsigned_abs()
            .cmp(&a.weight.unsigned_abs())
            .then_with(|| (&a.kind, &a.text).cmp(&(&b.kind, &b.text)))
    });
    evidence
}
