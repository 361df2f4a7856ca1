//! Tests of a context, and the posts that they are made of.

mod bounds;
mod laws;
mod people;

use proptest::prelude::*;

use super::*;
use crate::observation::{Accounts, Secret};
use crate::post::{Author, Customer};
use crate::snapshot::Snapshot;
use crate::stats::hash::checksum;
use crate::time::{DAY, HOUR};
use crate::triage::{Polarity, Sentiment, Spam, TopicScore, Verdict};

const KEY: [u8; 16] = *b"a key for tests.";
/// Persons who write: enough that none writes more than eight of the posts.
const PERSONS: usize = 10;
/// Threads stay within as many posts as are kept one by one.
const BLOCK: usize = 8;

fn context(settings: Settings) -> Context {
    Context::new(settings, identities(KEY)).expect("the settings are sound")
}

fn fresh() -> Context {
    context(Settings::default())
}

fn identities(secret: [u8; 16]) -> Identities {
    Identities::new(Secret::from_bytes(secret), Accounts::PerChannel)
}

/// Takes a post of which only the identities and the echo are known.
trait Take {
    fn take(&mut self, post: &Post<'_>, triage: &Triage, echo: bool) -> History;
}

impl Take for Context {
    fn take(&mut self, post: &Post<'_>, triage: &Triage, echo: bool) -> History {
        let observation = Observation {
            identity: self.identities.identify(post),
            echo,
            ..Observation::default()
        };
        self.observe(post, triage, &observation)
    }
}

fn triage(negative: bool, spam: bool, topic: u16) -> Triage {
    let label = if negative {
        Polarity::Negative
    } else {
        Polarity::Neutral
    };
    let verdict = if spam { Verdict::Spam } else { Verdict::Ham };
    let mut triage = Triage {
        sentiment: Sentiment {
            label,
            polarity: if negative { -0.8 } else { 0.1 },
            ..Sentiment::default()
        },
        spam: Spam {
            verdict,
            ..Spam::default()
        },
        ..Triage::default()
    };
    triage.topics.found[0] = TopicScore {
        topic,
        probability: 0.9,
    };
    triage.topics.count = 1;
    triage
}

fn complaint() -> Triage {
    triage(true, false, 3)
}

/// A post by these identifiers; an empty one is not given.
fn post(id: &str, at: i64, channel: &str, author: &str, customer: &str) -> Post<'static> {
    let some = |id: &str| (!id.is_empty()).then(|| id.to_string().into());
    Post {
        id: some(id),
        created_at: Some(at),
        channel: some(channel),
        author: Author {
            id: some(author),
            ..Author::default()
        },
        customer: Customer {
            id: some(customer),
            ..Customer::default()
        },
        ..Post::default()
    }
}

fn answer(to: &str, at: i64, customer: &str) -> Post<'static> {
    let in_reply_to = (!to.is_empty()).then(|| to.to_string().into());
    Post {
        role: Role::Agent,
        in_reply_to,
        ..post("", at, "", "agent", customer)
    }
}

fn bytes(context: &Context) -> Vec<u8> {
    context.memory().to_bytes().expect("it can be kept")
}

/// One draw of a stream: what a post is, whom it answers, which shard it goes to.
#[derive(Clone, Debug)]
struct Draw {
    gap: i64,
    back: usize,
    thread: bool,
    agent: bool,
    customer: bool,
    second: bool,
    negative: bool,
    spam: bool,
    shard: usize,
}

fn draw() -> impl Strategy<Value = Draw> {
    let flag = prop::bool::weighted;
    let flags = (
        flag(0.2),
        flag(0.15),
        flag(0.3),
        flag(0.3),
        flag(0.6),
        flag(0.1),
    );
    (0..4 * DAY, 0..BLOCK, flags, 0..3usize).prop_map(|(gap, back, flags, shard)| {
        let (thread, agent, customer, second, negative, spam) = flags;
        Draw {
            gap,
            back,
            thread,
            agent,
            customer,
            second,
            negative,
            spam,
            shard,
        }
    })
}

/// The posts of draws, in order of time, with the number of the person who wrote, or is
/// answered by name.
fn posts(draws: &[Draw]) -> Vec<(Post<'static>, Triage, usize)> {
    let mut at = 1_772_000_000_000;
    let made = draws.iter().enumerate().map(|(number, draw)| {
        at += draw.gap;
        let person = number % PERSONS;
        let channel = if draw.second { "chat" } else { "twitter" };
        let account = if draw.second {
            format!("v{person}")
        } else {
            format!("u{person}")
        };
        let customer = if draw.customer {
            format!("c{person}")
        } else {
            String::new()
        };
        let author = if draw.agent {
            "agent"
        } else {
            account.as_str()
        };
        let mut post = post(&format!("p{number}"), at, channel, author, &customer);
        let parent = number.saturating_sub(draw.back);
        if parent < number && parent / BLOCK == number / BLOCK {
            post.in_reply_to = Some(format!("p{parent}").into());
        }
        if draw.thread {
            post.thread = Some(format!("t{}", number / BLOCK).into());
        }
        if draw.agent {
            post.role = Role::Agent;
        }
        (
            post,
            triage(draw.negative, draw.spam, number as u16),
            person,
        )
    });
    made.collect()
}

fn seen<'a>(posts: impl IntoIterator<Item = &'a (Post<'static>, Triage, usize)>) -> Context {
    let mut context = fresh();
    for (post, triage, _) in posts {
        context.take(post, triage, false);
    }
    context
}
