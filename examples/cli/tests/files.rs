//! No input, answer or state is overwritten, and what can't be written or read is no success.

mod support;

use std::fs;
use std::process::Stdio;

use support::{Place, assert_refused, error};

const POSTS: &str = concat!(
    r#"{"id":"1","text":"Where is my refund?","created_at":"2026-03-01T08:00:00Z"}"#,
    "\n",
    r#"{"id":"2","text":"Still no refund.","created_at":"2026-03-01T09:00:00Z"}"#,
    "\n"
);

fn place() -> Place {
    let place = Place::new();
    place.write("posts", POSTS);
    place.write("key", "sixteen bytes and more");
    fs::create_dir(place.path("sub")).expect("a folder");
    place
}

#[test]
fn one_file_under_two_names_is_refused_before_anything_is_read() {
    for arguments in [
        "triage posts -o posts",
        "triage posts -o ./posts",
        "triage posts -o sub/../posts",
        "triage posts --rejects posts",
        "triage posts -o new --rejects ./new",
        "triage --stateful posts --state posts",
        "triage --stateful posts --state new -o sub/../new",
        "triage --stateful posts --state new --key key -o key",
        "triage --stateful posts --state key --key key",
        "triage --stateful posts --state new -o new.key",
        "triage --stateful posts --state new --rejects new",
        "trends posts --holidays key -o key",
        "queue posts --answered key -o key",
        "-o posts triage posts",
    ] {
        let place = place();
        assert_refused(place.run(arguments), &["are the same file", "name two"]);
        assert_eq!(place.names(), ["key", "posts", "sub"], "{arguments}");
        assert_eq!(place.read("posts"), POSTS, "{arguments}");
        assert_eq!(place.read("key"), "sixteen bytes and more", "{arguments}");
    }
    // Two inputs may be one file: neither is lost.
    let twice = place();
    twice.run("triage posts posts -q -o out").code(0);
    assert_eq!(twice.read("out").lines().count(), 4);
}

#[cfg(unix)]
#[test]
fn links_and_standard_streams_are_seen_through() {
    use std::os::unix::fs::symlink;

    let place = place();
    symlink("posts", place.path("soft")).expect("a link");
    fs::hard_link(place.path("posts"), place.path("hard")).expect("a link");
    symlink("sub", place.path("other")).expect("a link");
    for arguments in [
        "triage posts -o soft",
        "triage posts -o hard",
        "triage soft --rejects hard",
        "triage posts -o sub/new --rejects other/new",
        "triage --stateful soft --state hard",
    ] {
        assert_refused(place.run(arguments), &["are the same file"]);
        assert_eq!(place.read("posts"), POSTS, "{arguments}");
    }
    let open = || fs::File::open(place.path("posts")).expect("it opens");
    let mut reads = place.command("triage -o posts");
    let refused = assert_cmd::assert::OutputAssertExt::assert(reads.stdin(open()));
    assert_refused(refused, &["standard input and --output are the same file"]);
    let append = fs::File::options()
        .append(true)
        .open(place.path("posts"))
        .expect("it opens");
    let mut writes = place.command("triage posts");
    let output = writes.stdout(append).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(place.read("posts"), POSTS);
    // A device may be named twice.
    place
        .run("triage posts -o /dev/null --rejects /dev/null")
        .code(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_standard_output_is_no_success_and_leaves_the_state() {
    use std::process::Command;

    let place = place();
    let program = env!("CARGO_BIN_EXE_hearken");
    let closed = |arguments: &str, end: &str| {
        Command::new("sh")
            .current_dir(place.folder())
            .args(["-c", &format!("'{program}' {arguments} {end}")])
            .stdin(Stdio::null())
            .output()
            .expect("it runs")
    };
    for arguments in [
        "triage posts",
        "triage --stateful posts --state new",
        "trends posts --state new",
        "queue posts --state new",
    ] {
        let output = closed(arguments, ">&-");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {said}");
        assert!(said.contains("standard output is closed"), "{said}");
        assert!(!place.path("new").exists(), "{arguments}");
    }
    assert_eq!(closed("triage posts", ">/dev/null").status.code(), Some(0));
    assert_eq!(
        closed("triage posts -o out", ">&-").status.code(),
        Some(0),
        "it is not needed"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_closed_ends_quietly_only_where_no_state_is_kept() {
    let place = place();
    let closed = |arguments: &str| {
        let mut child = place
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        drop(child.stdout.take());
        child.wait_with_output().expect("it ends")
    };
    assert_eq!(closed("triage posts").status.code(), Some(0));
    for command in ["triage --stateful", "queue"] {
        let output = closed(&format!("{command} posts --state new"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.contains("was closed before all was written"), "{said}");
        assert!(!place.path("new").exists(), "{command}");
    }
}

#[test]
fn a_cut_frame_that_is_to_be_skipped_is_an_error() {
    let place = place();
    // One raw block in a frame of Zstandard, and a frame of 8 bytes that is to be skipped.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x20, POSTS.len() as u8];
    let header = (POSTS.len() as u32) << 3 | 1;
    frame.extend_from_slice(&header.to_le_bytes()[..3]);
    frame.extend_from_slice(POSTS.as_bytes());
    let skipped = [0x50, 0x2A, 0x4D, 0x18, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    place.write("whole.zst", [&frame[..], &skipped[..]].concat());
    place.run("triage whole.zst -q -o out").code(0);
    assert_eq!(place.read("out").lines().count(), 2);
    for length in 1..skipped.len() {
        place.write("cut.zst", [&frame[..], &skipped[..length]].concat());
        let run = place.run("triage cut.zst -q -o cut").code(2);
        let said = error(&run);
        assert!(said.contains("can't be read"), "{length}: {said}");
        assert!(!place.path("cut").exists(), "{length}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_state_key_and_rejects() {
    use std::os::unix::fs::PermissionsExt;

    let place = place();
    place.write("odd", format!("no post\n{POSTS}"));
    place.write("rejects", "readable by all\n");
    let run = "triage --stateful odd -q --state state --rejects rejects -o out";
    place.run(run).code(0);
    let mode = |name: &str| {
        let found = fs::metadata(place.path(name)).expect("it is there");
        found.permissions().mode() & 0o777
    };
    for name in ["state", "state.key", "rejects"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(fs::read(place.path("state.key")).expect("a key").len(), 16);
    assert!(place.read("rejects").contains("no post"));
}
