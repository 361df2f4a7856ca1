//! What shape an input has: told by how it begins, unless it is said.

use clap::ValueEnum;

/// The shape of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line
    Jsonl,
    /// A JSON array, or objects over several lines
    Json,
    /// A table with a header, separated by commas or semicolons
    Csv,
    /// A table with a header, separated by tabs
    Tsv,
    /// A mailbox
    Mbox,
    /// One mail
    Eml,
}

/// Bytes of an input that are looked at; longer first lines are of no table.
pub(super) const LOOKED_AT: usize = 256 << 10;
/// Fields that a mail may begin with.
const MAIL_HEADERS: [&str; 22] = [
    "return-path",
    "received",
    "delivered-to",
    "envelope-to",
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "sender",
    "reply-to",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "authentication-results",
    "dkim-signature",
    "arc-seal",
    "received-spf",
    "auto-submitted",
];

impl Format {
    /// The shape of what begins with `bytes`, which is all if `ended`; none if more must be seen.
    /// `is_text` says whether a table with this single column has posts.
    pub(super) fn of(bytes: &[u8], ended: bool, is_text: impl Fn(&str) -> bool) -> Option<Format> {
        let ended = ended || bytes.len() >= LOOKED_AT;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = bytes.trim_ascii_start();
        let unclear = ended.then_some(Format::Jsonl);
        let Some(first) = text.first() else {
            return unclear;
        };
        let end = text.iter().position(|&byte| byte == b'\n');
        if *first == b'[' {
            return match text.get(1..).unwrap_or_default().trim_ascii_start().first() {
                None => unclear,
                Some(b'{' | b']') => Some(Format::Json),
                Some(_) => Some(Format::Jsonl),
            };
        }
        let (line, rest) = match end {
            None if !ended => return None,
            None => (text, &[][..]),
            Some(end) => text.split_at(end),
        };
        let line = line.trim_ascii_end();
        let next = rest.trim_ascii_start().first();
        if *first == b'{' {
            return match (is_whole(line), next) {
                (true, _) => Some(Format::Jsonl),
                (false, None) => unclear,
                // A line that is cut, before another one; not `{"data":[` before its elements.
                (false, Some(b'{')) if !matches!(line.last(), Some(b'[' | b',' | b':')) => {
                    Some(Format::Jsonl)
                }
                (false, Some(_)) => Some(Format::Json),
            };
        }
        if line.starts_with(b"From ") && line.contains(&b':') {
            return Some(Format::Mbox);
        }
        let line = std::str::from_utf8(line).unwrap_or_default();
        if let Some((name, _)) = line.split_once(':')
            && MAIL_HEADERS.contains(&name.to_ascii_lowercase().as_str())
        {
            return Some(Format::Eml);
        }
        let separator = separator(line);
        let columns = line.split(char::from(separator)).count();
        if columns < 2 && !is_text(line.trim_matches('"')) {
            return Some(Format::Jsonl);
        }
        match next {
            None => unclear.map(|_| match columns {
                // A line alone is a header only if it has what a post needs.
                1 => Format::Csv,
                _ if line
                    .split(char::from(separator))
                    .any(|name| is_text(name.trim_matches('"'))) =>
                {
                    table(separator)
                }
                _ => Format::Jsonl,
            }),
            Some(b'{' | b'[') => Some(Format::Jsonl),
            Some(_) => Some(table(separator)),
        }
    }
}

fn table(separator: u8) -> Format {
    match separator {
        b'\t' => Format::Tsv,
        _ => Format::Csv,
    }
}

/// What separates the columns of a header: the sign that stands in it most often; names hold commas
/// rather than tabs.
pub(super) fn separator(header: &str) -> u8 {
    let count = |sign: u8| header.bytes().filter(|&byte| byte == sign).count();
    let [commas, tabs, semicolons] = [b',', b'\t', b';'].map(count);
    match () {
        () if tabs > 0 && tabs >= commas && tabs >= semicolons => b'\t',
        () if semicolons > commas => b';',
        () => b',',
    }
}

/// Whether brackets are closed at the end of a line.
fn is_whole(line: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in line {
        match (in_string, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (true, false, b'"') => in_string = false,
            (true, ..) => {}
            (false, _, b'"') => in_string = true,
            (false, _, b'{' | b'[') => depth += 1,
            (false, _, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth == 0 && !in_string
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Format> {
        Format::of(text.as_bytes(), true, |name| name == "text")
    }

    #[test]
    fn shapes_are_told_by_how_they_begin() {
        for (text, format) in [
            ("", Format::Jsonl),
            ("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", Format::Jsonl),
            ("{\"text\":\"a\"\n{\"text\":\"b\"}\n", Format::Jsonl),
            ("{\"text\":\"a", Format::Jsonl),
            ("[1]\n{\"text\":\"b\"}\n", Format::Jsonl),
            ("no\nno\n", Format::Jsonl),
            ("start, of a dump\n{\"text\":\"b\"}\n", Format::Jsonl),
            ("some words, and no more", Format::Jsonl),
            ("[{\"text\":\"a\"}]", Format::Json),
            ("\u{FEFF} [\n  {", Format::Json),
            ("[]", Format::Json),
            ("{\n  \"text\": \"a\"\n}\n", Format::Json),
            ("{\"data\":[\n{\"text\":\"a\"}]}\n", Format::Json),
            ("id,text\n1,a\n", Format::Csv),
            ("id;text;date\n1;a,b;c\n", Format::Csv),
            ("id\ttext, full\n1\ta\n", Format::Tsv),
            ("text\na\n", Format::Csv),
            ("\"text\"\r\n\"a\"\r\n", Format::Csv),
            ("id,text\n", Format::Csv),
            (
                "From eva@example.com Sun Mar  1 08:15:00 2026\nFrom: a\n",
                Format::Mbox,
            ),
            ("From: Eva <eva@example.com>\nTo: b\n", Format::Eml),
            ("RECEIVED: by x\n y\n", Format::Eml),
        ] {
            assert_eq!(of(text), Some(format), "{text}");
        }
    }

    #[test]
    fn what_may_yet_be_either_waits_for_more() {
        for text in ["", " ", "{\"text\"", "[", "{\n", "id,text\n", "From: "] {
            let found = Format::of(text.as_bytes(), false, |name| name == "text");
            assert_eq!(found, None, "{text}");
        }
        let line = "{\"text\":\"a\"}\n";
        assert_eq!(
            Format::of(line.as_bytes(), false, |_| false),
            Some(Format::Jsonl)
        );
    }
}
