//! Times in lines of JSON as RFC 3339, where the library's values have milliseconds.

use std::borrow::Cow;

use hearken_report::Moment;

/// The fields of alerts, windows and cases that are moments.
const FIELDS: [&str; 7] = [
    "at",
    "since",
    "from",
    "to",
    "start",
    "due_at",
    "deferred_since",
];

/// A line of JSON with its moments as RFC 3339 in UTC; all else stays as it is.
///
/// It looks for `"name":` and a whole number. Within a string such a text can't stand, for its
/// quotes are escaped there.
pub fn readable(json: &str) -> Cow<'_, str> {
    let mut readable = String::new();
    let mut rest = json;
    while let Some((before, behind)) = rest.split_once("\":") {
        let name = before.rsplit('"').next().unwrap_or_default();
        let digits = behind.len()
            - behind
                .trim_start_matches(|one: char| one == '-' || one.is_ascii_digit())
                .len();
        let (number, after) = behind.split_at(digits);
        let moment = number.parse().ok().map(Moment);
        readable.push_str(before);
        readable.push_str("\":");
        match moment.filter(|_| FIELDS.contains(&name) && !after.starts_with(['.', 'e'])) {
            Some(moment) => readable.push_str(&format!("\"{moment}\"")),
            None => readable.push_str(number),
        }
        rest = after;
    }
    if readable.is_empty() {
        return Cow::Borrowed(json);
    }
    Cow::Owned(readable + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_readable_and_texts_stay() {
        let json = r#"{"at":1772352600000,"text":"\"at\":5 \\","since":-1,"count":3,"from":1.5,"to":null}"#;
        let expected = r#"{"at":"2026-03-01T08:10:00Z","text":"\"at\":5 \\","since":"1969-12-31T23:59:59.999Z","count":3,"from":1.5,"to":null}"#;
        assert_eq!(readable(json), expected);
        assert_eq!(readable("[1,2]"), "[1,2]");
    }
}
