//! How a desk, or what is remembered of one, forgets somebody: what is theirs is found in all of
//! its modules first, then each module forgets it.

use std::collections::BTreeSet;

use super::snapshot::Waiting;
use super::{Desk, Held, Remembered};
use crate::observation::Identities;
use crate::observation::identity::{NONE, given};
use crate::post::Role;
use crate::state::campaign::Campaigns;
use crate::state::context::Memory;
use crate::state::forget::{Forgotten, Found, Person, Traces};
use crate::state::queue::Queue;
use crate::state::stream::StreamRooms;
use crate::state::trend::{Trends, Watch};
use crate::triage::Verdict;
use crate::{Engine, Observation, Post, Result, Triage};

/// The room of posts that wait for their turn, as the report names it.
const ROOM: &str = "desk";

/// The modules in which persons are found.
struct View<'d> {
    campaigns: &'d Campaigns,
    memory: &'d Memory,
    queue: Option<&'d Queue>,
    trends: Option<&'d Trends>,
    waiting: Vec<Whose>,
}

impl View<'_> {
    /// What is theirs.
    fn trace(&self, identities: &Identities, persons: &[Person]) -> Traces {
        let mut channels = self.memory.spaces();
        channels.extend(self.campaigns.channels());
        channels.extend(self.queue.into_iter().flat_map(Queue::channels));
        channels.extend(self.trends.into_iter().flat_map(Trends::channels));
        let waiting = || self.waiting.iter();
        channels.extend(waiting().filter_map(|whose| whose.channel.clone()));
        let mut traces = Traces::of(identities, persons, channels);
        // Until no further one is joined: an account leads to its customer, that one to others.
        loop {
            let before = traces.len();
            self.memory.trace_persons(&mut traces);
            if let Some(queue) = self.queue {
                queue.trace_persons(&mut traces);
            }
            waiting().for_each(|whose| traces.join(whose.author, whose.customer));
            if traces.len() == before {
                break;
            }
        }
        for whose in waiting() {
            if traces.is_theirs(whose.author) || traces.is_theirs(whose.customer) {
                traces.add_post(whose.post, whose.at);
                traces.add_thread(whose.thread);
            }
        }
        if let Some(queue) = self.queue {
            queue.trace_posts(&mut traces);
        }
        self.campaigns.trace_posts(&mut traces);
        self.memory.trace_posts(&mut traces);
        traces
    }
}

/// The modules that forget.
struct Rooms<'d> {
    stream: StreamRooms<'d>,
    queue: Option<&'d mut Queue>,
    trends: Option<&'d mut Trends>,
    watch: Option<&'d mut Watch>,
}

/// A post of theirs that is at hand, as the engine reads it.
type Read = (Post<'static>, Triage, Observation);

impl Rooms<'_> {
    /// Takes off what posts of theirs added to counts. Only of a post that is known one by one, as
    /// it is at hand and never edited, it is known that it was counted, and as what.
    fn take_back(
        &mut self,
        engine: &Engine,
        posts: &[Read],
        traces: &mut Traces,
        forgotten: &mut Forgotten,
    ) {
        let (mut in_panes, mut in_novelty, mut left) = (0, 0, 0);
        let mut seen = BTreeSet::new();
        for (post, triage, observation) in posts {
            let own = observation.identity.post;
            let Some(at) = post.created_at.filter(|_| post.role == Role::Customer) else {
                left += 1;
                continue;
            };
            if !seen.insert(own) {
                continue;
            }
            // The dump may know more posts of theirs than the modules do.
            traces.add_post(own, at);
            traces.add_thread(observation.identity.thread);
            let text = observation.fingerprint.text;
            // What an echo was counted as is known of its parent.
            if observation.echo || !self.stream.memory.unedited(own, text, at) {
                left += 1;
                continue;
            }
            let elements = &observation.elements;
            let counted = self.stream.novelty.take_back(at, triage, elements);
            in_novelty += usize::from(counted);
            let is_spam = triage.spam.verdict == Verdict::Spam;
            let mut found = counted || is_spam;
            if let Some(trends) = &mut self.trends {
                found = trends.take_back(engine, post, triage, observation);
                if found {
                    in_panes += 1;
                    traces.settle(own);
                }
            }
            left += usize::from(!found);
        }
        forgotten.remove("novelty", "posts taken off the counts", in_novelty);
        forgotten.remove("trends", "posts taken off the counts", in_panes);
        if left > 0 {
            forgotten.stay(
                ROOM,
                "counts of given posts that are not known, were edited, answer with an echo, have \
                 no time or identifier, or were counted as spam of a campaign",
                "it is not known that they were counted, or as what",
            );
        }
        if in_panes > 0 {
            forgotten.stay(
                "trends",
                "in the sums of importance, points that earlier posts gave to theirs",
                "they are not known from the posts alone",
            );
        }
    }

    fn forget(&mut self, traces: &Traces, forgotten: &mut Forgotten) {
        let StreamRooms {
            campaigns,
            memory,
            novelty,
        } = &mut self.stream;
        memory.forget_persons(traces, forgotten);
        campaigns.forget_persons(traces, forgotten);
        novelty.forget_persons(traces, forgotten);
        if let Some(queue) = &mut self.queue {
            queue.forget_persons(traces, forgotten);
        }
        let gone = match &mut self.trends {
            Some(trends) => trends.forget_persons(traces, forgotten),
            None => Default::default(),
        };
        if let Some(watch) = &mut self.watch {
            watch.forget_persons(traces, &gone, forgotten);
        }
    }
}

/// Whose a post is that waits for its turn.
struct Whose {
    author: u64,
    customer: u64,
    post: u64,
    thread: u64,
    at: i64,
    channel: Option<String>,
}

impl Whose {
    fn of(post: &Post<'_>, observation: &Observation) -> Whose {
        let identity = &observation.identity;
        let is_agent = post.role == Role::Agent;
        Whose {
            author: if is_agent { NONE } else { identity.author },
            customer: identity.customer,
            post: identity.post,
            thread: identity.thread,
            at: post.created_at.unwrap_or(i64::MIN),
            channel: given(post.channel.as_deref()).map(str::to_owned),
        }
    }
}

/// Whether a post that waits is theirs.
fn is_theirs(traces: &Traces, post: &Post<'_>, observation: &Observation) -> bool {
    let whose = Whose::of(post, observation);
    traces.is_theirs(whose.author) || traces.is_theirs(whose.customer) || traces.wrote(whose.post)
}

/// Takes out that a post answers one of theirs; whether it does.
fn cut(traces: &Traces, post: &mut Post<'_>, observation: &mut Observation) -> bool {
    let identity = &mut observation.identity;
    let (parent, thread) = (traces.wrote(identity.parent), traces.wrote(identity.thread));
    if parent {
        (post.in_reply_to, identity.parent) = (None, NONE);
    }
    if thread {
        (post.thread, identity.thread) = (None, NONE);
    }
    parent || thread
}

/// What the engine reads in the posts that are theirs.
fn read(
    engine: &Engine,
    traces: &Traces,
    posts: impl IntoIterator<Item = Post<'static>>,
) -> Vec<Read> {
    let mut scratch = engine.scratch();
    let read = posts.into_iter().filter_map(|post| {
        let (triage, observation) = engine.observe(&post, &mut scratch);
        is_theirs(traces, &post, &observation).then_some((post, triage, observation))
    });
    read.collect()
}

fn report_waiting(gone: usize, cut: usize, forgotten: &mut Forgotten) {
    forgotten.remove(ROOM, "posts that wait for their turn", gone);
    forgotten.remove(
        ROOM,
        "others' links to posts of theirs, while they wait",
        cut,
    );
    forgotten.stay(
        ROOM,
        "whether others name them in their texts or answer posts of theirs from now on",
        "they are others' posts",
    );
}

impl Desk {
    /// Forgets a person: an account with the customer record that it is joined to, and that
    /// record's other accounts. Afterwards no module has a hash, an identifier, a text or an
    /// example of theirs, nor a post of theirs that waits for its turn. Counts stay, for they are
    /// nobody's; the report says which, and `docs/privacy.md` says it of each field.
    ///
    /// What was handed over as [`Outcome`](super::Outcome)s before is the embedder's to delete. A
    /// post of theirs that is given again is a new one.
    pub fn forget(&mut self, person: &Person) -> Forgotten {
        self.forget_with(std::slice::from_ref(person), [])
    }

    /// As [`Desk::forget`], of several persons at once, with what posts of theirs are at hand, as
    /// they came: these are taken off counts, too. Others' posts among them change nothing.
    ///
    /// Then the counts of novelty and the panes of trends are as if the posts had never been seen,
    /// as far as each post is still known one by one, and was never edited; the report says what is
    /// not, and [`Trends::take_back`] what can't be.
    pub fn forget_with(
        &mut self,
        persons: &[Person],
        posts: impl IntoIterator<Item = Post<'static>>,
    ) -> Forgotten {
        let engine = self.engine.clone();
        let waiting = self.reorder.held().map(|(_, held)| &**held);
        let waiting = waiting.chain(&self.undated).chain(&self.postponed);
        let view = View {
            campaigns: self.stream.campaigns(),
            memory: self.stream.context().memory(),
            queue: self.queue.as_ref(),
            trends: self.trends.as_ref(),
            waiting: waiting
                .map(|held| Whose::of(&held.post, &held.observation))
                .collect(),
        };
        let mut traces = view.trace(engine.identities(), persons);
        let mut rooms = Rooms {
            stream: self.stream.rooms(),
            queue: self.queue.as_mut(),
            trends: self.trends.as_mut(),
            watch: self.watch.as_mut(),
        };
        let mut forgotten = Forgotten::default();
        let read = read(&engine, &traces, posts);
        rooms.take_back(&engine, &read, &mut traces, &mut forgotten);
        rooms.forget(&traces, &mut forgotten);
        let theirs = |held: &Held| is_theirs(&traces, &held.post, &held.observation);
        let mut gone = self.reorder.retain(|held| !theirs(held));
        for waiting in [&mut self.undated, &mut self.postponed] {
            let before = waiting.len();
            waiting.retain(|held| !theirs(held));
            gone += before - waiting.len();
        }
        let waiting = self.reorder.held_mut().map(|held| &mut **held);
        let waiting = waiting.chain(&mut self.undated).chain(&mut self.postponed);
        let cut = waiting
            .map(|held| cut(&traces, &mut held.post, &mut held.observation))
            .filter(|cut| *cut)
            .count();
        let clock = self.reorder.clock_mut();
        traces.voices().for_each(|voice| clock.forget(voice));
        report_waiting(gone, cut, &mut forgotten);
        forgotten
    }
}

impl Remembered {
    /// As [`Desk::forget_with`], of a desk that is not at work: whatever settings it has, they are
    /// not needed. `engine` reads the posts, and has the key and the policy of accounts.
    ///
    /// # Errors
    /// If it was remembered under another key or policy, for then nobody would be found, or a post
    /// that waits can't be read; [`Error::is_snapshot`](crate::Error::is_snapshot) holds, and it
    /// is as it was.
    pub fn forget_with(
        &mut self,
        engine: &Engine,
        persons: &[Person],
        posts: impl IntoIterator<Item = Post<'static>>,
    ) -> Result<Forgotten> {
        let posts = posts.into_iter();
        self.erase(engine.identities(), persons, |rooms, traces, forgotten| {
            let read = read(engine, traces, posts);
            rooms.take_back(engine, &read, traces, forgotten);
        })
    }

    /// As [`Remembered::forget_with`], where no posts are at hand; then no engine is needed.
    ///
    /// # Errors
    /// As [`Remembered::forget_with`].
    pub fn forget(&mut self, identities: &Identities, persons: &[Person]) -> Result<Forgotten> {
        self.erase(identities, persons, |_, _, _| ())
    }

    /// What is theirs, to recognise it elsewhere before it is forgotten here.
    ///
    /// # Errors
    /// As [`Remembered::forget_with`].
    pub fn find(&self, identities: &Identities, persons: &[Person]) -> Result<Found> {
        let queue = self.queue_under(identities)?;
        let posts = self.waiting_posts()?;
        let view = self.view(identities, queue.as_ref(), &posts)?;
        let traces = view.trace(identities, persons);
        Ok(Found::from_traces(persons, traces))
    }

    /// The queue with its key.
    fn queue_under(&self, identities: &Identities) -> Result<Option<Queue>> {
        let queue = self.queue.clone();
        let with_key = |queue: Queue| queue.with_identities(identities.clone());
        queue.map(with_key).transpose()
    }

    /// What waits for its turn, then for a first time, then what is postponed.
    fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        let held = self.held.iter().map(|(_, waiting)| waiting);
        held.chain(&self.undated).chain(&self.postponed)
    }

    fn waiting_posts(&self) -> Result<Vec<Post<'static>>> {
        self.waiting().map(Waiting::post).collect()
    }

    fn view<'d>(
        &'d self,
        identities: &Identities,
        queue: Option<&'d Queue>,
        posts: &[Post<'static>],
    ) -> Result<View<'d>> {
        if let Some(trends) = &self.trends {
            trends.check_key(identities)?;
        }
        let (campaigns, memory) = self.stream.view(identities)?;
        let waiting = self.waiting().zip(posts);
        Ok(View {
            campaigns,
            memory,
            queue,
            trends: self.trends.as_ref(),
            waiting: waiting
                .map(|(waiting, post)| Whose::of(post, &waiting.observation))
                .collect(),
        })
    }

    fn erase(
        &mut self,
        identities: &Identities,
        persons: &[Person],
        first: impl FnOnce(&mut Rooms<'_>, &mut Traces, &mut Forgotten),
    ) -> Result<Forgotten> {
        let mut queue = self.queue_under(identities)?;
        let posts = self.waiting_posts()?;
        let view = self.view(identities, queue.as_ref(), &posts)?;
        let mut traces = view.trace(identities, persons);
        let mut rooms = Rooms {
            stream: self.stream.rooms(),
            queue: queue.as_mut(),
            trends: self.trends.as_mut(),
            watch: self.watch.as_mut(),
        };
        let mut forgotten = Forgotten::default();
        first(&mut rooms, &mut traces, &mut forgotten);
        rooms.forget(&traces, &mut forgotten);
        self.queue = queue;
        let before = posts.len();
        let mut cuts = 0;
        let mut of_post = posts.into_iter();
        // As before, with what is theirs taken out; in the order in which the posts were read.
        let mut stays = |waiting: &mut Waiting| {
            let Some(mut post) = of_post.next() else {
                return true;
            };
            if is_theirs(&traces, &post, &waiting.observation) {
                return false;
            }
            if cut(&traces, &mut post, &mut waiting.observation) {
                cuts += 1;
                // What was read can be written again.
                if let Ok(line) = serde_json::to_string(&post) {
                    waiting.line = line;
                }
            }
            true
        };
        self.held.retain_mut(|(_, waiting)| stays(waiting));
        self.undated.retain_mut(|waiting| stays(waiting));
        self.postponed.retain_mut(|waiting| stays(waiting));
        let gone = before - self.waiting().count();
        let clock = &mut self.counted.clock;
        traces.voices().for_each(|voice| clock.forget(voice));
        report_waiting(gone, cuts, &mut forgotten);
        Ok(forgotten)
    }
}
