//! Lists of monitored terms: reading them from TSV.

use std::collections::BTreeMap;

use super::TermList;
use crate::feature::lexicon::{MAX_TERM, fold_listed};
use crate::post::Role;
use crate::text::{Folder, Language};
use crate::{Error, Result};

/// A term of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
    /// As folded, with the `*` of its open ends.
    pub(super) text: String,
    pub(super) language: Language,
    pub(super) severity: i8,
}

/// The first line that a file may begin with.
const HEADER: [&str; 4] = ["term", "list", "severity", "language"];

/// The lists in the lines of `file`, in the order in which they are first named.
pub(super) fn read(
    folder: &Folder,
    file: &str,
    lines: &str,
    role: Option<Role>,
) -> Result<Vec<TermList>> {
    let mut lists: Vec<TermList> = Vec::new();
    let mut seen: BTreeMap<(usize, Language, String), (usize, &str, i8)> = BTreeMap::new();
    let lines = lines.strip_prefix('\u{feff}').unwrap_or(lines);
    let mut first = true;
    for (number, line) in (1..).zip(lines.lines()) {
        if line.trim().is_empty() || is_comment(line) {
            continue;
        }
        let wrong = |what: String| Error::rules(format!("{file} line {number}: {what}"));
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        // Spreadsheets export the names of the columns; the first line may hold them.
        if std::mem::take(&mut first) && fields == HEADER {
            continue;
        }
        let Row {
            listed,
            text,
            name,
            severity,
            language,
        } = Row::read(folder, &fields).map_err(wrong)?;
        let list = index_of(name, role, &mut lists);
        if let Some(&(before, spelling, same)) = seen.get(&(list, language, text.clone())) {
            let what = if spelling == listed {
                format!("the term {listed:?} stands already in line {before}")
            } else if same != severity {
                format!(
                    "the term {listed:?} is the same as {spelling:?} in line {before}, which has \
                     another severity"
                )
            } else {
                // Both scripts of one word: one is enough.
                continue;
            };
            return Err(wrong(what + "; delete one of the two"));
        }
        seen.insert((list, language, text.clone()), (number, listed, severity));
        if let Some(list) = lists.get_mut(list) {
            list.terms.push(Listed {
                text,
                language,
                severity,
            });
        }
    }
    Ok(lists)
}

/// The index of the list of this name, which is added if it is new.
fn index_of(name: &str, role: Option<Role>, lists: &mut Vec<TermList>) -> usize {
    if let Some(list) = lists.iter().position(|list| list.name == name) {
        return list;
    }
    lists.push(TermList {
        name: name.to_owned(),
        role,
        terms: Vec::new(),
    });
    lists.len() - 1
}

/// One line of a file.
struct Row<'a> {
    /// The term as written.
    listed: &'a str,
    /// The term as folded.
    text: String,
    /// The list that it belongs to.
    name: &'a str,
    severity: i8,
    language: Language,
}

impl<'a> Row<'a> {
    /// Reads the fields of a line, or says what is wrong with them and how to mend it.
    fn read(folder: &Folder, fields: &[&'a str]) -> std::result::Result<Row<'a>, String> {
        let (listed, name, severity, language) = match *fields {
            [listed, name, severity] => (listed, name, severity, ""),
            [listed, name, severity, language] => (listed, name, severity, language),
            _ => {
                return Err(format!(
                    "there are {} fields; write term, list, severity and, if you like, language, \
                     separated by tabs",
                    fields.len()
                ));
            }
        };
        let text = fold(folder, listed)?;
        if !is_name(name) {
            return Err(format!(
                "the list {name:?} has an invalid name; use only a-z, 0-9, _ and -"
            ));
        }
        let severity = match severity.parse() {
            Ok(parsed @ 1..=3) => parsed,
            _ => {
                return Err(format!(
                    "the severity {severity:?} is invalid; write 1, 2 or 3 (the gravest)"
                ));
            }
        };
        Ok(Row {
            listed,
            text,
            name,
            severity,
            language: read_language(language)?,
        })
    }
}

/// Whether a line is a comment; `#refund`, a tab and a list is a term, for people monitor tags.
fn is_comment(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| !line.contains('\t') || rest.starts_with([' ', '\t', '#']))
}

/// A term as it is looked for, or why it never would be found.
pub(super) fn fold(folder: &Folder, listed: &str) -> std::result::Result<String, String> {
    let text = fold_listed(folder, listed);
    if !text
        .chars()
        .any(|character| !character.is_whitespace() && character != '*')
    {
        return Err(format!(
            "the term {listed:?} is empty once folded and can't be found; write a word or delete it"
        ));
    }
    if text.len() > MAX_TERM {
        return Err(format!(
            "the term {listed:?} is longer than {MAX_TERM} bytes; write its distinctive words \
             instead"
        ));
    }
    Ok(text)
}

/// The language of a tag; `und` for none.
pub(super) fn read_language(tag: &str) -> std::result::Result<Language, String> {
    match Language::from_code(tag) {
        _ if tag.is_empty() => Ok(Language::Und),
        Some(language) if language != Language::Und => Ok(language),
        _ => {
            let known: Vec<&str> = Language::ALL
                .iter()
                .skip(1)
                .map(|language| language.code())
                .collect();
            Err(format!(
                "the language {tag:?} is not supported; write nothing (any language), or one of {}",
                known.join(", ")
            ))
        }
    }
}

/// Whether `name` may name a list or a rule.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}
