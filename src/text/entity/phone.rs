//! Telephone numbers, by the shapes of the numbering plans.

use super::{EntityKind, Found, Scan};

/// The most groups of digits that are looked at.
const GROUPS: usize = 7;

/// The groups of digits from a place on, one separator between each.
#[derive(Default)]
struct Groups {
    count: usize,
    length: [usize; GROUPS],
    start: [usize; GROUPS],
    /// The separator before each group.
    separator: [u8; GROUPS],
}

impl Groups {
    fn end(&self, group: usize) -> usize {
        self.start[group] + self.length[group]
    }

    /// Whether the groups from `first` on have these lengths.
    fn have(&self, first: usize, lengths: &[usize]) -> bool {
        first + lengths.len() <= self.count && self.length[first..first + lengths.len()] == *lengths
    }

    /// Whether all groups from `first` to `last` stand behind the same separator, and which.
    fn separator(&self, first: usize, last: usize) -> Option<u8> {
        let separators = &self.separator[first + 1..=last];
        let separator = *separators.first()?;
        separators.iter().all(|&other| other == separator).then_some(separator)
    }
}

impl Scan<'_> {
    /// A telephone number that starts at `at` with a digit, `+` or `(`.
    pub(super) fn phone(&self, at: usize) -> Option<Found> {
        let byte = self.byte(at)?;
        if !byte.is_ascii_digit() && !self.is(at + 1, |byte| byte.is_ascii_digit()) {
            return None;
        }
        match self.byte_before(at) {
            Some(before) if before.is_ascii_alphanumeric() || matches!(before, b'_' | b'#' | b'$' | b'+') => {
                return None;
            }
            // The tail of a longer number, a date, a path, an order `ab-138…`.
            Some(before @ (b'.' | b',' | b'-' | b'/' | b':'))
                if at >= 2
                    && self
                        .is(at - 2, |byte| byte.is_ascii_digit() || (before == b'-' && byte.is_ascii_alphabetic())) =>
            {
                return None;
            }
            _ => {}
        }
        if matches!(self.char_before(at), Some('¥' | '€' | '£' | '₩')) {
            return None;
        }
        let end = match byte {
            b'+' => self.international(&self.groups(at + 1), true),
            b'(' => self.bracketed(at),
            b'0' if self.starts_with(at, "00") => self.international(&self.groups(at + 2), false),
            _ => None,
        };
        let end = end.or_else(|| if byte.is_ascii_digit() { self.national(&self.groups(at)) } else { None })?;
        let closed = match self.byte(end) {
            Some(after) if after.is_ascii_alphanumeric() || after == b'_' || after == b'@' || after == b'%' => false,
            Some(b'-') => !self.is(end + 1, |byte| byte.is_ascii_alphanumeric()),
            Some(b'.' | b',' | b'/' | b':') => !self.is(end + 1, |byte| byte.is_ascii_digit()),
            Some(b' ') => {
                // `777 123 456 000` and `777 123 456 kč` are amounts.
                let more = self.digits_end(end + 1) - (end + 1) == 3;
                let money = ["kč", "czk", "eur", "usd"].iter().any(|word| self.starts_with(end + 1, word));
                !(end - at == 11
                    && self.byte(at + 3) == Some(b' ')
                    && self.byte(at + 7) == Some(b' ')
                    && (more || money))
            }
            _ => true,
        };
        closed.then_some((EntityKind::Phone, at, end))
    }

    fn groups(&self, from: usize) -> Groups {
        let mut groups = Groups::default();
        let (mut start, mut separator) = (from, 0);
        while groups.count < GROUPS {
            let end = self.digits_end(start);
            if end == start {
                break;
            }
            groups.start[groups.count] = start;
            groups.length[groups.count] = end - start;
            groups.separator[groups.count] = separator;
            groups.count += 1;
            let Some(byte @ (b' ' | b'-' | b'.')) = self.byte(end) else { break };
            separator = byte;
            start = end + 1;
        }
        groups
    }

    /// The end of a number whose first group starts with a country code.
    fn international(&self, groups: &Groups, plus: bool) -> Option<usize> {
        if groups.count == 0 || self.byte(groups.start[0]) == Some(b'0') {
            return None;
        }
        let code = |text: &str| self.starts_with(groups.start[0], text);
        // How many digits with the country code, at least and at most.
        let (least, most) = if code("86") {
            (12, 13)
        } else if code("420") || code("421") || code("44") {
            (12, 12)
        } else if code("1") {
            (11, 11)
        } else if plus {
            (9, 15)
        } else {
            return None;
        };
        let mut total = 0;
        let mut end = None;
        for group in 0..groups.count {
            total += groups.length[group];
            if total > most {
                break;
            }
            if total >= least {
                end = Some(groups.end(group));
            }
        }
        end
    }

    /// The end of `(ddd) ddd-dddd` at `at`, or of an area code in brackets before 7 or 8 digits.
    fn bracketed(&self, at: usize) -> Option<usize> {
        let area = self.digits_end(at + 1);
        if self.byte(area) != Some(b')') {
            return None;
        }
        let groups = self.groups(area + 1 + usize::from(self.byte(area + 1) == Some(b' ')));
        let length = area - at - 1;
        let zero = self.byte(at + 1) == Some(b'0');
        if length == 3 && !zero && groups.have(0, &[3, 4]) {
            return Some(groups.end(1));
        }
        let chinese = zero && matches!(length, 3 | 4) && groups.count > 0 && matches!(groups.length[0], 7 | 8);
        chinese.then(|| groups.end(0))
    }

    /// The end of a number without a country code.
    fn national(&self, groups: &Groups) -> Option<usize> {
        if groups.count == 0 {
            return None;
        }
        let start = groups.start[0];
        let (first, second) = (self.byte(start)?, self.byte(start + 1).unwrap_or(0));
        // 86 before a Chinese mobile, with or without a separator.
        if groups.have(0, &[13]) && self.starts_with(start, "861") {
            return Some(groups.end(0));
        }
        if groups.have(0, &[2]) && self.starts_with(start, "86") && groups.count > 1 {
            return self.chinese_mobile(groups, 1);
        }
        if first == b'1' && (b'3'..=b'9').contains(&second) {
            return self.chinese_mobile(groups, 0);
        }
        if self.starts_with(start, "400") || self.starts_with(start, "800") {
            let shaped = groups.have(0, &[3, 3, 4]) || groups.have(0, &[3, 4, 3]);
            if shaped && groups.separator(0, 2).is_some_and(|separator| separator != b'.') {
                return Some(groups.end(2));
            }
        }
        if first == b'0' && second != b'0' {
            return self.with_zero(groups);
        }
        let american = |first: usize| {
            groups.have(first, &[3, 3, 4])
                && self.is(groups.start[first], |byte| byte >= b'2')
                && groups.separator(first, first + 2).is_some_and(|separator| separator != b' ')
        };
        if american(0) {
            return Some(groups.end(2));
        }
        if first == b'1' && groups.length[0] == 1 && american(1) {
            return Some(groups.end(3));
        }
        let czech = groups.have(0, &[3, 3, 3]) && matches!(first, b'6' | b'7') && groups.separator(0, 2) == Some(b' ');
        czech.then(|| groups.end(2))
    }

    fn chinese_mobile(&self, groups: &Groups, at: usize) -> Option<usize> {
        let start = groups.start[at];
        let mobile = self.byte(start) == Some(b'1') && self.is(start + 1, |byte| (b'3'..=b'9').contains(&byte));
        let shapes: [&[usize]; 4] = [&[11], &[3, 4, 4], &[4, 3, 4], &[3, 8]];
        let shape = shapes.into_iter().find(|shape| groups.have(at, shape))?;
        let last = at + shape.len() - 1;
        let regular = shape.len() == 1 || groups.separator(at, last).is_some_and(|separator| separator != b'.');
        (mobile && regular).then(|| groups.end(last))
    }

    /// A number that starts with one 0: Chinese area code and number, or British.
    fn with_zero(&self, groups: &Groups) -> Option<usize> {
        let spaced = |last: usize| groups.separator(0, last) == Some(b' ');
        if groups.have(0, &[11]) {
            return Some(groups.end(0));
        }
        let area = matches!(groups.length[0], 3 | 4) && groups.count > 1 && matches!(groups.length[1], 7 | 8);
        if area && groups.separator[1] != b'.' {
            return Some(groups.end(1));
        }
        if groups.have(0, &[5, 6]) && spaced(1) {
            return Some(groups.end(1));
        }
        let british = [[5, 3, 3], [3, 4, 4], [4, 3, 4]].iter().any(|shape| groups.have(0, shape));
        (british && spaced(2)).then(|| groups.end(2))
    }
}
