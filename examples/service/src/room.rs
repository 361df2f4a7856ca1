//! All state of a tenant: a function of its rows in their order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use hearken::desk::{Desk, Outcome, Remembered, Settings};
use hearken::learn::{Corrections, Line, Target};
use hearken::post::Role;
use hearken::revision::{Field, Value};
use hearken::snapshot::Bundle;
use hearken::text::Language;
use hearken::time::{Calendar, TimeZone};
use hearken::trend::Alert;
use hearken::triage::Verdict;
use hearken::{Engine, Observation, Post, Triage};
use serde::{Deserialize, Serialize};

use crate::campaigns::Campaigns;
use crate::config::TenantConfig;
use crate::failure::{Failure, Result};
use crate::store::{Kind, Row};

/// Alerts that a stream can be resumed from. By hand: weeks of them.
const MOST_ALERTS: usize = 500;

/// The part of a snapshot that has the desk.
const DESK: &str = "desk";
/// The part of a snapshot that has [`Beside`].
const BESIDE: &str = "beside";

/// A post that the models have read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The post, as its row has it.
    pub post: Post<'static>,
    /// The answer.
    pub triage: Triage,
    /// What state needs of it.
    pub observation: Observation,
}

impl Read {
    /// Reads the body of a row.
    ///
    /// # Errors
    /// If it is no post.
    pub fn of(engine: &Engine, body: &str) -> Result<Read> {
        let post = Post::from_json(body)?.into_owned();
        let mut read = engine.map_batch(&[post], |engine, scratch, post| {
            let (triage, observation) = engine.observe(post, scratch);
            Read {
                post: post.clone(),
                triage,
                observation,
            }
        });
        read.pop()
            .ok_or_else(|| Failure::new("a post was not read"))
    }
}

/// An alert with its number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// From 1, in the order in which a tenant's alerts were reported.
    pub number: u64,
    /// In English.
    pub sentence: String,
    /// What is reported.
    pub alert: Alert,
}

/// What is kept beside the desk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Beside {
    alerts: VecDeque<Told>,
    told: u64,
    campaigns: Campaigns,
    shed: u64,
}

/// The state of a tenant.
#[derive(Debug)]
pub struct Room {
    desk: Desk,
    beside: Beside,
    corrections: Corrections,
    /// Posts that were labelled for spam, and whether they were taken for spam.
    verdicts: BTreeMap<String, bool>,
    /// Posts whose label of spam stands, and whether it says that they are.
    said: BTreeMap<String, bool>,
    /// The last row that changed it.
    seq: i64,
    /// The last row of the log of corrections.
    learnt: i64,
}

/// The settings of a tenant's desk.
///
/// # Errors
/// If a file that the configuration names can't be used.
pub fn settings(engine: &Engine, config: &TenantConfig) -> Result<Settings> {
    let mut settings = Settings::for_engine(engine)?;
    settings.lateness = Some(Duration::from_secs(config.lateness_seconds));
    if let Some(zone) = &config.zone {
        settings.calendar = Calendar::new(TimeZone::named(zone)?);
    }
    if let Some(path) = &config.service_levels {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("{shown} can't be read: {error}")))?;
        let levels = hearken::service_level::ServiceLevels::from_toml(&text);
        settings.stream.service_levels = levels.map_err(|error| Failure::about(shown, error))?;
    }
    if let Some(watch) = &mut settings.watch {
        watch.warm_up = Duration::from_secs(config.warm_up_hours.saturating_mul(3_600));
        watch.word_warm_up = watch.word_warm_up.min(watch.warm_up);
    }
    Ok(settings)
}

impl Room {
    /// A room that has seen nothing.
    ///
    /// # Errors
    /// If a setting is out of its range.
    pub fn new(engine: &Engine, settings: Settings) -> Result<Room> {
        Ok(Room::of(Desk::new(engine, settings)?, Beside::default(), 0))
    }

    /// A room as a snapshot has it; `seq` is its last row.
    ///
    /// # Errors
    /// If it is damaged, or was left under another key or other settings.
    pub fn resume(engine: &Engine, settings: Settings, seq: i64, bytes: &[u8]) -> Result<Room> {
        let bundle = Bundle::from_bytes(bytes)?;
        let damaged = || Failure::new("the snapshot in the database has a part too few");
        let remembered: Remembered = bundle.get(DESK)?.ok_or_else(damaged)?;
        let beside = serde_json::from_slice(bundle.bytes(BESIDE).ok_or_else(damaged)?)?;
        let desk = Desk::resume(engine, settings, remembered)?;
        Ok(Room::of(desk, beside, seq))
    }

    fn of(desk: Desk, beside: Beside, seq: i64) -> Room {
        Room {
            desk,
            beside,
            corrections: Corrections::default(),
            verdicts: BTreeMap::new(),
            said: BTreeMap::new(),
            seq,
            learnt: 0,
        }
    }

    /// What it remembers, as bytes. The log of corrections is not in it: its rows are read anew.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bundle = Bundle::new();
        bundle.put(DESK, &self.desk.remembered()?)?;
        bundle.put_bytes(BESIDE, serde_json::to_vec(&self.beside)?);
        Ok(bundle.to_bytes())
    }

    /// The last row that changed it.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The last row of the log of corrections.
    pub fn learnt(&self) -> i64 {
        self.learnt
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The labels that stand.
    pub fn corrections(&self) -> &Corrections {
        &self.corrections
    }

    /// Posts that the queue had no room for.
    pub fn shed(&self) -> u64 {
        self.beside.shed
    }

    /// How many alerts were reported.
    pub fn told(&self) -> u64 {
        self.beside.told
    }

    /// The alerts behind a number that are kept.
    pub fn alerts_after(&self, number: u64) -> Vec<Told> {
        let alerts = self.beside.alerts.iter();
        alerts
            .filter(|told| told.number > number)
            .cloned()
            .collect()
    }

    /// The campaign of a post, with its posts.
    pub fn campaign_of(&self, post: &str) -> Option<(&str, &[String])> {
        self.beside.campaigns.of_post(post)
    }

    /// Whether a person says that a post is spam: then it is not shown in a sample of what may be.
    pub fn is_labelled_spam(&self, post: &str) -> bool {
        self.said.get(post).is_some_and(|is_spam| *is_spam)
    }

    /// The posts of a campaign.
    pub fn campaign(&self, id: &str) -> Option<&[String]> {
        self.beside.campaigns.posts(id)
    }

    /// Takes a row in: the next one. A post comes read.
    ///
    /// # Errors
    /// If the row can't be read.
    pub fn apply(&mut self, row: &Row, read: Option<Read>) -> Result<()> {
        self.seq = row.seq;
        match row.kind {
            Kind::Post => {
                let read = read.ok_or_else(|| Failure::new("a post was not read"))?;
                let Read {
                    post,
                    triage,
                    observation,
                } = read;
                let outcomes = self.desk.observe_answered(post, triage, observation);
                self.take(outcomes);
            }
            Kind::Answer => {
                let answer: Answered = serde_json::from_str(&row.body)?;
                match &answer.channel {
                    Some(channel) => self.desk.answered_on(channel, &answer.post, answer.at),
                    None => self.desk.answered(&answer.post, answer.at),
                };
            }
            Kind::Tick => {
                let outcomes = self.desk.advance(row.at);
                self.take(outcomes);
            }
            Kind::Learn | Kind::Retract => {
                let changed = self.note(row)?;
                for (post, is_spam) in changed {
                    if let Some(queue) = self.desk.queue_mut() {
                        queue.revised(&post, None, is_spam);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a row of the log of corrections into the labels that stand, and nothing else: the
    /// posts whose verdict of spam is another now.
    ///
    /// # Errors
    /// If it is no line of a log.
    pub fn note(&mut self, row: &Row) -> Result<Vec<(String, bool)>> {
        self.learnt = row.seq;
        // Posts whose label of spam may be another now.
        let mut touched: Vec<String> = Vec::new();
        match Line::from_json(&row.body)? {
            Line::Learn(correction) => {
                if correction.task == SPAM {
                    let was = verdict(&row.triage) == Some(Verdict::Spam);
                    self.verdicts.entry(correction.post.clone()).or_insert(was);
                    // Said again it counts again, whatever the stream made of it meanwhile.
                    self.said.remove(&correction.post);
                    touched.push(correction.post.clone());
                }
                self.corrections.learn(correction);
            }
            Line::Retract(retraction) => {
                match &retraction.target {
                    Target::Post { post, .. } | Target::Label { post, .. } => {
                        touched.push(post.clone());
                    }
                    Target::By(_) | Target::Day(_) => touched.extend(self.verdicts.keys().cloned()),
                }
                self.corrections.retract(&retraction.target);
            }
        }
        Ok(touched
            .into_iter()
            .filter_map(|post| self.settle(post))
            .collect())
    }

    /// Sets whether people say that a post is spam by the label that stands; what it counts as, if
    /// that is another now. Without a label it counts as what the models said.
    fn settle(&mut self, post: String) -> Option<(String, bool)> {
        let was = *self.verdicts.get(&post)?;
        let said = self.said.get(&post).copied();
        let label = self.corrections.label(SPAM, &post);
        let says = label.map(|label| label == SPAM);
        match says {
            Some(is_spam) => self.said.insert(post.clone(), is_spam),
            None => {
                self.verdicts.remove(&post);
                self.said.remove(&post)
            }
        };
        (says != said).then(|| (post, says.unwrap_or(was)))
    }

    /// Forgets persons, whose posts and lines of the log are no longer rows.
    pub fn forget(
        &mut self,
        persons: &[hearken::forget::Person],
        posts: Vec<Post<'static>>,
    ) -> hearken::forget::Forgotten {
        let ids: Vec<String> = posts
            .iter()
            .filter_map(|post| post.id.clone())
            .map(String::from)
            .collect();
        let forgotten = self.desk.forget_with(persons, posts);
        let is_theirs = |id: &str| ids.iter().any(|of| of == id);
        for told in &mut self.beside.alerts {
            told.alert.evidence.retain(|note| !is_theirs(&note.id));
        }
        for post in &ids {
            self.beside.campaigns.leave(post);
        }
        self.verdicts.retain(|post, _| !is_theirs(post));
        self.said.retain(|post, _| !is_theirs(post));
        forgotten
    }

    /// Begins the log of corrections anew; its rows follow by [`Room::note`].
    pub fn clear_corrections(&mut self) {
        self.corrections = Corrections::default();
        self.verdicts.clear();
        self.said.clear();
    }

    fn take(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Answer(answered) if answered.post.role == Role::Customer => {
                    let campaign = answered.triage.spam.campaign.map(|id| id.to_string());
                    if let (Some(campaign), Some(post)) = (campaign, answered.post.id) {
                        self.beside.campaigns.join(campaign, post.into());
                    }
                }
                Outcome::Revision(revision) if revision.field == Field::SpamCampaign => {
                    if let Value::Campaign(Some(campaign)) = revision.new {
                        self.beside.campaigns.join(campaign, revision.post);
                    }
                }
                Outcome::Shed(_) => self.beside.shed += 1,
                Outcome::Alert(alert) => {
                    self.beside.told += 1;
                    let sentence = alert.sentence(Language::En, self.desk.engine().taxonomy());
                    self.beside.alerts.push_back(Told {
                        number: self.beside.told,
                        sentence,
                        alert: *alert,
                    });
                    if self.beside.alerts.len() > MOST_ALERTS {
                        self.beside.alerts.pop_front();
                    }
                }
                _ => {}
            }
        }
    }
}

/// The head of spam, and its label.
const SPAM: &str = "spam";

/// The verdict in what was said of a post.
fn verdict(triage: &str) -> Option<Verdict> {
    let value: serde_json::Value = serde_json::from_str(triage).ok()?;
    serde_json::from_value(value.get("spam")?.get("verdict")?.clone()).ok()
}

/// The body of a row that says that a post was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The post.
    pub post: String,
    /// Its channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What was answered, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The entry of the FAQ that was taken, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
}
