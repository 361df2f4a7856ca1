//! A TOML file of settings over the bundled one: every value is checked where it is read, and what
//! is wrong is named with its line and the mend.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use crate::config::{line_of, malformed};
use crate::importance::HarmKind;
use crate::stats::scale::ONE;
use crate::{Error, Result};

/// A value, and where it stands in its file.
type Value<'t> = (&'t DeValue<'t>, Range<usize>);

/// A file of settings, and the one that has what it leaves out.
pub(super) struct File<'t> {
    text: &'t str,
    own: DeTable<'t>,
    bundled: DeTable<'t>,
    /// What was asked for; the rest of the file is unknown.
    known: RefCell<BTreeSet<String>>,
}

impl<'t> File<'t> {
    pub(super) fn open(text: &'t str, bundled: &'t str) -> Result<File<'t>> {
        let parse = |text: &'t str| {
            DeTable::parse(text)
                .map(toml::Spanned::into_inner)
                .map_err(|error| malformed(Error::settings, "importance", text, error))
        };
        Ok(File {
            text,
            own: parse(text)?,
            bundled: parse(bundled)?,
            known: RefCell::default(),
        })
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, path: &str, range: RangeInclusive<i64>) -> Result<i64> {
        let value = self.value(path)?;
        self.number(path, &value, &range)
    }

    /// A number within `range`, in thousandths of which it must be a whole number.
    pub(super) fn decimal(&self, path: &str, range: RangeInclusive<i64>) -> Result<i64> {
        let value = self.value(path)?;
        self.thousandths(path, &value, &range)
    }

    /// A share or probability, 0 to 1, in thousandths.
    pub(super) fn share(&self, path: &str) -> Result<i64> {
        self.decimal(path, 0..=1)
    }

    /// Points of strengths 1, 2 and 3, which ascend.
    pub(super) fn by_strength(&self, path: &str) -> Result<[i64; 3]> {
        let points = self.list(path, |value| self.number(path, value, &POINTS))?;
        match points[..] {
            [one, two, three] if points.is_sorted() => Ok([one, two, three]),
            [_, _, _] => Err(self.wrong(
                path,
                "the points descend; a stronger word must not give fewer points",
            )),
            _ => Err(self.wrong(path, "write three numbers, for strengths 1, 2 and 3")),
        }
    }

    /// Points of strengths 1, 2 and 3 for each kind of harm.
    pub(super) fn by_kind(&self, path: &str) -> Result<[[i64; 3]; HarmKind::ALL.len()]> {
        let mut points = [[0; 3]; HarmKind::ALL.len()];
        for kind in HarmKind::ALL {
            points[kind as usize] = self.by_strength(&format!("{path}.{}", kind.name()))?;
        }
        Ok(points)
    }

    /// Shares in thousandths, which rise.
    pub(super) fn rising(&self, path: &str, range: RangeInclusive<i64>) -> Result<Vec<i64>> {
        let shares = self.list(path, |value| self.thousandths(path, value, &range))?;
        match shares.is_sorted_by(|before, after| before < after) && !shares.is_empty() {
            true => Ok(shares),
            false => Err(self.wrong(
                path,
                "write numbers that rise, each larger than the one before",
            )),
        }
    }

    /// Points that ascend.
    pub(super) fn ascending(&self, path: &str) -> Result<Vec<i64>> {
        let points = self.list(path, |value| self.number(path, value, &POINTS))?;
        match points.is_sorted() {
            true => Ok(points),
            false => Err(self.wrong(path, "the points descend; write them in ascending order")),
        }
    }

    /// Texts, none of them blank.
    pub(super) fn texts(&self, path: &str) -> Result<Vec<String>> {
        self.list(path, |(value, at)| match value.as_str().map(str::trim) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(self.wrong_at(
                at.clone(),
                path,
                "a name is empty or not a string; write it in quotes or delete it",
            )),
        })
    }

    /// The names of a table and their points: those of the bundled file, and the file's
    /// own over them.
    pub(super) fn named(&self, path: &str) -> Result<Vec<(String, i64)>> {
        let mut named: Vec<(String, i64)> = Vec::new();
        for table in [&self.bundled, &self.own] {
            let Some(DeValue::Table(entries)) = find(table, path).map(|(value, _)| value) else {
                continue;
            };
            for (name, value) in entries {
                let name: &str = name.get_ref();
                let own = format!("{path}.{name}");
                let points = self.number(&own, &(value.get_ref(), value.span()), &POINTS)?;
                self.known.borrow_mut().insert(own);
                match named
                    .iter_mut()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name))
                {
                    Some((_, before)) => *before = points,
                    None => named.push((name.to_owned(), points)),
                }
            }
        }
        self.known.borrow_mut().insert(path.to_owned());
        Ok(named)
    }

    /// What is wrong with values that do not go together, at the first of `paths` that the user's
    /// file states: the others may be bundled values, which the user has no line to mend in.
    #[cold]
    pub(super) fn clash(&self, paths: &[&str], what: &str) -> Error {
        let stated = paths.iter().find(|path| find(&self.own, path).is_some());
        self.wrong(stated.or(paths.first()).copied().unwrap_or_default(), what)
    }

    /// What is wrong with the value at `path`.
    #[cold]
    pub(super) fn wrong(&self, path: &str, what: &str) -> Error {
        match find(&self.own, path) {
            Some((_, at)) => self.wrong_at(at, path, what),
            None => Error::settings(format!("importance, {path} (the bundled value): {what}")),
        }
    }

    /// Refuses the first key that nothing asked for.
    pub(super) fn finish(self) -> Result<()> {
        let known = self.known.borrow();
        self.refuse_unknown(&self.own, "", &known)
    }

    fn refuse_unknown(
        &self,
        table: &DeTable<'_>,
        within: &str,
        known: &BTreeSet<String>,
    ) -> Result<()> {
        let mut entries: Vec<_> = table.iter().collect();
        // By place, so that the first mistake of the file is the one reported.
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let path = if within.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{within}.{}", name.get_ref())
            };
            if known.contains(&path) {
                continue;
            }
            let inside = format!("{path}.");
            match value.get_ref() {
                DeValue::Table(inner) if known.iter().any(|known| known.starts_with(&inside)) => {
                    self.refuse_unknown(inner, &path, known)?;
                }
                _ => {
                    let before = if within.is_empty() {
                        String::new()
                    } else {
                        format!("{within}.")
                    };
                    let mut names: Vec<&str> = known
                        .iter()
                        .filter_map(|known| known.strip_prefix(&before)?.split('.').next())
                        .collect();
                    names.dedup();
                    let what = format!("no such key; write one of {}", names.join(", "));
                    return Err(self.wrong_at(name.span(), &path, &what));
                }
            }
        }
        Ok(())
    }

    /// The value at `path`, of the file or else of the bundled one.
    fn value(&self, path: &str) -> Result<Value<'_>> {
        self.known.borrow_mut().insert(path.to_owned());
        find(&self.own, path)
            .or_else(|| find(&self.bundled, path))
            .ok_or_else(|| Error::settings(format!("importance: {path} is missing; write it")))
    }

    fn list<T>(&self, path: &str, each: impl Fn(&Value<'_>) -> Result<T>) -> Result<Vec<T>> {
        match self.value(path)? {
            (DeValue::Array(list), _) => list
                .iter()
                .map(|value| each(&(value.get_ref(), value.span())))
                .collect(),
            (_, at) => Err(self.wrong_at(at, path, "write a list in brackets")),
        }
    }

    fn number(&self, path: &str, value: &Value<'_>, range: &RangeInclusive<i64>) -> Result<i64> {
        let (DeValue::Integer(digits), _) = value else {
            return Err(self.out_of(range, "a whole number", path, value));
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.out_of(range, "a whole number", path, value))
    }

    fn thousandths(
        &self,
        path: &str,
        value: &Value<'_>,
        range: &RangeInclusive<i64>,
    ) -> Result<i64> {
        let number: Option<f64> = match value.0 {
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .ok()
                .map(|number| number as f64),
            DeValue::Float(digits) => digits.as_str().parse().ok(),
            _ => None,
        };
        let (low, high) = (*range.start() as f64, *range.end() as f64);
        let Some(number) = number.filter(|number| (low..=high).contains(number)) else {
            return Err(self.out_of(range, "a number", path, value));
        };
        let thousandths = (number * ONE as f64).round();
        // What answers count in: a finer number would be rounded without a word.
        if (thousandths / ONE as f64 - number).abs() > 1e-9 {
            return Err(self.wrong_at(
                value.1.clone(),
                path,
                "at most three decimals count; round it",
            ));
        }
        Ok(thousandths as i64)
    }

    #[cold]
    fn out_of(
        &self,
        range: &RangeInclusive<i64>,
        what: &str,
        path: &str,
        value: &Value<'_>,
    ) -> Error {
        let mend = format!("write {what} from {} to {}", range.start(), range.end());
        self.wrong_at(value.1.clone(), path, &mend)
    }

    #[cold]
    fn wrong_at(&self, at: Range<usize>, path: &str, what: &str) -> Error {
        Error::settings(format!(
            "importance line {}, {path}: {what}",
            line_of(self.text, at.start)
        ))
    }
}

/// What points may be: those of the whole scale, 0 to 100.
pub(super) const POINTS: RangeInclusive<i64> = 0..=100;

/// The value at the dotted `path`.
fn find<'t>(table: &'t DeTable<'t>, path: &str) -> Option<Value<'t>> {
    let (name, rest) = path
        .split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)));
    let value = table.iter().find(|(key, _)| key.get_ref() == name)?.1;
    match (rest, value.get_ref()) {
        (None, found) => Some((found, value.span())),
        (Some(rest), DeValue::Table(inner)) => find(inner, rest),
        (Some(_), _) => None,
    }
}
