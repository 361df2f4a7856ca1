//! Compressed inputs, told by their first bytes.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::BUFFER;
use crate::failure::Failure;

/// What is behind the first bytes of a source: `name` is named where it can't be read.
pub(super) fn unpacked(
    name: &str,
    magic: &[u8],
    whole: impl Read + Send + 'static,
) -> Result<Unpacked, Failure> {
    let buffered = BufReader::with_capacity(BUFFER, whole);
    Ok(match magic {
        [0x1F, 0x8B, ..] => Unpacked::Archive(Box::new(MultiGzDecoder::new(buffered))),
        // A frame, or one of the sixteen kinds of frame that are to be skipped.
        [0x28, 0xB5, 0x2F, 0xFD] | [0x50..=0x5F, 0x2A, 0x4D, 0x18] => {
            Unpacked::Archive(Box::new(Zstandard::new(buffered)))
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return Err(Failure::message(format!(
                "{name} is UTF-16; convert it, for instance with `iconv -f UTF-16 -t UTF-8`"
            )));
        }
        _ => Unpacked::Plain(Box::new(buffered.into_inner())),
    })
}

/// A source as it is to be read.
pub(super) enum Unpacked {
    Archive(Box<dyn Read + Send>),
    Plain(Box<dyn Read + Send>),
}

/// Zstandard frames, one behind the other, as parallel compressors write them.
struct Zstandard<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstandard<R> {
    fn new(source: R) -> Zstandard<R> {
        Zstandard {
            source,
            decoder: FrameDecoder::new(),
            in_frame: false,
        }
    }

    /// Begins the next frame; false at the end of the source.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let mut skipped = (&mut self.source).take(length);
                    if io::copy(&mut skipped, &mut io::sink())? < length {
                        return Err(io::Error::new(
                            io::ErrorKind::UnexpectedEof,
                            "a frame that is to be skipped is cut",
                        ));
                    }
                }
                Err(error) => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        error.to_string(),
                    ));
                }
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstandard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let invalid = |error: FrameDecoderError| {
            io::Error::new(io::ErrorKind::InvalidData, error.to_string())
        };
        loop {
            if !self.in_frame {
                if !self.begin()? {
                    return Ok(0);
                }
                self.in_frame = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let some = BlockDecodingStrategy::UptoBytes(BUFFER);
                self.decoder
                    .decode_blocks(&mut self.source, some)
                    .map_err(invalid)?;
            }
            let count = self.decoder.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            let stored = self.decoder.get_checksum_from_data();
            if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the checksum of a frame is wrong",
                ));
            }
            self.in_frame = false;
        }
    }
}
