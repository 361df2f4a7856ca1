//! Runs the program under test in a folder of its own, and reads what it says.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use assert_cmd::assert::{Assert, OutputAssertExt};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

use super::PROGRAM;

/// A file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// The posts of the sample.
pub(crate) fn sample() -> String {
    project("data/sample/posts.jsonl").display().to_string()
}

/// The arguments of a run: words of a line, or a list where one of them may hold a space.
pub(crate) trait Words: Copy + std::fmt::Debug {
    fn words(&self) -> Vec<&str>;
}

impl Words for &str {
    fn words(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl Words for &String {
    fn words(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl Words for &[&str] {
    fn words(&self) -> Vec<&str> {
        self.to_vec()
    }
}

impl<const N: usize> Words for &[&str; N] {
    fn words(&self) -> Vec<&str> {
        self.to_vec()
    }
}

/// The program, to be run in `folder` without standard input.
pub(crate) fn command(folder: &Path, arguments: impl Words) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .current_dir(folder)
        .args(arguments.words())
        .stdin(Stdio::null());
    command
}

/// Runs the program in `folder`.
pub(crate) fn hearken(folder: &Path, arguments: impl Words) -> Output {
    command(folder, arguments).output().expect("it runs")
}

/// Runs the program in `folder` on `input`, which it may leave unread only if it fails.
pub(crate) fn hearken_on(folder: &Path, arguments: impl Words, input: &[u8]) -> Output {
    let mut child = command(folder, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    let written = writer.join().expect("the writer ends");
    if output.status.success() {
        written.expect("what ends well has read all");
    }
    output
}

/// Standard output of what must end with exit code 0.
pub(crate) fn done(folder: &Path, arguments: impl Words) -> String {
    let output = hearken(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The one sentence of what must end with exit code 2 and write nothing.
pub(crate) fn refused(folder: &Path, arguments: impl Words) -> String {
    let output = hearken(folder, arguments);
    let message = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(
        output.stdout.is_empty() && message.trim_end().lines().count() == 1,
        "{arguments:?}: {message}"
    );
    message
}

/// Lines of JSON.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

/// What went to standard output.
pub(crate) fn out(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("UTF-8")
}

/// What went to standard error.
pub(crate) fn error(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("UTF-8")
}

/// Exit code 2, nothing on standard output, and one sentence that holds each of `parts`.
pub(crate) fn assert_refused(assert: Assert, parts: &[&str]) {
    let assert = assert.code(2);
    assert_eq!(out(&assert), "");
    let error = error(&assert);
    assert_eq!(error.lines().count(), 1, "{error}");
    for part in parts {
        assert!(error.contains(part), "{part} is missing in {error}");
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// A folder of a test's own, deleted at its end.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Place {
        Place(TempDir::new().expect("a folder"))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("it is written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is read")
    }

    /// The names of its files, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).expect("the folder is there");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let mut names: Vec<String> = entries
            .map(|entry| name(entry.expect("an entry")))
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: impl Words) -> Command {
        command(self.folder(), arguments)
    }

    pub(crate) fn run(&self, arguments: impl Words) -> Assert {
        self.command(arguments).assert()
    }

    pub(crate) fn run_with(&self, arguments: impl Words, input: &[u8]) -> Assert {
        hearken_on(self.folder(), arguments, input).assert()
    }
}
