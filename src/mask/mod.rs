//! Masking: personal data of a text, found and replaced by placeholders.
//!
//! A [`Masker`] is built once and shared. [`Masker::mask`] gives a [`Masked`] text and where each
//! placeholder stands. Masking a masked text changes nothing.
//!
//! ```
//! use hearken::mask::Masker;
//!
//! let masked = Masker::new().mask("我的手机是一三八 0013 8000，请回电");
//! assert_eq!(masked.text(), "我的手机是[phone]，请回电");
//! ```
//!
#![doc = include_str!("../../docs/design/mask.md")]

mod check;
mod context;
mod mail;
mod number;
mod person;
mod phone;
mod plain;
mod replace;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use context::Context;
use person::Begins;
use plain::Plain;
use regex::{Regex, RegexBuilder};
use replace::Replaced;

use crate::secret::Secret;
use crate::text::entity::placeholder;
use crate::text::source::Source;
use crate::text::{Entity, EntityFinder, EntityKind, Folded, Folder};
use crate::{Error, Post, Result};

/// Rounds of one masking. What is left behind a placeholder may show itself only then; two rounds
/// are what any known text takes. A bound on time, chosen by hand.
const ROUNDS: usize = 8;

/// What a personal value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// What matches an own pattern of the embedder, by its place among them.
    Own(u16),
    /// The query of a link, behind its `?`.
    Query,
    /// A mail address.
    Mail,
    /// An international bank account number.
    Iban,
    /// An identity number of China or Taiwan.
    Id,
    /// The number of a payment card.
    Card,
    /// A Czech bank account.
    Account,
    /// A Czech or Slovak birth number.
    BirthNumber,
    /// A handle of a messenger: WeChat, QQ, Telegram, WhatsApp, LINE and others.
    Handle,
    /// A telephone number.
    Phone,
    /// An `@name`, or the author's displayed name.
    Name,
}

/// What stands in the place of a personal value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Its kind: `[phone]`.
    #[default]
    Label,
    /// Its kind and a number, the same for the same value within a [`Thread`]: `[phone 1]`.
    Numbered,
    /// Its kind and a hash under a secret, the same for the same value everywhere:
    /// `[phone:3fa2c1d07b55]`. Who has the secret can try values.
    Keyed(Secret),
    /// Its kind and its last four digits, of telephones, cards and accounts: `[card *4242]`;
    /// of other kinds the kind alone.
    LastFour,
}

/// Finds personal data and masks it; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    folder: Folder,
    finder: EntityFinder,
    mode: Mode,
    own: Vec<(String, Regex)>,
}

/// What masking remembers between the posts of one thread: the numbers of its values, as hashes;
/// and room to work in, so that one for many posts saves allocations.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    numbers: BTreeMap<(Kind, u64), u32>,
    author: Folded,
    work: Work,
}

/// The buffers of one text.
#[derive(Clone, Debug, Default)]
struct Work {
    source: Source,
    folded: Folded,
    plain: Plain,
    entities: Vec<Entity>,
    context: Context,
    begins: Begins,
}

/// A personal value in a text that is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    kind: Kind,
    range: Range<usize>,
}

/// A masked text and its map to the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked<'a> {
    text: Cow<'a, str>,
    spans: Vec<Span>,
}

/// A value that was masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the original text.
    pub original: Range<usize>,
    /// The bytes of its placeholder in the masked text.
    pub masked: Range<usize>,
}

impl Thread {
    /// Forgets the numbers, and keeps the room to work in.
    pub fn clear(&mut self) {
        self.numbers.clear();
    }
}

impl<'a> Masked<'a> {
    /// The text; the original where it has nothing personal.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, without a copy where it has nothing personal.
    pub fn into_text(self) -> Cow<'a, str> {
        self.text
    }

    /// What was masked, in order of place and without overlap.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }
}

impl Kind {
    /// All kinds but the embedder's own.
    pub const ALL: [Kind; 10] = [
        Kind::Query,
        Kind::Mail,
        Kind::Iban,
        Kind::Id,
        Kind::Card,
        Kind::Account,
        Kind::BirthNumber,
        Kind::Handle,
        Kind::Phone,
        Kind::Name,
    ];

    /// The name that its placeholders have; that of an own pattern is known to its masker
    /// ([`Masker::name`]).
    pub fn name(self) -> &'static str {
        match self {
            Kind::Own(_) => "own",
            Kind::Query => "query",
            Kind::Mail => "mail",
            Kind::Iban => "iban",
            Kind::Id => "id",
            Kind::Card => "card",
            Kind::Account => "account",
            Kind::BirthNumber => "birth_number",
            Kind::Handle => "handle",
            Kind::Phone => "phone",
            Kind::Name => "name",
        }
    }
}

impl Masker {
    /// A masker of all kinds, in the mode [`Mode::Label`].
    pub fn new() -> Masker {
        Masker::default()
    }

    /// The same masker in another mode.
    pub fn with_mode(mut self, mode: Mode) -> Masker {
        self.mode = mode;
        self
    }

    /// Masks also what `pattern` matches, as `[name]`, before anything else.
    ///
    /// The pattern is one of the crate `regex`, without regard to case. It sees the folded text:
    /// lower case, half width, Simplified Chinese. An empty match is none.
    ///
    /// # Errors
    /// If the name is not 1 to 24 lower-case letters and `_` or is taken, or if the pattern can't
    /// be read ([`Error::is_pattern`]).
    pub fn with_pattern(mut self, name: &str, pattern: &str) -> Result<Masker> {
        let of_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if name.is_empty() || name.len() > placeholder::MAX_NAME || !name.bytes().all(of_name) {
            return Err(Error::pattern(format!(
                "{name:?} can't name a mask; give 1 to {} letters from a to z and _",
                placeholder::MAX_NAME
            )));
        }
        let taken = Kind::ALL.iter().any(|kind| kind.name() == name)
            || self.own.iter().any(|(own, _)| own == name);
        if taken || self.own.len() >= usize::from(u16::MAX) {
            return Err(Error::pattern(format!(
                "the name {name:?} of a mask is taken; give another"
            )));
        }
        let compiled = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .build()
            .map_err(|error| {
                let shown = error.to_string();
                let reason = shown.lines().next_back().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                Error::pattern(format!(
                    "the pattern {pattern:?} of the mask {name:?} can't be used: {reason}"
                ))
                .with_source(error)
            })?;
        self.own.push((name.to_owned(), compiled));
        Ok(self)
    }

    /// The name that placeholders of a kind have.
    pub fn name(&self, kind: Kind) -> &str {
        match kind {
            Kind::Own(index) => self
                .own
                .get(usize::from(index))
                .map_or(kind.name(), |(name, _)| name),
            kind => kind.name(),
        }
    }

    /// Masks a text by itself.
    pub fn mask<'a>(&self, text: &'a str) -> Masked<'a> {
        self.mask_in(text, None, &mut Thread::default())
    }

    /// Masks the text of a post, with its author's displayed name.
    pub fn mask_post<'a>(&self, post: &'a Post<'_>, thread: &mut Thread) -> Masked<'a> {
        self.mask_in(&post.text, post.author.name.as_deref(), thread)
    }

    /// Masks a text whose author is displayed as `author`. In the mode [`Mode::Numbered`] the same
    /// value has the same number in all texts that were masked with the same `thread`.
    pub fn mask_in<'a>(
        &self,
        text: &'a str,
        author: Option<&str>,
        thread: &mut Thread,
    ) -> Masked<'a> {
        self.mask_read(text, author, None, thread)
    }

    /// As [`Masker::mask_in`], of a text that was read already: folded whole, with its entities.
    pub(crate) fn mask_read<'a>(
        &self,
        text: &'a str,
        author: Option<&str>,
        read: Option<(&Folded, &[Entity])>,
        thread: &mut Thread,
    ) -> Masked<'a> {
        let mut name = std::mem::take(&mut thread.author);
        let author = author.map(|author| {
            self.folder.fold(author, &mut name);
            name.as_str()
        });
        let mut replaced = Replaced::new(text);
        let mut read = read;
        for _ in 0..ROUNDS {
            let current = replaced.text();
            let read = read.take();
            let found = self.find(&current, author, read, &mut thread.work);
            if found.is_empty() {
                break;
            }
            let placeholders: Vec<(Found, String)> = found
                .into_iter()
                .map(|found| {
                    let value = current.get(found.range.clone()).unwrap_or_default();
                    let placeholder = self.placeholder(found.kind, value, &mut thread.numbers);
                    (found, placeholder)
                })
                .collect();
            drop(current);
            replaced.add(placeholders);
        }
        thread.author = name;
        replaced.finish()
    }

    /// The personal values of `text`, in order of place and without overlap.
    fn find(
        &self,
        text: &str,
        author: Option<&str>,
        read: Option<(&Folded, &[Entity])>,
        work: &mut Work,
    ) -> Vec<Found> {
        let barriers = self.barriers(text);
        let mut found = self.find_in(text, author, read, work);
        // HTML hides values behind entities and tags. What a mail quotes is masked as it stands.
        if memchr::memchr2(b'<', b'&', text.as_bytes()).is_some() {
            let mut source = std::mem::take(&mut work.source);
            source.read(text);
            let read = source.text(text);
            if read.len() != text.len() {
                let inside = self.find_in(read, author, None, work);
                found.extend(inside.into_iter().map(|found| Found {
                    range: source.original_span(found.range),
                    ..found
                }));
            }
            work.source = source;
        }
        choose(found, &barriers)
    }

    /// Where placeholders stand in a text: nothing in them is masked again.
    fn barriers(&self, text: &str) -> Vec<Range<usize>> {
        let known = |name: &str| {
            Kind::ALL.iter().any(|kind| kind.name() == name)
                || self.own.iter().any(|(own, _)| own == name)
        };
        memchr::memchr_iter(b'[', text.as_bytes())
            .filter_map(|at| {
                let (name, length) = placeholder::placeholder(text.get(at..)?)?;
                known(name).then_some(at..at + length)
            })
            .collect()
    }

    /// The personal values of `text` as it stands; they may overlap.
    fn find_in(
        &self,
        text: &str,
        author: Option<&str>,
        read: Option<(&Folded, &[Entity])>,
        work: &mut Work,
    ) -> Vec<Found> {
        let Work {
            folded: own_fold,
            plain: spelling,
            entities: own_entities,
            context,
            begins,
            ..
        } = work;
        let folding = match read {
            Some((folded, _)) => folded,
            None => {
                self.folder.fold(text, own_fold);
                own_fold
            }
        };
        let folded = folding.as_str();
        spelling.read(folding, text);
        let plain = spelling.text(folded);
        let entities = match read {
            Some((_, entities)) if !spelling.is_changed() => entities,
            _ => {
                self.finder.find(plain, own_entities);
                own_entities
            }
        };
        context.clear();
        begins.clear();
        let mut found = Vec::new();
        person::from_entities(plain, entities, &mut found);
        person::mentioned(plain, begins, &mut found);
        if let Some(author) = author {
            let is_capital = |at: usize| {
                let folded = spelling.folded_span(at..at + 1);
                let original = text.get(folding.original_span(folded).start..);
                let first = original.and_then(|text| text.chars().next());
                first.is_some_and(char::is_uppercase)
            };
            person::author(plain, author, is_capital, begins, &mut found);
        }
        let links: Vec<Range<usize>> = entities
            .iter()
            .filter(|entity| entity.kind == EntityKind::Url)
            .map(|entity| entity.start as usize..entity.end as usize)
            .collect();
        let spread = |range: &Range<usize>| {
            let folded = spelling.folded_span(range.clone());
            spelling.is_changed() && folded.len() > range.len()
        };
        number::find(plain, &links, spread, context, &mut found);
        person::handles(plain, context, &mut found);
        for found in &mut found {
            let folded = spelling.folded_span(found.range.clone());
            found.range = folding.original_span(folded);
        }
        for (index, (_, pattern)) in self.own.iter().enumerate() {
            let matches = pattern.find_iter(folded).filter(|found| !found.is_empty());
            found.extend(matches.map(|found| Found {
                kind: Kind::Own(index as u16),
                range: folding.original_span(found.range()),
            }));
        }
        found
    }

    /// What stands in the place of `value`.
    fn placeholder(
        &self,
        kind: Kind,
        value: &str,
        numbers: &mut BTreeMap<(Kind, u64), u32>,
    ) -> String {
        let name = self.name(kind);
        match &self.mode {
            Mode::Label => format!("[{name}]"),
            Mode::Numbered => {
                let value = Secret::default().hash(&[name, &self.normal(kind, value)]);
                let next = numbers.keys().filter(|(known, _)| *known == kind).count() as u32 + 1;
                let number = *numbers.entry((kind, value)).or_insert(next);
                format!("[{name} {number}]")
            }
            Mode::Keyed(secret) => {
                // 48 of 64 bits: two of a million values are one by a chance of one in 500.
                let hash = secret.hash(&[name, &self.normal(kind, value)]) >> 16;
                format!("[{name}:{hash:012x}]")
            }
            Mode::LastFour => {
                let digits: Vec<char> = match kind {
                    Kind::Phone | Kind::Card | Kind::Account | Kind::Iban => self
                        .normal(kind, value)
                        .chars()
                        .filter(char::is_ascii_digit)
                        .collect(),
                    _ => Vec::new(),
                };
                match digits
                    .len()
                    .checked_sub(4)
                    .and_then(|from| digits.get(from..))
                {
                    Some(last) => format!("[{name} *{}]", last.iter().collect::<String>()),
                    None => format!("[{name}]"),
                }
            }
        }
    }

    /// The form in which two spellings of a value are equal.
    fn normal(&self, kind: Kind, value: &str) -> String {
        let mut folded = Folded::default();
        self.folder.fold(value, &mut folded);
        let mut plain = Plain::default();
        plain.read(&folded, value);
        let plain = plain.text(folded.as_str());
        match kind {
            Kind::Mail | Kind::Query | Kind::Own(_) => plain.trim().to_owned(),
            Kind::Phone => {
                // With and without its country code: the last nine, as contacts are compared.
                let digits: Vec<char> = plain.chars().filter(char::is_ascii_digit).collect();
                digits.iter().skip(digits.len().saturating_sub(9)).collect()
            }
            _ => plain.chars().filter(|c| c.is_alphanumeric()).collect(),
        }
    }
}

/// Of values that overlap the one whose kind stands first in [`Kind`], then the longer, then the
/// first; in order of place.
fn choose(mut found: Vec<Found>, barriers: &[Range<usize>]) -> Vec<Found> {
    let overlap =
        |one: &Range<usize>, other: &Range<usize>| one.start < other.end && other.start < one.end;
    found.retain(|found| {
        !found.range.is_empty()
            && !barriers
                .iter()
                .any(|barrier| overlap(barrier, &found.range))
    });
    found.sort_by_key(|found| {
        (
            found.kind,
            usize::MAX - found.range.len(),
            found.range.start,
        )
    });
    let mut chosen: Vec<Found> = Vec::new();
    for found in found {
        if !chosen
            .iter()
            .any(|other| overlap(&other.range, &found.range))
        {
            chosen.push(found);
        }
    }
    chosen.sort_by_key(|found| found.range.start);
    chosen
}

#[cfg(test)]
mod tests;
