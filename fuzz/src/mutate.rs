//! Seeded mutations: the same seed and the same pool of inputs give the same mutants everywhere.

use crate::Target;
use crate::frame::Frame;

/// The longest mutant, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// SplitMix64 (Steele and others, OOPSLA 2014).
pub struct Draws(pub u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    /// A number below `end`; 0 where `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }

    /// True once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A mutant of one of `pool`, which holds at least one input.
pub fn mutant(draws: &mut Draws, target: &Target, pool: &[Vec<u8>]) -> Vec<u8> {
    let parent = &pool[draws.below(pool.len())];
    let other = &pool[draws.below(pool.len())];
    // Once in 16 the frame itself is broken.
    if !draws.once_in(16)
        && let Some((head, parts)) = target.frame.parts(parent)
    {
        let mut parts: Vec<Vec<u8>> = parts.into_iter().map(<[u8]>::to_vec).collect();
        let at = draws.below(parts.len());
        // What is spliced in comes from the same place of the other input.
        let donor = target.frame.parts(other).map(|(_, donor)| donor[at]);
        let tokens = if target.frame == Frame::Model && at == 1 {
            &[]
        } else {
            target.tokens
        };
        change(draws, &mut parts[at], donor.unwrap_or(other), tokens);
        return target.frame.join(head, &parts);
    }
    let mut input = parent.clone();
    change(draws, &mut input, other, target.tokens);
    input
}

/// Changes `input` in one to eight places, one being most likely.
fn change(draws: &mut Draws, input: &mut Vec<u8>, other: &[u8], tokens: &[&str]) {
    let mut again = 8;
    while again > 0 {
        step(draws, input, other, tokens);
        again = if draws.once_in(2) { again - 1 } else { 0 };
    }
    input.truncate(MAX_BYTES);
}

/// Whole numbers at the ends of their types, as postcard and LEB128 write them.
const ENDS: [&[u8]; 6] = [
    &[0],
    &[0x7f],
    &[0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
];

fn step(draws: &mut Draws, input: &mut Vec<u8>, other: &[u8], tokens: &[&str]) {
    let at = draws.below(input.len() + 1);
    let most = [4, 16, 256][draws.below(3)];
    let length = 1 + draws.below(most);
    let end = (at + length).min(input.len());
    match draws.below(11) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << draws.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = draws.next() as u8;
            }
        }
        2 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = byte.wrapping_add(if draws.once_in(2) { 1 } else { 255 });
            }
        }
        3 => input.truncate(at),
        4 => drop(input.drain(at..end)),
        // Something twice, or once more elsewhere.
        5 => {
            let copy = input[at..end].to_vec();
            let to = draws.below(input.len() + 1);
            drop(input.splice(to..to, copy));
        }
        6 => {
            let from = draws.below(other.len() + 1);
            let copy = &other[from..(from + length).min(other.len())];
            drop(input.splice(at..end, copy.iter().copied()));
        }
        // The beginning of this and the end of the other.
        7 => {
            let from = draws.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        8 => {
            let number = ENDS[draws.below(ENDS.len())];
            let end = if draws.once_in(2) {
                at
            } else {
                (at + number.len()).min(input.len())
            };
            drop(input.splice(at..end, number.iter().copied()));
        }
        // Another number in the place of one that is written in digits.
        9 => {
            let Some(start) = input[at..].iter().position(u8::is_ascii_digit) else {
                return;
            };
            let start = at + start;
            let digits = input[start..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit());
            let end = start + digits.count();
            let number = [
                "0",
                "-1",
                "1",
                "7",
                "255",
                "65536",
                "4294967296",
                "1e308",
                "0.5",
            ];
            drop(input.splice(start..end, number[draws.below(number.len())].bytes()));
        }
        _ => {
            let token = tokens.get(draws.below(tokens.len())).copied().unwrap_or("");
            let end = if draws.once_in(4) { end } else { at };
            drop(input.splice(at..end, token.bytes()));
        }
    }
}
