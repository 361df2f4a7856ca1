//! Trends: what many posts say over time.
//!
//! [`Trends`] counts posts in panes of event time by [`Key`]; [`Watch`] compares published panes
//! with what is expected, and reports [alerts](Alert) within a budget of false ones.
//!
//! What share of the contacts is about an issue is
//! [`prevalence`](crate::prevalence); how surprising each value of a series of
//! custom counts is, [`series::surprise`](crate::series::surprise).
//!
//! ```
//! use hearken::trend::{Settings, Trends, Watch, watch};
//! use hearken::{Engine, Post};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut scratch = engine.scratch();
//! let mut trends = Trends::new(Settings::default())?;
//! let mut watch = Watch::new(watch::Settings::default())?;
//! for line in [r#"{"id":"1","text":"No signal in Brodovice","created_at":"2026-03-04T06:45:00Z","author":{"id":"ann"}}"#] {
//!     let post = Post::from_json(line)?;
//!     let (triage, observation) = engine.observe(&post, &mut scratch);
//!     trends.observe(&engine, &post, &triage, &observation);
//!     for alert in watch.observe_published(&mut trends) {
//!         println!("{}", alert.sentence(triage.language, engine.taxonomy()));
//!     }
//! }
//! // The stream is over: what is still open is published too.
//! watch.observe_rest(&mut trends);
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../../../docs/design/trend.md")]

/// Adds the fields of another value to those of `self`; a sum stops at the largest number.
macro_rules! add_fields {
    ($own:ident += $other:ident; $($field:ident),+) => {
        $($own.$field = $own.$field.saturating_add($other.$field);)+
    };
}

mod agreement;
mod alert;
mod counting;
pub(crate) mod forget;
mod key;
mod pane;
mod panes;
mod portrait;
mod publishing;
mod recent;
mod sentence;
mod settings;
mod snapshot;
pub mod watch;

pub use alert::{Alert, State};
pub use counting::{PaneRevision, PostOutcome};
pub use key::{InSegment, Key};
pub use pane::{Cell, Measure, Note, Pane};
pub use panes::{Counts, Trends};
pub use settings::Settings;
pub use watch::Watch;
