//! Triage of social-media posts: spam or not, how important, which topic, which sentiment.
//!
//! Posts are any short texts of customers, in Simplified or Traditional Chinese, English or Czech.
//! An [`Engine`] is built once; it answers for a [`Post`] with a [`Triage`], a small value of
//! numbers and indices, and needs one [`Scratch`] a thread. [`Engine::answer`] gives an [`Answer`]
//! with names, which serialises to the line of JSON that the command line writes;
//! [`Engine::explain`] gives the parts of every score, which sum to it exactly.
//!
//! ```
//! use hearken::{Engine, Post};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut scratch = engine.scratch();
//! let post = Post::new("快递三天还没到，客服也不回");
//! let triage = engine.triage(&post, &mut scratch);
//! assert_eq!(triage.language.code(), "zh-Hans");
//! let parts: i16 = triage.importance.parts.iter().sum();
//! assert_eq!(parts, i16::from(triage.importance.score));
//! # Ok(())
//! # }
//! ```
//!
//! Many posts at once: [`Engine::triage_batch`], or [`Engine::map_batch`] to read and write on the
//! same threads. The answers do not depend on the number of threads. Custom heads, topics and words
//! are added with [`EngineBuilder`].
//!
//! What one post alone does not show is kept by modules with a memory, fed in order of event time:
//! [`stream`] ties [`campaign`], [`context`] and novelty together, [`queue`] says what to answer
//! next, [`trend`] what rises. They are bounded, merge, and are kept as [snapshots](snapshot).
//!
//! # Features
//! All but `train` are on by default.
//! - `parallel`: batches over all cores; without it on one thread, with the same answers.
//! - `chinese`: Han text is cut into words; without it each Han character is a word.
//! - `bundled-models`: the heads and the table of languages are compiled in; without it heads are
//!   added with [`EngineBuilder::model`], and languages are recognised by script only.
//! - `train`: counting, estimating, calibrating and evaluating custom heads (module `train`), and
//!   learning from corrections (module `learn`).
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod config;
pub mod coverage;
mod cut;
mod engine;
mod error;
mod feature;
mod heap;
pub mod importance;
#[doc(hidden)]
pub mod internals {
    //! What benches, tests and the makers' tools need beyond the public API. No promise is made for
    //! it: it may change in any release.

    pub use crate::feature::lexicon::{Lexicon, LexiconBuilder, List, Term, TermHit};
    pub mod ledger {
        //! The ledger of importance.

        pub use crate::importance::ledger::{Facts, Judgement, facts, score};
    }

    pub use crate::feature::{Analysis, Analyzer, Block, Feature, Sink, VERSION, hash, signal};
    pub use crate::model::calibration::largest;
    pub use crate::model::sums::Sums;
    pub use crate::model::table::Table;
    pub use crate::observation::Fingerprint;
    pub use crate::series::budget::Budget;
    pub use crate::series::burst::Series;
    pub use crate::series::episode::{Episode, Phase};
    pub use crate::stats::distinct::Distinct;
    pub use crate::stats::hash::checksum;
    pub use crate::stats::random::Random;
    pub use crate::stats::wilson::{TWO_SIDED_95, wilson};
    pub use crate::text::entity::{Entity, EntityFinder};
    pub use crate::text::fold::{Folded, Folder};
    pub use crate::text::han::{HanSegmenter, is_han};
    pub use crate::text::language::Identifier;
    pub use crate::text::word::{Token, TokenKind, tokenize};
    #[cfg(feature = "train")]
    pub use crate::train::{
        count::Entry,
        language::{train as train_language, train_with_extra},
        select::{Selected, chi_squared, select},
    };
}
#[cfg(feature = "train")]
pub mod learn;
pub mod mask;
pub mod model;
pub mod observation;
mod parallel;
pub mod post;
pub mod prevalence;
mod secret;
pub mod series;
pub mod snapshot;
pub mod state;
mod stats;
pub mod suggest;
pub mod taxonomy;
pub mod terms;
pub mod text;
pub mod time;
#[cfg(feature = "train")]
pub mod train;
pub mod triage;

pub use engine::{Engine, EngineBuilder, Scratch};
pub use error::{Error, ErrorKind, Result};
pub use observation::Observation;
pub use post::Post;
pub use state::desk::Desk;
pub use state::{campaign, context, desk, forget, novelty, queue, service_level, stream, trend};
pub use triage::{Answer, AnswerOwned, Triage};
pub use triage::{explanation as explain, revision};

/// The example of README.md, as a test.
#[cfg(all(doctest, feature = "bundled-models"))]
#[doc = include_str!("../README.md")]
struct Readme;
