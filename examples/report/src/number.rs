//! Numbers for people.

/// A number with its digits in groups of three.
pub fn grouped(number: u64) -> String {
    grouped_by(number, ",")
}

/// As [`grouped`], with this between the groups.
pub(crate) fn grouped_by(number: u64, between: &str) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push_str(between);
        }
        text.push(digit);
    }
    text
}

/// `part / whole`, 0 without a whole.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        whole => part as f64 / whole as f64,
    }
}

/// A number with three decimals: what the page shows, and more would be noise in the data.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
