//! The detector of bursts in a series of numbers.

use arbitrary::Unstructured;
use hearken::series::surprise::{Detector, Row, Settings};
use hearken::snapshot::Snapshot;

use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// Rows of times and values.
pub const SERIES: Target = Target {
    name: "series",
    run: series,
    frame: Frame::Plain,
    seeds: seeds::scripts,
    tokens: &[],
};

/// Most rows of an input.
const MAX_ROWS: usize = 2000;

/// Bytes as rows: a byte that says how the value is made, and its bytes.
///
/// A score is between 0 and 1, what is expected is a number, and a detector that is written and
/// read goes on as if nothing had been.
fn series(data: &[u8]) -> Outcome {
    let mut detector = Detector::new(Settings::default()).expect("the usual settings are sound");
    let mut bytes = Unstructured::new(data);
    let (mut at, mut value, mut missing) = (0_i64, 0.0_f64, 0);
    for row in 0..MAX_ROWS {
        let Ok(how) = bytes.arbitrary::<u8>() else {
            break;
        };
        // A short row for small steps, so that a few kilobytes make a long series.
        let next = match how % 8 {
            0 => bytes.arbitrary::<f64>(),
            1 => bytes.arbitrary::<f64>().map(|factor| value * factor),
            2 => bytes.arbitrary::<u16>().map(f64::from),
            _ => Ok(f64::from(how)),
        };
        let step = match how % 31 {
            0 => bytes.arbitrary::<i64>(),
            _ => Ok(300_000),
        };
        let (Ok(next), Ok(step)) = (next, step) else {
            break;
        };
        (at, value) = (at.wrapping_add(step), next);
        let score = detector.observe(at, value);
        assert!((0.0..=1.0).contains(&score.score), "score {}", score.score);
        assert!(
            score.expected.is_none_or(f64::is_finite),
            "{:?} is expected",
            score.expected
        );
        missing += usize::from(score.row == Row::Missing);
        assert_eq!(score.row == Row::Missing, !value.is_finite());
        if row == 40 {
            let kept = detector.to_bytes().expect("a detector can be written");
            let read = Detector::from_bytes(&kept).expect("its own bytes");
            assert!(read == detector, "a detector changes when it is kept");
        }
    }
    Outcome::Refused(format!("{} missing", missing.min(3)))
}
