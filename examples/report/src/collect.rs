//! Takes what a desk hands over, post by post, and makes the report at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearken::context::Delivery;
use hearken::desk::{Answered as DeskAnswered, Desk, Outcome};
use hearken::post::Role;
use hearken::prevalence::Confusion;
use hearken::queue::{Lane, Outcome as Became, Place, Queue};
use hearken::revision::{Field, Revision, Value};
use hearken::service_level::ServiceLevels;
use hearken::text::Language;
use hearken::time::TimeZone;
use hearken::triage::{Level, Verdict};
use hearken::{Engine, Post, Result};

use crate::by::By;
use crate::fact::{Counts, Fact, Feeling, Key, channel_of, key_of};
use crate::moment::Moment;
use crate::number::{rounded, share};
use crate::report::Report;
use crate::sections::about::About;
use crate::sections::campaigns::{Found, Of};
use crate::sections::compared::compared;
use crate::sections::first::Open;
use crate::sections::groups::groups;
use crate::sections::promises::Waits;
use crate::sections::rises::Alerts;
use crate::sections::tiles::Tiles;
use crate::sections::topics::Counting;
use crate::sections::uncovered::Sample;
use crate::sections::volume::Hours;
use crate::texts::Texts;

/// The languages that a page can have.
pub const LANGUAGES: [Language; 4] = [
    Language::En,
    Language::Cs,
    Language::ZhHans,
    Language::ZhHant,
];

/// What a report is to have.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The language of the page, one of [`LANGUAGES`]; others get English.
    pub language: Language,
    /// The zone of its times.
    pub zone: TimeZone,
    /// The length of its lists: cases, alerts, campaigns, groups.
    pub top: usize,
    /// Whether personal data is masked in what is shown of texts.
    pub masked: bool,
    /// Whether texts are shown; without them a report has numbers only.
    pub texts: bool,
    /// Fields whose values stand side by side.
    pub by: Vec<Arc<str>>,
    /// The classifier's errors, by which shares of topics are corrected.
    pub confusion: Option<Confusion>,
    /// The answers that were given outside of the stream, where they are known.
    pub answers: Option<Vec<Answered>>,
}

impl Default for Asked {
    /// English, UTC, ten of each, with masked texts.
    fn default() -> Asked {
        Asked {
            language: Language::En,
            zone: TimeZone::default(),
            top: 10,
            masked: true,
            texts: true,
            by: Vec::new(),
            confusion: None,
            answers: None,
        }
    }
}

/// An answer that was given outside of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The post that was answered.
    pub post: String,
    /// Its channel, where several have a post of that identifier.
    pub channel: Option<String>,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// Of what a report is, as whoever reads the posts knows it.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Where the posts come from.
    pub inputs: Vec<String>,
    /// Models and settings that are not the bundled ones.
    pub options: Vec<String>,
    /// Lines that could not be read.
    pub rejected: u64,
    /// The moment of the report, in milliseconds since the Unix epoch, which the desk was
    /// [advanced](Desk::advance) to; none where no post has a time.
    pub now: Option<i64>,
}

/// Makes a report of what a desk hands over. It holds the posts of the window of campaigns, for
/// these can still be revised, those that wait in the queue, and samples of the others.
#[derive(Debug)]
pub struct Collector {
    asked: Asked,
    /// How long a post can be revised, in milliseconds.
    window: i64,
    /// Posts that can still be revised, by time and in the order in which they came.
    recent: BTreeMap<(i64, u64), Fact>,
    places: BTreeMap<Key, (i64, u64)>,
    count: u64,
    latest: i64,
    sums: Sums,
    open: Open,
    alerts: Alerts,
    found: Found,
    waits: Waits,
}

/// What is counted of posts that no longer change.
#[derive(Debug)]
struct Sums {
    about: About,
    tiles: Tiles,
    hours: Hours,
    topics: Counting,
    languages: BTreeMap<Option<String>, Counts>,
    channels: BTreeMap<Option<String>, Counts>,
    by: By<Counts>,
    sample: Sample,
}

impl Collector {
    /// A collector for the outcomes of a desk that has seen nothing yet.
    ///
    /// # Errors
    /// If the confusion is of other topics than the engine's; `Error::is_settings` holds.
    pub fn new(desk: &Desk, asked: Asked) -> Result<Collector> {
        if let Some(confusion) = &asked.confusion {
            confusion.check(desk.engine())?;
        }
        let window = desk.stream().campaigns().settings().window.as_millis();
        let levels = desk.queue().map(Queue::service_levels).cloned();
        let levels = levels.map_or_else(ServiceLevels::bundled, Ok)?;
        Ok(Collector {
            window: i64::try_from(window).unwrap_or(i64::MAX),
            recent: BTreeMap::new(),
            places: BTreeMap::new(),
            count: 0,
            latest: i64::MIN,
            sums: Sums {
                about: About::default(),
                tiles: Tiles::default(),
                hours: Hours::default(),
                topics: Counting::new(asked.confusion.clone()),
                languages: BTreeMap::new(),
                channels: BTreeMap::new(),
                by: By::new(asked.by.iter()),
                sample: Sample::default(),
            },
            open: Open::default(),
            alerts: Alerts::default(),
            found: Found::default(),
            waits: Waits::new(levels, asked.answers.clone()),
            asked,
        })
    }

    /// Takes what the desk handed over; `engine` is that of the desk.
    pub fn take(&mut self, engine: &Engine, outcome: Outcome) {
        match outcome {
            Outcome::Answer(answered) => self.answer(engine, *answered),
            Outcome::Queued {
                post: Some(id),
                outcome,
            } => {
                let waits = matches!(
                    outcome,
                    Became::Queued | Became::Joined | Became::Updated | Became::Unchanged
                );
                if !waits {
                    self.open.drop_last(&id);
                }
            }
            Outcome::Revision(revision) => self.revise(&revision),
            Outcome::Alert(alert) => self.alerts.take(*alert),
            _ => {}
        }
    }

    fn answer(&mut self, engine: &Engine, answered: DeskAnswered) {
        let post = Arc::new(answered.post.clone());
        if post.role == Role::Agent {
            self.sums.about.agent_posts += 1;
            self.waits.take(&post, None, false);
            return;
        }
        match answered.observed.history.again {
            Delivery::New => {}
            again => {
                self.sums.about.repeated += 1;
                if again != Delivery::Older {
                    self.open.add(engine, &answered, &post);
                }
                return;
            }
        }
        let fact = Fact::of(&answered, &post);
        self.open.add(engine, &answered, &post);
        let waits = Some(fact.level).filter(|_| fact.needs_answer && !fact.spam);
        self.waits.take(&post, waits, answered.triage.is_solved());
        self.found.take(&answered.observed.membership, &of(&post));
        self.latest = self.latest.max(fact.at.unwrap_or(i64::MIN));
        let place = (fact.at.unwrap_or(self.latest), self.count);
        self.count += 1;
        if let Some(key) = key_of(&post) {
            self.places.insert(key, place);
        }
        self.recent.insert(place, fact);
        let passed = self.latest.saturating_sub(self.window);
        while let Some(first) = self
            .recent
            .first_entry()
            .filter(|first| first.key().0 < passed)
        {
            let fact = first.remove();
            self.settle(fact);
        }
    }

    /// Counts a post that no longer changes.
    fn settle(&mut self, fact: Fact) {
        if let Some(key) = key_of(&fact.post) {
            self.places.remove(&key);
        }
        self.sums.add(&fact);
    }

    fn revise(&mut self, revision: &Revision) {
        let key = (revision.post.clone(), revision.channel.clone());
        let Some(fact) = self
            .places
            .get(&key)
            .and_then(|place| self.recent.get_mut(place))
        else {
            return;
        };
        match (&revision.field, &revision.new) {
            (Field::SpamVerdict, Value::Verdict(verdict)) => {
                fact.spam = *verdict == Verdict::Spam;
                if fact.spam {
                    self.waits.withdraw(&key);
                }
            }
            (Field::SpamCampaign, _) => self.found.revise(revision, &of(&fact.post)),
            _ => {}
        }
    }

    /// The report. `desk` is the one whose outcomes were taken, finished and advanced to the moment
    /// of the report.
    pub fn finish(mut self, desk: &Desk, source: Source) -> Report {
        for fact in std::mem::take(&mut self.recent).into_values() {
            self.settle(fact);
        }
        let (engine, asked, mut sums) = (desk.engine(), self.asked, self.sums);
        let places = desk.next(usize::MAX);
        places.iter().for_each(|place| sums.wait(place));
        let texts = Texts::new(asked.texts, asked.masked);
        let axis = sums.hours.axis(&asked.zone);
        let language = asked.language;
        let Tiles {
            posts,
            spam,
            negative,
            ..
        } = sums.tiles;
        let report = Report {
            tiles: Tiles {
                negative_share: rounded(share(negative, posts.saturating_sub(spam))),
                rises: self.alerts.len() as u64,
                ..sums.tiles
            },
            volume: sums.hours.volume(&axis),
            rises: self
                .alerts
                .rises(engine, &asked.zone, language, &texts, asked.top),
            first: self.open.first(engine, &places, &texts, asked.top),
            topics: sums.topics.topics(engine, language, &axis, source.now),
            languages: groups(sums.languages),
            channels: groups(sums.channels),
            promises: self.waits.promises(source.now),
            campaigns: self.found.campaigns(&texts, asked.top),
            uncovered: sums.sample.uncovered(engine, &texts, asked.top),
            compared: compared(sums.by),
            about: About {
                language: language.code().to_owned(),
                zone: asked.zone.to_string(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                inputs: source.inputs,
                options: source.options,
                heads: engine.tasks().map(str::to_owned).collect(),
                as_of: source.now.map(Moment),
                rejected: source.rejected,
                masked: asked.masked,
                texts: asked.texts,
                posts,
                ..sums.about
            },
        };
        report.fitted(asked.top)
    }
}

/// What campaigns need of a post.
fn of<'p>(post: &'p Post<'_>) -> Of<'p> {
    Of {
        at: post.created_at.unwrap_or_default(),
        id: post.id.as_deref().unwrap_or_default(),
        text: &post.text,
    }
}

impl Sums {
    fn add(&mut self, fact: &Fact) {
        match fact.at {
            None => self.about.undated += 1,
            Some(at) => {
                let at = Moment(at);
                let (from, to) = (self.about.from.unwrap_or(at), self.about.to.unwrap_or(at));
                (self.about.from, self.about.to) = (Some(from.min(at)), Some(to.max(at)));
            }
        }
        self.hours.add(fact);
        self.topics.add(fact);
        self.sample.add(fact);
        let language = fact.language.code().to_owned();
        self.languages.entry(Some(language)).or_default().add(fact);
        self.channels
            .entry(fact.channel.clone())
            .or_default()
            .add(fact);
        self.by
            .add(&fact.segments, |counts: &mut Counts| counts.add(fact));
        let tiles = &mut self.tiles;
        tiles.posts += 1;
        if fact.spam {
            tiles.spam += 1;
            return;
        }
        tiles.negative += u64::from(fact.feeling == Feeling::Negative);
        tiles.unsaid += u64::from(fact.feeling == Feeling::Unsaid);
        tiles.needs_answer += u64::from(fact.needs_answer);
        tiles.critical += u64::from(fact.level == Level::Critical);
        tiles.high += u64::from(fact.level == Level::High);
    }

    /// Counts a case that waits.
    fn wait(&mut self, place: &Place) {
        if matches!(place.lane, Lane::Idle | Lane::Suspected) {
            return;
        }
        let overdue = u64::from(place.overdue_by > 0);
        let add = |counts: &mut Counts| {
            counts.waiting += 1;
            counts.overdue += overdue;
        };
        self.tiles.waiting += 1;
        self.tiles.overdue += overdue;
        let mut post = Post::new("");
        post.channel = place.channel.as_deref().map(Into::into);
        add(self.channels.entry(channel_of(&post)).or_default());
        self.by.add(&place.segments, add);
    }
}
