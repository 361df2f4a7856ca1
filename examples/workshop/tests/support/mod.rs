//! What the tests of the workshop share: the command line's harness with another program.

#[path = "../../../cli/tests/support/harness.rs"]
mod harness;

#[allow(unused_imports, reason = "each test takes what it needs")]
pub(crate) use harness::*;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_workshop");
