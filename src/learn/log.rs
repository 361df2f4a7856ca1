//! The log of corrections: append-only JSON lines, from which everything can be replayed.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::corrections::{Correction, Corrections, Retraction, Target};
use super::day::Day;
use crate::snapshot::file;
use crate::{Error, Result};

/// A line of the log.
///
/// ```json
/// {"post":"77","task":"sentiment","text":"…","label":"negative","by":"eva","at":"2026-03-01T08:15:00Z"}
/// {"retract":{"post":"77","task":"sentiment"},"reason":"a slip","at":"2026-03-02T09:00:00Z"}
/// {"retract":{"post":"77","task":"sentiment","label":"negative","by":"eva","at":"2026-03-01T08:15:00Z"},"reason":"undone","at":"2026-03-01T08:15:04Z"}
/// {"retract":{"by":"eva"},"reason":"misread the guide","at":"2026-03-02T09:00:00Z"}
/// {"retract":{"day":"2026-03-01"},"reason":"the import was shifted by a row","at":"2026-03-02T09:00:00Z"}
/// ```
///
/// A retraction takes back what stands before it in its log, and nothing that comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A label.
    Learn(Correction),
    /// Labels taken back.
    Retract(Retraction),
}

/// An append-only file of corrections.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
}

/// The sum of the lines of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// The labels that stand.
    pub corrections: Corrections,
    /// Lines with a label.
    pub learnt: u64,
    /// Labels that retractions took back.
    pub retracted: u64,
    /// Last lines whose writing was cut off, one a log at most. They are not counted, for their
    /// writers never got an answer that they stand.
    pub torn: Vec<Torn>,
}

/// A last line whose writing was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Torn {
    /// The name of the log.
    pub log: String,
    /// Its number, from 1.
    pub line: u64,
    /// What is there of it, as far as it is text.
    pub text: String,
}

/// The fields of a line as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    retract: Option<WrittenTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    at: std::borrow::Cow<'a, str>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTarget {
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
}

impl WrittenTarget {
    fn read(self) -> Result<Target> {
        let WrittenTarget {
            post,
            task,
            label,
            by,
            at,
            day,
        } = self;
        // Exactly one kind: a retraction of a person on a day would read as either.
        Ok(match (post, task, label, by, at, day) {
            (Some(post), task, None, None, None, None) => Target::Post { post, task },
            (Some(post), Some(task), Some(label), Some(by), Some(at), None) => Target::Label {
                post,
                task,
                label,
                by,
                at: moment(&at)?,
            },
            (None, None, None, Some(by), None, None) => Target::By(by),
            (None, None, None, None, None, Some(day)) => Target::Day(Day::parse(&day)?),
            _ => {
                return Err(Error::log(
                    "`retract` takes `post` (and `task`), or all of a label but its text, or `by`, \
                     or `day`",
                ));
            }
        })
    }
}

/// A time as a log has it, in milliseconds since the Unix epoch.
fn moment(at: &str) -> Result<i64> {
    let time: Result<Timestamp, jiff::Error> = at.parse();
    let time = time.map_err(|error| {
        Error::log(format!(
            "`at` is {at:?}, which is not a time such as 2026-03-01T08:15:00Z"
        ))
        .with_source(error)
    })?;
    Ok(time.as_millisecond())
}

/// As [`moment`] reads it.
fn written(at: i64) -> Result<String> {
    let time = Timestamp::from_millisecond(at).map_err(|error| {
        Error::log(format!(
            "{at} is out of range: give milliseconds since the Unix epoch"
        ))
        .with_source(error)
    })?;
    Ok(time.to_string())
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// If it is not JSON, or neither a label nor a retraction; a field that is missing, or that no
    /// line of the log has, is named.
    pub fn from_json(line: &str) -> Result<Line> {
        let written: Written<'_> = serde_json::from_str(line).map_err(|error| {
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or_default();
            Error::log(format!(
                "not a line of a log of corrections (column {}: {what})",
                error.column()
            ))
            .with_source(error)
        })?;
        let at = moment(&written.at)?;
        let field = |name: &str, value: Option<String>| {
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| Error::log(format!("no `{name}`")))
        };
        let Some(target) = written.retract else {
            return Ok(Line::Learn(Correction {
                post: field("post", written.post)?,
                task: field("task", written.task)?,
                text: written.text.ok_or_else(|| Error::log("no `text`"))?,
                label: field("label", written.label)?,
                by: field("by", written.by)?,
                at,
            }));
        };
        Ok(Line::Retract(Retraction {
            target: target.read()?,
            reason: field("reason", written.reason)?,
            at,
        }))
    }

    /// The line, without its end.
    ///
    /// # Errors
    /// If its time is outside of the years −9999 to 9999.
    pub fn to_json(&self) -> Result<String> {
        let (Line::Learn(Correction { at, .. }) | Line::Retract(Retraction { at, .. })) = self;
        let at = written(*at)?.into();
        let mut written = Written {
            retract: None,
            post: None,
            task: None,
            text: None,
            label: None,
            by: None,
            reason: None,
            at,
        };
        match self.clone() {
            Line::Learn(Correction {
                post,
                task,
                text,
                label,
                by,
                ..
            }) => {
                (written.post, written.task, written.text) = (Some(post), Some(task), Some(text));
                (written.label, written.by) = (Some(label), Some(by));
            }
            Line::Retract(Retraction { target, reason, .. }) => {
                let mut of = WrittenTarget::default();
                match target {
                    Target::Post { post, task } => (of.post, of.task) = (Some(post), task),
                    Target::Label {
                        post,
                        task,
                        label,
                        by,
                        at,
                    } => {
                        (of.post, of.task, of.label) = (Some(post), Some(task), Some(label));
                        (of.by, of.at) = (Some(by), Some(self::written(at)?));
                    }
                    Target::By(by) => of.by = Some(by),
                    Target::Day(day) => of.day = Some(day.to_string()),
                }
                (written.retract, written.reason) = (Some(of), Some(reason));
            }
        }
        serde_json::to_string(&written).map_err(|error| {
            Error::log(format!("a line can't be written as JSON: {error}")).with_source(error)
        })
    }
}

impl Replay {
    /// Replays the bytes of a log; `name` is what messages call it.
    ///
    /// A last line without an end that can't be read was cut off while it was written: it is
    /// reported in [`Replay::torn`] and the rest is used.
    ///
    /// # Errors
    /// If any other line can't be read: the message says where, why, and what to do. The log is not
    /// used without the line, for it may be the one that takes the others back.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Replay> {
        let mut replay = Replay::default();
        for (number, line) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let read = std::str::from_utf8(line)
                .map_err(|error| Error::log("the line is not UTF-8").with_source(error))
                .and_then(|line| Line::from_json(line.trim_ascii()));
            match read {
                Ok(Line::Learn(correction)) => {
                    replay.learnt += 1;
                    replay.corrections.learn(correction);
                }
                Ok(Line::Retract(retraction)) => {
                    replay.retracted += replay.corrections.retract(&retraction.target)
                }
                // Without its end the write was cut off, so it was never confirmed. Any other line
                // that can't be read stops the replay: it may be a retraction, and without it
                // labels that were taken away would come back.
                Err(_) if !line.ends_with(b"\n") => {
                    let text = String::from_utf8_lossy(line).into_owned();
                    replay.torn.push(Torn {
                        log: name.to_owned(),
                        line: number,
                        text,
                    });
                }
                Err(error) => {
                    return Err(error.reworded(|what| {
                        format!("{name}, line {number}: {what}; mend the line or take it out")
                    }));
                }
            }
        }
        Ok(replay)
    }

    /// Replays the log in a file.
    ///
    /// # Errors
    /// If the file can't be read (the kind is [`ErrorKind::Io`](crate::ErrorKind::Io)), or as
    /// [`Replay::from_bytes`]; [`Error::is_log`] holds for both.
    pub fn open(path: impl AsRef<Path>) -> Result<Replay> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|error| {
            Error::log(format!("{} can't be read: {error}", path.display())).with_source(error)
        })?;
        Replay::from_bytes(&path.display().to_string(), &bytes)
    }

    /// Adds the replay of another log. The order of logs doesn't matter: each one's retractions
    /// cover its own lines.
    pub fn merge(&mut self, other: Replay) {
        self.corrections.merge(&other.corrections);
        self.learnt += other.learnt;
        self.retracted += other.retracted;
        self.torn.extend(other.torn);
    }
}

impl Log {
    /// Opens a log for appending, or begins one. A last line that was cut off is taken
    /// out, and returned.
    ///
    /// # Errors
    /// If the file can't be read or written (the kind is [`ErrorKind::Io`](crate::ErrorKind::Io)),
    /// or holds a line that can't be read.
    pub fn open(path: impl AsRef<Path>) -> Result<(Log, Option<Torn>)> {
        let path = path.as_ref().to_owned();
        let failed = |error: io::Error| {
            Error::log(format!(
                "{} can't be opened for appending: {error}",
                path.display()
            ))
            .with_source(error)
        };
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(failed)?;
        let torn = Replay::from_bytes(&path.display().to_string(), &bytes)?
            .torn
            .pop();
        if torn.is_some() {
            // Nobody was answered that this line stands, so it may go; left there, it would run
            // into the next line and spoil that one too.
            let whole = bytes
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |end| end + 1);
            file.set_len(whole as u64).map_err(failed)?;
        } else if bytes.last().is_some_and(|&byte| byte != b'\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok((Log { path, file }, torn))
    }

    /// Takes the lines of posts of which `theirs` holds out of the log at `path`, labels and
    /// retractions alike, as if they had never been given; how many. Labels that were learnt from
    /// them before are in overlays: learn those anew.
    ///
    /// The log is written anew in one step. A last line that was cut off goes, as in
    /// [`Log::open`].
    ///
    /// # Errors
    /// If the file can't be read or written (the kind is [`ErrorKind::Io`](crate::ErrorKind::Io)),
    /// or holds a line that can't be read; [`Error::is_log`] holds, and the log is as it was.
    pub fn forget(path: impl AsRef<Path>, theirs: impl Fn(&str) -> bool) -> Result<u64> {
        let path = path.as_ref();
        let failed = |error: io::Error| {
            Error::log(format!("{} can't be written anew: {error}", path.display()))
                .with_source(error)
        };
        let bytes = fs::read(path).map_err(failed)?;
        let replay = Replay::from_bytes(&path.display().to_string(), &bytes)?;
        let torn: Vec<u64> = replay.torn.iter().map(|torn| torn.line).collect();
        let is_theirs = |line: &[u8]| {
            let line = std::str::from_utf8(line).ok().map(str::trim);
            let post = match line.map(Line::from_json) {
                Some(Ok(Line::Learn(correction))) => correction.post,
                Some(Ok(Line::Retract(retraction))) => match retraction.target {
                    Target::Post { post, .. } | Target::Label { post, .. } => post,
                    Target::By(_) | Target::Day(_) => return false,
                },
                _ => return false,
            };
            theirs(&post)
        };
        let (mut kept, mut gone) = (Vec::with_capacity(bytes.len()), 0);
        for (number, line) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
            if torn.contains(&number) {
                continue;
            }
            if is_theirs(line) {
                gone += 1;
                continue;
            }
            kept.extend_from_slice(line);
        }
        if gone > 0 {
            // Who may read it is as before.
            let permissions = fs::metadata(path).map_err(failed)?.permissions();
            file::replace(path, &kept, Some(permissions)).map_err(failed)?;
        }
        Ok(gone)
    }

    /// Appends lines with one write, and waits until they are on the disk.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn append(&mut self, lines: &[Line]) -> Result<()> {
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line.to_json()?.as_bytes());
            bytes.push(b'\n');
        }
        // One write in append mode, so that two writers do not mix their lines; on the disk before
        // the caller is answered, for a label that was confirmed must survive a crash.
        let written = self
            .file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            Error::log(format!(
                "{} can't be appended to: {error}",
                self.path.display()
            ))
            .with_source(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_written() {
        let at = 1_772_352_900_123;
        let target = |target| {
            Line::Retract(Retraction {
                target,
                reason: "a \"slip\"\n".into(),
                at,
            })
        };
        let [post, task, text, label, by] =
            ["7", "t", "two\nlines 退款 \u{2028}", "a", "eva"].map(String::from);
        for line in [
            Line::Learn(Correction {
                post: post.clone(),
                task: task.clone(),
                text,
                label,
                by: by.clone(),
                at,
            }),
            target(Target::Post {
                post: post.clone(),
                task: Some(task.clone()),
            }),
            target(Target::Label {
                post: post.clone(),
                task,
                label: "a".into(),
                by: by.clone(),
                at: at - 1,
            }),
            target(Target::Post { post, task: None }),
            target(Target::By(by)),
            target(Target::Day(Day::from_time(at))),
        ] {
            let json = line.to_json().expect("has a form");
            assert!(!json.contains('\n'), "{json}");
            assert_eq!(Line::from_json(&json).expect("is read"), line, "{json}");
        }
    }

    #[test]
    fn lines_of_posts_are_taken_out_and_the_rest_stays_as_it_is() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("log");
        let label = |post: &str| {
            format!(
                "{{\"post\":\"{post}\", \"task\":\"t\",\"text\":\"of {post}\",\"label\":\"a\",\"by\":\"eva\",\"at\":\"2026-03-01T08:15:00Z\"}}\n"
            )
        };
        let retract = |target: &str| {
            format!(
                "{{\"retract\":{{{target}}},\"reason\":\"a slip\",\"at\":\"2026-03-02T09:00:00Z\"}}\n"
            )
        };
        let (of_post, of_person) = (retract("\"post\":\"7\""), retract("\"by\":\"jan\""));
        let before = [
            label("7"),
            label("8"),
            of_post,
            "\n".into(),
            of_person.clone(),
        ]
        .concat();
        fs::write(&path, before.clone() + "{\"post\":\"7\",\"te").expect("written");
        assert_eq!(Log::forget(&path, |_| false).expect("read"), 0);
        assert_eq!(Log::forget(&path, |post| post == "7").expect("read"), 2);
        let after = fs::read_to_string(&path).expect("read");
        assert_eq!(after, label("8") + "\n" + &of_person);
        assert_eq!(Replay::open(&path).expect("read").corrections.len(), 1);
        fs::write(&path, "no line\n").expect("written");
        let error = Log::forget(&path, |_| true).expect_err("not a log");
        assert!(
            error.is_log() && error.to_string().contains("line 1"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&path).expect("read"), "no line\n");
    }
}
