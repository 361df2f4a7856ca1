//! `workshop train-language`, end to end.

mod support;

use std::fs;

use support::{Place, assert_refused, error as standard_error, gzip, out};

#[test]
fn the_table_of_languages_is_trained_on_lines_that_are_not_left_out() {
    let place = Place::new();
    let line = |number: usize| match number % 2 {
        0 => format!(
            "{{\"text\":\"where is the parcel that I ordered {number}\",\"label\":\"en\"}}\n"
        ),
        _ => format!(
            "{{\"text\":\"kde je ten balík, který jsem objednal {number}\",\"label\":\"cs\"}}\n"
        ),
    };
    place.write("train.jsonl", (0..80).map(line).collect::<String>());
    place.write(
        "valid.jsonl.gz",
        gzip((60..80).map(line).collect::<String>().as_bytes()),
    );
    // What follows the lines that are taken is not looked at.
    place.write(
        "extra.jsonl",
        (100..110).map(line).collect::<String>() + "no\n",
    );
    let arguments = "train-language --data train.jsonl --leave-out valid.jsonl.gz --extra \
        extra.jsonl:cs --extra-lines 10";
    let summary = standard_error(&place.run(&format!("{arguments} -o a.bin")).success());
    for row in [["trusted", "lines", "60"], ["extra", "lines", "10"]] {
        assert!(
            summary.lines().any(|line| line.split_whitespace().eq(row)),
            "{summary}"
        );
    }
    assert_eq!(
        standard_error(&place.run(&format!("{arguments} -q -o b.bin")).success()),
        ""
    );
    assert!(fs::read(place.path("a.bin")).unwrap() == fs::read(place.path("b.bin")).unwrap());
    assert_refused(
        place.run(&format!("{arguments}1 -o c.bin")),
        &["extra.jsonl, line 11: the line is not JSON"],
    );
    assert!(!place.path("c.bin").exists());
}

#[test]
fn wrong_usage_is_one_sentence_and_no_file() {
    let place = Place::new();
    place.write("a.jsonl", "{\"id\":0,\"text\":\"Where is my parcel? 0\"}\n");
    let before = place.names();
    for (arguments, parts) in [
        ("train-language --data a.jsonl", &["-o"][..]),
        (
            "train-language --data a.jsonl -o x.bin --extra a.jsonl",
            &["--extra `a.jsonl`", "FILE:LANGUAGE"],
        ),
        (
            "train-language --data a.jsonl -o x.bin --extra a.jsonl:tlh",
            &["unknown language `tlh` in --extra"],
        ),
        (
            "train-language --data a.jsonl --extra missing.jsonl:cs -o x.bin",
            &["missing.jsonl"],
        ),
        (
            "train-language --data a.jsonl -o x.bin",
            &["a.jsonl, line 1: no label in `label`"],
        ),
    ] {
        assert_refused(place.run(arguments), parts);
    }
    assert_eq!(place.names(), before);
}

#[test]
fn help_has_examples() {
    let help = out(&Place::new().run("train-language --help").success());
    assert!(help.contains("Examples:"), "{help}");
}
