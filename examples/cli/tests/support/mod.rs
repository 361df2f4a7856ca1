//! What the tests of the command line share.

mod harness;

#[allow(unused_imports, reason = "each test takes what it needs")]
pub(crate) use harness::*;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_hearken");
