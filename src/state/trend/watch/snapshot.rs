//! A watch as it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budgets::Budgets;
use super::crowd::Crowd;
use super::own::Own;
use super::rises::{OpenAlert, Rise};
use super::{Counts, Settings, Watch, Watched};
use crate::snapshot::State;
use crate::state::trend::key::Key;
use crate::time::Calendar;
use crate::{Error, Result};

/// The fields of [`Watch`], which it does not serialise itself: only a snapshot checks
/// what it reads.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Watch", rename = "Watch")]
struct Fields {
    settings: Settings,
    calendar: Calendar,
    started: Option<i64>,
    series: BTreeMap<Key, Watched>,
    words: BTreeMap<Key, Rise>,
    budgets: Budgets,
    word_tests: u64,
    alerts: BTreeMap<String, OpenAlert>,
    resting: BTreeMap<String, OpenAlert>,
    counts: Counts,
    crowd: Crowd,
    #[serde(skip)]
    own: Own,
}

/// What is kept of [`Watch`].
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept(#[serde(with = "Fields")] Watch);

impl State for Watch {
    const KIND: &'static str = "watch";
    /// 3: a budget for what is always watched, alerts that may rise again, keys within segments, a
    /// calendar. 4: who made hashtags and words rise.
    const VERSION: u32 = 4;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        Kept(self.clone())
    }

    fn restore(Kept(kept): Kept) -> Result<Watch> {
        let Watch {
            settings,
            calendar: _,
            started: _,
            series,
            words,
            budgets,
            word_tests: _,
            alerts: _,
            resting: _,
            counts: _,
            crowd,
            own: _,
        } = &kept;
        settings.check()?;
        let sound = series.values().all(|watched| watched.series.is_sound());
        let few = series.len() <= settings.max_series && words.len() <= settings.max_series;
        match sound && few && budgets.is_sound() && crowd.is_sound() {
            true => Ok(kept),
            false => Err(Error::snapshot(
                "the snapshot of watch is corrupt (values out of range); delete it and start again",
            )),
        }
    }
}
