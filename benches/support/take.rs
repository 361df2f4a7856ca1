//! Context of posts that no engine has read: only who wrote them, and whether they agree.

use hearken::context::{Context, History};
use hearken::observation::Identities;
use hearken::{Observation, Post, Triage};

/// Takes a post of which only the identities and the echo are known.
pub(crate) trait Take {
    /// As `Context::observe`.
    fn take(&mut self, post: &Post<'_>, triage: &Triage, echo: bool) -> History;
}

impl Take for Context {
    fn take(&mut self, post: &Post<'_>, triage: &Triage, echo: bool) -> History {
        let observation = Observation {
            identity: Identities::default().identify(post),
            echo,
            ..Observation::default()
        };
        self.observe(post, triage, &observation)
    }
}
