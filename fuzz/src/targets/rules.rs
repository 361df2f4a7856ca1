//! Files of rules, lists, topics, settings and service levels.

use hearken::importance::{Level, Settings};
use hearken::queue;
use hearken::service_level::ServiceLevels;
use hearken::taxonomy::Taxonomy;
use hearken::terms::Rules;
use hearken::time::{Calendar, TimeZone};

use super::{SEPARATOR, refused};
use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// Rules with a list, a taxonomy, or settings of importance.
pub const RULES: Target = Target {
    name: "rules",
    run: rules,
    frame: Frame::Plain,
    seeds: seeds::rules,
    tokens: TOKENS,
};

/// Service levels with holidays, or settings of the queue.
pub const LEVELS: Target = Target {
    name: "levels",
    run: levels,
    frame: Frame::Plain,
    seeds: seeds::levels,
    tokens: LEVEL_TOKENS,
};

/// Rules with the list that they may name (`terms.tsv`) after a separator, a taxonomy, or settings
/// of importance: every text is read as each of them.
///
/// Each is refused with a message that names a line, or can be used.
fn rules(data: &[u8]) -> Outcome {
    let input = String::from_utf8_lossy(data);
    let (text, list) = input.split_once(SEPARATOR).unwrap_or((&input, ""));
    let rules = Rules::from_toml(text, &[("terms.tsv", list)]);
    let taxonomy = Taxonomy::from_toml(text);
    let settings = Settings::from_toml(text);
    if let Ok(rules) = &rules {
        for rule in 0..rules.len() {
            assert!(rules.id(rule).is_some_and(|id| !id.is_empty()));
        }
        if !rules.is_empty() {
            let twice = rules.clone().join(rules.clone());
            assert!(twice.is_err(), "two rules of one name");
        }
        if !rules.is_empty() || rules.lists().next().is_some() {
            return Outcome::Accepted("rules");
        }
    }
    if let Ok(taxonomy) = &taxonomy {
        assert!(taxonomy.to_terms().all(|term| !term.text.is_empty()));
        for topic in &taxonomy.topics {
            assert!((0.0..=1.0).contains(&topic.threshold()));
            assert!(taxonomy.index_of(&topic.id).is_some());
        }
        return Outcome::Accepted("taxonomy");
    }
    if let Ok(settings) = &settings {
        assert!(settings.levels().is_sorted(), "levels descend");
        for (share, count) in [(0.0, 0), (0.5, 1), (f32::NAN, u32::MAX), (f32::INFINITY, 3)] {
            for points in [
                settings.waiting(share, count),
                settings.repeat(count, count, count),
                settings.tier(Some("gold")),
                settings.tier(Some("x")),
            ] {
                assert!((-100..=100).contains(&points), "{points} points");
            }
        }
        if !text.trim().is_empty() {
            return Outcome::Accepted("settings");
        }
    }
    let errors = [rules.err(), taxonomy.err(), settings.err()];
    let messages: Vec<String> = errors
        .iter()
        .flatten()
        .map(|error| {
            assert!(
                error.to_string().contains("line "),
                "without a line: {error}"
            );
            error.to_string()
        })
        .collect();
    Outcome::Refused(messages.join(&SEPARATOR.to_string()))
}

/// Service levels, or settings of a queue, and after a separator holidays; each text is read as
/// both.
///
/// Each is refused with a message, or gives times that are in order: nothing is due before it
/// begins, and nobody waits for less than nothing, whatever the time.
fn levels(data: &[u8]) -> Outcome {
    let input = String::from_utf8_lossy(data);
    let (text, days) = input.split_once(SEPARATOR).unwrap_or((&input, ""));
    let settings = queue::Settings::from_toml(text);
    if let Ok(settings) = &settings {
        settings.check().expect("what was read is checked");
    }
    let calendar = match Calendar::new(TimeZone::default()).with_holidays(days) {
        Ok(calendar) => calendar,
        Err(error) => return refused(&error),
    };
    let levels = match ServiceLevels::from_toml(text) {
        Ok(levels) => levels.in_calendar(calendar.clone()),
        Err(_) if settings.is_ok() => return Outcome::Accepted("settings of the queue"),
        Err(error) => return refused(&error),
    };
    // The ends of time, the epoch, some Saturday, and around a change of the year.
    let times = [
        i64::MIN,
        -1,
        0,
        1_772_240_400_000,
        1_798_761_599_999,
        i64::MAX,
    ];
    for at in times {
        assert!(calendar.hour_of_week(at) < 168);
        for channel in [None, Some("mail"), Some("twitter")] {
            for level in [None, Some(Level::Low), Some(Level::Critical)] {
                assert!(levels.due(channel, level, at) >= at, "due before it began");
                for now in times {
                    assert!(levels.waited(channel, level, at, now) >= 0);
                    let share = levels.share(channel, level, at, now);
                    assert!(share >= 0.0, "{share} of the time");
                }
            }
        }
    }
    Outcome::Accepted("service levels")
}

const LEVEL_TOKENS: &[&str] = &[
    "[default]\n",
    "[channel.mail]\n",
    "target = \"15 min\"\n",
    "critical = \"1 h\"\n",
    "\"365 d\"",
    "\"1 s\"",
    "hours = \"Mon-Fri 08:00-12:00 13:00-18:00, Sat 22:00-06:00\"\n",
    "critical_hours = \"always\"\n",
    "\"Sun 00:00-24:00\"",
    "Sat-Mon",
    "\u{1e}2026-12-25\n",
    "0001-01-01\n",
    "9999-12-31\n",
    "# a comment\n",
    "due_points = 1\n",
    "most_posts = 0\n",
    "hold = \"1 h\"\n",
    "=",
    "\"",
    "[",
    "]",
    "-1",
    "0",
    "1e9",
    "18446744073709551615",
];

const TOKENS: &[&str] = &[
    "[[rule]]\n",
    "id = \"x\"\n",
    "about = \"\"\n",
    "severity = 3\n",
    "role = \"any\"\n",
    "any = [\"a*\"]\n",
    "all = [\"list:recall\"]\n",
    "not = [\"b\"]\n",
    "negated = \"skip\"\n",
    "near = { terms = [\"c\"], within = 5 }\n",
    "not_near = { terms = [\"d\"], within = 1 }\n",
    "languages = [\"en\"]\n",
    "channels = [\"twitter\"]\n",
    "lists = [\"terms.tsv\"]\n",
    "\n\u{1e}",
    "着火\trecall\t3\tzh\n",
    "\t",
    "\n",
    "*",
    "\"",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "{",
    "}",
    "=",
    "#",
    "[[topic]]\n",
    "[topic.strong]\n",
    "[topic.terms]\n",
    "[topic.weak]\n",
    "[topic.not]\n",
    "[topic.examples]\n",
    "en = [\"refund*\"]\n",
    "harm = 3\n",
    "threshold = 0.5\n",
    "name = { en = \"A\" }\n",
    "[levels]\n",
    "medium = 25\n",
    "[harm.points]\n",
    "safety = [7, 22, 40]\n",
    "0.001",
    "-1",
    "1e9",
    "nan",
    "inf",
    "9223372036854775807",
    "true",
    "1979-05-27",
];
