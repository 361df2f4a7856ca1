//! Exports of other programs: each preset and each documented map on a file of the program's public
//! shape, read as the posts that stand beside it.

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use hearken_cli::input::Inputs;
use hearken_cli::options::PostOptions;
use serde_json::Value;
use support::{Place, done, error, lines, out, project};

/// What stands on the command line of each file, beside its name.
const EXPORTS: [(&str, &[&str]); 18] = [
    ("bluesky.json", &["--preset", "bluesky"]),
    ("bluesky-firehose.jsonl", &["--preset", "bluesky"]),
    ("chatwoot.json", &["--preset", "chatwoot"]),
    ("facebook.json", &["--map", FACEBOOK]),
    ("intercom.json", &["--map", INTERCOM]),
    ("mail.eml", &[]),
    ("mailbox.mbox", &[]),
    ("mastodon.json", &["--preset", "mastodon"]),
    ("reddit.json", &["--preset", "reddit"]),
    (
        "reviews.csv",
        &[
            "--time-zone",
            "Europe/Prague",
            "--map",
            "engagement.likes=Likes",
        ],
    ),
    ("reviews.tsv", &[]),
    ("telegram.json", &["--preset", "telegram"]),
    ("twitter-v1.json", &["--preset", "twitter-v1"]),
    ("twitter-v2.json", &["--preset", "twitter-v2"]),
    ("weibo.json", &["--preset", "weibo"]),
    ("xiaohongshu.json", &["--map", XIAOHONGSHU]),
    ("youtube.json", &["--preset", "youtube"]),
    ("zendesk.json", &["--preset", "zendesk"]),
];

/// The maps of the README, which a test compares.
const FACEBOOK: &str = "each=data,text=message,created_at=created_time,channel='facebook',in_reply_to=parent.id,author.id=from.id,author.name=from.name,engagement.likes=like_count|likes.summary.total_count,engagement.replies=comment_count|comments.summary.total_count,engagement.reposts=shares.count";
const INTERCOM: &str = "each=conversations,text=source.body,channel=source[type=email]?'mail'|source.type,author.id=source.author.id,author.name=source.author.name,role=source.author[type=admin]?'agent'|'customer'";
const XIAOHONGSHU: &str = "each=data.comments,nested=sub_comments,text=content,created_at=create_time,channel='xiaohongshu',thread=note_id,in_reply_to=target_comment.id,author.id=user_info.user_id,author.name=user_info.nickname,engagement.likes=like_count,engagement.replies=sub_comment_count";

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    posts: PostOptions,
    files: Vec<PathBuf>,
}

fn export(name: &str) -> PathBuf {
    project("examples/cli/tests/exports").join(name)
}

/// The posts of a file, as they are handed to the engine.
fn posts(file: PathBuf, arguments: &[&str]) -> Vec<Result<Value, String>> {
    let options = Options::parse_from([&["test"], arguments].concat());
    let reader = options.posts.reader(None).map_err(|_| ()).unwrap();
    let inputs = reader.inputs(Inputs::check(&[file]).map_err(|_| ()).unwrap());
    let mut posts = Vec::new();
    let read = inputs.each_block(&Arc::default(), |block| {
        for line in &block.lines {
            let post = reader.post(&block, line);
            posts.push(post.map(|post| serde_json::to_value(&post).unwrap()));
        }
        Ok(())
    });
    read.unwrap();
    assert!(options.files.is_empty());
    posts
}

#[test]
fn each_export_is_read_as_the_posts_beside_it() {
    for (name, arguments) in EXPORTS {
        let posts: Vec<Value> = posts(export(name), arguments)
            .into_iter()
            .map(|post| post.unwrap_or_else(|reason| panic!("{name}: {reason}")))
            .collect();
        let expected =
            std::fs::read_to_string(export(&format!("{name}.posts"))).unwrap_or_default();
        let shown: String = posts.iter().map(|post| format!("{post}\n")).collect();
        assert_eq!(shown, expected, "{name}");
    }
}

#[test]
fn each_export_is_answered_whole() {
    let place = Place::new();
    for (name, arguments) in EXPORTS {
        let file = export(name).display().to_string();
        let command = [&["triage", "-q", "--strict", &*file], arguments].concat();
        let answers = lines(&out(&place.run(&command[..]).success()));
        let expected =
            std::fs::read_to_string(export(&format!("{name}.posts"))).unwrap_or_default();
        let ids = |lines: Vec<Value>| -> Vec<Value> {
            lines.into_iter().map(|line| line["id"].clone()).collect()
        };
        assert_eq!(ids(answers), ids(lines(&expected)), "{name}");
    }
}

#[test]
fn the_maps_of_the_readme_are_those_that_are_tested() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    for map in [FACEBOOK, INTERCOM, XIAOHONGSHU] {
        assert!(readme.contains(map), "{map}");
    }
}

/// The texts of a file of this content.
fn texts(content: &[u8], arguments: &[&str]) -> Vec<Result<String, String>> {
    let place = Place::new();
    place.write("posts", content);
    let texts = posts(place.path("posts"), arguments).into_iter();
    texts
        .map(|post| post.map(|post| post["text"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn shapes_are_told_by_content_and_said_by_format() {
    let ok = |texts: &[&str]| -> Vec<Result<String, String>> {
        texts.iter().map(|text| Ok((*text).to_owned())).collect()
    };
    for (content, arguments, expected) in [
        (
            "[{\"text\":\"a\"},{\"text\":\"快递丢了\"}]",
            &[][..],
            &["a", "快递丢了"][..],
        ),
        (
            "[\n  {\n    \"text\": \"a\"\n  },\n  {\n    \"text\": \"包裹還沒到\"\n  }\n]\n",
            &[],
            &["a", "包裹還沒到"],
        ),
        (
            "{\n  \"text\": \"Balík\"\n}\n{\n  \"text\": \"b\"\n}\n",
            &[],
            &["Balík", "b"],
        ),
        ("{\"text\":\"a\"}\n{\"text\":\"b\"}", &[], &["a", "b"]),
        (
            "{\"text\":\"a\"} {\"text\":\"b\"}\n",
            &["--format", "json"],
            &["a", "b"],
        ),
        ("text\na\nb\n", &[], &["a", "b"]),
        (
            "\"id\",\"TEXT\"\n1,\"a, \"\"b\"\"\nc\"\n",
            &[],
            &["a, \"b\"\nc"],
        ),
        ("id;text\n1;a,b\n", &[], &["a,b"]),
        ("id\ttext\n1\ta, \"b\n", &["--format", "tsv"], &["a, \"b"]),
        (
            "Author,Post text\nEva,a\n",
            &["--map", "text=Post text,author.name=Author"],
            &["a"],
        ),
        (
            "{\"data\":[{\"message\":\"a\"},\n{\"message\":\"b\"}]}",
            &["--map", "each=data,text=message"],
            &["a", "b"],
        ),
        (
            "{\"data\":[{\"message\":\"a\"}]}\n{\"data\":[{\"message\":\"b\"}]}\n{\"message\":\"c\"}\n",
            &["--map", "each=data,text=message"],
            &["a", "b", "c"],
        ),
        ("[]", &[], &[]),
        ("", &[], &[]),
        (
            "From: a@example.com\nSubject: x\n\nbody\n",
            &["--map", "text=text"],
            &["body"],
        ),
        (
            "Subject: x\r\nFrom: a@example.com\r\n\r\nbody\r\n",
            &["--format", "eml"],
            &["x\n\nbody"],
        ),
    ] {
        assert_eq!(
            texts(content.as_bytes(), arguments),
            ok(expected),
            "{content}"
        );
    }
}

#[test]
fn what_is_broken_in_a_table_or_document_spoils_no_more_than_itself() {
    let read = texts(b"id,text\n1,a\n2,b,c\n3\n4,\xFF\n5,e\n", &[]);
    let shown: Vec<String> = read
        .into_iter()
        .map(|text| text.unwrap_or_else(|reason| format!("! {reason}")))
        .collect();
    assert_eq!(shown[0], "a");
    assert!(
        shown[1].starts_with("! the row has 3 cells, and the header 2 columns"),
        "{}",
        shown[1]
    );
    assert!(shown[2].contains("no `text`"), "{}", shown[2]);
    assert!(shown[3].contains("not UTF-8"), "{}", shown[3]);
    assert_eq!(shown[4], "e");
    let read = texts(
        b"[{\"text\":\"a\"},{\"text\":},7,{\"text\":\"b\"},{\"te",
        &[],
    );
    let found: Vec<bool> = read.iter().map(Result::is_ok).collect();
    assert_eq!(found, [true, false, false, true, false]);
}

#[test]
fn mails_of_any_bytes_are_no_panic() {
    let whole = std::fs::read(export("mailbox.mbox")).unwrap();
    // A small generator of our own: the same bytes in every run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    for _ in 0..300 {
        let mut bytes = whole.clone();
        bytes.truncate(draw(whole.len() + 1));
        for _ in 0..draw(12) {
            let at = draw(bytes.len());
            match (draw(3), bytes.get_mut(at)) {
                (0, Some(byte)) => *byte = u8::try_from(draw(256)).unwrap(),
                (1, Some(_)) => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\n:;=?\"<\\\xE5-"[draw(10)]),
            }
        }
        for format in ["mbox", "eml"] {
            let _ = texts(&bytes, &["--format", format]);
        }
    }
}

#[test]
fn what_could_not_be_read_is_counted_by_field_and_a_zone_is_named_once() {
    let place = Place::new();
    place.write(
        "posts.jsonl",
        "{\"text\":\"a\",\"created_at\":\"2026-03-01 08:15:00\"}\n{\"text\":\"b\",\"created_at\":\"soon\",\"author\":{\"followers\":\"many\"}}\n\
         {\"text\":\"c\",\"created_at\":\"3/1/2026 8:15 AM\"}\n{\"text\":\"d\",\"created_at\":\"N/A\"}\n",
    );
    let run = place.run("triage posts.jsonl --strict").success();
    assert_eq!(out(&run).lines().count(), 4);
    let said = error(&run);
    for part in [
        "without `created_at`, which can't be read: 2; the first is \"soon\" in posts.jsonl, line 2\n",
        "without `author.followers`, which can't be read: 1; the first is \"many\" in posts.jsonl, line 2\n",
        "no zone, taken as UTC: 1; --time-zone ZONE",
    ] {
        assert_eq!(said.matches(part).count(), 1, "{part} in {said}");
    }
    let said = error(
        &place
            .run("triage posts.jsonl --time-zone Asia/Shanghai --date-order mdy")
            .success(),
    );
    assert!(
        !said.contains("taken as UTC") && said.contains("can't be read: 1; the first is \"soon\""),
        "{said}"
    );
    let said = error(&place.run("triage posts.jsonl -q").success());
    assert_eq!(
        said,
        "hearken: fields that can't be read, left out of their posts: author.followers 1, created_at 2\n"
    );
    // The same with any number of threads.
    let one = place.run("triage posts.jsonl --threads 1").success();
    let three = place.run("triage posts.jsonl --threads 3").success();
    let sentences = |said: String| {
        said.lines()
            .filter(|line| line.starts_with("hearken:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(sentences(error(&one)), sentences(error(&three)));
}

#[test]
fn nothing_accepted_of_something_is_an_exit_code_and_nothing_of_nothing_is_none() {
    let place = Place::new();
    place.write("none.jsonl", "{\"body\":\"a\"}\n{\"body\":\"b\"}\n");
    place.write("one.jsonl", "{\"body\":\"a\"}\n{\"text\":\"b\"}\n");
    place.write("empty.jsonl", "\n");
    place.write("header.csv", "id,text\n");
    for (command, code) in [
        ("triage none.jsonl", 1),
        ("trends none.jsonl", 1),
        ("queue none.jsonl", 1),
        ("triage one.jsonl", 0),
        ("triage none.jsonl one.jsonl", 0),
        ("triage empty.jsonl", 0),
        ("triage header.csv", 0),
    ] {
        place.run(command).code(code);
    }
}

#[test]
fn a_wrong_option_or_table_is_one_sentence_with_its_mend() {
    let place = Place::new();
    place.write("posts.csv", "id,body\n1,a\n");
    place.write(
        "open.csv",
        [b"id,text\n1,\"".to_vec(), vec![b'a'; 17 << 20]].concat(),
    );
    for (command, parts) in [
        (
            "triage posts.csv",
            &[
                "posts.csv is a table without the text",
                "id, body",
                "--map text=COLUMN",
            ][..],
        ),
        ("triage open.csv", &["open.csv", "close its quote"]),
        (
            "triage posts.csv --time-zone Atlantis",
            &["--time-zone", "`Atlantis`", "Europe/Prague"],
        ),
        (
            "triage posts.csv --date-order ymd",
            &["--date-order", "dmy", "mdy"],
        ),
        ("triage posts.csv --format xml", &["--format", "jsonl"]),
    ] {
        support::assert_refused(place.run(command), parts);
    }
    let table = done(place.folder(), "triage posts.csv --map text=body -q");
    assert_eq!(lines(&table).len(), 1);
    let explained = done(place.folder(), "explain posts.csv --map text=body --json");
    assert_eq!(lines(&explained)[0]["id"], "1");
}
