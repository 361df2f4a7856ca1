//! The frames of files: a mutation goes into what a frame holds, and the frame is put round it
//! again with true lengths and a true checksum. Else no mutation would get past the checksum, which
//! is made to catch just that.

use hearken::internals::checksum;

/// Bytes of a checksum.
const SUM: usize = 8;

/// How an input is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not at all.
    Plain,
    /// As a model: what is before the header's length, the header, the rows, the checksum.
    Model,
    /// As a snapshot: what is before the state, the state, the checksum.
    Snapshot,
    /// As a file of state: magic and version, the parts with their number, the checksum.
    Bundle,
}

impl Frame {
    /// The parts that can be mutated each by itself, in their order, after a part that stays; none
    /// where the input is not framed.
    pub fn parts(self, input: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
        let length = |at: usize| {
            let bytes = input.get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let content = input.len().checked_sub(SUM)?;
        let (head, parts) = match self {
            Frame::Plain => return None,
            Frame::Model => {
                let rows = length(12)?.checked_add(16)?;
                (
                    input.get(..12)?,
                    vec![input.get(16..rows)?, input.get(rows..content)?],
                )
            }
            Frame::Snapshot => {
                let state = length(8)?.checked_add(16)?;
                (input.get(..state)?, vec![input.get(state..content)?])
            }
            Frame::Bundle => (input.get(..12)?, vec![input.get(12..content)?]),
        };
        Some((head, parts))
    }

    /// The input of these parts, with a true length of a model's header and a true checksum.
    pub fn join(self, head: &[u8], parts: &[Vec<u8>]) -> Vec<u8> {
        let mut input = head.to_vec();
        for (at, part) in parts.iter().enumerate() {
            if self == Frame::Model && at == 0 {
                input.extend_from_slice(&(part.len() as u32).to_le_bytes());
            }
            input.extend_from_slice(part);
        }
        if self != Frame::Plain {
            let sum = checksum(&input);
            input.extend_from_slice(&sum.to_le_bytes());
        }
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TARGETS;

    /// If a form of file changes and this frame does not, every mutation would be refused
    /// at the door.
    #[test]
    fn parts_of_every_seed_join_to_the_seed() {
        for target in &TARGETS {
            for seed in (target.seeds)() {
                let Some((head, parts)) = target.frame.parts(&seed) else {
                    assert_eq!(target.frame, Frame::Plain, "{}", target.name);
                    continue;
                };
                let parts: Vec<Vec<u8>> = parts.into_iter().map(<[u8]>::to_vec).collect();
                assert_eq!(target.frame.join(head, &parts), seed, "{}", target.name);
            }
        }
    }
}
