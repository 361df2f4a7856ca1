//! The report: one self-contained page of what happened in a dump of posts, what to answer first,
//! and why.
//!
//! A [`Collector`] is given each [`Outcome`](hearken::desk::Outcome) of a
//! [`Desk`](hearken::Desk), and makes a [`Report`] at the end: plain data, which is JSON as it is.
//! [`html`] makes the page of a report, and takes nothing but the report, so that every number of
//! the page is in the data. The page fetches nothing and needs no script.
//!
//! ```
//! use hearken::desk::Settings;
//! use hearken::{Desk, Engine, Post};
//! use hearken_report::{Asked, Collector, Source, html};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut desk = Desk::new(&engine, Settings::for_engine(&engine)?)?;
//! let mut collector = Collector::new(&desk, Asked::default())?;
//! let line = r#"{"id":"1","text":"Where is my refund?","created_at":"2026-03-01T08:00:00Z"}"#;
//! for outcome in desk.observe(&Post::from_json(line)?) {
//!     collector.take(&engine, outcome);
//! }
//! for outcome in desk.finish() {
//!     collector.take(&engine, outcome);
//! }
//! let report = collector.finish(&desk, Source::default());
//! assert_eq!(report.tiles.posts, 1);
//! assert!(html(&report).starts_with("<!DOCTYPE html>"));
//! # Ok(())
//! # }
//! ```

pub mod by;
mod collect;
mod fact;
mod interval;
mod labels;
mod marked;
mod moment;
pub mod number;
mod page;
mod post;
mod reasons;
mod report;
pub mod sections;
pub mod svg;
mod texts;

pub use collect::{Answered, Asked, Collector, LANGUAGES, Source};
pub use marked::{Ledger, LedgerPart, Piece};
pub use moment::Moment;
pub use page::html;
pub use post::explained;
pub use reasons::translated;
pub use report::{MOST_BYTES, Report};
