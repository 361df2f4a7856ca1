//! What a desk hands over.

use crate::state::queue;
use crate::state::stream::Observed;
use crate::state::trend::{Alert, Pane, PaneRevision};
use crate::triage::explanation::{Explanation, ImportancePart};
use crate::triage::revision::Revision;
use crate::{Answer, Engine, Post, Triage};

/// What is ready: an answer, or something that follows from it. Those of one post stand together,
/// its answer first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The turn of a post has come: its answer.
    Answer(Box<Answered>),
    /// What a pane that was published has now, as the post came late.
    PaneRevision(PaneRevision),
    /// What the queue did with a customer's post.
    Queued {
        /// The post, if it has an identifier.
        post: Option<String>,
        /// What became of it.
        outcome: queue::Outcome,
    },
    /// A post no longer waits because the queue is full.
    Shed(String),
    /// Something changes about an earlier answer.
    Revision(Revision),
    /// A window of panes is complete, or the last one of a stream that has ended.
    Window(Box<Window>),
    /// Something rises, rises on, or has ended.
    Alert(Box<Alert>),
}

/// A post with its answer, what earlier posts tell included.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answered {
    /// The post.
    pub post: Post<'static>,
    /// The answer.
    pub triage: Triage,
    /// What the posts before it tell.
    pub observed: Observed,
}

impl Answered {
    /// The answer with its names. `engine` is that of the desk.
    pub fn answer<'a>(&'a self, engine: &'a Engine) -> Answer<'a> {
        engine.answer(&self.post, &self.triage)
    }

    /// The parts of every score, what the stream added included. `engine` is that of the desk.
    pub fn explain(&self, engine: &Engine) -> Explanation {
        let mut explanation = engine.explain(&self.post);
        let reasons: Vec<ImportancePart> = self.observed.reasons(engine, &self.triage);
        explanation
            .importance
            .complete(&self.triage.importance, reasons);
        explanation
    }
}

/// What each key had in a window.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Window {
    /// Its beginning, in milliseconds since the Unix epoch.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// The sum of its panes.
    pub cells: Pane,
    /// Whether the posts ended before the window did.
    pub partial: bool,
}
