//! The elements of HTML and what a browser does with them.

/// What a browser does with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// It stands in the line.
    Inline,
    /// It begins and ends a line.
    Block,
    /// It stands beside its neighbour in a row.
    Cell,
    /// Its content is not text.
    Hidden,
}

use Layout::{Block, Cell, Hidden, Inline};

/// The elements of HTML that mails and exports hold; sorted by name.
const ELEMENTS: [(&str, Layout); 116] = [
    ("a", Inline),
    ("abbr", Inline),
    ("acronym", Inline),
    ("address", Block),
    ("area", Inline),
    ("article", Block),
    ("aside", Block),
    ("audio", Inline),
    ("b", Inline),
    ("base", Inline),
    ("bdi", Inline),
    ("bdo", Inline),
    ("big", Inline),
    ("blockquote", Block),
    ("body", Block),
    ("br", Block),
    ("button", Inline),
    ("canvas", Hidden),
    ("caption", Block),
    ("center", Block),
    ("cite", Inline),
    ("code", Inline),
    ("col", Inline),
    ("colgroup", Inline),
    ("dd", Block),
    ("del", Inline),
    ("details", Block),
    ("dfn", Inline),
    ("dir", Block),
    ("div", Block),
    ("dl", Block),
    ("dt", Block),
    ("em", Inline),
    ("embed", Inline),
    ("emoji", Inline),
    ("fieldset", Block),
    ("figcaption", Block),
    ("figure", Block),
    ("font", Inline),
    ("footer", Block),
    ("form", Block),
    ("h1", Block),
    ("h2", Block),
    ("h3", Block),
    ("h4", Block),
    ("h5", Block),
    ("h6", Block),
    ("head", Hidden),
    ("header", Block),
    ("hr", Block),
    ("html", Block),
    ("i", Inline),
    ("iframe", Hidden),
    ("img", Inline),
    ("includetail", Inline),
    ("input", Inline),
    ("ins", Inline),
    ("kbd", Inline),
    ("label", Inline),
    ("legend", Block),
    ("li", Block),
    ("link", Inline),
    ("main", Block),
    ("map", Inline),
    ("mark", Inline),
    ("marquee", Inline),
    ("menu", Block),
    ("meta", Inline),
    ("nav", Block),
    ("nobr", Inline),
    ("noscript", Hidden),
    ("object", Inline),
    ("ol", Block),
    ("p", Block),
    ("param", Inline),
    ("picture", Inline),
    ("pre", Block),
    ("q", Inline),
    ("rb", Inline),
    ("rp", Hidden),
    ("rt", Hidden),
    ("ruby", Inline),
    ("s", Inline),
    ("samp", Inline),
    ("script", Hidden),
    ("section", Block),
    ("select", Hidden),
    ("sign", Inline),
    ("small", Inline),
    ("source", Inline),
    ("span", Inline),
    ("strike", Inline),
    ("strong", Inline),
    ("style", Hidden),
    ("sub", Inline),
    ("summary", Block),
    ("sup", Inline),
    ("svg", Hidden),
    ("table", Block),
    ("tbody", Block),
    ("td", Cell),
    ("template", Hidden),
    ("textarea", Hidden),
    ("tfoot", Block),
    ("th", Cell),
    ("thead", Block),
    ("time", Inline),
    ("title", Hidden),
    ("tr", Block),
    ("track", Inline),
    ("tt", Inline),
    ("u", Inline),
    ("ul", Block),
    ("var", Inline),
    ("video", Inline),
    ("wbr", Inline),
];

/// Elements without content and so without an end.
pub(super) const EMPTY: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements that a browser sets apart by an empty line.
pub(super) const PARAGRAPHS: [&str; 11] = [
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "ol",
    "p",
    "ul",
];

/// Prefixes of the elements that Office writes (`o:p`).
const OFFICE: [&str; 6] = ["m:", "o:", "st1:", "v:", "w:", "x:"];

/// The listed name and the layout of the element `name`, in any case.
pub(super) fn element(name: &str) -> Option<(&'static str, Layout)> {
    let is_office = |prefix: &&str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if let Some(prefix) = OFFICE.iter().find(|prefix| is_office(prefix)) {
        return (name.len() > prefix.len()).then_some((*prefix, Inline));
    }
    let found = ELEMENTS
        .binary_search_by(|(listed, _)| {
            let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
            listed.bytes().cmp(lower)
        })
        .ok()?;
    ELEMENTS.get(found).copied()
}
