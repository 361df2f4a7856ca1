//! Trends as they are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pane::{Cell, Pane};
use super::panes::{BLOCKS, Counts, MAX_TIME, Trends};
use super::recent::Recent;
use super::settings::Settings;
use crate::observation::KeyCheck;
use crate::snapshot::State;
use crate::stats::sketch::Sketch;
use crate::time::Clock;
use crate::{Error, Result};

/// The fields of [`Trends`], which it does not serialise itself: only a snapshot checks
/// what it reads.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Trends", rename = "Trends")]
struct Fields {
    settings: Settings,
    key: KeyCheck,
    panes: BTreeMap<i64, Pane>,
    blocks: BTreeMap<i64, Sketch>,
    first: Option<i64>,
    clock: Clock,
    published: Option<i64>,
    counts: Counts,
    #[serde(skip)]
    recent: Recent,
}

/// What is kept of [`Trends`].
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept(#[serde(with = "Fields")] Trends);

impl State for Trends {
    const KIND: &'static str = "trends";
    /// 3: authors of the posts that are kept, keys within segments, names with `@` written
    /// otherwise. 4: the check value of the key, and the clock.
    const VERSION: u32 = 4;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        Kept(self.clone())
    }

    fn restore(Kept(mut kept): Kept) -> Result<Trends> {
        let Trends {
            settings,
            key: _,
            panes,
            blocks,
            first,
            clock,
            published,
            counts: _,
            recent: _,
        } = &kept;
        settings.check()?;
        let pane_is_sound = |pane: &Pane| {
            let unbounded = pane.cells.keys().filter(|key| key.is_unbounded()).count();
            // Counted again: pruning relies on the number.
            unbounded == pane.unbounded
                && unbounded <= 2 * settings.max_unbounded
                && pane.cells.values().all(Cell::is_sound)
        };
        // Starts of blocks and ends of panes may lie a little beyond the times of posts.
        let in_range = |time: &i64| time.unsigned_abs() <= 2 * MAX_TIME.unsigned_abs();
        let times = [first, published].into_iter().flatten().all(in_range);
        let starts = panes.keys().chain(blocks.keys()).all(in_range);
        let sound = panes.values().all(pane_is_sound) && blocks.values().all(Sketch::is_sound);
        match times && starts && sound && clock.is_sound() && blocks.len() as i64 <= BLOCKS + 1 {
            true => {
                kept.sum_recent();
                Ok(kept)
            }
            false => Err(Error::snapshot(
                "the snapshot of trends is corrupt (values out of range); delete it and start \
                 again",
            )),
        }
    }
}
