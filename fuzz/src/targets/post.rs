//! Posts as lines of JSON, and maps of fields.

use hearken::Post;
use hearken::post::{FieldMap, Reader};

use super::{SEPARATOR, refused};
use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A line, or a map of fields, a separator and a line.
pub const POST: Target = Target {
    name: "post",
    run: post,
    frame: Frame::Plain,
    seeds: seeds::posts,
    tokens: TOKENS,
};

/// A line of JSON, or a map of fields, a separator and a line.
///
/// Reading never panics, and the map of a post's own names reads what [`Post::from_json`] reads.
fn post(data: &[u8]) -> Outcome {
    let input = String::from_utf8_lossy(data);
    if let Some((map, line)) = input.split_once(SEPARATOR) {
        let map = match FieldMap::preset(map).or_else(|_| FieldMap::parse(map)) {
            Ok(map) => map,
            Err(error) => return refused(&error),
        };
        for post in map.unpack(line).into_iter().flatten() {
            let _ = map.read(&post);
        }
        let lenient = Reader::new().map(map.clone()).read(line);
        return match map.read(line) {
            Ok(_) if lenient.is_err() => panic!("a lenient reader refuses what a strict one reads"),
            Ok(_) => Outcome::Accepted("mapped"),
            Err(error) => refused(&error),
        };
    }
    let read = Post::from_json(&input);
    let mapped = FieldMap::default().read(&input);
    match (read, mapped) {
        (Ok(read), Ok(mapped)) => {
            assert_eq!(read, mapped, "by its own names the map reads another post");
            let _ = read.age_at_counts();
            Outcome::Accepted("post")
        }
        (Err(error), Err(_)) => refused(&error),
        // A map looks at the whole line, so a field that `Post::from_json` passes over must be a
        // value of JSON that 64 bits hold too.
        (Ok(_), Err(_)) if serde_json::from_str::<serde_json::Value>(&input).is_err() => {
            Outcome::Accepted("post that no map reads")
        }
        (read, mapped) => panic!("from_json: {read:?}\nthe default map: {mapped:?}"),
    }
}

const TOKENS: &[&str] = &[
    "\"text\":",
    "\"id\":",
    "\"created_at\":",
    "\"author\":{",
    "\"engagement\":{",
    "\"customer\":{",
    "\"role\":\"agent\"",
    "\"collected_at\":",
    "null",
    "true",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\ud83d",
    "\\ude00",
    "\\u0000",
    "\\\\",
    "1e400",
    "-0",
    "1.5",
    "9007199254740993",
    "18446744073709551616",
    "253402300799",
    "\"2026-03-01T08:00:60Z\"",
    "\"Mon, 02 Mar 2026 08:00:00 +0000\"",
    "\"Mon Mar 02 08:00:00 +0000 2026\"",
    "text=",
    "full_text|text",
    "author.followers=user.followers_count",
    "users.0.name",
    "references[type=reply].id",
    "channel='mail'",
    "=",
    "|",
    "'",
    ".",
    "\n",
];
