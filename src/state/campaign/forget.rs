//! How the window forgets somebody: their posts leave it as if their time were over.

use std::collections::BTreeSet;

use super::Campaigns;
use super::entry::Order;
use crate::observation::identity::NONE;
use crate::state::forget::{Forgotten, Traces};

/// The room, as the report names it.
const ROOM: &str = "campaigns";

impl Campaigns {
    /// The channels of the posts in the window.
    pub(crate) fn channels(&self) -> BTreeSet<String> {
        let placed = self.window.entries.iter();
        let channels = placed.filter_map(|placed| placed.entry.channel.as_deref());
        channels.map(str::to_owned).collect()
    }

    /// Adds their posts.
    pub(crate) fn trace_posts(&self, traces: &mut Traces) {
        for placed in self.window.entries.iter() {
            let (at, post) = placed.entry.order;
            if traces.is_theirs(placed.entry.account) {
                traces.add_post(post, at);
            }
        }
    }

    /// Forgets their posts. A campaign stays one while any post of it is in the window, and counts
    /// them as posts that left.
    pub(crate) fn forget_persons(&mut self, traces: &Traces, forgotten: &mut Forgotten) {
        let window = &mut self.window;
        let theirs = |(at, post): &Order| {
            let slot = window.order.get(&(*at, *post));
            let placed = slot.and_then(|slot| window.entries.get(*slot));
            let account = placed.map_or(NONE, |placed| placed.entry.account);
            traces.wrote(*post) || traces.is_theirs(account)
        };
        let orders: Vec<Order> = window.order.keys().copied().filter(theirs).collect();
        for order in &orders {
            window.take_out(*order);
        }
        // When a cluster began is kept, but not by which post.
        for cluster in window.clusters.iter_mut() {
            if let Some((_, post)) = &mut cluster.first
                && traces.wrote(*post)
            {
                *post = NONE;
            }
        }
        let clock = &mut window.clock;
        traces.voices().for_each(|voice| clock.forget(voice));
        forgotten.remove(ROOM, "posts", orders.len());
        forgotten.stay(
            ROOM,
            "how many posts each campaign ever had, when it began, and its name",
            "the name is made of the hash of the first post, and can't be turned back into it",
        );
        forgotten.stay(
            ROOM,
            "posts of others that repeat or copy theirs, and verdicts that their posts led to",
            "they are others' posts and answers",
        );
    }
}
