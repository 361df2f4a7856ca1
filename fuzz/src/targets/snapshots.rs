//! Snapshots of every kind.

use hearken::campaign::Campaigns;
use hearken::context::Memory;
use hearken::desk;
use hearken::novelty::Novelty;
use hearken::queue::Queue;
use hearken::series::surprise::Detector;
use hearken::snapshot::{Bundle, Snapshot};
use hearken::stream::Remembered;
use hearken::trend::{Trends, Watch};
use hearken_cli::journal::Journal;

use super::refused;
use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A snapshot.
pub const SNAPSHOTS: Target = Target {
    name: "snapshots",
    run: snapshots,
    frame: Frame::Snapshot,
    seeds: seeds::snapshots,
    tokens: TOKENS,
};

/// A file of state, as the command line keeps it.
pub const BUNDLE: Target = Target {
    name: "bundle",
    run: bundle,
    frame: Frame::Bundle,
    seeds: seeds::bundles,
    tokens: &[
        "journal",
        "desk",
        "queue",
        "\"inputs\":[",
        "\"outputs\":[",
        "\"items\":",
        "{",
        "}",
        "]",
    ],
};

/// A file of state is refused, or it gives its own bytes; its journal and its states are refused,
/// or give what they gave.
fn bundle(data: &[u8]) -> Outcome {
    let bundle = match Bundle::from_bytes(data) {
        Ok(bundle) => bundle,
        Err(error) => return refused(&error),
    };
    assert!(bundle.to_bytes() == data, "a file of state changes");
    for name in ["desk", "queue"] {
        if let Some(state) = bundle.bytes(name) {
            snapshots(state);
        }
    }
    let Some(journal) = bundle.bytes("journal") else {
        return Outcome::Accepted("without a journal");
    };
    let Ok(journal) = serde_json::from_slice::<Journal>(journal) else {
        return Outcome::Refused("the journal".into());
    };
    let bytes = serde_json::to_vec(&journal).expect("a journal can be written");
    let again: Journal = serde_json::from_slice(&bytes).expect("its own bytes");
    assert_eq!(again.inputs(), journal.inputs(), "a journal changes");
    Outcome::Accepted("with a journal")
}

/// A snapshot of any kind.
///
/// It is refused, or its state is written to bytes that give the same bytes when they are read and
/// written again. (They may differ from the input's: a number has several forms in postcard, of
/// which hearken writes the shortest.)
fn snapshots(data: &[u8]) -> Outcome {
    fn read<S: Snapshot>(data: &[u8], last: Outcome) -> Outcome {
        if matches!(last, Outcome::Accepted(_)) {
            return last;
        }
        let state = match S::from_bytes(data) {
            Ok(state) => state,
            Err(error) => {
                // Of nine refusals that of the kind it claims to be says most.
                let Outcome::Refused(message) = refused(&error) else {
                    return last;
                };
                let other_kind = message.contains("this is a snapshot of");
                return if other_kind {
                    last
                } else {
                    Outcome::Refused(message)
                };
            }
        };
        let bytes = state
            .to_bytes()
            .expect("a state that was read can be written");
        let again = match S::from_bytes(&bytes) {
            Ok(again) => again.to_bytes().expect("it could be written before"),
            Err(error) => panic!(
                "a snapshot of {} refuses its own bytes: {error}",
                std::any::type_name::<S>()
            ),
        };
        assert!(
            again == bytes,
            "a snapshot of {} changes when it is read again",
            std::any::type_name::<S>()
        );
        Outcome::Accepted(std::any::type_name::<S>())
    }
    let none = Outcome::Refused("of no known kind".into());
    let outcome = read::<Campaigns>(data, none);
    let outcome = read::<Memory>(data, outcome);
    let outcome = read::<Novelty>(data, outcome);
    let outcome = read::<Remembered>(data, outcome);
    let outcome = read::<Queue>(data, outcome);
    let outcome = read::<Trends>(data, outcome);
    let outcome = read::<Watch>(data, outcome);
    let outcome = read::<Detector>(data, outcome);
    read::<desk::Remembered>(data, outcome)
}

const TOKENS: &[&str] = &[
    "\u{0}", "\u{1}", "\u{7f}", "all", "en", "zh", "cs", "twitter", "#tag", "u1",
];
