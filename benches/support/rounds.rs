//! Rounds in turn: what is compared is measured one after another, again and again, so that the
//! load of the machine falls on all alike; then the median and the spread of each.
#![allow(dead_code, reason = "each bench takes what it needs")]

use std::fmt;

/// The median of some measurements, the least and the largest of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// That of no measurement is 0.
    pub(crate) fn of(mut values: Vec<f64>) -> Spread {
        values.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        let last = values.len().saturating_sub(1);
        Spread {
            median: (at(last / 2) + at(values.len() / 2)) / 2.0,
            least: at(0),
            most: at(last),
        }
    }

    /// All three times `factor`.
    pub(crate) fn times(self, factor: f64) -> Spread {
        Spread {
            median: self.median * factor,
            least: self.least * factor,
            most: self.most * factor,
        }
    }
}

/// As `12.3 (11.9–14.0)`, with digits by the size.
impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, least, most] = [self.median, self.least, self.most].map(figure);
        match least == median && most == median {
            true => write!(out, "{median}"),
            false => write!(out, "{median} ({least}–{most})"),
        }
    }
}

/// A number to three digits.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 99.5 => format!("{value:.0}"),
        size if size >= 9.95 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Something that is measured: each call gives a figure.
pub(crate) type Work<'w> = Box<dyn FnMut() -> f64 + 'w>;

/// Each work once a round, in turn; one round before them warms up and does not count.
pub(crate) fn in_turn(rounds: usize, works: &mut [Work<'_>]) -> Vec<Spread> {
    let mut values = vec![Vec::with_capacity(rounds); works.len()];
    for round in 0..=rounds {
        for (work, values) in works.iter_mut().zip(&mut values) {
            let value = work();
            if round > 0 {
                values.push(value);
            }
        }
    }
    values.into_iter().map(Spread::of).collect()
}

/// A number with commas: 1,000,000.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
