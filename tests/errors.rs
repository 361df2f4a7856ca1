//! Errors: an I/O error is told from a bad file, and the cause is kept.

use std::error::Error as _;
use std::{fs, io};

use hearken::campaign::{Campaigns, Settings};
use hearken::snapshot::Snapshot;
use hearken::terms::Rules;
use hearken::{Error, ErrorKind, Post};

/// The kind of the I/O error that caused this one.
fn cause(error: &Error) -> Option<io::ErrorKind> {
    let source = error.source()?.downcast_ref::<io::Error>()?;
    Some(source.kind())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_snapshot_that_is_missing_is_no_damaged_one() {
    let folder = folder();
    let path = folder.path().join("campaigns");
    let missing = Campaigns::load(&path).expect_err("missing");
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert_eq!(cause(&missing), Some(io::ErrorKind::NotFound));
    assert!(missing.is_snapshot() && missing.is_io());

    let refused = Campaigns::load(folder.path()).expect_err("a folder");
    assert_eq!(refused.kind(), ErrorKind::Io);
    assert_ne!(cause(&refused), Some(io::ErrorKind::NotFound));
    assert!(refused.is_snapshot());

    fs::write(&path, "no snapshot").expect("writes");
    let damaged = Campaigns::load(&path).expect_err("damaged");
    assert_eq!(damaged.kind(), ErrorKind::Snapshot);
    assert_eq!(cause(&damaged), None);
    assert!(damaged.is_snapshot() && !damaged.is_io());
    let shown = path.display().to_string();
    assert!(damaged.to_string().starts_with(&shown), "{damaged}");

    let nowhere = folder.path().join("no/such/folder/campaigns");
    let campaigns = Campaigns::new(Settings::default()).expect("settings");
    let unwritten = campaigns.save(&nowhere).expect_err("no folder");
    assert_eq!(unwritten.kind(), ErrorKind::Io);
    assert_eq!(cause(&unwritten), Some(io::ErrorKind::NotFound));
    assert!(unwritten.is_snapshot());
}

#[test]
fn rules_whose_files_are_missing_are_no_wrong_rules() {
    let folder = folder();
    let path = folder.path().join("rules.toml");
    let missing = Rules::read(&path).expect_err("missing");
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert_eq!(cause(&missing), Some(io::ErrorKind::NotFound));
    assert!(missing.is_rules());

    // The list beside it counts like the file itself.
    fs::write(&path, "lists = [\"brands.tsv\"]\n").expect("writes");
    let missing = Rules::read(&path).expect_err("no list");
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert_eq!(cause(&missing), Some(io::ErrorKind::NotFound));
    assert!(missing.is_rules() && missing.to_string().contains("brands.tsv"));

    // Not given is no I/O error: nothing was looked for on the disk.
    let not_given = Rules::from_toml("lists = [\"brands.tsv\"]\n", &[]).expect_err("not given");
    assert_eq!(not_given.kind(), ErrorKind::Rules);

    // Bytes that are no text are a bad file, though `read_to_string` says so by an I/O error.
    fs::write(&path, b"\xff\xfe").expect("writes");
    let binary = Rules::read(&path).expect_err("no text");
    assert_eq!(binary.kind(), ErrorKind::Rules);
    assert_eq!(cause(&binary), Some(io::ErrorKind::InvalidData));

    fs::write(&path, "[[rule]\n").expect("writes");
    let wrong = Rules::read(&path).expect_err("no TOML");
    assert_eq!(wrong.kind(), ErrorKind::Rules);
    assert!(cause(&wrong).is_none() && wrong.source().is_some());
}

#[test]
fn a_line_that_is_no_json_keeps_its_cause() {
    let error = Post::from_json("{").expect_err("no JSON");
    assert_eq!(error.kind(), ErrorKind::Post);
    assert!(error.source().is_some());
    let error = Post::from_json("{}").expect_err("no text");
    assert!(error.kind() == ErrorKind::Post && error.source().is_none());
}

#[cfg(feature = "train")]
#[test]
fn a_log_that_is_missing_is_no_wrong_log() {
    use hearken::learn::{Log, Replay};

    let folder = folder();
    let path = folder.path().join("log.jsonl");
    let missing = Replay::open(&path).expect_err("missing");
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert_eq!(cause(&missing), Some(io::ErrorKind::NotFound));
    assert!(missing.is_log());

    let refused = Log::open(folder.path()).expect_err("a folder");
    assert!(refused.kind() == ErrorKind::Io && refused.is_log());

    fs::write(&path, "no JSON\n").expect("writes");
    for error in [
        Replay::open(&path).expect_err("no JSON"),
        Log::open(&path).expect_err("no JSON"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Log);
        assert!(cause(&error).is_none() && error.source().is_some());
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
