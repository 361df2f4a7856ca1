//! Snapshots of every kind.

use hearken::campaign::Campaigns;
use hearken::context::Memory;
use hearken::desk;
use hearken::novelty::Novelty;
use hearken::queue::Queue;
use hearken::series::surprise::Detector;
use hearken::snapshot::Snapshot;
use hearken::stream::Remembered;
use hearken::trend::{Trends, Watch};

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
