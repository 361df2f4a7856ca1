//! Where a text sends its reader: handles, numbers, mail addresses and links, as hashes.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::{Deserialize, Serialize};

use crate::config::entries;
use crate::cut;
use crate::feature::Analysis;
use crate::feature::hash::{FeatureKind, Hasher};
use crate::heap::{Heap, flat};
use crate::observation::Identities;
use crate::observation::identity::Sealed;
use crate::text::{Entity, EntityKind};

/// Most contacts that are kept of one text: a bound on memory, chosen by hand. Of more, those of
/// the smallest hashes are kept, so that two copies of a text keep the same ones.
pub(crate) const MAX_CONTACTS: usize = 6;
/// The shortest and the longest handle, in bytes with its separators: WeChat's have 6 to 20
/// letters, other platforms' 5 to about 30 (convention; not tuned).
const HANDLE: (usize, usize) = (5, 28);
/// The most bytes between a handle and the start of the word that announces it (chosen by
/// hand; not tuned).
const ANNOUNCED_WITHIN: usize = 24;
/// The digits of a telephone number that are compared, from its end: a number without its country
/// code has nine in Czechia, and the last nine of China's eleven still distinguish numbers.
const PHONE_DIGITS: usize = 9;

/// What announces a handle, as folding leaves it. All words at once: to search for one after the
/// other took 3,000 instructions of an English post of the sample.
static ANNOUNCEMENTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let lines = entries(include_str!("../../data/text/announcements.txt"));
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(lines.flat_map(str::split_whitespace))
        .ok()
});

/// What kind of contact it is. The more personal it is, the stronger the evidence when many
/// accounts share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum ContactKind {
    /// A handle with the word that announces it.
    Handle,
    /// A telephone number: a person's, or a brand's hotline.
    Phone,
    /// A mail address.
    Mail,
    /// What looks like a handle, but nothing announces it.
    Identifier,
    /// A link: its host and path.
    Link,
}

/// A contact: its kind and the hash of its normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) kind: ContactKind,
    pub(crate) key: u64,
}

flat!(Contact);

impl Contact {
    /// Whether it is of a kind that belongs to one person.
    pub(crate) fn is_personal(self) -> bool {
        matches!(self.kind, ContactKind::Handle)
    }

    /// The contact with its hash under the secret of `identities`.
    pub(crate) fn sealed(self, identities: &Identities) -> Contact {
        Contact {
            kind: self.kind,
            key: identities.seal(Sealed::Contact, self.key),
        }
    }

    fn new(kind: ContactKind, text: impl Iterator<Item = char>) -> Contact {
        let mut hasher = Hasher::new(FeatureKind::Entity as u64);
        // A handle is the same with and without its announcement.
        let code = match kind {
            ContactKind::Handle | ContactKind::Identifier => 0,
            ContactKind::Phone => 1,
            ContactKind::Mail => 2,
            ContactKind::Link => 3,
        };
        hasher.push(code);
        text.for_each(|character| hasher.push(u64::from(u32::from(character))));
        Contact {
            kind,
            key: hasher.finish(),
        }
    }
}

/// Fills `out` with the contacts of a text, sorted, each once; no key hashes them yet.
pub(crate) fn gather(analysis: &Analysis, out: &mut Vec<Contact>) {
    let folded = analysis.folded.as_str();
    for entity in &analysis.entities {
        let Some(text) = folded.get(entity.start as usize..entity.end as usize) else {
            continue;
        };
        // A masked value (`[phone]`) may be anybody's: it must not make strangers share a contact.
        if text.ends_with(']') && entity.kind != EntityKind::Url {
            continue;
        }
        match entity.kind {
            EntityKind::Url => out.push(link(text)),
            EntityKind::Phone => out.push(phone(text)),
            EntityKind::Email => out.push(Contact::new(ContactKind::Mail, text.chars())),
            EntityKind::WeChat | EntityKind::Qq => {
                let start = text
                    .rfind(|c: char| !is_of_handle(c))
                    .map_or(0, |at| at + last_length(text, at));
                out.push(handle(
                    ContactKind::Handle,
                    text.get(start..).unwrap_or(text),
                ));
            }
            // A mention is mostly addressed, not advertised.
            EntityKind::Mention if announced(folded, entity.start as usize, &analysis.entities) => {
                out.push(handle(ContactKind::Handle, text.trim_start_matches('@')));
            }
            _ => {}
        }
    }
    identifiers(analysis, out);
    out.sort_unstable_by_key(|contact| (contact.key, contact.kind));
    out.dedup_by_key(|contact| contact.key);
    out.truncate(MAX_CONTACTS);
}

/// What looks like a handle outside of entities: `jz_yueyue88`, `gz-anan-77`.
fn identifiers(analysis: &Analysis, out: &mut Vec<Contact>) {
    let folded = analysis.folded.as_str();
    let bytes = folded.as_bytes();
    // A handle has a digit, `_` or `-`; most texts have none, and one pass over them shows it.
    let tells = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    if !bytes.iter().fold(false, |told, byte| told | tells(*byte)) {
        return;
    }
    let has_han = analysis.language.language.is_chinese();
    let mut entities = analysis.entities.iter().peekable();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(entity) = entities.next_if(|entity| entity.start as usize <= at) {
            at = at.max(entity.end as usize);
            continue;
        }
        if !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) {
            at += 1;
            continue;
        }
        let start = at;
        // Separators are part of a handle here and not of its hash: who is blocked
        // writes it otherwise.
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        while bytes.get(at).is_some_and(inside) {
            at += 1;
        }
        let Some(run) = folded.get(start..at) else {
            continue;
        };
        let run = run.trim_end_matches(['.', '-']);
        if run.len() < HANDLE.0 || run.len() > HANDLE.1 {
            continue;
        }
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let joined = run.contains(['_', '-']);
        // Most words have neither digit nor joint, and are not handles.
        if digits == 0 && !joined {
            continue;
        }
        // The number of an order and a price are not handles; from six digits on it may be
        // one of QQ.
        let letters = run.bytes().filter(u8::is_ascii_lowercase).count();
        if letters < 2 && digits < 6 {
            continue;
        }
        // In Chinese text a run of Latin letters and digits is rarely a word. Elsewhere it may be a
        // product or a tag, so it needs an announcement.
        if announced(folded, start, &analysis.entities) {
            out.push(handle(ContactKind::Handle, run));
        } else if has_han && letters >= 3 && (digits >= 2 || joined && digits > 0) {
            out.push(handle(ContactKind::Identifier, run));
        }
    }
}

/// Whether a word that announces handles stands before `at`, with no more than a few signs
/// or letters between.
fn announced(folded: &str, at: usize, entities: &[Entity]) -> bool {
    // A link or another handle in between has taken the announcement for itself.
    let from = entities
        .iter()
        .filter(|entity| {
            entity.end as usize <= at
                && !matches!(entity.kind, EntityKind::Emoji | EntityKind::Emoticon)
        })
        .map(|entity| entity.end as usize)
        .max()
        .unwrap_or(0);
    let from = cut::ceil(folded, from.max(at.saturating_sub(ANNOUNCED_WITHIN)));
    let before = folded.get(from..at).unwrap_or("");
    let Some(words) = &*ANNOUNCEMENTS else {
        return false;
    };
    // A word of letters stands by itself; a Chinese one has no edges.
    let bytes = folded.as_bytes();
    words.find_overlapping_iter(before).any(|found| {
        let (start, end) = (from + found.start(), from + found.end());
        let is_free = |byte: Option<&u8>| !byte.is_some_and(u8::is_ascii_alphabetic);
        let last = start.checked_sub(1).and_then(|last| bytes.get(last));
        !bytes.get(start).is_some_and(u8::is_ascii) || is_free(last) && is_free(bytes.get(end))
    })
}

fn handle(kind: ContactKind, text: &str) -> Contact {
    Contact::new(kind, text.chars().filter(char::is_ascii_alphanumeric))
}

fn is_of_handle(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn last_length(text: &str, at: usize) -> usize {
    text.get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8)
}

/// A telephone number without its country code: its last [`PHONE_DIGITS`] digits.
fn phone(text: &str) -> Contact {
    // The same number is written with and without its country code.
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().saturating_sub(PHONE_DIGITS);
    Contact::new(ContactKind::Phone, digits.into_iter().skip(from))
}

/// A link: host and path without scheme, `www.`, query and fragment.
fn link(text: &str) -> Contact {
    // Campaigns vary the query to make each link new.
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    Contact::new(
        ContactKind::Link,
        rest.get(..end)
            .unwrap_or(rest)
            .trim_end_matches('/')
            .chars(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Analyzer;

    fn of(text: &str) -> Vec<Contact> {
        let mut analysis = Analysis::default();
        Analyzer::bundled()
            .expect("the bundled lexicons are sound")
            .prepare(text, &mut analysis);
        let mut contacts = Vec::new();
        gather(&analysis, &mut contacts);
        contacts
    }

    #[test]
    fn a_handle_is_one_in_every_dress() {
        let texts = [
            "加V：ming_day77",
            "＋ｖ信：ｍｉｎｇ＿ｄａｙ７７",
            "薇信 ming_day77",
            "加賴 ming-day77",
            "LINE: ming_day77",
            "write on Telegram @ming_day77",
            "兼职日结 ming_day77",
        ];
        let keys = texts.map(|text| {
            of(text)
                .iter()
                .map(|contact| contact.key)
                .collect::<Vec<_>>()
        });
        for (text, key) in texts.iter().zip(&keys) {
            assert_eq!((key.len(), key), (1, &keys[0]), "{text}");
        }
        assert_eq!(of("兼职日结 ming_day77")[0].kind, ContactKind::Identifier);
        assert!(of(texts[0])[0].is_personal() && of(texts[5])[0].is_personal());
    }

    #[test]
    fn numbers_and_links_have_one_form() {
        let same = |one: &str, other: &str| assert_eq!(of(one), of(other), "{one} {other}");
        same("volejte +420 777 123 456", "volejte 777 123 456");
        same(
            "see https://www.a.example.com/x/?utm=1",
            "see http://a.example.com/x",
        );
        assert_ne!(of("https://a.example.com/x"), of("https://a.example.com/y"));
    }

    #[test]
    fn words_and_names_are_no_contacts() {
        for text in [
            "My order AB123456 is late",
            "@shop_help please answer",
            "a well-known brand",
            "今天很开心",
            "+1",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
    }
}
