//! A watch as it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rises::{OpenAlert, Rise};
use super::{Counts, Settings, Watch, Watched};
use crate::series::budget::Budget;
use crate::snapshot::Snapshot;
use crate::state::trend::key::Key;
use crate::{Error, Result};

/// What is kept of a [`Watch`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    settings: Settings,
    started: Option<i64>,
    series: BTreeMap<Key, Watched>,
    words: BTreeMap<Key, Rise>,
    budget: Budget,
    word_budget: Budget,
    word_tests: u64,
    alerts: BTreeMap<String, OpenAlert>,
    counts: Counts,
}

impl Snapshot for Watch {
    const KIND: &'static str = "watch";
    /// 2: spans of settings are durations, keys are texts, more settings.
    const VERSION: u32 = 2;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        let Watch {
            settings,
            started,
            series,
            words,
            budget,
            word_budget,
            word_tests,
            alerts,
            counts,
        } = self.clone();
        Kept {
            settings,
            started,
            series,
            words,
            budget,
            word_budget,
            word_tests,
            alerts,
            counts,
        }
    }

    fn restore(kept: Kept) -> Result<Watch> {
        let Kept {
            settings,
            started,
            series,
            words,
            budget,
            word_budget,
            word_tests,
            alerts,
            counts,
        } = kept;
        settings.check()?;
        let sound = series.values().all(|watched| watched.series.is_sound());
        let few = series.len() <= settings.max_series && words.len() <= settings.max_series;
        match sound && few && budget.is_sound() && word_budget.is_sound() {
            true => Ok(Watch {
                settings,
                started,
                series,
                words,
                budget,
                word_budget,
                word_tests,
                alerts,
                counts,
            }),
            false => Err(Error::snapshot(
                "the snapshot of watch is corrupt (values out of range); delete it and start again",
            )),
        }
    }
}
