//! A FAQ: the answers that a firm has written, each with questions that it answers, from TOML.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::config::{line_of, malformed};
use crate::text::Language;
use crate::{Error, Result};

/// Most questions of a FAQ: each is compared with each, so that 10,000 take 400 MB while a
/// [`Suggester`](super::Suggester) is built. A bound on memory.
pub const MAX_QUESTIONS: usize = 10_000;

/// The task of a line in a log of corrections (module `learn`) that says which entry answered a
/// post: its label is the id of the entry. Give no head of a model this name.
pub const TASK: &str = "suggest";

/// An answer and the questions that it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name: a-z, 0-9, `_` and `-`.
    pub id: String,
    /// The answer, as it is sent.
    pub answer: String,
    /// Questions as customers put them, at least one.
    pub questions: Vec<String>,
    /// The ids of topics of the engine's taxonomy that it is about: a post about one of them is
    /// answered by it more probably. Those that the taxonomy does not have change nothing.
    pub topics: Vec<String>,
    /// The language of posts that it may be suggested for; any if it is none.
    pub language: Option<Language>,
}

/// What became of posts that an entry was found to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// Those that are questions now.
    pub taken: usize,
    /// Those whose text their entry has already.
    pub known: usize,
    /// Those of entries that are not in the FAQ, and those without a text.
    pub unknown: usize,
    /// Those for which the FAQ has no room.
    pub left_out: usize,
}

/// Entries with different ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faq {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFaq {
    #[serde(default)]
    entry: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: Spanned<String>,
    answer: Spanned<String>,
    questions: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    topics: Vec<String>,
    language: Option<Spanned<String>>,
}

impl Faq {
    /// A FAQ of these entries.
    ///
    /// # Errors
    /// If an id is not a name or stands twice, an answer or a question is empty, an entry has no
    /// question, or there are no entries or too many questions.
    pub fn new(entries: Vec<Entry>) -> Result<Faq> {
        let mut seen = BTreeMap::new();
        for (at, entry) in entries.iter().enumerate() {
            let place = Place {
                line: None,
                id: &entry.id,
            };
            place.check(&mut seen, at, entry)?;
        }
        Faq { entries }.counted()
    }

    /// Reads `[[entry]]` tables: `id`, `answer`, `questions`, and where wanted `topics` and
    /// `language` (a BCP 47 tag).
    ///
    /// # Errors
    /// As [`Faq::new`], if it is not TOML or has an unknown field or language; the sentence names
    /// the line and the mend, and [`Error::is_faq`] holds.
    pub fn from_toml(text: &str) -> Result<Faq> {
        let raw: RawFaq =
            toml::from_str(text).map_err(|error| malformed(Error::faq, "FAQ", text, error))?;
        let mut seen = BTreeMap::new();
        let mut entries = Vec::with_capacity(raw.entry.len());
        for spanned in raw.entry {
            let raw = spanned.into_inner();
            let line = |span: Range<usize>| Some(line_of(text, span.start));
            let id = raw.id.get_ref();
            let place = |span| Place {
                line: line(span),
                id,
            };
            let language = match &raw.language {
                None => None,
                Some(tag) => Some(place(tag.span()).language(tag.get_ref())?),
            };
            // An empty question has a line of its own; all else is wrong in the line of the id.
            let questions = raw.questions.get_ref();
            let empty = |question: &&Spanned<String>| question.get_ref().trim().is_empty();
            if let Some(question) = questions.iter().find(empty) {
                return Err(place(question.span()).empty_question());
            }
            let entry = Entry {
                id: id.clone(),
                answer: raw.answer.get_ref().trim().to_owned(),
                questions: questions.iter().map(|q| q.get_ref().clone()).collect(),
                topics: raw.topics,
                language,
            };
            let at = line_of(text, raw.id.span().start);
            place(raw.id.span()).check(&mut seen, at, &entry)?;
            entries.push(entry);
        }
        Faq { entries }.counted()
    }

    /// Reads the file `path`.
    ///
    /// # Errors
    /// As [`Faq::from_toml`], and if the file can't be read (the kind is
    /// [`ErrorKind::Io`](crate::ErrorKind::Io)); the sentence begins with the path.
    pub fn read(path: impl AsRef<Path>) -> Result<Faq> {
        let shown = path.as_ref().display();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Error::faq(format!("{shown}: can't be read: {error}")).with_source(error)
        })?;
        Faq::from_toml(&text).map_err(|error| error.reworded(|what| format!("{shown}: {what}")))
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many questions all entries have.
    pub fn questions(&self) -> usize {
        self.entries.iter().map(|entry| entry.questions.len()).sum()
    }

    /// The FAQ with posts that an entry was found to answer, each the entry's id and the text: one
    /// more question of that entry. A text that the entry has already changes nothing. Of more than
    /// [`MAX_QUESTIONS`] in all the first are taken, so give the newest first.
    pub fn with_accepted<'a>(
        &self,
        accepted: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (Faq, Accepted) {
        let mut faq = self.clone();
        let entries = faq.entries.iter().enumerate();
        let places: BTreeMap<String, usize> =
            entries.map(|(at, entry)| (entry.id.clone(), at)).collect();
        let entries = self.entries.iter().enumerate();
        let mut known: BTreeSet<(usize, &str)> = entries
            .flat_map(|(at, entry)| entry.questions.iter().map(move |text| (at, text.trim())))
            .collect();
        let mut room = MAX_QUESTIONS.saturating_sub(self.questions());
        let mut count = Accepted::default();
        for (id, text) in accepted {
            let text = text.trim();
            let Some(&at) = places.get(id).filter(|_| !text.is_empty()) else {
                count.unknown += 1;
                continue;
            };
            if !known.insert((at, text)) {
                count.known += 1;
            } else if room == 0 {
                count.left_out += 1;
            } else if let Some(entry) = faq.entries.get_mut(at) {
                room -= 1;
                count.taken += 1;
                entry.questions.push(text.to_owned());
            }
        }
        (faq, count)
    }

    fn counted(self) -> Result<Faq> {
        match self.questions() {
            0 => Err(Error::faq(
                "the FAQ has no entry; write an [[entry]] with id, answer and questions",
            )),
            many if many > MAX_QUESTIONS => Err(Error::faq(format!(
                "the FAQ has {many} questions; leave out those that are alike, until there are at \
                 most {MAX_QUESTIONS}"
            ))),
            _ => Ok(self),
        }
    }
}

/// Where something is wrong: a line of a file, if there is one, and an entry.
struct Place<'a> {
    line: Option<usize>,
    id: &'a str,
}

impl<'a> Place<'a> {
    #[cold]
    fn wrong(&self, field: &str, what: &str) -> Error {
        let line = self.line.map(|line| format!(" line {line}"));
        let (line, id) = (line.unwrap_or_default(), self.id);
        Error::faq(format!("FAQ{line}, entry {id:?}, {field}: {what}"))
    }

    #[cold]
    fn empty_question(&self) -> Error {
        self.wrong(
            "questions",
            "a question is empty; write one, or delete the line",
        )
    }

    /// Checks an entry; `at` is where it is, for the message of a later one with the same id.
    fn check(&self, seen: &mut BTreeMap<String, usize>, at: usize, entry: &Entry) -> Result<()> {
        let is_letter = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        if entry.id.is_empty() || !entry.id.bytes().all(is_letter) {
            let what = "an id may hold only a-z, 0-9, _ and -; rename it";
            return Err(self.wrong("id", what));
        }
        if let Some(first) = seen.insert(entry.id.clone(), at) {
            let place = match self.line {
                Some(_) => format!("in line {first}"),
                None => format!("at index {first}"),
            };
            let what = format!("stands already {place}; join the two, or rename one");
            return Err(self.wrong("id", &what));
        }
        if entry.answer.trim().is_empty() {
            return Err(self.wrong("answer", "it is empty; write what is to be answered"));
        }
        if entry.questions.is_empty() {
            let what = "there are none; write at least one as a customer would put it";
            return Err(self.wrong("questions", what));
        }
        match entry.questions.iter().any(|text| text.trim().is_empty()) {
            true => Err(self.empty_question()),
            false => Ok(()),
        }
    }

    fn language(&self, tag: &str) -> Result<Language> {
        match Language::from_code(tag.trim()) {
            Some(language) if language != Language::Und => Ok(language),
            _ => {
                let known = Language::ALL.iter().skip(1).map(|language| language.code());
                let known: Vec<&str> = known.collect();
                let what = format!(
                    "{tag:?} is not supported; delete it (any language), or write one of {}",
                    known.join(", ")
                );
                Err(self.wrong("language", &what))
            }
        }
    }
}
