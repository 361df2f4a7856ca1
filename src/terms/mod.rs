//! Monitored terms: lists of words that somebody wants to know of, and rules on them.
//!
//! # Lists
//! A list is lines of TSV: the term, its list, a severity from 1 to 3, and the language it is
//! looked for in (a BCP 47 tag; empty or absent is any). A line that begins with `#` and a space is
//! a comment (`#refund` is a tag), and the first line may be a header. Terms are written as in
//! [below](#how-a-term-is-written): any spelling will do, `*` ends a word open.
//!
//! ```text
//! term         list    severity  language    (with tabs between)
//! caught fire  recall  3         en
//! 着火         recall  3         zh
//! vznítil*     recall  3         cs
//! lawyer       threat  2
//! ```
//!
//! Its terms are matched with all others in one pass over the folded text, so they are found in
//! full width, with letters spread apart, in the other script of Chinese, in Czech typed without
//! diacritics, at the edges of words only, and reported where they stand in the original. (Of a
//! Traditional character that has two Simplified ones list both words: `着火` and `著火`.) They
//! change no score. A list needs no rule: what is found of it is in
//! [`Triage::terms`](crate::Triage::terms), negated or not.
//!
//! # Rules
//! ```
//! use hearken::terms::Rules;
//! use hearken::{Engine, Post};
//!
//! let rules = r#"
//! lists = ["recall.tsv"]                    # files beside this one
//! role = "customer"                         # whose posts: customer, agent or any; any if it is left out
//!
//! [[rule]]
//! id = "refund-not-received"
//! about = "A refund was promised and did not come"
//! severity = 2                              # 1 to 3; left out: that of its gravest listed term, or 1
//! all = ["refund*"]                         # every one of these, anywhere in the post,
//! any = ["never", "not yet", "haven't"]     # and one of these,
//! near = { terms = ["receiv*", "arriv*", "got"], within = 5 }   # within 5 words of one of these,
//! not_near = { terms = ["mind"], within = 2 }                   # and not within 2 words of any of these,
//! not = ["just kidding"]                    # and none of these anywhere
//! languages = ["en"]                        # only posts in one of these languages
//! channels = ["twitter", "facebook"]        # only posts of one of these channels
//!
//! [[rule]]
//! id = "it-burns"
//! any = ["list:recall", "smoke"]            # a whole list, and a term of the rule's own
//! not_near = { terms = ["smoke detector*"], within = 1 }
//! negated = "skip"                          # "it never caught fire" is not a hit; left out: it is ("count")
//! "#;
//! let recall = "caught fire\trecall\t3\ten\n着火\trecall\t3\tzh\n";
//! let rules = Rules::from_toml(rules, &[("recall.tsv", recall)])?;
//!
//! let engine = Engine::builder().rules(rules).build()?;
//! let post = Post::new("充电时突然着火了！");
//! let triage = engine.triage(&post, &mut engine.scratch());
//! let answer = engine.answer(&post, &triage);
//! assert_eq!((&*answer.rules[0].rule, answer.rules[0].severity), ("it-burns", 3));
//! assert_eq!(answer.rules[0].parts[0].term, "着火");
//! assert_eq!(&post.text[15..21], "着火");
//! assert_eq!((answer.rules[0].parts[0].start, answer.rules[0].parts[0].end), (15, 21));
//! # Ok::<(), hearken::Error>(())
//! ```
//!
//! The form is named lines, not one expression (`refund and (never or "not yet") near/5 received
//! not joke`): each line of a rule can be read aloud by itself, there is no precedence to know
//! (does that `not` belong to the `near`?), a mistake has a line of its own, and a change of one
//! line is a change of one line in a review.
//!
//! # What a rule says
//! - **`any`** are the rule's anchors. `near` and `not_near` are asked of each: one that
//!   stands is enough.
//! - **`within = n`**: at most n words from one to the other, so neighbours are within 1. Words,
//!   numbers, names, tags and links count, signs and emoji don't, and no sign ends the reach:
//!   people set stops where they like. The order is free. A word of Chinese is what the segmenter
//!   cuts, 1.6 characters on average.
//! - Nothing is **`near`** itself: what overlaps an anchor is not beside it. For **`not_near`** it
//!   is, so that `guarantee` is distinguished from `guarantee period`.
//! - **`negated = "skip"`**: what a negation before it reaches (up to four words, to the next sign
//!   or *but*; the same that turns a sentiment) does not count in `any`, `all` and `near`. Left
//!   out, it counts: who monitors a word mostly wants to see its denial too.
//! - A hit reports the **parts**: the anchors that stand, what they are near, and all of `all`. Of
//!   overlapping terms of one line the leftmost and longest.
//! - **`languages`** and the language of a term: a post of unknown language (`und`) is never left
//!   out; `zh` is both scripts.
//!
#![doc = include_str!("../../docs/design/lexicon.md")]
//!
#![doc = include_str!("../../docs/design/terms.md")]

mod hit;
mod list;
mod matcher;
mod read;

pub use hit::{RuleHit, TermSpan, TermSpans};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use list::Listed;
pub(crate) use matcher::{Matcher, Matches};

use crate::feature::lexicon::{List, Term};
use crate::post::Role;
use crate::text::{Folder, Language};
use crate::{Error, Result};

/// Most rules of an engine: a bound on memory and on the numbers that hits hold, chosen by hand.
pub const MAX_RULES: usize = 4096;
/// Most lists of an engine, as above.
pub const MAX_LISTS: usize = 4096;
/// The number of the list that holds the terms which rules name themselves; those of
/// named lists follow.
const INLINE: u16 = 0;

/// Lists of monitored terms and rules on them, read and checked. See [the module](self)
/// for the form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    lists: Vec<TermList>,
    rules: Vec<Rule>,
}

/// What is monitored in a post. The spans are of the original text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monitored {
    /// The terms of lists, in order of place.
    pub terms: Vec<TermSpan>,
    /// The rules that hit, in their order.
    pub rules: Vec<RuleHit>,
}

/// A list of a name.
#[derive(Clone, Debug, PartialEq)]
struct TermList {
    name: String,
    /// Whose posts it is looked for in; none is everybody's.
    role: Option<Role>,
    terms: Vec<Listed>,
}

/// A rule, checked.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rule {
    id: String,
    about: String,
    severity: Option<u8>,
    role: Option<Role>,
    languages: Vec<Language>,
    /// In lower case.
    channels: Vec<String>,
    skips_negated: bool,
    any: Vec<Operand>,
    all: Vec<Operand>,
    not: Vec<Operand>,
    near: Option<Near>,
    not_near: Option<Near>,
}

/// What a line of a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operand {
    /// A term, folded.
    Term(String),
    /// A list, by its name.
    List(String),
}

/// What must stand, or must not stand, beside an anchor.
#[derive(Clone, Debug, Default, PartialEq)]
struct Near {
    terms: Vec<Operand>,
    within: u32,
}

impl Rules {
    /// Reads rules from TOML. `lists` are the files that it names under `lists`, each
    /// with its content.
    ///
    /// # Errors
    /// Names the line, the rule and the field that is wrong, and the mend: what is not TOML, an
    /// unknown key, an id or a list's name that is not of `a-z 0-9 _ -`, a repeated id or term, a
    /// term that folds to nothing, a list that is in no file, an unknown language, role or word for
    /// `negated`, a number out of range, a rule without `all` and `any`, a `near` without `any`, a
    /// rule that can never hit because it asks for what it forbids; a line of a list with another
    /// number of fields; a file not in `lists`.
    pub fn from_toml(text: &str, lists: &[(&str, &str)]) -> Result<Rules> {
        read::read(text, |name| {
            let named = lists.iter().find(|(file, _)| *file == name);
            named
                .map(|(_, content)| (*content).to_owned())
                .ok_or_else(|| "its content was not given".into())
        })
    }

    /// As [`Rules::from_toml`]; `list` gives the content of each file of lists that is named, or
    /// why it can't.
    ///
    /// # Errors
    /// As [`Rules::from_toml`].
    pub fn from_toml_with(
        text: &str,
        mut list: impl FnMut(&str) -> io::Result<String>,
    ) -> Result<Rules> {
        read::read(text, |name| Ok(list(name)?))
    }

    /// Reads the rules in the file `path`; the lists that it names are looked for beside it.
    ///
    /// # Errors
    /// As [`Rules::from_toml`], and if a file can't be read (the kind is
    /// [`ErrorKind::Io`](crate::ErrorKind::Io)); the sentence begins with the path,
    /// and [`Error::is_rules`] holds.
    pub fn read(path: impl AsRef<Path>) -> Result<Rules> {
        let path = path.as_ref();
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::rules(format!("{shown}: can't be read: {error}")).with_source(error)
        })?;
        // Beside the rules and not in the working folder, so that a folder of rules can be moved.
        let folder = path.parent().unwrap_or(Path::new(""));
        let list = |name: &str| std::fs::read_to_string(folder.join(name));
        Rules::from_toml_with(&text, list)
            .map_err(|error| error.reworded(|what| format!("{shown}: {what}")))
    }

    /// Lists alone, from the lines of a TSV file; `file` is its name in messages.
    ///
    /// # Errors
    /// Names the file and the line that is wrong, and the mend.
    pub fn from_tsv(file: &str, lines: &str) -> Result<Rules> {
        let lists = list::read(&Folder::new(), file, lines, None)?;
        Ok(Rules {
            lists,
            rules: Vec::new(),
        })
    }

    /// The bundled rules for what agents write: promises that nobody may give for the brand,
    /// and rudeness, in English, Czech and Chinese (`data/terms/agent.toml`). They look at
    /// posts of [`Role::Agent`] only.
    ///
    /// # Errors
    /// If they are malformed (a test holds that they are not).
    pub fn agent() -> Result<Rules> {
        // By the same reader as the files of embedders: what is bundled shows what they can write.
        let list = include_str!("../../data/terms/agent.tsv");
        Rules::from_toml(
            include_str!("../../data/terms/agent.toml"),
            &[("agent.tsv", list)],
        )
    }

    /// These rules and `other`; a list that both have with the same terms is one.
    ///
    /// # Errors
    /// If both have a rule of one id, or lists of one name with other terms or for another role; if
    /// together they are too many.
    pub fn join(mut self, other: Rules) -> Result<Rules> {
        for list in other.lists {
            // Files of rules may share a file of lists: the same list twice is one, another of its
            // name is a mistake.
            match self.lists.iter().find(|own| own.name == list.name) {
                None => self.lists.push(list),
                Some(own) if *own == list => {}
                Some(_) => {
                    return Err(Error::rules(format!(
                        "two files have a list {:?}, with other terms or for another role; rename \
                         one of the two",
                        list.name
                    )));
                }
            }
        }
        let ids: BTreeSet<&str> = self.rules.iter().map(|rule| rule.id.as_str()).collect();
        // Two rules of one id could not be distinguished in the output.
        if let Some(twice) = other
            .rules
            .iter()
            .find(|rule| ids.contains(rule.id.as_str()))
        {
            return Err(Error::rules(format!(
                "two files have a rule {:?}; rename one of the two",
                twice.id
            )));
        }
        self.rules.extend(other.rules);
        if self.rules.len() > MAX_RULES || self.lists.len() > MAX_LISTS {
            return Err(Error::rules(format!(
                "there are {} rules and {} lists, at most {MAX_RULES} and {MAX_LISTS} fit; use \
                 fewer",
                self.rules.len(),
                self.lists.len()
            )));
        }
        Ok(self)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule; there may be lists.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The identifier of a rule, as in [`RuleHit::rule`].
    pub fn id(&self, rule: usize) -> Option<&str> {
        self.rules.get(rule).map(|rule| rule.id.as_str())
    }

    /// What a rule is about, in the words of its author; empty where there are none.
    pub fn about(&self, rule: usize) -> Option<&str> {
        self.rules.get(rule).map(|rule| rule.about.as_str())
    }

    /// The names of the lists and how many terms each has.
    pub fn lists(&self) -> impl Iterator<Item = (&str, usize)> {
        self.lists
            .iter()
            .map(|list| (list.name.as_str(), list.terms.len()))
    }

    /// Every term, for a [`LexiconBuilder`](crate::feature::lexicon::LexiconBuilder): those of the
    /// lists in their order, then those that rules name themselves.
    pub(crate) fn to_terms(&self) -> impl Iterator<Item = Term> {
        let listed = self.lists.iter().zip(1_u16..).flat_map(|(list, number)| {
            list.terms.iter().map(move |term| Term {
                list: List::Monitored(number),
                text: term.text.clone(),
                strength: term.severity,
                language: term.language,
                kind: list.name.clone(),
            })
        });
        listed.chain(self.inline().into_keys().map(|text| Term {
            list: List::Monitored(INLINE),
            text: text.to_owned(),
            strength: 1,
            language: Language::Und,
            kind: String::new(),
        }))
    }

    /// The terms that rules name themselves, each with its number, in their order.
    fn inline(&self) -> BTreeMap<&str, usize> {
        let operands = self
            .rules
            .iter()
            .flat_map(|rule| rule.lines().flat_map(|(_, operands)| operands));
        let texts = operands.filter_map(|operand| match operand {
            Operand::Term(text) => Some(text.as_str()),
            Operand::List(_) => None,
        });
        let texts: BTreeSet<&str> = texts.collect();
        texts.into_iter().zip(0..).collect()
    }
}

impl Rule {
    /// The lines that name terms and lists, by the names of their fields.
    fn lines(&self) -> impl Iterator<Item = (&'static str, &[Operand])> {
        let beside = [("near", &self.near), ("not_near", &self.not_near)];
        let beside = beside
            .into_iter()
            .filter_map(|(name, near)| Some((name, near.as_ref()?.terms.as_slice())));
        [
            ("any", self.any.as_slice()),
            ("all", &self.all),
            ("not", &self.not),
        ]
        .into_iter()
        .chain(beside)
    }
}
