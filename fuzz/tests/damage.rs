//! Every byte of a small model and of a small snapshot of each kind is flipped, and each is cut at
//! every length: all of it is refused, for the checksum notices it. Then the same with a true
//! checksum: nothing panics.

use std::panic;

use hearken_fuzz::{Outcome, Target, target};

/// Snapshots that are longer are flipped at every 64th byte only, so that the test takes seconds.
const MOST_BYTES: usize = 6000;

fn refused(target: &Target, input: &[u8]) -> bool {
    matches!((target.run)(input), Outcome::Refused(_))
}

fn step(seed: &[u8]) -> usize {
    if seed.len() > MOST_BYTES { 64 } else { 1 }
}

#[test]
fn damage_is_refused() {
    for name in ["model", "snapshots"] {
        let target = target(name).expect("a target");
        for seed in (target.seeds)() {
            assert!(!refused(target, &seed), "{name}: a sound file is refused");
            for at in (0..seed.len()).step_by(step(&seed)) {
                assert!(refused(target, &seed[..at]), "{name} cut at {at}");
                for bit in 0..8 {
                    let mut damaged = seed.clone();
                    damaged[at] ^= 1 << bit;
                    assert!(refused(target, &damaged), "{name} with byte {at} flipped");
                }
            }
        }
    }
}

#[test]
fn damage_under_a_true_checksum_panics_nowhere() {
    for name in ["model", "snapshots"] {
        let target = target(name).expect("a target");
        for seed in (target.seeds)() {
            let Some((head, parts)) = target.frame.parts(&seed) else {
                panic!("{name} has no frame");
            };
            let parts: Vec<Vec<u8>> = parts.into_iter().map(<[u8]>::to_vec).collect();
            for part in 0..parts.len() {
                for at in (0..parts[part].len()).step_by(step(&seed)) {
                    let mut flipped = parts.clone();
                    flipped[part][at] ^= 1 << (at % 8);
                    let mut cut = parts.clone();
                    cut[part].truncate(at);
                    for damaged in [flipped, cut] {
                        let input = target.frame.join(head, &damaged);
                        let run = panic::catch_unwind(|| (target.run)(&input));
                        assert!(run.is_ok(), "{name}: part {part}, byte {at}");
                    }
                }
            }
        }
    }
}
