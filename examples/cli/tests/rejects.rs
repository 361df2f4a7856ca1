//! What is read and what is rejected: archives, marks, bad lines, lines without end.

mod support;

use std::fs;

use serde_json::Value;
use support::{
    Place, assert_refused, error as standard_error, gzip, ids, names, out as standard_output,
    posts, zstandard,
};

#[test]
fn compressed_input_is_read_as_it_is() {
    let place = Place::new();
    let (first, second) = (posts(0..40), posts(40..90));
    place.write(
        "a.jsonl.gz",
        [gzip(first.as_bytes()), gzip(second.as_bytes())].concat(),
    );
    let skippable = [&b"\x50\x2A\x4D\x18\x03\x00\x00\x00abc"[..]].concat();
    place.write(
        "b.jsonl.zst",
        [
            zstandard(first.as_bytes()),
            skippable.clone(),
            zstandard(second.as_bytes()),
            skippable,
        ]
        .concat(),
    );
    let gz = standard_output(&place.run("triage a.jsonl.gz").success());
    assert_eq!(ids(&gz), names(0..90));
    assert_eq!(
        standard_output(&place.run("triage b.jsonl.zst").success()),
        gz
    );
    let through = place
        .run_with("triage", &fs::read(place.path("a.jsonl.gz")).unwrap())
        .success();
    assert_eq!(standard_output(&through), gz);
}

#[test]
fn a_damaged_archive_is_unreadable_input_and_leaves_no_file() {
    let place = Place::new();
    let mut cut = gzip(posts(0..400).as_bytes());
    cut.truncate(cut.len() / 2);
    place.write("cut.gz", &cut);
    let mut cut = zstandard(posts(0..400).as_bytes());
    cut.truncate(cut.len() - 6);
    place.write("cut.zst", &cut);
    for name in ["cut.gz", "cut.zst"] {
        assert_refused(
            place.run(&format!("triage {name} -o out.jsonl --rejects no.jsonl")),
            &[name, "cut short or damaged"],
        );
    }
    assert_eq!(place.names(), ["cut.gz", "cut.zst"]);
}

#[test]
fn marks_line_ends_and_blank_lines_are_no_posts() {
    let place = Place::new();
    place.write("a.jsonl", b"\xEF\xBB\xBF{\"id\":1,\"text\":\"a\"}\r\n\r\n  \n{\"id\":2,\"text\":\"b\"}\r\nno\n\n{\"id\":3,\"text\":\"c\"}");
    let assert = place.run("triage a.jsonl --rejects no.jsonl").success();
    assert_eq!(ids(&standard_output(&assert)), names(1..4));
    let reject: Value = serde_json::from_str(&place.read("no.jsonl")).unwrap();
    assert_eq!(
        (&reject["line"], &reject["text"]),
        (&Value::from(5), &Value::from("no"))
    );
    place.write("empty.jsonl", "");
    assert_eq!(
        standard_output(&place.run("triage empty.jsonl").success()),
        ""
    );
    place.write("wide.jsonl", b"\xFF\xFE{\0\"\0");
    assert_refused(
        place.run("triage wide.jsonl"),
        &["wide.jsonl is UTF-16", "iconv"],
    );
}

#[test]
fn each_kind_of_bad_line_is_named_kept_and_counted_and_the_rest_goes_on() {
    let place = Place::new();
    let bad: [(&[u8], &str); 6] = [
        (b"{\"text\":\"a\"", "not JSON"),
        (b"[1]", "is an array, not an object"),
        (b"{\"id\":\"1\"}", "has no `text`"),
        (b"{\"text\":null}", "has no `text`"),
        (b"{\"text\":7}", "`text` is a number, not a string"),
        (b"{\"text\":\"\xFF\"}", "not UTF-8 (byte 10)"),
    ];
    let mut lines = Vec::new();
    for (number, (line, _)) in bad.iter().enumerate() {
        lines.extend_from_slice(line);
        lines.extend_from_slice(format!("\n{{\"id\":{number},\"text\":\"good\"}}\n").as_bytes());
    }
    place.write("mixed.jsonl", &lines);
    let assert = place.run("triage mixed.jsonl --rejects no.jsonl").success();
    assert_eq!(ids(&standard_output(&assert)), names(0..bad.len()));
    let rejects = place.read("no.jsonl");
    assert_eq!(rejects.lines().count(), bad.len());
    for (number, (reject, (line, reason))) in rejects.lines().zip(&bad).enumerate() {
        let reject: Value = serde_json::from_str(reject).unwrap();
        assert_eq!(reject["file"], "mixed.jsonl");
        assert_eq!(reject["line"], 2 * number + 1);
        assert_eq!(
            reject["text"].as_str().unwrap(),
            String::from_utf8_lossy(line)
        );
        let found = reject["reason"].as_str().unwrap();
        assert!(found.contains(reason), "{found}");
    }
    // Without a file they are named on standard error, and --strict makes them an exit code.
    let assert = place.run("triage --strict mixed.jsonl").code(1);
    assert_eq!(ids(&standard_output(&assert)).len(), bad.len());
    let error = standard_error(&assert);
    assert!(
        error.contains("hearken: mixed.jsonl, line 1: the line is not JSON"),
        "{error}"
    );
    assert_eq!(error.matches("hearken: ").count(), bad.len(), "{error}");
    let quiet = standard_error(&place.run("triage -q mixed.jsonl").success());
    assert_eq!(
        quiet,
        "hearken: rejected lines: 6; --rejects FILE keeps them\n"
    );
    place
        .run_with("triage --strict", posts(0..3).as_bytes())
        .success();
}

#[test]
fn only_the_first_ten_rejects_are_named() {
    let place = Place::new();
    let error = standard_error(
        &place
            .run_with("triage", "no\n".repeat(25).as_bytes())
            .code(1),
    );
    assert_eq!(error.matches("hearken: -, line ").count(), 10, "{error}");
    assert!(error.contains("more rejected lines: 15;"), "{error}");
}

#[test]
fn a_line_without_end_is_rejected_without_being_held() {
    let place = Place::new();
    let mut lines = posts(0..1).into_bytes();
    lines.extend_from_slice(b"{\"text\":\"");
    lines.resize(lines.len() + (40 << 20), b'a');
    lines.extend_from_slice(b"\"}\n");
    lines.extend_from_slice(posts(1..3).as_bytes());
    let assert = place
        .run_with("triage --rejects no.jsonl", &lines)
        .success();
    assert_eq!(ids(&standard_output(&assert)), names(0..3));
    let reject: Value = serde_json::from_str(&place.read("no.jsonl")).unwrap();
    assert_eq!(reject["line"], 2);
    assert!(
        reject["reason"]
            .as_str()
            .unwrap()
            .contains("longer than 16 MiB")
    );
    assert_eq!(reject["text"].as_str().unwrap().len(), 64 << 10);
}
