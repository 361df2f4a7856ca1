//! Telephone numbers, by the shapes of the numbering plans.

use super::pattern::PHONE;
use super::{EntityKind, Found, Scan};

/// The shortest telephone number, in bytes, with its separators: no shape of [`PHONE`] has fewer. A
/// cheap test before the expression runs.
const MIN_BYTES: usize = 10;

impl Scan<'_> {
    /// A telephone number that starts at `at` with a digit, `+` or `(`.
    pub(super) fn phone(&self, at: usize) -> Option<Found> {
        let byte = self.byte(at)?;
        let in_number = |byte: &u8| {
            byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'+')
        };
        let long = self
            .bytes
            .get(at..at + MIN_BYTES)
            .is_some_and(|bytes| bytes.iter().all(in_number));
        if !long || (!byte.is_ascii_digit() && !self.is(at + 1, |byte| byte.is_ascii_digit())) {
            return None;
        }
        if !self.may_begin_phone(at) {
            return None;
        }
        let end = self.end_of(&PHONE, at)?;
        self.may_end_phone(at, end)
            .then_some((EntityKind::Phone, at, end))
    }

    /// Whether what stands before `at` leaves a telephone number possible.
    fn may_begin_phone(&self, at: usize) -> bool {
        let touched = match self.byte_before(at) {
            Some(b'_' | b'#' | b'$' | b'+') => true,
            // The tail of a longer number, a date, a path, an order `ab-138…`.
            Some(before @ (b'.' | b',' | b'-' | b'/' | b':')) => {
                at >= 2
                    && self.is(at - 2, |byte| {
                        byte.is_ascii_digit() || (before == b'-' && byte.is_ascii_alphabetic())
                    })
            }
            Some(before) => before.is_ascii_alphanumeric(),
            None => false,
        };
        // A missed number costs little, but a false one makes an honest post look like spam: an
        // amount is not a telephone number.
        !touched && !matches!(self.char_before(at), Some('¥' | '€' | '£' | '₩'))
    }

    /// Whether what follows the shape of a telephone number from `at` to `end` leaves it one.
    fn may_end_phone(&self, at: usize, end: usize) -> bool {
        match self.byte(end) {
            Some(after)
                if after.is_ascii_alphanumeric()
                    || after == b'_'
                    || after == b'@'
                    || after == b'%' =>
            {
                false
            }
            Some(b'-') => !self.is(end + 1, |byte| byte.is_ascii_alphanumeric()),
            Some(b'.' | b',' | b'/' | b':') => !self.is(end + 1, |byte| byte.is_ascii_digit()),
            Some(b' ') => {
                // `777 123 456 000` and `777 123 456 kč` are amounts.
                let more = self.digits_end(end + 1) - (end + 1) == 3;
                let money = ["kč", "czk", "eur", "usd"]
                    .iter()
                    .any(|word| self.starts_with(end + 1, word));
                !(end - at == 11
                    && self.byte(at + 3) == Some(b' ')
                    && self.byte(at + 7) == Some(b' ')
                    && (more || money))
            }
            _ => true,
        }
    }

    fn digits_end(&self, from: usize) -> usize {
        let mut end = from;
        while self.is(end, |byte| byte.is_ascii_digit()) {
            end += 1;
        }
        end
    }
}
