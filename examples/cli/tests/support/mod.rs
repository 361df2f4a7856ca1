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
