//! What the tests of the command line share.

mod harness;

#[allow(unused_imports, reason = "each test takes what it needs")]
pub(crate) use harness::*;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_hearken");

/// The milliseconds of a moment of a line of JSON, which is RFC 3339.
#[allow(dead_code, reason = "not each test reads times")]
pub(crate) fn moment(value: &serde_json::Value) -> i64 {
    let time: jiff::Timestamp = value.as_str().expect("a text").parse().expect("a moment");
    time.as_millisecond()
}

/// The answers' ids, in order; each line must be an answer.
#[allow(dead_code, reason = "not each test reads answers")]
pub(crate) fn ids(output: &str) -> Vec<String> {
    let id = |line: &str| {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        for part in ["language", "spam", "importance", "topics", "sentiment"] {
            assert!(answer.get(part).is_some(), "{part} is missing in {line}");
        }
        answer["id"].as_str().unwrap_or_default().to_owned()
    };
    output.lines().map(id).collect()
}

/// Lines of posts with these numbers as their ids.
#[allow(dead_code, reason = "not each test writes posts")]
pub(crate) fn posts(range: std::ops::Range<usize>) -> String {
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

/// The ids of [`posts`].
#[allow(dead_code, reason = "not each test writes posts")]
pub(crate) fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| id.to_string()).collect()
}

#[allow(dead_code, reason = "not each test compresses")]
pub(crate) fn zstandard(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}
