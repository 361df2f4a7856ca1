//! What each call of the queue costs with 1,000 to 1,000,000 cases waiting: the median of some
//! calls, and the longest, for whoever waits for a call waits for the longest too.

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use hearken::observation::Identities;
use hearken::queue::{Agent, Queue, Settings};
use hearken::service_level::ServiceLevels;
use hearken::triage::Verdict;
use hearken::{Post, Triage};

use crate::overload::{Arrival, Draws, HOUR, LEVELS, MINUTE, Take, channel, score, scored};
use crate::support::rounds::{Spread, figure, grouped};

/// The time of the first post: 2026-03-02, midnight UTC.
const BEGIN: i64 = 1_772_409_600_000;
/// The most that any call may take, in microseconds, as issue 16 sets it.
const BAR: f64 = 50_000.0;
/// Calls that are measured of each kind.
const CALLS: usize = 200;
/// Answers an hour of the team, so that nearly all is deferred once lanes are drawn.
const CAPACITY: u32 = 80;

/// A post of nobody else.
fn arrival(draws: &mut Draws, number: usize, at: i64) -> Arrival {
    Arrival {
        id: format!("q{number:07}"),
        at,
        channel: channel(draws),
        score: score(draws),
    }
}

/// The calls that are measured, by name.
#[derive(Default)]
struct Calls(Vec<(&'static str, Vec<f64>)>);

impl Calls {
    fn time<T>(&mut self, name: &'static str, call: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let value = black_box(call());
        let took = start.elapsed().as_secs_f64() * 1e6;
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(took),
            None => self.0.push((name, vec![took])),
        }
        value
    }
}

/// A queue, and what comes to it.
struct Scene {
    queue: Queue,
    draws: Draws,
    number: usize,
    at: i64,
    calls: Calls,
}

impl Scene {
    fn new(waiting: usize) -> Scene {
        let settings = Settings {
            // The calls below add some; at the end the ceiling is reached.
            most_posts: waiting + 10 * CALLS,
            ..Settings::default()
        };
        let levels = ServiceLevels::bundled().expect("sound");
        Scene {
            queue: Queue::new(settings, levels, LEVELS).expect("sound"),
            draws: Draws::new(11),
            number: 0,
            at: BEGIN,
            calls: Calls::default(),
        }
    }

    /// The next post, a second later.
    fn arrival(&mut self) -> Arrival {
        (self.number, self.at) = (self.number + 1, self.at + 1000);
        arrival(&mut self.draws, self.number, self.at)
    }

    fn observe(&mut self, name: &'static str, post: &Post<'_>, triage: &Triage) {
        let identity = Identities::default().identify(post);
        let queue = &mut self.queue;
        self.calls
            .time(name, || queue.observe(post, triage, &identity));
    }

    /// Nearly all of nobody else; one in ten is of one author and may be spam.
    fn fill(&mut self, waiting: usize) {
        while self.queue.len() < waiting {
            let arrival = self.arrival();
            let mut post = arrival.post();
            post.author.id = Some(match self.number % 10 {
                0 => "flood".into(),
                _ => arrival.id.as_str().into(),
            });
            let mut triage = arrival.triage();
            if self.number.is_multiple_of(10) {
                triage.spam.verdict = Verdict::Spam;
            }
            self.queue.take(&post, &triage);
        }
    }

    /// Who wrote before writes again, with a customer record that comes and goes.
    fn observe_known(&mut self, name: &'static str, author: &str) {
        for call in 0..CALLS {
            let arrival = self.arrival();
            let mut post = arrival.post();
            post.author.id = Some(author.to_owned().into());
            post.customer.id = (call % 2 == 0).then(|| "record".into());
            self.observe(name, &post, &arrival.triage());
            if call % 2 == 0 {
                let (queue, id) = (&mut self.queue, arrival.id);
                queue.revised(&id, None, true);
            }
        }
    }

    fn measure(&mut self) {
        for call in 0..CALLS {
            let arrival = self.arrival();
            let mut post = arrival.post();
            post.author.id = Some(arrival.id.as_str().into());
            self.observe("observe, somebody new", &post, &arrival.triage());
            // One of those that wait since the beginning.
            let answered = format!("q{:07}", 1 + 7 * (call + 1) % self.number);
            let (queue, at) = (&mut self.queue, self.at);
            self.calls
                .time("answered", || queue.answered(&answered, at));
        }
        self.observe_known("observe, an author of 256 posts", "talker");
        self.observe_known("observe, an author of a tenth of all as spam", "flood");
        for _ in 0..CALLS {
            self.at += 1000;
            let (queue, at) = (&mut self.queue, self.at);
            self.calls
                .time("advance, a second on", || queue.advance(at));
            let queue = &self.queue;
            self.calls.time("next(1)", || queue.next(1));
            self.calls.time("next(20)", || queue.next(20));
            self.calls.time("overdue(20)", || queue.overdue(20));
            self.calls.time("overdue_count", || queue.overdue_count());
            self.calls.time("set_aside", || queue.set_aside());
        }
        for _ in 0..5 {
            let queue = &self.queue;
            self.calls.time("lanes", || queue.lanes());
        }
        // All becomes due at once, and back.
        for turn in 0..6 {
            let (queue, to) = (
                &mut self.queue,
                self.at + (1 - turn % 2) * 30 * 24 * HOUR / 5,
            );
            self.calls.time("advance, six days and back", || {
                queue.advance(to);
                queue.next(1)
            });
        }
        self.agents();
        self.lanes();
        self.full();
    }

    fn agents(&mut self) {
        for number in 0..20 {
            let agent = Agent {
                id: format!("agent{number}"),
                capacity: Some(1000),
                ..Agent::default()
            };
            self.queue.add_agent(agent).expect("there is room");
        }
        for call in 0..CALLS {
            let queue = &mut self.queue;
            self.calls
                .time("assign_next(1)", || queue.assign_next(1).len());
            let agent = format!("agent{}", call % 20);
            self.calls.time("assign_to", || queue.assign_to(&agent));
        }
    }

    /// Once a capacity is measured nearly all is deferred, as much a call as one may move; without
    /// answers for some hours all comes back.
    fn lanes(&mut self) {
        for _ in 0..CAPACITY {
            let place = self.queue.next(1);
            let post = place.first().map(|place| place.post.clone());
            self.queue.answered(&post.unwrap_or_default(), self.at);
        }
        let name = "advance, lanes drawn for the first time";
        for hours in [1, 12] {
            self.at += hours * HOUR;
            let mut before = None;
            while before != Some(self.queue.lanes().deferred) {
                before = Some(self.queue.lanes().deferred);
                self.at += MINUTE;
                let (queue, at) = (&mut self.queue, self.at);
                self.calls.time(name, || queue.advance(at));
                if self
                    .calls
                    .0
                    .last()
                    .is_some_and(|(_, times)| times.len() > 20)
                {
                    break;
                }
            }
        }
    }

    /// At the ceiling each new case sheds the one with the fewest points.
    fn full(&mut self) {
        while self.queue.counts().shed + self.queue.counts().forgotten == 0 {
            let arrival = self.arrival();
            self.queue.take(&arrival.post(), &scored(30));
        }
        for _ in 0..CALLS {
            let arrival = self.arrival();
            self.observe("observe, a full queue", &arrival.post(), &arrival.triage());
        }
    }
}

/// The table of all calls, with so many cases waiting.
pub(crate) fn table(sizes: &[usize]) -> String {
    let mut table = "| call, µs: median (longest) |".to_owned();
    let mut columns: Vec<Calls> = Vec::new();
    let mut filled = Vec::new();
    for waiting in sizes {
        let _ = write!(table, " {} wait |", grouped(*waiting));
        let mut scene = Scene::new(*waiting);
        let start = Instant::now();
        scene.fill(*waiting);
        let took: Duration = start.elapsed();
        filled.push(took.as_secs_f64() * 1e6 / scene.number as f64);
        scene.measure();
        columns.push(scene.calls);
    }
    table += &format!(
        "\n|---|{}\n| observe, all of the above, mean |",
        "---:|".repeat(sizes.len())
    );
    for mean in filled {
        let _ = write!(table, " {} |", figure(mean));
    }
    table.push('\n');
    let names = columns.first().map(|calls| calls.0.iter());
    let mut beyond = Vec::new();
    for (place, (name, _)) in names.into_iter().flatten().enumerate() {
        let _ = write!(table, "| {name} |");
        for calls in &columns {
            let times = calls.0.get(place).map(|(_, times)| times.clone());
            let spread = Spread::of(times.unwrap_or_default());
            let _ = write!(
                table,
                " {} ({}) |",
                figure(spread.median),
                figure(spread.most)
            );
            if spread.most > BAR {
                beyond.push(*name);
            }
        }
        table.push('\n');
    }
    beyond.dedup();
    table += &match beyond.is_empty() {
        true => "\nNo call took more than 50 ms.\n".to_owned(),
        false => format!("\nMore than 50 ms took: {}.\n", beyond.join("; ")),
    };
    table
}
