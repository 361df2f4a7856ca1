//! The command line, end to end: what goes in, what comes out, what is rejected, and how it ends.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use assert_cmd::assert::OutputAssertExt;
use serde_json::Value;
use support::{
    Place, assert_refused, error as standard_error, ids, names, out as standard_output, posts,
    sample,
};

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
