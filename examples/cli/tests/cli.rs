//! The command line, end to end: what goes in, what comes out, what is rejected, and how it ends.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use assert_cmd::assert::OutputAssertExt;
use serde_json::Value;
use support::{
    Place, assert_refused, error as standard_error, gzip, out as standard_output, sample,
};

/// The answers' ids, in order; each line must be an answer.
fn ids(output: &str) -> Vec<String> {
    let id = |line: &str| {
        let answer: Value = serde_json::from_str(line).unwrap();
        for part in ["language", "spam", "importance", "topics", "sentiment"] {
            assert!(answer.get(part).is_some(), "{part} is missing in {line}");
        }
        answer["id"].as_str().unwrap_or_default().to_owned()
    };
    output.lines().map(id).collect()
}

fn posts(range: std::ops::Range<usize>) -> String {
    let texts = [
        "Where is my parcel?",
        "客服一直不回复，太失望了",
        "Skvělá obsluha, děkuji!",
        "包裹還沒到",
        "加微信领取免费礼品",
    ];
    range
        .map(|id| {
            format!(
                "{{\"id\":{id},\"text\":\"{} {id}\"}}\n",
                texts[id % texts.len()]
            )
        })
        .collect()
}

fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| id.to_string()).collect()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn answers_come_in_the_order_of_the_posts_over_files_and_standard_input() {
    let place = Place::new();
    place.write("a.jsonl", posts(0..3));
    place.write("c.jsonl", posts(5..9));
    let assert = place
        .run_with("triage a.jsonl - c.jsonl", posts(3..5).as_bytes())
        .success();
    assert_eq!(ids(&standard_output(&assert)), names(0..9));
    let summary = standard_error(&assert);
    let row = |name: &str| {
        let line = summary
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(name.split_whitespace().count())
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        (row("posts").as_str(), row("rejects").as_str()),
        ("9", "0"),
        "{summary}"
    );
    let levels = ["critical", "high", "medium", "low"]
        .map(|level| row(&format!("level {level}")).parse::<u64>().unwrap());
    assert_eq!(levels.iter().sum::<u64>(), 9, "{summary}");
    assert!(
        summary.contains("posts per second") && summary.contains("language"),
        "{summary}"
    );
}

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

#[test]
fn a_text_of_any_length_gets_an_answer() {
    let place = Place::new();
    let long = "很长的文字 and more ".repeat(4000);
    let lines = format!("{{\"id\":0,\"text\":\"\"}}\n{{\"id\":1,\"text\":\"{long}\"}}\n");
    assert_eq!(
        ids(&standard_output(
            &place.run_with("triage", lines.as_bytes()).success()
        )),
        names(0..2)
    );
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let place = Place::new();
    let mut lines = posts(0..9000);
    lines.insert_str(lines.find('\n').unwrap() + 1, "no\n");
    place.write("a.jsonl", lines);
    let mut first = None;
    for threads in [1, 2, 3, 8] {
        place
            .run(&format!(
                "triage a.jsonl --threads {threads} -o out --rejects no"
            ))
            .success();
        let written = (place.read("out"), place.read("no"));
        assert!(ids(&written.0) == names(0..9000), "{threads} threads");
        assert!(
            first.get_or_insert_with(|| written.clone()) == &written,
            "{threads} threads"
        );
    }
}

#[test]
fn the_sample_is_answered_whole_in_its_order_and_the_same_with_any_number_of_threads() {
    let place = Place::new();
    let sample = sample();
    let lines = fs::read_to_string(&sample).unwrap();
    let id = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let expected: Vec<String> = lines.lines().map(id).collect();
    assert!(expected.len() > 1000);
    let mut first = None;
    for threads in [1, 2, 3, 8] {
        let mut command = place.command(&format!("triage -q --strict --threads {threads} -o out"));
        command.arg(&sample).assert().success();
        let written = place.read("out");
        assert!(ids(&written) == expected, "{threads} threads");
        assert!(
            first.get_or_insert_with(|| written.clone()) == &written,
            "{threads} threads"
        );
    }
    // Reasons cost more: a part of the sample, with and without threads, and the answers within are
    // the same ones.
    place.write(
        "part.jsonl",
        lines
            .lines()
            .take(200)
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    );
    for threads in [1, 8] {
        place
            .run(&format!(
                "triage -q --explain part.jsonl --threads {threads} -o explained{threads}"
            ))
            .success();
    }
    let explained = place.read("explained1");
    assert!(explained == place.read("explained8"));
    for (explained, answer) in explained.lines().zip(first.unwrap_or_default().lines()) {
        let mut explained: Value = serde_json::from_str(explained).unwrap();
        assert!(
            explained
                .as_object_mut()
                .unwrap()
                .remove("explanation")
                .is_some()
        );
        assert_eq!(explained, serde_json::from_str::<Value>(answer).unwrap());
    }
}

#[test]
fn maps_and_presets_take_fields_from_elsewhere() {
    let place = Place::new();
    place.write(
        "v1.jsonl",
        "{\"id_str\":\"5\",\"full_text\":\"Where is it?\",\"created_at\":\"Sun Mar 01 00:15:00 \
         +0000 2026\"}\n",
    );
    place.write(
        "own.jsonl",
        "{\"key\":6,\"body\":{\"plain\":\"Where is it?\"}}\n",
    );
    for (arguments, id) in [
        ("--preset twitter-v1 v1.jsonl", "5"),
        ("--map text=body.plain,id=key own.jsonl", "6"),
        (
            "--preset weibo --map text=full_text,id=id_str v1.jsonl",
            "5",
        ),
    ] {
        assert_eq!(
            ids(&standard_output(
                &place.run(&format!("triage {arguments}")).success()
            )),
            [id],
            "{arguments}"
        );
    }
    let error = standard_error(&place.run("triage own.jsonl --map text=body").code(1));
    assert!(
        error.contains("`body` is an object, not a string"),
        "{error}"
    );
}

#[test]
fn wrong_usage_is_one_sentence_and_no_file() {
    let place = Place::new();
    place.write("a.jsonl", posts(0..3));
    place.write("old.jsonl", "kept");
    place.write("unlabelled.jsonl", "{\"text\":\"a\"}\n");
    fs::create_dir(place.path("folder")).unwrap();
    let before = place.names();
    for (arguments, parts) in [
        ("", &["--help"][..]),
        ("tirage", &["tirage"]),
        ("triage --colour", &["--colour"]),
        ("triage --threads 0 a.jsonl", &["--threads"]),
        (
            "triage a.jsonl missing.jsonl -o new.jsonl",
            &["missing.jsonl", "no such file"],
        ),
        (
            "triage a.jsonl missing.jsonl -o old.jsonl",
            &["missing.jsonl"],
        ),
        ("triage folder", &["folder is a folder"]),
        ("triage - -", &["standard input"]),
        ("triage a.jsonl -o nowhere/new.jsonl", &["nowhere"]),
        ("triage a.jsonl -o folder", &["folder is a folder"]),
        (
            "triage a.jsonl -o new.jsonl --rejects new.jsonl",
            &["--output and --rejects"],
        ),
        (
            "triage a.jsonl -o new.jsonl --map body=text",
            &["--map", "`body`", "author.followers"],
        ),
        (
            "triage a.jsonl -o new.jsonl --map text",
            &["--map", "`text`", "="],
        ),
        (
            "triage a.jsonl -o new.jsonl --preset usenet",
            &["`usenet`", "twitter-v1, twitter-v2, weibo, youtube"],
        ),
        (
            "triage a.jsonl -o new.jsonl --model missing.model",
            &["missing.model", "no such file"],
        ),
        (
            "triage a.jsonl -o new.jsonl --taxonomy missing.toml",
            &["missing.toml", "no such file"],
        ),
        ("explain --text a a.jsonl", &["--text"]),
        ("explain a.jsonl --line 4", &["a.jsonl", "line 4"]),
        ("explain old.jsonl", &["old.jsonl, line 1", "not JSON"]),
        ("train a.jsonl --task x", &["-o"]),
        ("train a.jsonl -o x.model", &["--task"]),
        ("train --task x -o -", &["TRAIN"]),
        (
            "train a.jsonl --task x --suggest 3 -o x.model",
            &["--unlabelled"],
        ),
        (
            "train a.jsonl --task x --suggest 3 --unlabelled a.jsonl",
            &["-o"],
        ),
        (
            "train unlabelled.jsonl --task x -o x.model",
            &["unlabelled.jsonl", "no label in `label`", "--label-field"],
        ),
        (
            "train missing.jsonl --task x -o x.model",
            &["missing.jsonl"],
        ),
        (
            "train a.jsonl --task x -o x.model --languages zh,tlh",
            &["unknown language `tlh` in --languages; known:", "zh-Hans"],
        ),
        ("evaluate unlabelled.jsonl", &["--model", "--bundled"]),
        (
            "evaluate unlabelled.jsonl --model missing.model",
            &["missing.model"],
        ),
    ] {
        assert_refused(place.run(arguments), parts);
    }
    assert_eq!(place.names(), before);
    assert_eq!(place.read("old.jsonl"), "kept");
}

#[test]
fn an_output_file_is_replaced_whole() {
    let place = Place::new();
    place.write("a.jsonl", posts(0..5));
    let expected = standard_output(&place.run("triage a.jsonl").success());
    place.write("out.jsonl", "old");
    for output in ["out.jsonl", "new.jsonl"] {
        let assert = place.run(&format!("triage a.jsonl -o {output}")).success();
        assert_eq!(standard_output(&assert), "");
        assert_eq!(place.read(output), expected);
    }
    assert_eq!(place.names(), ["a.jsonl", "new.jsonl", "out.jsonl"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_device_stays_a_device() {
    let place = Place::new();
    place.write("a.jsonl", posts(0..5));
    place.write("out.jsonl", "old");
    std::os::unix::fs::symlink(place.path("out.jsonl"), place.path("link")).unwrap();
    place.run("triage a.jsonl -o link").success();
    assert!(
        fs::symlink_metadata(place.path("link"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(ids(&place.read("out.jsonl")), names(0..5));
    place.run("triage a.jsonl -o /dev/null").success();
    assert!(!fs::metadata(Path::new("/dev/null")).unwrap().is_file());
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let place = Place::new();
    place.write("a.jsonl", posts(0..20_000));
    let mut command = place.command("triage a.jsonl");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!((output.status.code(), first), (Some(0), [b'{']));
}

#[test]
fn what_a_live_input_has_given_is_answered_before_its_end() {
    let place = Place::new();
    let mut command = place.command("triage");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(posts(0..1).as_bytes()).unwrap();
    stdin.flush().unwrap();
    // This waits for ever if the answer waits for the end of the input.
    let mut first = [0; 1];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    drop(stdin);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn one_post_is_explained_as_a_table_and_as_json() {
    let place = Place::new();
    place.write("a.jsonl", format!("\n{}", posts(3..6)));
    let table = standard_output(&place.run_with("explain", posts(0..1).as_bytes()).success());
    for part in [
        "Where is my parcel?",
        "language",
        "spam",
        "sentiment",
        "importance",
        "points",
        "why",
        "margin",
    ] {
        assert!(table.contains(part), "{part} is missing in {table}");
    }
    for (arguments, id) in [
        ("explain --json a.jsonl", "3"),
        ("explain --json a.jsonl --line 4", "5"),
    ] {
        let output = standard_output(&place.run(arguments).success());
        assert_eq!(ids(&output), [id]);
        let answer: Value = serde_json::from_str(&output).unwrap();
        let ledger = &answer["explanation"]["importance"];
        let sum: i64 = ledger["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["points"].as_i64().unwrap())
            .sum();
        assert_eq!(ledger["score"], sum);
        for head in answer["explanation"]["heads"].as_array().unwrap() {
            let parts = head["evidence"].as_array().unwrap();
            let sum: i64 = parts
                .iter()
                .map(|part| part["weight"].as_i64().unwrap())
                .sum();
            assert_eq!(head["margin"], sum, "{}", head["head"]);
        }
    }
    let mut command = place.command("explain --all --text");
    let output = standard_output(&command.arg("包裹 is lost").assert().success());
    assert!(output.contains("包裹 is lost"), "{output}");
}

#[test]
fn the_shown_weights_sum_to_the_shown_margin() {
    let place = Place::new();
    let text = "Third time my parcel is lost, nobody answers, I want my money back now or I call a \
        lawyer. 包裹还没到！";
    for arguments in ["explain --text", "explain --all --text"] {
        let mut command = place.command(arguments);
        let output = standard_output(&command.arg(text).assert().success());
        let (mut tables, mut sum) = (0, None);
        for line in output.lines() {
            let mut cells = line.split_whitespace();
            let (first, second) = (
                cells.next().unwrap_or_default(),
                cells.next().unwrap_or_default(),
            );
            sum = match (sum, first.parse::<f64>()) {
                (_, _) if first == "weight" => Some(0),
                (Some(sum), Ok(margin)) if second == "margin" => {
                    assert_eq!(sum, (margin * 1000.0).round() as i64, "{output}");
                    tables += 1;
                    None
                }
                (Some(sum), Ok(weight)) => Some(sum + (weight * 1000.0).round() as i64),
                (sum, _) => sum,
            };
        }
        assert!(tables >= 3, "{output}");
        assert_eq!(
            output.contains(" more"),
            !arguments.contains("--all"),
            "{output}"
        );
    }
}

#[test]
fn help_names_what_there_is() {
    let place = Place::new();
    let help = standard_output(&place.run("--help").success());
    for part in [
        "triage",
        "explain",
        "train",
        "evaluate",
        "--threads",
        "--output",
        "--quiet",
        "Exit code",
    ] {
        assert!(help.contains(part), "{part} is missing in {help}");
    }
    for command in ["triage", "explain", "train", "evaluate"] {
        let help = standard_output(&place.run(&format!("{command} --help")).success());
        assert!(help.contains("Examples:"), "{help}");
    }
}

/// Labelled lines of two kinds that any classifier can tell apart.
fn labelled(range: std::ops::Range<usize>) -> String {
    let line = |number: usize| {
        let (text, label) = match number % 2 {
            0 => (
                "my parcel was lost by the courier, delivery is late",
                "delivery",
            ),
            _ => ("the invoice is wrong, you charged my card twice", "payment"),
        };
        format!(
            "{{\"id\":{number},\"body\":{{\"plain\":\"{text} {number}\"}},\"gold\":\"{label}\"}}\n"
        )
    };
    range.map(line).collect()
}

const FIELDS: &str = "--text-field body.plain --label-field gold";

#[test]
fn training_names_texts_to_label_next() {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..8));
    // A text is named once; lines without a text are rejected and named.
    place.write("mails.jsonl", format!("{0}{0}{{}}\n", labelled(20..40)));
    let assert = place
        .run(&format!(
            "train --task reason {FIELDS} train.jsonl -o reason.model --rows-alone --suggest 6 \
             --unlabelled mails.jsonl"
        ))
        .success();
    assert!(standard_error(&assert).contains("mails.jsonl, line 41"));
    let lines: Vec<Value> = standard_output(&assert)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut texts: Vec<&str> = lines.iter().filter_map(|of| of["text"].as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((lines.len(), texts.len()), (6, 6), "{lines:?}");
    // Both labels are named: three texts that are taken for each.
    let payments = lines.iter().filter(|of| of["given"] == "payment").count();
    assert_eq!(payments, 3, "{lines:?}");
}

#[test]
fn a_head_is_trained_evaluated_and_answers() {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..200));
    place.write("test.jsonl.gz", gzip(labelled(200..260).as_bytes()));
    let assert = place
        .run(&format!(
            "train --task reason {FIELDS} --valid test.jsonl.gz -o reason.model \
            train.jsonl --seed 7 --languages EN,zh,en"
        ))
        .success();
    assert!(standard_output(&assert).contains("macro F1"));
    let summary = standard_error(&assert);
    for part in [
        "posts",
        "200",
        "classes",
        "delivery",
        "payment",
        "100",
        "cost",
        "held-out macro F1",
        "seconds",
    ] {
        assert!(summary.contains(part), "{part} is missing in {summary}");
    }
    let model =
        hearken::model::Model::from_bytes(&fs::read(place.path("reason.model")).unwrap()).unwrap();
    assert_eq!(model.heads()[0].languages, ["en", "zh"]);
    place
        .run(&format!(
            "train -q --task reason {FIELDS} -o again.model train.jsonl --seed 7 --languages en,zh"
        ))
        .success();
    assert!(
        fs::read(place.path("reason.model")).unwrap()
            == fs::read(place.path("again.model")).unwrap()
    );

    let assert = place
        .run(&format!(
            "evaluate --model reason.model {FIELDS} --json test.jsonl.gz"
        ))
        .success();
    let figures: Value = serde_json::from_str(&standard_output(&assert)).unwrap();
    assert_eq!(
        (&figures["task"], &figures["posts"]),
        (&Value::from("reason"), &Value::from(60))
    );
    assert!(figures["macro_f1"].as_f64().unwrap() > 0.95, "{figures}");
    let table = standard_output(
        &place
            .run(&format!(
                "evaluate --model reason.model {FIELDS} test.jsonl.gz"
            ))
            .success(),
    );
    assert!(
        table.contains("is \\ given") && table.contains("payment"),
        "{table}"
    );

    let assert = place
        .run_with(
            "triage --model reason.model",
            b"{\"id\":1,\"text\":\"the courier lost my parcel\"}\n",
        )
        .success();
    let answer: Value = serde_json::from_str(&standard_output(&assert)).unwrap();
    assert!(
        answer["heads"]["reason"]["probability"].is_number(),
        "{answer}"
    );
}

#[test]
fn labels_are_strings_numbers_or_booleans_and_lines_without_one_are_rejected() {
    let place = Place::new();
    let mut lines = String::new();
    for number in 0..60 {
        let label = ["1", "1.0", "\"0\"", "0"][number % 4];
        let text = [
            "good and nice",
            "nice and fine",
            "bad and broken",
            "broken and awful",
        ][number % 4];
        lines.push_str(&format!(
            "{{\"text\":\"{text} {number}\",\"label\":{label}}}\n"
        ));
    }
    lines.push_str(
        "{\"text\":\"a\"}\n{\"label\":\"1\"}\n{\"text\":\"a\",\"label\":null}\n{\"text\":5,\"label\":1}\nno\n",
    );
    place.write("train.jsonl", lines);
    let assert = place
        .run("train --task good -o good.model train.jsonl --strict")
        .code(1);
    let error = standard_error(&assert);
    for part in [
        "line 61: no label",
        "line 62: no `text`",
        "line 63: no label",
        "line 64: `text` is not a string",
        "line 65",
    ] {
        assert!(
            error.contains(&format!("hearken: train.jsonl, {part}")),
            "{part} is missing in {error}"
        );
    }
    assert!(
        error
            .lines()
            .any(|line| line.split_whitespace().eq(["classes", "2"])),
        "{error}"
    );
    assert!(place.path("good.model").exists());
}

#[test]
fn a_label_that_training_never_saw_is_said_before_the_work() {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..20));
    place.write(
        "test.jsonl",
        "{\"body\":{\"plain\":\"a\"},\"gold\":\"outage\"}\n",
    );
    let assert = place.run(&format!(
        "train -q --task reason {FIELDS} --valid test.jsonl -o r.model train.jsonl"
    ));
    assert_refused(assert, &["`outage`", "--valid"]);
    assert!(!place.path("r.model").exists());
}

#[test]
fn a_file_that_is_no_model_or_no_taxonomy_is_refused() {
    let place = Place::new();
    place.write("a.jsonl", posts(0..1));
    place.write("bad.model", "this is no model");
    place.write("bad.toml", "[[topic]]\nid = 5\n");
    assert_refused(
        place.run("triage a.jsonl --model bad.model -o out"),
        &["bad.model"],
    );
    assert_refused(
        place.run("triage a.jsonl --taxonomy bad.toml -o out"),
        &["bad.toml", "line"],
    );
    assert_eq!(place.names(), ["a.jsonl", "bad.model", "bad.toml"]);
}

#[test]
fn weights_of_importance_come_from_a_file_and_a_wrong_one_is_refused() {
    let place = Place::new();
    place.write("a.jsonl", "{\"text\":\"nordwind, please help\"}\n");
    place.write(
        "own.toml",
        "[levels]\nmedium = 5\n[brand]\nnames = [\"Nordwind\"]\n[needs_answer]\nbrand = 9\n",
    );
    place.write("bad.toml", "[levels]\n\nhigh = 5\n");
    assert_refused(
        place.run("triage a.jsonl --importance bad.toml -o out"),
        &["bad.toml", "line 3", "levels.high"],
    );
    assert_refused(
        place.run("triage a.jsonl --importance gone.toml -o out"),
        &["gone.toml", "no such file"],
    );
    place.run("triage -q a.jsonl -o without").success();
    place
        .run("triage -q a.jsonl --importance own.toml -o with")
        .success();
    let points = |name: &str| {
        let answer: Value = serde_json::from_str(&place.read(name)).unwrap();
        (
            answer["importance"]["parts"]["needs_answer"].as_i64(),
            answer["importance"]["level"].to_string(),
        )
    };
    let (with, without) = (points("with"), points("without"));
    assert_eq!(with.0, without.0.map(|points| (points + 9).min(20)));
    assert_ne!(with.1, without.1);
}
