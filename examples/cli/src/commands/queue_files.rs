//! What `hearken queue` and `hearken report` read besides posts: the answers that were given, and
//! the agents.

use std::path::{Path, PathBuf};

use clap::Args;
use hearken::desk::Desk;
use hearken::queue::Agent;
use hearken::taxonomy::Taxonomy;
use hearken::text::Language;
use hearken_cli::failure::Failure;
use hearken_cli::options::read_text;
pub(super) use hearken_report::Answered as Answer;
use jiff::Timestamp;
use serde::Deserialize;

/// A time in milliseconds.
pub(super) fn time(text: &str) -> Option<i64> {
    text.trim()
        .parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

/// The time that is asked for, and the answers that were given until then.
#[derive(Args)]
pub(super) struct WhenOptions {
    /// The time to say it for: RFC 3339, or last for the latest time of a post; later posts are
    /// left out
    #[arg(long, value_name = "TIME", default_value = "last")]
    now: String,
    /// Posts that were answered and when (JSON lines), beside those that agents in the dump answer;
    /// `channel` says which, where several channels have a post of that id
    #[arg(long, value_name = "FILE")]
    pub(super) answered: Option<PathBuf>,
}

impl WhenOptions {
    /// The time that is asked for; none is that of the last post.
    pub(super) fn now(&self) -> Result<Option<i64>, Failure> {
        if self.now == "last" {
            return Ok(None);
        }
        time(&self.now).map(Some).ok_or_else(|| {
            Failure::message(format!(
                "invalid --now {:?}: write a time as in 2026-03-01T08:20:00Z, or last",
                self.now
            ))
        })
    }

    /// The answers that were given, if a file says so.
    pub(super) fn answers(&self) -> Result<Option<Vec<Answer>>, Failure> {
        self.answered.as_deref().map(read_answered).transpose()
    }
}

/// Tells a desk of the answers that were given until `now`.
pub(super) fn answered(desk: &mut Desk, answers: &[Answer], now: i64) {
    for answer in answers.iter().filter(|answer| answer.at <= now) {
        match &answer.channel {
            Some(channel) => desk.answered_on(channel, &answer.post, answer.at),
            None => desk.answered(&answer.post, answer.at),
        };
    }
}

/// Reads the file of answers.
fn read_answered(path: &Path) -> Result<Vec<Answer>, Failure> {
    let text = read_text(path, "the answers")?;
    let lines = text.lines().enumerate();
    let mut answers = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        answers.push(answer(line).ok_or_else(|| {
            Failure::message(format!(
                "{}, line {}: no post with the time of its answer; \
                 write {{\"post\":\"77\",\"at\":\"2026-03-01T08:20:00Z\"}}",
                path.display(),
                number + 1
            ))
        })?);
    }
    answers.sort_by_key(|answer| answer.at);
    Ok(answers)
}

/// An answer that was given, from a line of JSON.
fn answer(line: &str) -> Option<Answer> {
    #[derive(Deserialize)]
    struct Raw {
        post: serde_json::Value,
        channel: Option<String>,
        at: serde_json::Value,
    }
    let raw = serde_json::from_str::<Raw>(line).ok()?;
    let post = match raw.post {
        serde_json::Value::String(post) => post,
        serde_json::Value::Number(post) => post.to_string(),
        _ => return None,
    };
    let at = raw.at.as_str().map_or_else(|| raw.at.as_i64(), time)?;
    let channel = raw.channel.filter(|channel| !channel.trim().is_empty());
    Some(Answer { post, channel, at })
}

/// An agent as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAgent {
    id: String,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    languages: Vec<String>,
    capacity: Option<u32>,
}

/// Reads the file of agents.
pub(super) fn read_agents(path: &Path, taxonomy: &Taxonomy) -> Result<Vec<Agent>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Raw {
        agent: Vec<RawAgent>,
    }
    let shown = path.display();
    let text = read_text(path, "the agents")?;
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.bytes().take(start);
        let line = 1 + before.filter(|&byte| byte == b'\n').count();
        let message = error.message().replace('\n', " ");
        Failure::message(format!("{shown}, line {line}: {message}"))
    })?;
    let agents = raw.agent.iter().map(|raw| {
        raw.agent(taxonomy)
            .map_err(|what| Failure::message(format!("{shown}, agent {:?}: {what}", raw.id)))
    });
    agents.collect()
}

impl RawAgent {
    /// The agent, or what is wrong with it.
    fn agent(&self, taxonomy: &Taxonomy) -> Result<Agent, String> {
        let skill = |skill: &String| {
            let index = taxonomy.index_of_label(skill);
            let index = index.and_then(|index| u16::try_from(index).ok());
            index.ok_or_else(|| {
                format!("unknown skill {skill:?}: write the id of a topic of the taxonomy")
            })
        };
        let language = |code: &String| {
            Language::from_code(code)
                .ok_or_else(|| format!("unknown language {code:?}: write en, cs, zh-Hans …"))
        };
        Ok(Agent {
            skills: self.skills.iter().map(skill).collect::<Result<_, _>>()?,
            languages: self
                .languages
                .iter()
                .map(language)
                .collect::<Result<_, _>>()?,
            capacity: self.capacity,
            id: self.id.clone(),
        })
    }
}
