//! Reading rules from TOML, with the place of whatever is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::list::{fold, is_name, read_language};
use super::{MAX_RULES, Near, Operand, Rule, Rules, TermList, list};
use crate::config::{line_of, malformed};
use crate::post::Role;
use crate::text::Folder;
use crate::{Error, Result};

/// The furthest that `near` and `not_near` reach, in words: more than a post has, as a
/// rule. By hand.
const MAX_WITHIN: i64 = 100;
/// Most terms and lists in one line of a rule: a bound on time, chosen by hand; more belong
/// into a list.
const MAX_OPERANDS: usize = 1000;
/// What a name of a list begins with where terms stand too.
const LIST: &str = "list:";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRules {
    #[serde(default)]
    lists: Vec<Spanned<String>>,
    role: Option<Spanned<String>>,
    #[serde(default)]
    rule: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    #[serde(default)]
    about: String,
    severity: Option<Spanned<i64>>,
    role: Option<Spanned<String>>,
    #[serde(default)]
    languages: Vec<Spanned<String>>,
    #[serde(default)]
    channels: Vec<Spanned<String>>,
    negated: Option<Spanned<String>>,
    #[serde(default)]
    any: Vec<Spanned<String>>,
    #[serde(default)]
    all: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    near: Option<RawNear>,
    not_near: Option<RawNear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNear {
    terms: Vec<Spanned<String>>,
    within: Spanned<i64>,
}

/// Reads rules; `list_file` gives the content of a file of lists, or why it can't.
pub(super) fn read(
    text: &str,
    mut list_file: impl FnMut(&str) -> Result<String, Box<dyn std::error::Error + Send + Sync>>,
) -> Result<Rules> {
    let raw: RawRules =
        toml::from_str(text).map_err(|error| malformed(Error::rules, "rules", text, error))?;
    let folder = Folder::new();
    let head = Place { text, rule: None };
    let role = head.role(&raw.role)?.unwrap_or_default();
    let mut rules = Rules::default();
    let mut files = BTreeMap::new();
    for file in &raw.lists {
        head.once(&mut files, file, file.get_ref().clone(), "lists")?;
        let name = file.get_ref();
        let content = list_file(name).map_err(|why| {
            head.wrong(
                file.span(),
                "lists",
                format!("{name:?} can't be read ({why}); it is looked for beside the rules"),
            )
            .with_source(why)
        })?;
        // Lists come first: rules name them, and a name that is missing has to be reported
        // with its line.
        let lists = list::read(&folder, name, &content, role)?;
        rules = rules.join(Rules {
            lists,
            rules: Vec::new(),
        })?;
    }
    let mut ids = BTreeMap::new();
    for spanned in &raw.rule {
        let raw = spanned.get_ref();
        let place = Place {
            text,
            rule: Some(raw.id.get_ref()),
        };
        place.id(&raw.id, rules.rules.len())?;
        place.once(&mut ids, &raw.id, raw.id.get_ref().clone(), "id")?;
        let mut rule = Reader {
            place: &place,
            folder: &folder,
            lists: &rules.lists,
        }
        .rule(raw)?;
        rule.role = place.role(&raw.role)?.unwrap_or(role);
        rules.rules.push(rule);
    }
    Ok(rules)
}

/// Where in the file something is wrong: the text, for its lines, and the rule.
struct Place<'a> {
    text: &'a str,
    rule: Option<&'a str>,
}

impl Place<'_> {
    /// Checks the id of a rule that comes after `before` others.
    fn id(&self, id: &Spanned<String>, before: usize) -> Result<()> {
        let what = if !is_name(id.get_ref()) {
            "an id may hold only a-z, 0-9, _ and -; rename it".to_owned()
        } else if before >= MAX_RULES {
            format!("more than {MAX_RULES} rules; delete or merge some")
        } else {
            return Ok(());
        };
        Err(self.wrong(id.span(), "id", what))
    }
}

impl Place<'_> {
    #[cold]
    fn wrong(&self, span: Range<usize>, field: &str, what: String) -> Error {
        let line = line_of(self.text, span.start);
        let rule = self
            .rule
            .map(|rule| format!(", rule {rule:?}"))
            .unwrap_or_default();
        Error::rules(format!("rules line {line}{rule}, {field}: {what}"))
    }

    /// Refuses what `seen` has already.
    fn once<K: Ord>(
        &self,
        seen: &mut BTreeMap<K, usize>,
        entry: &Spanned<String>,
        key: K,
        field: &str,
    ) -> Result<()> {
        let line = line_of(self.text, entry.span().start);
        match seen.insert(key, line) {
            None => Ok(()),
            Some(first) => {
                let what = format!(
                    "{:?} stands already in line {first}; delete or change one",
                    entry.get_ref()
                );
                Err(self.wrong(entry.span(), field, what))
            }
        }
    }

    /// The role, `Some(None)` for `any`.
    fn role(&self, role: &Option<Spanned<String>>) -> Result<Option<Option<Role>>> {
        let Some(role) = role else { return Ok(None) };
        match role.get_ref().as_str() {
            "any" => Ok(Some(None)),
            name => match Role::from_name(name) {
                Some(role) => Ok(Some(Some(role))),
                None => {
                    let what =
                        format!("{name:?} is not a role; write \"customer\", \"agent\" or \"any\"");
                    Err(self.wrong(role.span(), "role", what))
                }
            },
        }
    }
}

/// Reads one rule.
struct Reader<'a> {
    place: &'a Place<'a>,
    folder: &'a Folder,
    lists: &'a [TermList],
}

impl Reader<'_> {
    fn rule(&self, raw: &RawRule) -> Result<Rule> {
        let place = self.place;
        let mut rule = Rule {
            id: raw.id.get_ref().clone(),
            about: raw.about.trim().to_owned(),
            ..Rule::default()
        };
        if let Some(severity) = &raw.severity {
            match u8::try_from(*severity.get_ref()) {
                Ok(value @ 1..=3) => rule.severity = Some(value),
                _ => {
                    let what = format!(
                        "{} is invalid; write 1, 2 or 3 (the gravest)",
                        severity.get_ref()
                    );
                    return Err(place.wrong(severity.span(), "severity", what));
                }
            }
        }
        for tag in &raw.languages {
            let wrong = |what| place.wrong(tag.span(), "languages", what);
            if tag.get_ref().trim().is_empty() {
                return Err(wrong(
                    "a tag is empty; write a language, or leave `languages` out for any".to_owned(),
                ));
            }
            rule.languages
                .push(read_language(tag.get_ref().trim()).map_err(wrong)?);
        }
        for channel in &raw.channels {
            // Sources write their channels in any case.
            let name = channel.get_ref().trim().to_lowercase();
            if name.is_empty() {
                let what = "a name is empty; write one, or leave `channels` out for any".to_owned();
                return Err(place.wrong(channel.span(), "channels", what));
            }
            rule.channels.push(name);
        }
        if let Some(negated) = &raw.negated {
            rule.skips_negated = match negated.get_ref().as_str() {
                "skip" => true,
                "count" => false,
                other => {
                    let what = format!("{other:?} is invalid; write \"skip\" or \"count\"");
                    return Err(place.wrong(negated.span(), "negated", what));
                }
            };
        }
        rule.any = self.operands("any", &raw.any)?;
        rule.all = self.operands("all", &raw.all)?;
        rule.not = self.operands("not", &raw.not)?;
        rule.near = self.near("near", &raw.near)?;
        rule.not_near = self.near("not_near", &raw.not_near)?;
        self.check(raw, &rule)?;
        Ok(rule)
    }

    /// Refuses a rule that can never hit, or that asks for nothing.
    fn check(&self, raw: &RawRule, rule: &Rule) -> Result<()> {
        let wrong =
            |field: &str, what: &str| Err(self.place.wrong(raw.id.span(), field, what.to_owned()));
        if rule.any.is_empty() && rule.all.is_empty() {
            return wrong(
                "any",
                "the rule requires nothing; write terms or lists under `any` or `all`",
            );
        }
        let beside = [("near", &raw.near), ("not_near", &raw.not_near)];
        if let Some((field, _)) = beside.iter().find(|(_, near)| near.is_some())
            && rule.any.is_empty()
        {
            return wrong(
                field,
                "the rule has no `any` whose terms could be near these; move those terms from \
                 `all` to `any`",
            );
        }
        let forbidden = |operand: &Operand| rule.not.contains(operand);
        if rule.all.iter().any(forbidden)
            || (!rule.any.is_empty() && rule.any.iter().all(forbidden))
        {
            return wrong(
                "not",
                "the rule requires a term that `not` forbids, so it can never hit; delete the term \
                 in one of the two",
            );
        }
        Ok(())
    }

    fn near(&self, field: &str, raw: &Option<RawNear>) -> Result<Option<Near>> {
        let Some(raw) = raw else { return Ok(None) };
        let within = *raw.within.get_ref();
        if !(1..=MAX_WITHIN).contains(&within) {
            let what = format!(
                "{within} is out of range; write a number of words from 1 (side by side) to \
                 {MAX_WITHIN}"
            );
            return Err(self
                .place
                .wrong(raw.within.span(), &format!("{field}.within"), what));
        }
        let terms = self.operands(field, &raw.terms)?;
        if terms.is_empty() {
            let what = "there are no terms; write some, or delete the field".to_owned();
            return Err(self
                .place
                .wrong(raw.within.span(), &format!("{field}.terms"), what));
        }
        Ok(Some(Near {
            terms,
            within: within as u32,
        }))
    }

    /// The terms and lists of one line.
    fn operands(&self, field: &str, raw: &[Spanned<String>]) -> Result<Vec<Operand>> {
        let mut seen = BTreeMap::new();
        let mut operands = Vec::with_capacity(raw.len());
        for entry in raw {
            if operands.len() >= MAX_OPERANDS {
                let what = format!(
                    "more than {MAX_OPERANDS} terms; put them into a list and write \
                     \"{LIST}its-name\""
                );
                return Err(self.place.wrong(entry.span(), field, what));
            }
            let operand = self
                .operand(entry.get_ref())
                .map_err(|what| self.place.wrong(entry.span(), field, what))?;
            self.place
                .once(&mut seen, entry, entry.get_ref().trim(), field)?;
            // Both scripts of one word, or two spellings: one is enough.
            if !operands.contains(&operand) {
                operands.push(operand);
            }
        }
        Ok(operands)
    }

    fn operand(&self, text: &str) -> std::result::Result<Operand, String> {
        let Some(name) = text.trim().strip_prefix(LIST) else {
            return fold(self.folder, text).map(Operand::Term);
        };
        let name = name.trim();
        if self.lists.iter().any(|list| list.name == name) {
            return Ok(Operand::List(name.to_owned()));
        }
        let known: Vec<&str> = self.lists.iter().map(|list| list.name.as_str()).collect();
        Err(match known.is_empty() {
            true => format!(
                "there is no list {name:?}; name its file at the top, as in lists = [\"terms.tsv\"]"
            ),
            false => format!(
                "there is no list {name:?}; the files have {}",
                known.join(", ")
            ),
        })
    }
}
