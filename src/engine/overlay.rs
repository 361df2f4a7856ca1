//! Overlays: what corrections add to the margins of a base that stays shared.

use std::sync::Arc;

use super::Engine;
use crate::feature::signal::Signals;
use crate::feature::words::Word;
use crate::feature::{Analysis, Analyzer, BLOCKS, Block, Feature, Sink};
use crate::model::sums::Summing;
use crate::model::{Familiarity, Head, Model, Sums, Table};
use crate::stats::hash::checksum;
use crate::{Error, Result};

/// A small table beside the base's: for some of its heads, what is added to their margins.
///
/// The margin of lane `l` becomes `base(l) + Σ_b (Σ_f weight(f, l)) · 2^(32 − shift) / √(Σ_f
/// energy(f) / 128)`, where the energies are those of the base and, for features that the base
/// doesn't know, the overlay's own. So a text of which little is known to the overlay is moved
/// little, and one of which nothing is known is answered as by the base alone.
#[derive(Debug)]
pub(super) struct Overlay {
    model: Model,
    table: Table,
    /// For each head of the base its head here.
    heads: Vec<Option<usize>>,
    /// The checksum of the model's bytes.
    checksum: u64,
}

/// What an overlay adds to one head for the text that was read.
pub(super) struct Added<'a> {
    table: &'a Table,
    head: usize,
    factors: [(Block, i64); BLOCKS],
    sums: &'a Sums,
}

impl Engine {
    /// This engine with what corrections change: `overlay` adds to the margins of the heads
    /// that it has.
    ///
    /// Only the overlay takes memory; the base (table, lexicons, dictionary) stays shared with this
    /// engine, so a service can hold one for each of its tenants. An overlay that was there for the
    /// same task gives way, those for other tasks stay.
    ///
    /// # Errors
    /// If `overlay` is not an overlay, or was learnt on another base: a head of another task, other
    /// labels or other weights.
    pub fn with_overlay(&self, overlay: &Model) -> Result<Engine> {
        for head in overlay.heads() {
            self.check(head)?;
        }
        let tasks: Vec<&str> = overlay.tasks().collect();
        let mut models: Vec<Model> = self
            .overlay
            .iter()
            .map(|before| before.model.clone().without(&tasks))
            .collect();
        models.push(overlay.clone());
        let model = Model::combine(models)?;
        let base = self.inner.table.heads().iter();
        let heads = base
            .map(|head| model.tasks().position(|task| task == head.task))
            .collect();
        let overlay = Overlay {
            table: Table::new(&model),
            checksum: checksum(&model.to_bytes()),
            model,
            heads,
        };
        Ok(Engine {
            inner: self.inner.clone(),
            overlay: Some(Arc::new(overlay)),
        })
    }

    /// This engine without any overlay.
    pub fn without_overlay(&self) -> Engine {
        Engine {
            inner: self.inner.clone(),
            overlay: None,
        }
    }

    /// What tells the models of this engine from those of another, as 16 hexadecimal digits: its
    /// heads with their weights, and its overlay. The taxonomy, the lexicons and the settings of
    /// importance are not in it. An answer that is kept with it can be given again.
    pub fn fingerprint(&self) -> String {
        let heads = self.head_fingerprints().iter();
        let overlay = self.overlay.as_ref().map(|overlay| overlay.checksum);
        let bytes: Vec<u8> = heads
            .chain(overlay.iter())
            .flat_map(|part| part.to_le_bytes())
            .collect();
        format!("{:016x}", checksum(&bytes))
    }

    /// The fingerprint of the base's head, as overlays name it.
    pub(crate) fn head_fingerprint(&self, head: usize) -> String {
        let all = self.head_fingerprints();
        format!("{:016x}", all.get(head).copied().unwrap_or_default())
    }

    fn head_fingerprints(&self) -> &[u64] {
        let table = &self.inner.table;
        self.inner.fingerprints.get_or_init(|| {
            (0..table.heads().len())
                .map(|head| table.fingerprint(head))
                .collect()
        })
    }

    fn check(&self, overlay: &Head) -> Result<()> {
        let task = &overlay.task;
        let wrong = |what: &str| Err(Error::model(format!("the overlay of {task:?} {what}")));
        let Some(fingerprint) = overlay.overlay_of() else {
            return Err(Error::model(format!(
                "the model of {task:?} is a head, not an overlay; load it with --model \
                 (EngineBuilder::model)"
            )));
        };
        let Some(base) = self
            .inner
            .table
            .heads()
            .iter()
            .position(|head| head.task == *task)
        else {
            return wrong("has no head to add to; learn it for a head that the engine has");
        };
        // The same name and labels are not enough: corrections were learnt against these weights.
        if self.inner.table.heads()[base].labels != overlay.labels
            || self.head_fingerprint(base) != fingerprint
        {
            return wrong("was learnt on another base; learn it again from its log on this one");
        }
        // An overlay may only move texts that hold something corrected.
        if overlay.bias.iter().any(|&bias| bias != 0) || overlay.signals.is_some() {
            return wrong(
                "has a bias or signals, so it would change texts that nobody corrected; learn it \
                 again from its log",
            );
        }
        Ok(())
    }
}

#[cfg(feature = "train")]
impl Engine {
    /// The index of a task's head, its form and the base's table.
    pub(crate) fn base_head(&self, task: &str) -> Option<(usize, &Head, &Table)> {
        let table = &self.inner.table;
        table
            .heads()
            .iter()
            .position(|head| head.task == task)
            .map(|head| (head, &table.heads()[head], table))
    }

    /// What makes the features that this engine sees: user words and patterns included.
    pub(crate) fn analyzer(&self) -> &Analyzer {
        &self.inner.analyzer
    }

    /// The margins of the base's head for `text`, a lane each, in the model's unit.
    pub(crate) fn base_margins(
        &self,
        head: usize,
        text: &str,
        scratch: &mut super::Scratch,
    ) -> Vec<f64> {
        let base = self.without_overlay();
        base.read(text, scratch);
        let table = &self.inner.table;
        let margin =
            |lane| table.margin(head, lane, &scratch.sums, &scratch.analysis.signals) as f64;
        (0..table.heads()[head].lanes())
            .map(|lane| margin(lane) / crate::model::SCALE as f64)
            .collect()
    }
}

impl Overlay {
    /// Sums a text's features for the base and for the overlay.
    pub(super) fn read(
        &self,
        analyzer: &Analyzer,
        analysis: &mut Analysis,
        base: Summing<'_>,
        sums: &mut Sums,
    ) {
        let mut both = Both {
            base,
            overlay: self.table.start(sums),
        };
        analyzer.feed(analysis, &mut both);
        both.base.finish();
        both.overlay.finish();
    }

    /// What is added to the base's head, if anything.
    pub(super) fn added_to<'a>(
        &'a self,
        base: &Table,
        head: usize,
        base_sums: &Sums,
        sums: &'a Sums,
    ) -> Option<Added<'a>> {
        let at = self.heads.get(head).copied().flatten()?;
        let factors = self.table.factors_beside(at, sums, (base, head, base_sums));
        Some(Added {
            table: &self.table,
            head: at,
            factors,
            sums,
        })
    }

    pub(super) fn memory_usage(&self) -> usize {
        self.table.memory_usage()
    }
}

impl Added<'_> {
    /// What is added to the margin of `lane`, in units of 2⁻³².
    pub(super) fn margin(&self, lane: usize) -> i64 {
        self.table.margin_of(
            self.head,
            lane,
            self.factors,
            self.sums,
            &Signals::default(),
        )
    }

    /// How much of the text is known, where the base knows `base`: what was corrected is known to
    /// the overlay at least.
    pub(super) fn familiarity(&self, base: Familiarity) -> Familiarity {
        let own = self.table.familiarity(self.head, self.sums);
        Familiarity {
            share: base.share.max(own.share),
            nothing: base.nothing && own.nothing,
        }
    }

    /// The part of that which one feature brings.
    pub(super) fn weight(&self, feature: &Feature, lane: usize) -> i64 {
        let Some(row) = self.table.row(feature.hash) else {
            return 0;
        };
        let factor = self
            .factors
            .iter()
            .find(|(block, _)| *block == feature.block)
            .map_or(0, |&(_, factor)| factor);
        i64::from(self.table.weight(row, self.head, lane)) * factor
    }
}

/// Takes every feature twice.
struct Both<'a> {
    base: Summing<'a>,
    overlay: Summing<'a>,
}

impl Sink for Both<'_> {
    #[inline]
    fn feature(&mut self, feature: Feature) {
        self.base.feature(feature);
        self.overlay.feature(feature);
    }

    #[inline]
    fn characters(&mut self, word: &str, known: Option<Word>, start: u32) {
        self.base.characters(word, known, start);
        self.overlay.characters(word, known, start);
    }
}
