//! State that is kept: it goes with inputs and outputs, whatever ends a run and wherever.

mod support;

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Place, error, gzip, lines, out, sample};

/// The first posts of the sample, in order of time.
fn posts(count: usize) -> String {
    let text = fs::read_to_string(sample()).expect("the sample");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_by_key(|line| {
        let post: Value = serde_json::from_str(line).expect("a post");
        let at = post["created_at"].as_str().expect("a time");
        at.parse::<jiff::Timestamp>().expect("a time")
    });
    lines
        .iter()
        .take(count)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A folder with `count` posts in `posts`, some of which can't be read, and a key.
fn place(count: usize) -> Place {
    let place = Place::new();
    place.write("posts", format!("no post\n{}", posts(count)));
    place.write("secret", "sixteen bytes and more");
    place
}

/// What a run leaves: output, rejects, state.
fn left(place: &Place) -> [Vec<u8>; 3] {
    ["out", "rejects", "state"].map(|name| fs::read(place.path(name)).unwrap_or_default())
}

const KEPT: &str = "posts -q --key secret --state state -o out --rejects rejects";
const COMMANDS: [&str; 4] = [
    "triage --stateful",
    "triage --stateful --lateness 10m",
    "trends --json --warm-up 1",
    "queue",
];

#[test]
fn whatever_step_a_run_is_killed_behind_the_next_one_gives_the_whole() {
    for command in COMMANDS {
        let undisturbed = place(300);
        let run = format!("{command} {KEPT}");
        undisturbed.run(&run).code(0);
        assert!(left(&undisturbed).iter().all(|file| !file.is_empty()));
        for step in [
            "output-synced",
            "output-synced:2", // the rejects
            "output-renamed",
            "output-renamed:2",
            "state-synced",
            "state-renamed",
        ] {
            let place = place(300);
            let killed = place.command(&run).env("HEARKEN_STOP_AFTER", step).output();
            let killed = killed.expect("it runs");
            assert_eq!(killed.status.code(), None, "{command}, {step}");
            let is_saved = place.path("state").exists();
            assert_eq!(is_saved, step == "state-renamed", "{command}, {step}");
            // Twice: the second time there is nothing left to do.
            for _ in 0..2 {
                place.run(&run).code(0);
                assert!(left(&place) == left(&undisturbed), "{command}, {step}");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_does_not_advance_the_state() {
    for command in COMMANDS {
        let undisturbed = place(300);
        undisturbed.run(&format!("{command} {KEPT}")).code(0);
        let place = place(300);
        let full = KEPT.replace("-o out", "-o /dev/full");
        let run = place.run(&format!("{command} {full}")).code(2);
        assert!(error(&run).contains("no space left"), "{}", error(&run));
        assert!(!place.path("state").exists(), "{command}");
        place.run(&format!("{command} {KEPT}")).code(0);
        assert!(left(&place) == left(&undisturbed), "{command}");
    }
}

#[test]
fn an_input_is_known_by_its_content_and_gone_on_with_when_it_grew() {
    for command in ["triage --stateful", "trends --json --warm-up 1"] {
        let whole = place(400);
        let run = format!("{command} {KEPT}");
        whole.run(&run).code(0);

        let place = place(150);
        place.run(&run).code(0);
        let first = left(&place);
        // The same posts under another name, and compressed.
        fs::copy(place.path("posts"), place.path("copy")).expect("it is copied");
        place.write("copy.gz", gzip(place.read("posts").as_bytes()));
        for name in ["copy", "copy.gz", "copy posts copy.gz"] {
            place.run(&run.replacen("posts", name, 1)).code(0);
            assert!(left(&place) == first, "{command}, {name}");
        }
        // A file that grew, twice, and the second time under another name.
        place.write("posts", format!("no post\n{}", posts(250)));
        place.run(&run).code(0);
        place.write("copy", format!("no post\n{}", posts(400)));
        place.run(&run.replacen("posts", "copy", 1)).code(0);
        let (all, kept) = (left(&whole), left(&place));
        assert!(all[2] == kept[2], "{command}: the state differs");
        assert!(all[0] == kept[0], "{command}: the output differs");
        // A line that was rejected is not rejected again.
        assert_eq!(place.read("rejects").lines().count(), 1);

        // Another file that begins alike is new from where it differs from none: all of it.
        place.write("posts", "no post\n{\"text\":\"Where is my parcel?\"}\n");
        let before = place.read("rejects").lines().count();
        place.run(&run).code(0);
        assert_eq!(place.read("rejects").lines().count(), before + 1);
        // Without anything new, no file is emptied that an earlier run wrote.
        place.write("other", "kept");
        place.run(&run.replace("-o out", "-o other")).code(0);
        assert_eq!(place.read("other"), "kept", "{command}");
    }
}

#[test]
fn an_output_that_somebody_changed_is_not_overwritten() {
    let place = place(50);
    let run = format!("triage --stateful {KEPT}");
    place.run(&run).code(0);
    let state = fs::read(place.path("state")).expect("a state");
    place.write("out", "mine\n");
    place.write("posts", format!("no post\n{}", posts(60)));
    let refused = error(&place.run(&run).code(2));
    assert!(
        refused.contains("out is not as the last run of this state left it"),
        "{refused}"
    );
    assert_eq!(place.read("out"), "mine\n");
    assert!(state == fs::read(place.path("state")).expect("a state"));
    // What was taken away is gone on with from nothing.
    fs::remove_file(place.path("out")).expect("it is there");
    place.run(&run).code(0);
    assert_eq!(lines(&place.read("out")).len(), 10);
}

#[test]
fn a_last_line_that_is_not_complete_is_left_until_it_is() {
    let whole = place(60);
    let run = format!("triage --stateful {KEPT}");
    whole.run(&run).code(0);
    let text = whole.read("posts");
    let place = place(0);
    for cut in [text.len() / 2, text.len() - 20, text.len() - 1, text.len()] {
        place.write("posts", &text[..cut]);
        let said = error(&place.run(&run).code(0));
        let is_cut = !matches!(text.len() - cut, 0 | 1);
        assert_eq!(said.contains("is left for the next run"), is_cut, "{said}");
    }
    assert!(left(&place) == left(&whole));
}

#[test]
fn the_queue_of_the_day_before_still_waits_with_its_texts() {
    let place = Place::new();
    place.write(
        "monday",
        r#"{"id":"1","text":"Where is my refund? Nobody answers.","created_at":"2026-03-02T08:00:00Z","author":{"id":"ann"}}
{"id":"2","text":"My parcel is lost!","created_at":"2026-03-02T12:00:00Z","author":{"id":"bob"}}
"#,
    );
    place.write(
        "tuesday",
        r#"{"id":"3","text":"The shop smells of gas!","created_at":"2026-03-03T08:00:00Z","author":{"id":"eva"}}
"#,
    );
    let run = "queue monday --state state -q --now 2026-03-02T09:00:00Z";
    let first = out(&place.run(run).code(0));
    assert!(first.contains("Where is my refund?") && !first.contains("parcel"));
    // What came later than that time is not lost.
    let second = out(&place.run("queue tuesday --state state -q").code(0));
    for text in ["Where is my refund?", "My parcel is lost!", "smells of gas"] {
        assert!(second.contains(text), "{text} is missing in {second}");
    }
    let again = out(&place.run("queue monday tuesday --state state -q").code(0));
    assert_eq!(second, again, "nothing is counted twice");
}

#[test]
fn commands_share_a_state_and_say_what_it_lacks() {
    let place = place(60);
    let run = |command: &str| {
        error(
            &place
                .run(&format!("{command} posts -q --state state"))
                .code(0),
        )
    };
    run("queue");
    let before = place.run("queue posts -q --state state").code(0);
    assert!(run("trends").contains("begun without trends; only posts that are new"));
    assert!(!run("trends").contains("begun without"));
    run("triage --stateful");
    let after = place.run("queue posts -q --state state").code(0);
    assert_eq!(out(&before), out(&after), "the texts of its cases stay");
}

#[test]
fn a_case_that_was_given_to_an_agent_is_given_again_to_the_same_file_only() {
    let place = place(200);
    place.write("agents", "[[agent]]\nid = \"jana\"\ncapacity = 3\n");
    let run = format!("queue --json --agents agents --next 5 {KEPT}");
    place.run(&run).code(0);
    let (first, state) = (place.read("out"), fs::read(place.path("state")).unwrap());
    assert!(first.contains("jana"));
    // As after a kill behind the last step.
    place.run(&run).code(0);
    assert_eq!(place.read("out"), first);
    assert!(fs::read(place.path("state")).unwrap() == state);
    // Another question is answered, be it with nothing.
    place.run(&run.replace("--next 5", "--next 9")).code(0);
    assert_ne!(place.read("out"), first);
    place.run(&run.replace("--next 5", "--next 0")).code(0);
    assert_eq!(place.read("out"), "");
}

#[test]
fn a_state_that_could_not_be_saved_is_refused_before_the_work() {
    let place = place(10);
    for (state, said) in [
        ("none/state", "there is no folder none"),
        (".", "can't be read"),
        ("posts", "are the same file"),
        ("secret", "not a file of state"),
    ] {
        let run = format!("triage --stateful posts -q -o out --state {state}");
        let refused = error(&place.run(&run).code(2));
        assert!(refused.contains(said), "{state}: {refused}");
        assert_eq!(place.names(), ["posts", "secret"], "{state}");
    }
}

#[test]
fn a_key_is_made_for_a_state_and_used_from_then_on() {
    let place = place(100);
    let run = "triage --stateful posts -q --state state -o out";
    let killed = place
        .command(run)
        .env("HEARKEN_STOP_AFTER", "key-renamed")
        .output();
    assert_eq!(killed.expect("it runs").status.code(), None);
    let key = fs::read(place.path("state.key")).expect("a key");
    place.run(run).code(0);
    place.write("posts", format!("no post\n{}", posts(200)));
    place.run(run).code(0);
    assert_eq!(key, fs::read(place.path("state.key")).expect("a key"));
    let whole = self::place(200);
    whole.write("secret", &key);
    whole.run(&format!("triage --stateful {KEPT}")).code(0);
    assert_eq!(place.read("out"), whole.read("out"));
    fs::remove_file(place.path("state.key")).expect("it is there");
    let refused = error(&place.run(run).code(2));
    assert!(refused.contains("name the key with --key"), "{refused}");
    assert!(!place.path("state.key").exists());
}

#[test]
fn of_more_posts_than_may_wait_the_earliest_is_answered_early_and_counted() {
    let place = place(200);
    let held = "--lateness 365d --most-held";
    let run = |most: &str| place.run(&format!("triage --stateful posts {held} {most}"));
    let (all, few) = (run("1000").code(0), run("10").code(0));
    assert_eq!(out(&all), out(&few), "they came in order");
    let early = |said: String| {
        let row = said.lines().find(|line| line.contains("before their turn"));
        let row = row.expect("a row").to_owned();
        row.split_whitespace().last().expect("a count").to_owned()
    };
    assert_eq!(
        (early(error(&all)), early(error(&few))),
        ("0".into(), "190".into())
    );
}

/// A run that follows what is written to its standard input.
struct Followed(Child);

impl Followed {
    fn start(place: &Place, arguments: &str) -> Followed {
        let mut command = place.command(arguments);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        Followed(command.spawn().expect("it runs"))
    }

    fn write(&mut self, bytes: &[u8]) {
        let stdin = self.0.stdin.as_mut().expect("a pipe");
        stdin.write_all(bytes).expect("it reads");
        stdin.flush().expect("it reads");
    }

    /// Sends a signal, and gives the exit code and what was said.
    #[cfg(unix)]
    fn end(self, signal: &str) -> (Option<i32>, String) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill runs").success());
        let output = self.0.wait_with_output().expect("it ends");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        (output.status.code(), said)
    }
}

/// Waits until something is so.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1200 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not come within a minute");
}

#[cfg(unix)]
#[test]
fn a_run_that_follows_saves_as_it_goes_and_goes_on_behind_a_signal() {
    let whole = place(500);
    let follow = "trends --follow --json --warm-up 1 --window 1h";
    let kept = KEPT.replacen("posts", "", 1);
    let run = format!("{follow} {kept} --save-after 1 --save-every 1h");
    let text = whole.read("posts");
    whole.run_with(&run, text.as_bytes()).code(0);

    for signal in ["-TERM", "-INT", "-KILL"] {
        let place = place(0);
        for share in [3, 2] {
            let mut followed = Followed::start(&place, &run);
            let until = text.len() / share;
            let before = fs::metadata(place.path("state")).and_then(|found| found.modified());
            // The whole stream again, as `tail -n +1 -F` gives it.
            followed.write(&text.as_bytes()[..until]);
            wait_until("a state", || {
                let now = fs::metadata(place.path("state")).and_then(|found| found.modified());
                now.is_ok_and(|now| before.as_ref().map_or(true, |before| now > *before))
            });
            let (code, said) = followed.end(signal);
            assert_eq!(code, (signal != "-KILL").then_some(0), "{signal}: {said}");
        }
        place.run_with(&run, text.as_bytes()).code(0);
        let (all, kept) = (left(&whole), left(&place));
        assert!(all[0] == kept[0], "{signal}: the output differs");
        assert!(all[2] == kept[2], "{signal}: the state differs");
        assert!(all[1] == kept[1], "{signal}: the rejects differ");
    }
}

#[cfg(unix)]
#[test]
fn a_line_that_is_no_text_or_too_long_is_a_reject_of_a_run_that_follows() {
    let place = place(300);
    let run = "trends --follow --rejects rejects -o out --state state";
    let mut text = place.read("posts").into_bytes();
    text.extend_from_slice(b"{\"text\":\"\xFF\"}\n");
    // More than is kept of a line, and than the longest line that is read.
    text.resize(text.len() + (17 << 20), b'x');
    text.push(b'\n');
    text.extend_from_slice(posts(301).lines().last().expect("a post").as_bytes());
    let mut followed = Followed::start(&place, run);
    followed.write(&text);
    followed.write(b"\n");
    wait_until("a state", || place.path("state").exists());
    let (code, said) = followed.end("-TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("rejects") && said.contains('3'), "{said}");
    let rejects = lines(&place.read("rejects"));
    let reasons: Vec<&str> = rejects
        .iter()
        .map(|reject| reject["reason"].as_str().expect("a reason"))
        .collect();
    assert!(reasons[1].contains("not UTF-8"), "{reasons:?}");
    assert!(reasons[2].contains("longer than 16 MiB"), "{reasons:?}");
    assert!(
        fs::metadata(place.path("rejects"))
            .expect("it is there")
            .len()
            < 1 << 20
    );
}

#[cfg(unix)]
#[test]
fn no_part_of_a_file_is_left_when_a_signal_ends_a_run() {
    for (arguments, code) in [
        ("triage -o out --rejects rejects", None),
        (
            "triage --stateful -o out --rejects rejects --state state",
            None,
        ),
        // Without a state too, what is followed ends well.
        ("trends --follow -o out --rejects rejects", Some(0)),
    ] {
        for signal in ["-TERM", "-INT"] {
            let place = place(0);
            let mut followed = Followed::start(&place, arguments);
            followed.write(posts(30).as_bytes());
            let parts = || {
                let names = place.names().into_iter();
                names.filter(|name| name.ends_with(".part")).count()
            };
            wait_until("its parts", || parts() == 2);
            // Open until it has ended: the signal ends it, not the end of its input.
            let input = followed.0.stdin.take();
            let (ended, said) = followed.end(signal);
            drop(input);
            assert_eq!(ended, code, "{arguments}: {said}");
            assert_eq!(parts(), 0, "{arguments}, {signal}");
            assert_eq!(place.path("out").exists(), code.is_some(), "{arguments}");
        }
    }
}

#[test]
fn a_stream_that_begins_as_a_known_one_and_then_differs_is_refused() {
    let place = place(100);
    let run = "trends --follow -q --state state -o out";
    place.run_with(run, place.read("posts").as_bytes()).code(0);
    let state = fs::read(place.path("state")).expect("a state");
    let other = place.read("posts").replacen("created_at", "created", 9);
    let cut: String = place
        .read("posts")
        .lines()
        .take(20)
        .map(|line| format!("{line}\n"))
        .collect();
    for text in [other, cut] {
        let refused = error(&place.run_with(run, text.as_bytes()).code(2));
        assert!(
            refused.contains("begins as an input that the state has"),
            "{refused}"
        );
        assert!(state == fs::read(place.path("state")).expect("a state"));
    }
}
