//! Mails, each as an object of JSON that the preset `mail` reads.

use std::io::{self, BufRead, Read};

use mail_parser::{Address, HeaderValue, Message, MessageParser};
use serde::Serialize;

use super::documents::MAX_DOCUMENT;

/// Parts of a mail whose texts are joined: pictures cut a text in pieces.
const MOST_PARTS: usize = 16;

/// The mails of an input.
#[derive(Debug)]
pub(super) struct Mails {
    /// Whether there are several, each behind a line `From …`.
    several: bool,
    /// The number of the line that was read last.
    line: u64,
    /// The line of the next mail's `From …`, once it was read.
    begun: Option<u64>,
}

/// A mail that was read.
pub(super) struct Mail {
    pub(super) line: u64,
    /// Why it can't be used.
    pub(super) fault: Option<String>,
}

/// What the preset reads.
#[derive(Serialize)]
struct Fields<'m> {
    message_id: Option<&'m str>,
    subject: Option<&'m str>,
    text: String,
    date: Option<String>,
    from: Sender<'m>,
    in_reply_to: Option<&'m str>,
    references: Vec<&'m str>,
}

#[derive(Serialize)]
struct Sender<'m> {
    address: Option<&'m str>,
    name: Option<&'m str>,
}

impl Mails {
    pub(super) fn new(several: bool) -> Mails {
        Mails {
            several,
            line: 0,
            begun: None,
        }
    }

    /// Appends the next mail to `into`; none at the end.
    pub(super) fn next(
        &mut self,
        reader: &mut impl BufRead,
        into: &mut Vec<u8>,
    ) -> io::Result<Option<Mail>> {
        let mut raw = Vec::new();
        let Some((line, too_long)) = self.raw(reader, &mut raw)? else {
            return Ok(None);
        };
        let read = match too_long {
            true => Err(format!(
                "the mail is longer than {} MiB; take out its attachments",
                MAX_DOCUMENT >> 20
            )),
            false => json(&raw),
        };
        let fault = match read {
            Ok(json) => {
                into.extend_from_slice(&json);
                None
            }
            Err(fault) => {
                into.extend(raw.iter().take(super::KEPT_OF_LONG_LINE));
                Some(fault)
            }
        };
        Ok(Some(Mail { line, fault }))
    }

    /// The bytes of the next mail, the line on which it begins, and whether it is too long.
    fn raw(
        &mut self,
        reader: &mut impl BufRead,
        raw: &mut Vec<u8>,
    ) -> io::Result<Option<(u64, bool)>> {
        let mut line = Vec::new();
        // A `From …` in a text is told by the blank line that stands before each of them, and by
        // the time of day within.
        let (mut blank_before, mut too_long) = (true, false);
        let mut begun = self.begun.take();
        loop {
            line.clear();
            let room = (MAX_DOCUMENT + 1) as u64;
            if reader.by_ref().take(room).read_until(b'\n', &mut line)? == 0 {
                return Ok(begun.map(|begun| (begun, too_long)));
            }
            self.line += u64::from(line.ends_with(b"\n"));
            if self.several && blank_before && line.starts_with(b"From ") && line.contains(&b':') {
                match begun {
                    Some(begun) => {
                        self.begun = Some(self.line);
                        return Ok(Some((begun, too_long)));
                    }
                    None => {
                        begun = Some(self.line);
                        continue;
                    }
                }
            }
            let blank = line.trim_ascii().is_empty();
            if begun.is_none() && blank {
                continue;
            }
            blank_before = blank;
            begun.get_or_insert(self.line.max(1));
            let quoted = line.iter().take_while(|&&byte| byte == b'>').count();
            let unquoted = self.several
                && quoted > 0
                && line
                    .get(quoted..)
                    .is_some_and(|rest| rest.starts_with(b"From "));
            let kept = line.get(usize::from(unquoted)..).unwrap_or_default();
            too_long |= raw.len() + kept.len() > MAX_DOCUMENT;
            if !too_long {
                raw.extend_from_slice(kept);
            }
        }
    }
}

/// The mail as JSON, or why it is none.
fn json(raw: &[u8]) -> Result<Vec<u8>, String> {
    let message = MessageParser::default()
        .parse(raw)
        .filter(|message| !message.headers().is_empty())
        .ok_or("the mail has no header; give mails as they were sent, header and body")?;
    let sender = message.from().and_then(Address::first);
    let written = message
        .header_raw("Date")
        .map(|date| date.trim().to_owned());
    let date = message.date().filter(|date| date.is_valid());
    let references = message.references();
    let fields = Fields {
        message_id: message.message_id(),
        subject: message.subject(),
        text: text(&message),
        date: date.map(mail_parser::DateTime::to_rfc3339).or(written),
        from: Sender {
            address: sender.and_then(|sender| sender.address()),
            name: sender.and_then(|sender| sender.name()),
        },
        in_reply_to: message.in_reply_to().as_text(),
        references: match references {
            HeaderValue::Text(_) | HeaderValue::TextList(_) => {
                references.as_text_list().unwrap_or_default()
            }
            _ => Vec::new(),
        },
    };
    serde_json::to_vec(&fields).map_err(|error| format!("the mail can't be read: {error}"))
}

/// What the mail says: its parts of plain text, or of HTML made plain.
fn text(message: &Message<'_>) -> String {
    let parts = (0..message.text_body_count().min(MOST_PARTS))
        .filter_map(|part| message.body_text(part))
        .map(|part| part.trim().replace("\r\n", "\n"))
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}
