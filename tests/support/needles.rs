//! What must not be found of somebody in bytes of state: hashes in every form, identifiers, and
//! pieces of text that nobody else wrote.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use hearken::Post;
use hearken::observation::Identities;

/// Characters of a piece of text.
const PIECE: usize = 12;

/// What is searched for of one person.
#[derive(Default)]
pub(crate) struct Needles {
    /// What it is, and its bytes.
    pub(crate) bytes: Vec<(String, Vec<u8>)>,
    /// Pieces of text in lower case.
    pub(crate) pieces: BTreeSet<String>,
}

/// A number as snapshots write it (LEB128), in both orders of bytes, as hex digits, and as decimal
/// ones.
fn forms(name: &str, hash: u64) -> Vec<(String, Vec<u8>)> {
    let mut short = Vec::new();
    let mut rest = hash;
    while rest >= 0x80 {
        short.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    short.push(rest as u8);
    let forms = [
        ("as written", short),
        ("little endian", hash.to_le_bytes().to_vec()),
        ("big endian", hash.to_be_bytes().to_vec()),
        ("hex", format!("{hash:016x}").into_bytes()),
        ("decimal", hash.to_string().into_bytes()),
    ];
    forms
        .map(|(form, bytes)| (format!("the hash of {name}, {form}"), bytes))
        .into()
}

/// What clocks make of the hash of a voice: anybody can turn it back.
fn spread(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// The pieces of a text.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    (0..(letters.len() + 1).saturating_sub(PIECE))
        .map(move |start| letters[start..start + PIECE].iter().collect())
}

/// The needles of each author who has an identifier, by identifier; all that such an author wrote
/// is one person's.
pub(crate) fn needles_of(posts: &[Post<'_>], identities: &Identities) -> BTreeMap<String, Needles> {
    let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for post in posts {
        let author = post.author.id.as_deref().unwrap_or_default();
        for piece in pieces(&post.text) {
            written.entry(piece).or_default().insert(author.to_owned());
        }
    }
    let mut needles: BTreeMap<String, Needles> = BTreeMap::new();
    for post in posts {
        let Some(author) = post.author.id.as_deref() else {
            continue;
        };
        let of = needles.entry(author.to_owned()).or_default();
        let identity = identities.identify(post);
        let named = [
            (format!("author {author}"), identity.author),
            ("their customer record".to_owned(), identity.customer),
            (format!("post {:?}", post.id), identity.post),
        ];
        for (name, hash) in named.into_iter().filter(|(_, hash)| *hash != 0) {
            of.bytes.extend(forms(&name, hash));
            of.bytes
                .extend(forms(&format!("{name} as a voice"), spread(hash)));
        }
        let ids = [&post.id, &post.author.id, &post.customer.id];
        for id in ids.into_iter().flatten() {
            of.bytes
                .push((format!("the identifier {id}"), id.as_bytes().to_vec()));
        }
        let own = pieces(&post.text).filter(|piece| written[piece].len() == 1);
        of.pieces.extend(own);
    }
    needles
}

/// What is searched for of any of several persons.
pub(crate) fn together<'n>(needles: impl IntoIterator<Item = &'n Needles>) -> Needles {
    let mut all = Needles::default();
    for one in needles {
        all.bytes.extend(one.bytes.iter().cloned());
        all.pieces.extend(one.pieces.iter().cloned());
    }
    all
}

/// What is found of a person in bytes.
pub(crate) fn found(bytes: &[u8], needles: &Needles) -> Vec<String> {
    let mut found = found_hashes(bytes, needles);
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let pieces = AhoCorasick::new(&needles.pieces).expect("few");
    let places = pieces.find_overlapping_iter(&text);
    let texts: BTreeSet<&str> = places.map(|place| &text[place.range()]).collect();
    found.extend(texts.into_iter().map(|text| format!("the text {text:?}")));
    found
}

/// Which hashes and identifiers are found; in an identifier of more digits or letters nobody is.
pub(crate) fn found_hashes(bytes: &[u8], needles: &Needles) -> Vec<String> {
    let mut found = BTreeSet::new();
    let exact = AhoCorasick::new(needles.bytes.iter().map(|(_, needle)| needle)).expect("few");
    for place in exact.find_overlapping_iter(bytes) {
        let what = &needles.bytes[place.pattern().as_usize()].0;
        let before = place.start().checked_sub(1).and_then(|at| bytes.get(at));
        let mut around = [before, bytes.get(place.end())].into_iter().flatten();
        let part = around.any(u8::is_ascii_alphanumeric);
        if !(part && what.starts_with("the identifier")) {
            found.insert(what.clone());
        }
    }
    found.into_iter().collect()
}
