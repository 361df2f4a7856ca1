//! Snapshots of a detector, and what one must hold to be restored.

use serde::{Deserialize, Serialize};

use super::channel::MAX_RANGES;
use super::{Detector, MAX_MAGNITUDE, MAX_Y, Plan, Settings, State};
use crate::snapshot;
use crate::{Error, Result};

/// What is kept of a [`Detector`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    settings: Settings,
    state: State,
}

impl snapshot::State for Detector {
    const KIND: &'static str = "surprise";
    /// The version of the format, raised with every change of it.
    const VERSION: u32 = 2;
    type Kept = Kept;

    fn keep(&self) -> Kept {
        Kept {
            settings: self.settings.clone(),
            state: self.state.clone(),
        }
    }

    fn restore(kept: Kept) -> Result<Detector> {
        let refuse = |what: String| {
            Error::snapshot(format!(
                "the snapshot of surprise {what}; take an older one"
            ))
        };
        let Kept {
            settings,
            mut state,
        } = kept;
        settings.check().map_err(|error| {
            refuse(format!("contains invalid settings: {error}")).with_source(error)
        })?;
        let plan = Plan::new(&settings);
        // Loops pair settings and state by position: other lengths would score by half of them.
        let whole = state.channels.len() == plan.views.len()
            && state.last.is_some() == (state.rows > 0)
            && state.recent.len()
                == plan
                    .widest
                    .min(usize::try_from(state.rows).unwrap_or(usize::MAX))
            && state.steps.len() == state.recent.len();
        if !whole {
            return Err(refuse("contradicts its settings".to_owned()));
        }
        // What `observe` can reach.
        let size = |size: f64| (0.0..=MAX_MAGNITUDE * 2.0).contains(&size);
        let recent = |y: &f64| y.abs() <= MAX_Y;
        let numbers = state.least.is_none_or(|least| least > 0.0 && size(least))
            && size(state.magnitude)
            && size(state.scale)
            && state.recent.iter().all(recent)
            && state
                .steps
                .iter()
                .all(|step| (0.0..=2.0 * MAX_Y).contains(step))
            && state.rest.is_sound(state.rows, 2.0 * MAX_RANGES);
        let mut channels = state.channels.iter().zip(&plan.views);
        if !numbers
            || !channels.all(|(channel, view)| channel.is_sound(view, &plan.horizons, 2.0 * MAX_Y))
        {
            return Err(refuse("contains a number out of range".to_owned()));
        }
        for channel in &mut state.channels {
            channel.look_back(&plan.horizons);
        }
        Ok(Detector {
            settings,
            plan,
            state,
        })
    }
}
