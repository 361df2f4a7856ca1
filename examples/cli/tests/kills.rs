//! Runs that are killed (SIGKILL) at any moment and run again until they are done: outputs, rejects
//! and state have the bytes of a run that nobody disturbed.
//!
//! Short by default; `HEARKEN_KILLS=300` kills as often, a third of it between two writes
//! (`.ci/long kills`). When a run is killed depends on the clock, what must come of it doesn't.
#![cfg(unix)]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::{Place, sample};

/// Kills of the short form.
const KILLS: u64 = 8;
/// Runs after which one that gets on must be done.
const MOST_RUNS: usize = 40;
/// Every step that a run may be stopped behind.
const STEPS: [&str; 4] = [
    "output-synced",
    "output-renamed",
    "state-synced",
    "state-renamed",
];
/// Commands on files of posts, and one on a stream of them.
const COMMANDS: [&str; 5] = [
    "triage --stateful posts rest",
    "triage --stateful posts rest --lateness 20m --most-held 50",
    "trends posts rest --json --warm-up 1 --window 1h --slide 1h",
    "queue posts rest --json --next 100",
    "trends --follow --json --warm-up 1 --window 1h --save-after 1 --save-every 1s",
];

/// The random numbers of SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}

/// A folder with the posts in two files, one compressed, and all of them as a stream.
fn place() -> Place {
    let place = Place::new();
    let text = fs::read_to_string(sample()).expect("the sample");
    let lines: Vec<&str> = text.lines().take(600).collect();
    let (first, second) = lines.split_at(250);
    place.write("posts", format!("{}\nno post\n", first.join("\n")));
    place.write("rest", support::gzip(second.join("\n").as_bytes()));
    place.write("stream", format!("no post\n{}\n", lines.join("\n")));
    // As if it was made by a run before: the bytes of a state depend on it.
    place.write("state.key", "sixteen bytes...");
    place
}

/// Starts a run.
fn start(place: &Place, command: &str, stop_after: Option<&str>) -> Child {
    let kept = "-q --state state -o out --rejects rejects";
    let mut run = place.command(&format!("{command} {kept}"));
    if let Some(step) = stop_after {
        run.env("HEARKEN_STOP_AFTER", step);
    }
    if command.contains("--follow") {
        run.stdin(Stdio::piped());
    }
    let mut child = run.stderr(Stdio::null()).spawn().expect("it runs");
    if let Some(mut stdin) = child.stdin.take() {
        let stream = fs::read(place.path("stream")).expect("a stream");
        // In pieces that end within lines; a reader that is killed closes the pipe.
        thread::spawn(move || {
            for piece in stream.chunks(9_999) {
                if stdin.write_all(piece).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
        });
    }
    child
}

/// Ends a run: at a moment of its own, or in `within`. Whether it was done before.
fn end(mut child: Child, within: Option<Duration>) -> bool {
    if let Some(within) = within {
        thread::sleep(within);
        let _ = child.kill();
    }
    child.wait().expect("it ends").success()
}

/// What a run leaves.
fn left(place: &Place) -> [Vec<u8>; 3] {
    ["out", "rejects", "state"].map(|name| fs::read(place.path(name)).unwrap_or_default())
}

#[test]
fn a_run_that_is_killed_and_run_again_leaves_what_one_leaves_that_was_not() {
    let kills = std::env::var("HEARKEN_KILLS").ok();
    let kills = kills.map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let mut random = Random(20_260_301);
    let undisturbed = COMMANDS.map(|command| {
        let place = place();
        let began = Instant::now();
        assert!(end(start(&place, command, None), None), "{command}");
        let left = left(&place);
        assert!(left.iter().all(|file| !file.is_empty()), "{command}");
        (left, began.elapsed())
    });
    let (mut killed, mut aimed) = (0, 0);
    while killed < kills {
        let which = killed as usize % COMMANDS.len();
        let (command, (expected, took)) = (COMMANDS[which], &undisturbed[which]);
        let place = place();
        let mut history = Vec::new();
        for run in 0.. {
            assert!(run < MOST_RUNS, "{command} is never done: {history:?}");
            // Of the kills a third stands between two writes. Some runs are killed again.
            let is_aimed = aimed * 3 <= killed;
            let is_killed = run == 0 || random.below(4) == 0;
            let (step, within) = match (is_killed, is_aimed) {
                (false, _) => (None, None),
                (true, true) => {
                    let step = STEPS[random.below(STEPS.len() as u64) as usize];
                    (Some(format!("{step}:{}", 1 + random.below(3))), None)
                }
                (true, false) => {
                    let most = took.as_micros() as u64 * 11 / 10;
                    (None, Some(Duration::from_micros(random.below(most))))
                }
            };
            history.push(format!("{step:?} {within:?}"));
            let is_done = end(start(&place, command, step.as_deref()), within);
            if !is_done {
                killed += 1;
                aimed += u64::from(step.is_some());
            } else if !is_killed {
                break;
            }
        }
        let left = left(&place);
        if kills > KILLS {
            println!("{killed} kills, {aimed} of them between two writes");
        }
        for (index, name) in ["output", "rejects", "state"].into_iter().enumerate() {
            assert!(
                left[index] == expected[index],
                "{command}: the {name} differs after {history:?}"
            );
        }
    }
    println!("{killed} kills, {aimed} of them between two writes: the same bytes");
}
