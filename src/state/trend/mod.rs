//! Trends: what many posts say over time.
//!
//! | module | does |
//! |---|---|
//! | [`trends`] | counts posts in panes of event time by [key]; windows, revisions by late posts, merging |
//! | [`watch`] | compares published panes with what is expected, and tells [alerts](alert) within a budget of false ones |
//! | [`burst`], [`budget`], [`episode`] | the same for counts of one's own: evidence, the bar, the life of a rise |
//! | [`share`] | what share of the contacts is about an issue, with an interval that knows the classifier's errors |
//! | [`surprise`] | how surprising each value of any series is |
//!
//! ```
//! use hearken::trend::trends::{Settings, Trends};
//! use hearken::trend::watch::{self, Watch};
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
//!     for start in trends.publish() {
//!         for alert in watch.observe(&trends, start) {
//!             println!("{}", alert.sentence(triage.language, engine.taxonomy()));
//!         }
//!     }
//!     trends.evict();
//! }
//! # Ok(())
//! # }
//! ```

pub mod alert;
pub mod key;
pub mod pane;
pub mod trends;
pub mod watch;

pub use crate::observation::term;
pub use crate::prevalence as share;
pub use crate::series::{budget, burst, episode, surprise};
pub use crate::stats::distinct;
