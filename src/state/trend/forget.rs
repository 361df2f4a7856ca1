//! How panes forget somebody: their posts as examples, who they are among authors, and the words
//! that only they wrote. Counts stay, unless their posts are at hand: then these are taken off.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::counting::{counted, keys};
use super::key::Key;
use super::pane::{Cell, Counted, Note, Pane};
use super::panes::{MAX_TIME, Trends};
use crate::post::Role;
use crate::state::forget::{Forgotten, Traces};
use crate::stats::distinct::Distinct;
use crate::{Engine, Observation, Post, Triage};

/// The room, as the report names it.
const ROOM: &str = "trends";

/// What is theirs alone, by which the watch finds it.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// Hashtags and words that nobody else wrote, as far as panes are kept.
    pub(super) keys: BTreeSet<Key>,
    /// Words of their posts that nobody else wrote.
    pub(super) words: BTreeSet<Box<str>>,
}

impl Trends {
    /// The channels of the posts that were counted.
    pub(crate) fn channels(&self) -> BTreeSet<String> {
        let keys = self.panes.values().flat_map(|pane| pane.cells.keys());
        let channels = keys.filter(|key| matches!(key, Key::Channel(_)));
        channels.map(|key| key.name().to_owned()).collect()
    }

    /// Takes off what [`Trends::observe`] counted of a post that was given with the same answer:
    /// all sums, and the post as an example. Its author stays among the authors of its cells, for
    /// other posts may be of the same; [forgetting](crate::Desk::forget) the author takes that off.
    /// Whether the post was found; a post of an agent, or one that a full pane left out, is not.
    ///
    /// Then the panes are as if they had never seen the post, but for what can't be known any more:
    /// examples that it pushed out, keys that a full pane dropped for it, authors of a key that has
    /// more than 96, counts of panes that are gone, and what time it is.
    pub fn take_back(
        &mut self,
        engine: &Engine,
        post: &Post<'_>,
        triage: &Triage,
        observation: &Observation,
    ) -> bool {
        let Some(at) = post.created_at.filter(|_| post.role != Role::Agent) else {
            return false;
        };
        let at = at.clamp(-MAX_TIME, MAX_TIME);
        let pane_length = self.settings.pane_length();
        let start = at.div_euclid(pane_length) * pane_length;
        let Some(pane) = self.panes.get_mut(&start) else {
            return false;
        };
        let counted = counted(post, at, triage, observation);
        if !pane
            .cells
            .get(&Key::All)
            .is_some_and(|all| all.saw(&counted))
        {
            return false;
        }
        for key in keys(engine, post, triage, observation) {
            pane.take(&key, &counted);
        }
        if pane.cells.is_empty() {
            self.panes.remove(&start);
            if self.published.is_none() {
                self.first = self.panes.keys().next().copied();
            }
        }
        self.counts.posts = self.counts.posts.saturating_sub(1);
        let spam = u64::from(counted.spam);
        self.counts.spam = self.counts.spam.saturating_sub(spam);
        true
    }

    /// Forgets them, and gives what nobody else wrote.
    pub(crate) fn forget_persons(&mut self, traces: &Traces, forgotten: &mut Forgotten) -> Gone {
        let pane_length = self.settings.pane_length();
        let start = |at: i64| at.div_euclid(pane_length) * pane_length;
        let panes: BTreeSet<i64> = traces.times().map(start).collect();
        let (mut notes, mut authors) = (BTreeSet::new(), 0);
        let mut words: BTreeSet<Box<str>> = BTreeSet::new();
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        let mut of_id: BTreeMap<Box<str>, bool> = BTreeMap::new();
        let mut is_theirs = |note: &Note| {
            let mut by_id = || {
                let known = of_id.get(&note.id).copied();
                known.unwrap_or_else(|| {
                    let wrote = traces.wrote_of_id(&note.id);
                    of_id.insert(note.id.clone(), wrote);
                    wrote
                })
            };
            // A shared account is nobody's; then the post says whose it is.
            let unknown = traces.is_shared(note.author);
            traces.is_theirs(note.author) || traces.wrote(note.author) || (unknown && by_id())
        };
        for (start, pane) in &mut self.panes {
            let wrote_in = panes.contains(start);
            pane.cells.retain(|key, cell| {
                cell.drop_notes(&mut is_theirs, |note| {
                    words.extend(note.words.iter().cloned());
                    notes.insert(note.id.clone());
                });
                let taken = cell.authors.remove_all(|author| traces.is_theirs(author));
                authors += taken;
                // Posts of nobody are theirs alone, and so may be spam and reposts, of which no
                // author is kept.
                let unseen = cell.authors.is_empty();
                let alone = taken > 0 && unseen && cell.posts > cell.reposts;
                let maybe = wrote_in && unseen && key.is_invented();
                let goes = (alone && key.is_unbounded()) || maybe;
                if goes {
                    keys.insert(key.clone());
                }
                !goes
            });
            pane.count_unbounded();
        }
        self.panes.retain(|_, pane| !pane.cells.is_empty());
        self.sum_recent();
        traces.voices().for_each(|voice| self.clock.forget(voice));
        forgotten.remove(ROOM, "posts as examples", notes.len());
        forgotten.remove(ROOM, "times that they are among the authors", authors);
        forgotten.remove(
            ROOM,
            "words, hashtags and channels that only they had",
            keys.len(),
        );
        forgotten.stay(
            ROOM,
            "counts of posts, complaints, spam and reposts, and sums of feeling and importance",
            "they are nobody's; give the posts to have them taken off",
        );
        forgotten.stay(
            ROOM,
            "sketches: of the authors of what more than 96 wrote of, and of how often words were \
             written before the panes that are kept",
            "nobody can be read out of a sketch, nor taken out of it",
        );
        let names = keys.iter().filter(|key| key.is_word());
        words.extend(names.map(|key| Box::from(key.name())));
        self.without_known(Gone { keys, words })
    }

    /// Without what others wrote, too.
    fn without_known(&self, mut gone: Gone) -> Gone {
        for pane in self.panes.values() {
            for (key, cell) in &pane.cells {
                gone.keys.remove(key);
                if key.is_word() {
                    gone.words.remove(key.name());
                }
                let notes = cell.sample.iter().chain(&cell.evidence);
                for word in notes.flat_map(|note| note.words.iter()) {
                    gone.words.remove(word);
                }
            }
        }
        gone
    }
}

impl Cell {
    /// Whether it may have counted the post: an author is named, where no sketch is.
    fn saw(&self, post: &Counted) -> bool {
        match (post.spam, post.repost) {
            (true, _) => self.spam > 0,
            (false, true) => self.reposts > 0,
            (false, false) => {
                self.posts > self.reposts
                    && match &self.authors {
                        Distinct::Exact(authors) => authors.contains(&post.author),
                        Distinct::Sketch(_) => true,
                    }
            }
        }
    }

    fn take(&mut self, post: &Counted) {
        let less = |sum: &mut u64, by: u64| *sum = sum.saturating_sub(by);
        if post.spam {
            less(&mut self.spam, 1);
            return;
        }
        less(&mut self.posts, 1);
        less(&mut self.complaints, u64::from(post.needs_answer));
        less(&mut self.negative, post.negative);
        less(&mut self.importance, u64::from(post.note.score));
        less(&mut self.reposts, u64::from(post.repost));
        let mut same = |note: &Note| note.id == post.note.id && note.author == post.author;
        self.drop_notes(&mut same, |_| ());
    }

    fn drop_notes(&mut self, theirs: &mut impl FnMut(&Note) -> bool, mut gone: impl FnMut(&Note)) {
        for notes in [&mut self.evidence, &mut self.sample] {
            notes.retain(|note: &Arc<Note>| {
                let out = theirs(note);
                if out {
                    gone(note);
                }
                !out
            });
        }
    }
}

impl Pane {
    fn take(&mut self, key: &Key, post: &Counted) {
        let Some(cell) = self.cells.get_mut(key) else {
            return;
        };
        cell.take(post);
        if cell.posts == 0 && cell.spam == 0 {
            self.cells.remove(key);
            self.unbounded -= usize::from(key.is_unbounded()).min(self.unbounded);
        }
    }

    fn count_unbounded(&mut self) {
        self.unbounded = self.cells.keys().filter(|key| key.is_unbounded()).count();
    }
}

#[cfg(all(test, feature = "bundled-models", feature = "chinese"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::forget::Person;
    use crate::state::trend::Settings;
    use crate::time::{Clock, MINUTE};

    const TEXTS: [&str; 5] = [
        "Where is my parcel? It should have come on Monday #late",
        "My refund never arrived, this is outrageous!",
        "RT @news: The sorting machine burnt down",
        "WIN A FREE PHONE!!! write to our Telegram @winner_77 now, 100% free money",
        "No internet in Brodovice, no signal",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// With all of their posts taken back, and then forgotten, all is as if these had never
        /// been counted, where no example was pushed out: three posts a pane at most.
        #[test]
        fn taken_back_and_forgotten_is_never_counted(
            draws in prop::collection::vec((0..TEXTS.len(), 0..4u8, 2..30i64), 0..30),
        ) {
            let engine = Engine::new().expect("the bundled models fit");
            let mut scratch = engine.scratch();
            let mut at = 1_772_539_200_000;
            let posts: Vec<(u8, Post<'_>)> = draws.into_iter().enumerate().map(|(count, (text, person, gap))| {
                at += gap * MINUTE;
                let mut post = Post::new(format!("{} {}", TEXTS[text], count % 3));
                post.id = Some(format!("p{count}").into());
                post.author.id = Some(format!("u{person}").into());
                post.created_at = Some(at);
                (person, post)
            }).collect();
            let [mut trends, mut never] = [(); 2].map(|()| Trends::new(Settings::default()).expect("sound"));
            for (person, post) in &posts {
                let (triage, observation) = engine.observe(post, &mut scratch);
                trends.observe(&engine, post, &triage, &observation);
                if *person > 0 {
                    never.observe(&engine, post, &triage, &observation);
                }
            }
            let mut traces = Traces::of(engine.identities(), &[Person::author("u0")], BTreeSet::new());
            for (_, post) in posts.iter().filter(|(person, _)| *person == 0) {
                let (triage, observation) = engine.observe(post, &mut scratch);
                let own = observation.identity.post;
                traces.add_post(own, post.created_at.unwrap_or_default());
                prop_assert!(trends.take_back(&engine, post, &triage, &observation));
                traces.settle(own);
            }
            trends.forget_persons(&traces, &mut Forgotten::default());
            (trends.clock, never.clock) = (Clock::default(), Clock::default());
            (trends.key, never.key) = Default::default();
            prop_assert_eq!(trends, never);
        }
    }
}
