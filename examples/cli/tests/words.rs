//! `words`, end to end: what the dictionary lacks is listed, and kept whole where it is given back.

mod support;

use support::{Place, assert_refused, error, out};

#[test]
fn a_name_is_listed_and_then_kept_whole() {
    let place = Place::new();
    let texts = [
        "昨天买的沙棠洗发水，味道很好",
        "客服说沙棠没有货",
        "沙棠什么时候发货？",
        "还是沙棠好用",
        "沙棠的套装，很满意",
    ];
    let lines = texts.map(|text| format!("{{\"text\":\"{text}\"}}\n"));
    place.write("posts.jsonl", lines.concat());
    let run = place.run("words posts.jsonl -o words.tsv").success();
    assert_eq!(
        error(&run),
        "1 words that the dictionary lacks, in 5 posts\n"
    );
    assert_eq!(place.read("words.tsv"), "沙棠\t5\n");
    let again = place
        .run("words posts.jsonl --words words.tsv -q")
        .success();
    assert_eq!(out(&again), "");
    assert_refused(
        place.run("words posts.jsonl --words none.tsv"),
        &["the words none.tsv can't be read"],
    );
    assert_refused(
        place.run("words posts.jsonl --by brand"),
        &["leave --by out"],
    );
}
