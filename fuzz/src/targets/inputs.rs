//! What the command line reads: tables, arrays, mails, archives, and logs of corrections.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;

use hearken::learn::{Line, Replay};
use hearken_cli::failure::Failure;
use hearken_cli::input::{Block, Inputs, Posts};

use super::refused;
use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A file of posts of any shape.
pub const INPUT: Target = Target {
    name: "input",
    run: input,
    frame: Frame::Plain,
    seeds: seeds::inputs,
    tokens: &[
        "id,text,created_at\n",
        "\"",
        "\"\"",
        ",",
        ";",
        "\t",
        "\r\n",
        "\n",
        "\u{feff}",
        "[{\"text\":\"",
        "\"},",
        "\"}]",
        "{",
        "}",
        "From a@b.example Sat Nov 28 10:00:00 2026\n",
        "From: a@b.example\n",
        "Subject: =?utf-8?B?",
        "Content-Type: multipart/mixed; boundary=x\n",
        "Content-Transfer-Encoding: base64\n",
        "\n--x\n",
        "--x--\n",
        "charset=gb18030",
    ],
};

/// A log of corrections.
pub const LOG: Target = Target {
    name: "log",
    run: log,
    frame: Frame::Plain,
    seeds: seeds::logs,
    tokens: &[
        "{\"post\":\"p1\",\"task\":\"spam\",\"text\":\"x\",\"label\":\"spam\",\"by\":\"jana\",\"at\":\"2026-03-01T08:00:00Z\"}\n",
        "{\"retract\":{\"post\":\"p1\"},\"reason\":\"wrong\",\"at\":\"2026-03-01T08:00:00Z\"}\n",
        "{\"retract\":{\"by\":\"jana\"},",
        "{\"retract\":{\"day\":\"2026-03-01\"},",
        "\"at\":",
        "\"9999-12-31T23:59:59Z\"",
        "\"-009999-01-01T00:00:00Z\"",
        "null",
        "\n",
        ",",
        "}",
        "{",
    ],
};

/// A file that only this process has.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    // On a file system in memory where there is one: a million files are written.
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    folder.join(format!("hearken-fuzz-{}", std::process::id()))
});

/// A file of any shape.
///
/// It is refused, or each of its bytes that is not white space is in one line, and each line says
/// where it stands.
fn input(data: &[u8]) -> Outcome {
    fs::write(&*FILE, data).expect("a file can be written");
    let read = || -> Result<(usize, usize), Failure> {
        let inputs = Inputs::check(&[FILE.clone()])?.of_posts(Posts::default());
        let mut lines = inputs.open(0, &Arc::default())?;
        let (mut block, mut good, mut bad) = (Block::default(), 0, 0);
        while lines.next(&mut block)? {}
        for line in &block.lines {
            assert!(!line.place().is_empty(), "a line without a place");
            match block.text(line) {
                Ok(_) => good += 1,
                Err(reason) => {
                    assert!(!reason.is_empty(), "a refusal without a word");
                    bad += 1;
                }
            }
        }
        Ok((good, bad))
    };
    match read() {
        Ok((good, bad)) => Outcome::Refused(format!("{} lines, {} bad", good.min(3), bad.min(3))),
        Err(Failure::ClosedPipe) => panic!("nothing was written"),
        Err(Failure::Message(message)) => {
            assert!(!message.trim().is_empty(), "a refusal without a word");
            Outcome::Refused(message.rsplit(": ").next().unwrap_or_default().to_owned())
        }
    }
}

/// A log.
///
/// It is refused with the line, or each of its lines is written as it was read.
fn log(data: &[u8]) -> Outcome {
    for line in String::from_utf8_lossy(data).lines() {
        if let Ok(line) = Line::from_json(line) {
            let written = line.to_json().expect("what was read can be written");
            assert_eq!(Line::from_json(&written).ok(), Some(line), "{written}");
        }
    }
    let mut replay = match Replay::from_bytes("log", data) {
        Ok(replay) => replay,
        Err(error) => return refused(&error),
    };
    assert!(
        replay.corrections.len() <= replay.learnt,
        "more than was learnt"
    );
    // Merged with itself it holds the same lines twice.
    let (learnt, again) = (replay.learnt, Replay::from_bytes("log", data));
    replay.merge(again.expect("it was read before"));
    assert_eq!(replay.learnt, 2 * learnt);
    Outcome::Accepted("log")
}
