//! Where a value stands in an object of JSON: the right side of a map of fields.

use serde::Deserialize;
use serde_json::Value;

use super::loose::Loose;

/// Brackets within brackets that a map may have.
const DEEPEST: usize = 8;

/// What gives a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Constant(String),
    Path(Path),
    /// The first that is there and not blank.
    Any(Vec<Source>),
    /// Texts one behind the other; nothing if one of them is not there.
    Join(Vec<Source>),
    /// The second, if the first is there.
    If(Box<Source>, Box<Source>),
}

/// The way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// The path from here on: flattened dumps have it as one name (`"user.name":"…"`).
    rest: String,
    /// Empty to stay where one is.
    name: String,
    /// Field and value of the element to descend into.
    element: Option<(String, Wanted)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Text(String),
    /// What stands there in the whole object.
    Of(Path),
}

/// The parts of `text` between `sign`s that stand outside of quotes and brackets.
pub(super) fn split(text: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ if depth == 0 && character == sign => {
                parts.push(&text[from..at]);
                from = at + sign.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

impl Source {
    /// The field of its own name.
    pub(super) fn own(name: &str) -> Source {
        Source::Path(Path::parse(name).unwrap_or(Path(Vec::new())))
    }

    /// Reads a source: alternatives, sums, conditions; none if a part is empty or stays open.
    pub(super) fn parse(text: &str) -> Option<Source> {
        alternatives(text, DEEPEST)
    }

    /// What it gives of an object; null for nothing, and a blank value if there is no better one.
    pub(super) fn find<'v>(&'v self, value: &'v Value, is_text: bool) -> Loose<'v> {
        match self {
            Source::Constant(text) => Loose::Text(text.into()),
            Source::Path(path) => path
                .find(value, value)
                .and_then(|found| Loose::deserialize(found).ok())
                .unwrap_or_default(),
            Source::Any(sources) => {
                let mut first = Loose::Null;
                for source in sources {
                    let found = source.find(value, is_text);
                    if !found.is_empty(is_text) {
                        return found;
                    }
                    if first == Loose::Null {
                        first = found;
                    }
                }
                first
            }
            Source::Join(sources) => {
                let mut joined = String::new();
                for source in sources {
                    let found = source.find(value, is_text);
                    // A constant may be a space.
                    if !matches!(source, Source::Constant(_)) && found.is_empty(is_text) {
                        return Loose::Null;
                    }
                    match found.joined() {
                        Some(text) => joined.push_str(&text),
                        None => return Loose::Null,
                    }
                }
                Loose::Text(joined.into())
            }
            Source::If(condition, source) => match condition.find(value, is_text).is_empty(is_text)
            {
                true => Loose::Null,
                false => source.find(value, is_text),
            },
        }
    }

    /// Where it looks, for people.
    pub(super) fn place(&self) -> String {
        let joined = |sources: &[Source], sign: &str| {
            let places: Vec<String> = sources.iter().map(Source::place).collect();
            places.join(sign)
        };
        match self {
            Source::Constant(text) => format!("'{}'", text.escape_debug()),
            Source::Path(Path(steps)) => steps
                .first()
                .map(|step| step.rest.clone())
                .unwrap_or_default(),
            Source::Any(sources) => joined(sources, "|"),
            Source::Join(sources) => {
                let place = |source: &Source| match source {
                    Source::Any(_) => format!("({})", source.place()),
                    _ => source.place(),
                };
                sources.iter().map(place).collect::<Vec<_>>().join("+")
            }
            Source::If(condition, source) => format!("{}?{}", condition.place(), source.place()),
        }
    }
}

fn alternatives(text: &str, depth: usize) -> Option<Source> {
    let parts = split(text, '|').into_iter().map(|part| join(part, depth));
    Some(one_or(parts.collect::<Option<_>>()?, Source::Any))
}

fn join(text: &str, depth: usize) -> Option<Source> {
    let parts = split(text, '+').into_iter().map(|part| {
        let parts = split(part, '?');
        match *parts.as_slice() {
            [source] => atom(source, depth),
            [condition, source] => {
                let (condition, source) = (atom(condition, depth)?, atom(source, depth)?);
                Some(Source::If(Box::new(condition), Box::new(source)))
            }
            _ => None,
        }
    });
    Some(one_or(parts.collect::<Option<_>>()?, Source::Join))
}

fn one_or(mut sources: Vec<Source>, more: fn(Vec<Source>) -> Source) -> Source {
    match (sources.len(), sources.pop()) {
        (1, Some(source)) => source,
        (_, last) => {
            sources.extend(last);
            more(sources)
        }
    }
}

fn atom(text: &str, depth: usize) -> Option<Source> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('\'') {
        let constant = rest.strip_suffix('\'')?;
        let plain = !constant.contains('\'');
        return plain.then(|| Source::Constant(constant.replace("\\n", "\n")));
    }
    if let Some(rest) = text.strip_prefix('(') {
        return alternatives(rest.strip_suffix(')')?, depth.checked_sub(1)?);
    }
    steps(text, depth).map(|steps| Source::Path(Path(steps)))
}

impl Path {
    /// Reads a path; none if a name is empty or a bracket stays open.
    pub(super) fn parse(text: &str) -> Option<Path> {
        steps(text, DEEPEST).map(Path)
    }

    /// The name that it begins with.
    pub(super) fn first(&self) -> &str {
        self.0.first().map_or("", |step| &step.name)
    }

    /// The value at its end; what another path looks up is found from `root` on.
    pub(super) fn find<'v>(&self, mut value: &'v Value, root: &'v Value) -> Option<&'v Value> {
        for step in &self.0 {
            value = match value {
                Value::Object(fields) => match fields.get(&step.rest) {
                    Some(found) => return Some(found),
                    None if step.name.is_empty() => value,
                    None => fields.get(&step.name)?,
                },
                Value::Array(elements) => elements.get(step.name.parse::<usize>().ok()?)?,
                _ => return None,
            };
            let Some((field, wanted)) = &step.element else {
                continue;
            };
            let wanted = match wanted {
                Wanted::Text(text) => text.clone(),
                Wanted::Of(path) => plain(path.find(root, root)?)?,
            };
            let is_wanted =
                |element: &&Value| element.get(field).and_then(plain).as_ref() == Some(&wanted);
            value = match value {
                Value::Array(elements) => elements.iter().find(is_wanted)?,
                other => Some(other).filter(is_wanted)?,
            };
        }
        Some(value)
    }
}

/// The objects that stand in arrays on any of these ways, in order of the document.
pub(super) fn each<'v>(paths: &[Path], value: &'v Value) -> Vec<&'v Value> {
    let mut found = Vec::new();
    let ways: Vec<&[Step]> = paths.iter().map(|path| path.0.as_slice()).collect();
    collect(&ways, value, false, &mut found);
    found
}

fn collect<'v>(ways: &[&[Step]], value: &'v Value, in_array: bool, found: &mut Vec<&'v Value>) {
    match value {
        Value::Array(elements) => {
            for element in elements {
                collect(ways, element, true, found);
            }
        }
        Value::Object(fields) => {
            if in_array && ways.iter().any(|way| way.is_empty()) {
                found.push(value);
            }
            let mut names: Vec<&str> = Vec::new();
            for name in ways
                .iter()
                .filter_map(|way| way.first())
                .map(|step| &step.name)
            {
                if names.contains(&name.as_str()) {
                    continue;
                }
                names.push(name);
                let rests = ways.iter().filter_map(|way| match way {
                    [step, rest @ ..] if step.name == *name => Some(rest),
                    _ => None,
                });
                if let Some(value) = fields.get(name) {
                    collect(&rests.collect::<Vec<_>>(), value, in_array, found);
                }
            }
        }
        _ => {}
    }
}

/// A string, a number or a truth value as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn steps(path: &str, depth: usize) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let written = split(rest, '.').first().copied()?;
        let (name, element) = match written.strip_prefix('"') {
            Some(quoted) => (quoted.strip_suffix('"')?, None),
            None => match written.find('[') {
                None => (written.trim(), None),
                Some(open) => {
                    let inside = written.get(open + 1..)?.strip_suffix(']')?;
                    let (field, wanted) = inside.split_once('=')?;
                    let (field, wanted) = (field.trim(), wanted.trim());
                    let wanted = match wanted.strip_prefix('@') {
                        Some(path) => {
                            Wanted::Of(Path(self::steps(path.trim(), depth.checked_sub(1)?)?))
                        }
                        None => Wanted::Text(wanted.to_owned()),
                    };
                    (written[..open].trim(), Some((field.to_owned(), wanted)))
                }
            },
        };
        let quoted = written.starts_with('"');
        let here = name.is_empty() && element.is_some() && steps.is_empty();
        let signs = ['\'', '"', '[', ']', '(', ')'];
        if (name.is_empty() && !here) || (!quoted && name.contains(signs)) {
            return None;
        }
        // A name in quotes is one as it stands.
        let whole = if quoted && written.len() == rest.len() {
            name
        } else {
            rest
        };
        steps.push(Step {
            rest: whole.to_owned(),
            name: name.to_owned(),
            element,
        });
        match rest.get(written.len()..)? {
            "" => return Some(steps),
            behind => rest = behind.strip_prefix('.')?,
        }
    }
}
