//! `hearken forget`: nothing of a person is left in files of state and logs of corrections, and
//! runs go on from them.

#[path = "../../../tests/support/needles.rs"]
mod needles;
mod support;

use std::collections::BTreeMap;
use std::fs;

use hearken::Post;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::snapshot::Bundle;
use needles::{Needles, found, found_hashes, needles_of, together};
use support::{Place, done, lines, project, refused, sample};

const KEY: &[u8; 16] = b"sixteen bytes it";
/// What is kept by each command; the last goes through all of them.
const RUNS: [(&str, &[&str]); 4] = [
    ("triaged", &["triage --stateful"]),
    ("queued", &["queue --now 2026-03-14T00:00:00Z"]),
    ("watched", &["trends"]),
    (
        "all",
        &[
            "triage --stateful",
            "queue --now 2026-03-14T00:00:00Z",
            "trends",
        ],
    ),
];

/// A place with a state of each command, and what must not be found of each author.
fn place() -> (Place, BTreeMap<String, Needles>) {
    let place = Place::new();
    place.write("key", KEY);
    for (state, commands) in RUNS {
        for command in commands {
            let run = format!("{command} {} -q --key key --state {state}", sample());
            done(place.folder(), &run);
        }
    }
    let text = fs::read_to_string(sample()).expect("the sample");
    let posts: Vec<Post<'_>> = text
        .lines()
        .map(|line| Post::from_json(line).expect("a post"))
        .collect();
    let identities = Identities::new(Secret::from_bytes(*KEY), Accounts::PerChannel);
    let needles = needles_of(&posts, &identities);
    (place, needles)
}

fn state(place: &Place, name: &str) -> Vec<u8> {
    fs::read(place.path(name)).expect("a state")
}

#[test]
fn nothing_of_200_authors_is_left_in_any_file_of_state() {
    let (place, needles) = place();
    let step = needles.len() / 200;
    let authors: Vec<&String> = needles.keys().step_by(step).take(200).collect();
    let everybody = together(authors.iter().map(|author| &needles[*author]));
    for (name, _) in RUNS {
        let before = state(&place, name);
        let known = authors
            .iter()
            .filter(|author| !found_hashes(&before, &needles[**author]).is_empty());
        assert!(known.count() > 190, "{name}: the search finds them");
    }
    for author in &authors[..12] {
        for (name, _) in RUNS {
            let said = done(
                place.folder(),
                &format!("forget --state {name} --key key --author {author}"),
            );
            assert!(
                said.contains("removed") && said.contains("What stays"),
                "{said}"
            );
            assert!(said.contains("Yours to delete"), "{said}");
            let left = found(&state(&place, name), &needles[*author]);
            assert_eq!(left, [""; 0], "{name}: {author}");
        }
    }
    let list: String = authors
        .iter()
        .map(|author| format!("{author} # one\n"))
        .collect();
    place.write("erase.txt", list);
    for (name, _) in RUNS {
        let run = format!("forget --state {name} --key key --authors-from erase.txt --json");
        let report = &lines(&done(place.folder(), &run))[0];
        assert_eq!(report["file"], name);
        assert!(
            report["removed"]
                .as_array()
                .is_some_and(|rows| rows.len() > 4)
        );
        let bytes = state(&place, name);
        assert_eq!(found(&bytes, &everybody), [""; 0], "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let permissions = fs::metadata(place.path(name)).expect("there").permissions();
            assert_eq!(permissions.mode() & 0o777, 0o600);
        }
        let again = lines(&done(place.folder(), &run));
        assert_eq!(again[0]["removed"], serde_json::json!([]));
        assert!(state(&place, name) == bytes, "twice is once");
    }
    // Runs go on: what was read is not read again, and what they show has nothing of the authors.
    for (name, commands) in RUNS {
        for command in commands {
            let run = format!("{command} {} -q --key key --state {name}", sample());
            let shown = done(place.folder(), &run);
            assert_eq!(found(shown.as_bytes(), &everybody), [""; 0], "{run}");
            assert_eq!(found(&state(&place, name), &everybody), [""; 0], "{run}");
        }
    }
}

/// The page of what is kept names each part of a file of state, and no other.
#[test]
fn the_page_names_the_parts_of_the_file() {
    let (place, _) = place();
    let page = fs::read_to_string(project("docs/privacy.md")).expect("the page");
    let section = page.split("\n## file").nth(1).expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let names: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let mut bundle = Bundle::from_bytes(&state(&place, "all")).expect("a state");
    assert!(bundle.remove("desk").is_some());
    let journal = bundle.bytes("journal").expect("a journal");
    let journal: serde_json::Value = serde_json::from_slice(journal).expect("JSON");
    let parts: Vec<&String> = journal.as_object().expect("an object").keys().collect();
    assert_eq!(
        parts,
        ["inputs", "outputs", "report"],
        "tell it on the page"
    );
    for name in names {
        assert!(
            bundle.remove(name).is_some(),
            "{name} is on the page and not kept"
        );
    }
    assert!(bundle == Bundle::new(), "the page lacks parts: {bundle:?}");
}

#[test]
fn the_posts_at_hand_are_taken_off_counts_and_a_folder_is_all_of_its_states() {
    let (place, needles) = place();
    let author = needles.keys().next().expect("one");
    fs::create_dir(place.path("states")).expect("a folder");
    for (name, _) in RUNS {
        fs::rename(place.path(name), place.path(&format!("states/{name}"))).expect("moved");
    }
    place.write("states/notes", "not a state");
    let run = format!(
        "forget --state states --key key --author {author} --posts {} --json",
        sample()
    );
    let reports = lines(&done(place.folder(), &run));
    let files: Vec<&str> = reports
        .iter()
        .filter_map(|one| one["file"].as_str())
        .collect();
    assert_eq!(
        files,
        [
            "states/all",
            "states/queued",
            "states/triaged",
            "states/watched"
        ]
    );
    for report in &reports {
        let rows = report["removed"].as_array().expect("rows");
        let taken = rows
            .iter()
            .filter(|row| row["what"] == "posts taken off the counts");
        assert!(taken.count() > 0, "{report}");
    }
}

#[test]
fn a_list_that_showed_them_is_made_anew_and_what_is_held_back_goes() {
    let place = Place::new();
    let post = |id: &str, author: &str, minute: u32, thread: &str| {
        let text = format!("My refund of {minute} never arrived, this is outrageous!");
        serde_json::json!({
            "id": id, "text": text, "author": {"id": author, "name": "Ann of the hills"},
            "created_at": format!("2026-03-02T08:{minute:02}:00Z"), "channel": "mail",
            "in_reply_to": thread,
        })
        .to_string()
            + "\n"
    };
    let posts = [
        post("first-of-ann", "account-of-ann", 10, ""),
        post("first-of-bob", "account-of-bob", 11, ""),
        post("later-of-ann", "account-of-ann", 40, ""),
        post("later-of-bob", "account-of-bob", 41, "later-of-ann"),
    ];
    place.write("posts", posts.concat());
    let run = "queue posts -q --state s --now 2026-03-02T08:30:00Z --json -o list";
    done(place.folder(), run);
    assert!(place.read("list").contains("first-of-ann"));
    let needles = [
        "first-of-ann",
        "later-of-ann",
        "account-of-ann",
        "refund of 10",
        "refund of 40",
    ];
    let before = String::from_utf8_lossy(&state(&place, "s")).into_owned();
    for needle in needles {
        assert!(before.contains(needle), "{needle}");
    }
    done(
        place.folder(),
        "forget --state s --author account-of-ann -o said",
    );
    assert!(place.read("said").contains("cases' posts"));
    let after = String::from_utf8_lossy(&state(&place, "s")).into_owned();
    for needle in needles {
        assert!(!after.contains(needle), "{needle}");
    }
    assert!(after.contains("later-of-bob") && after.contains("refund of 41"));
    done(place.folder(), run);
    let list = place.read("list");
    assert!(
        !list.contains("of-ann") && list.contains("first-of-bob"),
        "{list}"
    );
}

#[test]
fn lines_of_their_posts_go_from_the_log_of_corrections() {
    let place = Place::new();
    let posts = [("1", "ann"), ("2", "bob"), ("3", "ann")].map(|(id, author)| {
        serde_json::json!({
            "id": id, "text": format!("Where is parcel {id}?"), "author": {"id": author},
            "created_at": "2026-03-02T08:00:00Z", "channel": "mail",
        })
        .to_string()
            + "\n"
    });
    place.write("posts", posts[..2].concat());
    place.write("later", posts[2].clone());
    let label = |post: &str| {
        format!(
            "{{\"post\":\"{post}\",\"task\":\"sentiment\",\"text\":\"parcel {post}\",\"label\":\"negative\",\"by\":\"eva\",\"at\":\"2026-03-03T08:00:00Z\"}}\n"
        )
    };
    let retract =
        "{\"retract\":{\"post\":\"1\"},\"reason\":\"a slip\",\"at\":\"2026-03-03T09:00:00Z\"}\n";
    let log = [label("1"), label("2"), retract.to_owned(), label("3")].concat();
    place.write("log", &log);
    done(place.folder(), "triage --stateful posts -q --state s");
    // The state knows the first, the dump has the other.
    let said = done(
        place.folder(),
        "forget --state s --author ann --corrections log",
    );
    assert!(said.contains("log: 2 lines removed"), "{said}");
    assert_eq!(place.read("log"), label("2") + &label("3"));
    let said = done(
        place.folder(),
        "forget --author ann --corrections log --posts later --json",
    );
    assert_eq!(lines(&said)[0]["corrections"], 1);
    assert_eq!(place.read("log"), label("2"));
}

#[test]
fn what_is_not_there_is_said_in_a_sentence_and_nothing_is_changed() {
    let place = Place::new();
    place.write(
        "posts",
        "{\"id\":\"1\",\"text\":\"x\",\"author\":{\"id\":\"ann\"}}\n",
    );
    place.write("other", "another key, sixteen");
    done(place.folder(), "triage --stateful posts -q --state s");
    let before = state(&place, "s");
    place.write("empty", "# nobody\n");
    place.write("bad", "no line of a log\n{}\n");
    for (arguments, part) in [
        ("forget --state none --author ann", "is not there"),
        ("forget --state s --author ann --key other", "another key"),
        ("forget --state s --author ann --accounts shared", "policy"),
        ("forget --state s --authors-from empty", "no identifier"),
        ("forget --state posts --author ann --key other", "posts"),
        ("forget --state . --author ann --key none", "no none"),
        (
            "forget --state s --author ann --corrections bad",
            "bad, line 1",
        ),
        ("forget --author ann --corrections bad", "--posts"),
    ] {
        let said = refused(place.folder(), arguments);
        assert!(said.contains(part), "{arguments}: {said}");
        assert!(state(&place, "s") == before, "{arguments}");
    }
    let said = done(place.folder(), "forget --state s --author nobody");
    assert!(said.contains("nothing was known"), "{said}");
}
