//! Markup: tags and entities of HTML, read as a browser shows them.
//!
//! The reader is tolerant and decides by the text itself: a `<` begins a tag only before the name
//! of a known element, and only where the tag ends, so that `<3`, `a < b` and `<joe@example.com>`
//! stay. Tags are read first and entities once, so that `&lt;p&gt;` is the text `<p>`. What a
//! browser does not show (styles, scripts, comments, hidden elements) is left out; the short name
//! of an emoticon (`alt`) and the target of a link stay.

use std::ops::Range;

use super::Output;
use super::elements::Layout::{self, Block, Cell, Hidden, Inline};
use super::elements::{EMPTY, PARAGRAPHS, element};

/// Most bytes of a tag: a style attribute may be long, and a `<` that is not closed must not cost a
/// search through the whole text. Chosen by hand.
const MAX_TAG: usize = 8 * 1024;
/// Most bytes of an entity, both signs included: `&CounterClockwiseContourIntegral;` is the longest
/// name of HTML.
const MAX_ENTITY: usize = 33;
/// Most characters of an emoticon's `alt`; longer ones describe pictures. Chosen by hand.
const MAX_EMOTICON: usize = 16;

/// Whether `text` may have markup: a quick look.
pub(super) fn may_begin(text: &str) -> bool {
    memchr::memchr2(b'<', b'&', text.as_bytes()).is_some()
}

/// Writes `text` as it is shown, and notes where quotations of mail stand in what is written; false
/// if it has no markup, and then what was written is of no use.
pub(super) fn strip(text: &str, out: &mut Output<'_>, quotations: &mut Vec<Range<usize>>) -> bool {
    let mut reader = Reader {
        text,
        out,
        quotations,
        open: Vec::new(),
        found: false,
    };
    reader.run();
    reader.found
}

/// A tag: its name in lower case, its attributes, where it ends.
struct Tag<'a> {
    layout: Layout,
    name: &'a str,
    closes: bool,
    attributes: &'a str,
    end: usize,
}

/// An element that is open and matters until it ends.
struct Open<'a> {
    name: &'a str,
    /// Elements of the same name within it.
    nested: u32,
    what: What<'a>,
}

enum What<'a> {
    /// A link, the place where its text begins, and where it leads.
    Link { from: usize, target: &'a str },
    /// A quotation of mail that begins here; of some programs all that follows is one.
    Quotation { from: usize, to_the_end: bool },
}

struct Reader<'a, 'o, 's> {
    text: &'a str,
    out: &'o mut Output<'s>,
    quotations: &'o mut Vec<Range<usize>>,
    open: Vec<Open<'a>>,
    found: bool,
}

impl<'a> Reader<'a, '_, '_> {
    fn run(&mut self) {
        let text = self.text;
        let mut copied = 0;
        let mut position = 0;
        while let Some(found) = memchr::memchr2(b'<', b'&', &text.as_bytes()[position..]) {
            let at = position + found;
            let end = match text.as_bytes().get(at) {
                Some(b'&') => self.entity(copied, at),
                _ => self.markup(copied, at),
            };
            match end {
                Some(end) => {
                    self.found = true;
                    (copied, position) = (end, end);
                }
                None => position = at + 1,
            }
        }
        self.out.copy(text, copied..text.len());
        while let Some(open) = self.open.pop() {
            self.leave(open, text.len());
        }
        // Outer quotations end after those within them.
        self.quotations
            .sort_by_key(|range| (range.start, range.end));
    }

    /// Writes the entity at `at` after what stands from `copied` on; the place behind it, or none.
    fn entity(&mut self, copied: usize, at: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(at..)?;
        let length = memchr::memchr(b';', rest.get(..MAX_ENTITY.min(rest.len()))?)? + 1;
        let entity = self.text.get(at..at + length)?;
        let shown = html_escape::decode_html_entities(entity);
        if shown == entity {
            return None;
        }
        self.out.copy(self.text, copied..at);
        // A browser shows a space that does not break as any other.
        let shown = if shown == "\u{A0}" { " ".into() } else { shown };
        self.out.write(&shown, at..at + length);
        Some(at + length)
    }

    /// Reads the tag or comment at `at`; the place behind it, or none if there is none.
    fn markup(&mut self, copied: usize, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        if rest.starts_with("<!") || rest.starts_with("<?xml") {
            let end = declaration_end(rest)?;
            self.out.copy(self.text, copied..at);
            return Some(at + end);
        }
        let tag = self.tag(at)?;
        self.out.copy(self.text, copied..at);
        let end = match tag.closes {
            true => self.close(&tag, at),
            false => self.begin(&tag, at),
        };
        match tag.layout {
            Block if self.breaks(&tag) => self.out.write("\n", at..tag.end),
            Cell => self.out.write(" ", at..tag.end),
            Block | Inline | Hidden => {}
        }
        Some(end)
    }

    /// Whether a block's tag writes a line break: `br` always does, others where no line begins
    /// yet, and a paragraph leaves an empty line before it.
    fn breaks(&self, tag: &Tag<'_>) -> bool {
        let text = self.out.text.as_str();
        match tag.name {
            _ if text.is_empty() => false,
            "br" => true,
            name if !tag.closes && PARAGRAPHS.contains(&name) => !text.ends_with("\n\n"),
            _ => !text.ends_with('\n'),
        }
    }

    /// The tag at `at`, if it is one.
    fn tag(&self, at: usize) -> Option<Tag<'a>> {
        let inner = at + 1;
        let closes = self.text.as_bytes().get(inner) == Some(&b'/');
        let from = inner + usize::from(closes);
        let rest = self.text.get(from..)?;
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b':')
            .count();
        let name = rest.get(..length)?;
        let (name, layout) = element(name)?;
        let behind = rest.get(length..)?;
        let end = tag_end(behind)?;
        let attributes = behind.get(..end)?.trim_end_matches('/').trim();
        // `a<b and c>d` compares, and is no tag: attributes of a short name have values.
        let starts = behind.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
        if !starts || (name.len() == 1 && !attributes.is_empty() && !attributes.contains('=')) {
            return None;
        }
        Some(Tag {
            layout,
            name,
            closes,
            attributes,
            end: from + length + end + 1,
        })
    }

    /// Begins an element; the place where reading goes on.
    fn begin(&mut self, tag: &Tag<'a>, at: usize) -> usize {
        if let Some(open) = self
            .open
            .iter_mut()
            .rev()
            .find(|open| open.name == tag.name)
        {
            open.nested += u32::from(!EMPTY.contains(&tag.name));
        }
        if tag.name == "img" {
            self.emoticon(tag, at);
        }
        if EMPTY.contains(&tag.name) {
            return tag.end;
        }
        if tag.layout == Hidden || is_hidden(tag.attributes) {
            return self.behind_element(tag);
        }
        let what = match tag.name {
            "a" => attribute(tag.attributes, "href").map(|target| What::Link {
                from: self.out.text.len(),
                target,
            }),
            "aside" | "blockquote" | "div" | "sign" => {
                quotation(tag).map(|to_the_end| What::Quotation {
                    from: self.out.text.len(),
                    to_the_end,
                })
            }
            _ => None,
        };
        if let Some(what) = what {
            self.open.push(Open {
                name: tag.name,
                nested: 0,
                what,
            });
        }
        tag.end
    }

    /// Ends an element; the place where reading goes on.
    fn close(&mut self, tag: &Tag<'a>, at: usize) -> usize {
        let innermost = self.open.iter().rposition(|open| open.name == tag.name);
        if let Some(index) = innermost
            && let Some(open) = self.open.get_mut(index)
        {
            if open.nested > 0 {
                open.nested -= 1;
            } else {
                let open = self.open.remove(index);
                self.leave(open, at);
            }
        }
        tag.end
    }

    /// What an element leaves when it ends at `at` of the original.
    fn leave(&mut self, open: Open<'a>, at: usize) {
        match open.what {
            What::Quotation { from, to_the_end } => self.quotations.push(match to_the_end {
                true => from..usize::MAX,
                false => from..self.out.text.len(),
            }),
            What::Link { from, target } => {
                let shown = self.out.text.get(from..).unwrap_or_default().trim();
                let target = html_escape::decode_html_entities(target);
                match shown_target(shown, &target) {
                    Target::Shown => {}
                    // Where a link leads is evidence that its text may hide, so it is read too.
                    Target::Beside => self.out.write(&format!(" {} ", target.trim()), at..at),
                    Target::Instead => {
                        let start = self.out.truncate(from).unwrap_or(at);
                        self.out.write(target.trim(), start..at);
                    }
                }
            }
        }
    }

    /// Writes what an emoticon stands for.
    fn emoticon(&mut self, tag: &Tag<'a>, at: usize) {
        let Some(alt) = attribute(tag.attributes, "alt").map(str::trim) else {
            return;
        };
        let class = attribute(tag.attributes, "class").unwrap_or_default();
        let bracketed = |open: char, close: char| alt.starts_with(open) && alt.ends_with(close);
        let is_emoticon = bracketed('[', ']')
            || (bracketed(':', ':') && alt.len() > 2)
            || class.contains("emoji")
            || class.contains("emoticon")
            || !alt.chars().any(char::is_alphanumeric);
        if is_emoticon && alt.chars().count() <= MAX_EMOTICON {
            let alt = html_escape::decode_html_entities(alt);
            self.out.write(&alt, at..tag.end);
        }
    }

    /// The place behind the end of an element whose content is not shown.
    fn behind_element(&self, tag: &Tag<'a>) -> usize {
        let mut depth = 1;
        let mut position = tag.end;
        while let Some(found) = self
            .text
            .as_bytes()
            .get(position..)
            .and_then(|rest| memchr::memchr(b'<', rest))
        {
            let at = position + found;
            position = at + 1;
            if let Some(inner) = self.tag(at).filter(|inner| inner.name == tag.name) {
                position = inner.end;
                match inner.closes {
                    true => depth -= 1,
                    // A style or script has no elements.
                    false => depth += u32::from(tag.layout != Hidden),
                }
                if depth == 0 {
                    return position;
                }
            }
        }
        // Without an end nothing is known to be hidden.
        tag.end
    }
}

/// Where the `>` of a tag is, of which `rest` is what follows the name.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = b' ';
    for (at, byte) in rest.bytes().enumerate().take(MAX_TAG) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            // A quotation mark only holds a value behind `=`.
            (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            (None, _) => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    None
}

/// Where a comment, a section of Office or a declaration ends.
fn declaration_end(rest: &str) -> Option<usize> {
    let end = |close: &str| rest.find(close).map(|at| at + close.len());
    if rest.starts_with("<!--") {
        // `<!-->` is an empty comment.
        return end("-->");
    }
    if rest.starts_with("<![CDATA[") {
        return Some("<![CDATA[".len());
    }
    let known = ["<!doctype", "<![", "<?xml"];
    let is_known = known.iter().any(|start| {
        rest.get(..start.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    });
    is_known.then(|| end(">")).flatten()
}

/// The value of an attribute, as it is written.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let (key, behind) = rest.split_at(end);
        let behind = behind.trim_start();
        let (value, behind) = match behind.strip_prefix('=') {
            None => ("", behind),
            Some(value) => {
                let value = value.trim_start();
                match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
                    Some(quote) => {
                        let inner = value.get(1..).unwrap_or_default();
                        inner.split_once(quote).unwrap_or((inner, ""))
                    }
                    None => {
                        let end = value
                            .find(|c: char| c.is_ascii_whitespace())
                            .unwrap_or(value.len());
                        value.split_at(end)
                    }
                }
            }
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        // A key of no length (`="x"`) must not stop the walk.
        rest = if key.is_empty() && behind.len() == rest.len() {
            rest.get(1..).unwrap_or_default()
        } else {
            behind
        };
    }
}

/// Whether a browser does not show an element of these attributes.
fn is_hidden(attributes: &str) -> bool {
    if attributes.is_empty() {
        return false;
    }
    let class = attribute(attributes, "class").unwrap_or_default();
    if class
        .split_ascii_whitespace()
        .any(|name| name == "invisible")
    {
        return true;
    }
    if attribute(attributes, "hidden").is_some() {
        return true;
    }
    let Some(style) = attribute(attributes, "style") else {
        return false;
    };
    let style: String = style
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    [
        "display:none",
        "visibility:hidden",
        "font-size:0px",
        "font-size:0;",
        "mso-hide:all",
    ]
    .iter()
    .any(|hidden| style.contains(hidden))
}

/// Whether a `blockquote` or `div` holds the mail that is answered or a signature, by what mail
/// programs write; true if all that follows does too.
fn quotation(tag: &Tag<'_>) -> Option<bool> {
    const QUOTES: [&str; 11] = [
        "gmail_quote",
        "ms-outlook-mobile-signature",
        "ntes-mailmaster-quote",
        "xm_mail_oquote",
        "xm_mail_oquote_container",
        "gmail_signature",
        "moz-cite-prefix",
        "moz-signature",
        "protonmail_quote",
        "quote",
        "yahoo_quoted",
    ];
    /// Outlook's: the header of the mail that is answered; the mail itself stands behind it.
    const HEADERS: [&str; 3] = ["appendonsend", "divRplyFwdMsg", "x_divRplyFwdMsg"];
    /// Posts of other sites, which an author shows.
    const EMBEDDED: [&str; 3] = ["instagram-media", "tiktok-embed", "twitter-tweet"];
    let value = |name| attribute(tag.attributes, name).unwrap_or_default();
    let (class, id, name) = (value("class"), value("id"), value("name"));
    let has = |listed: &[&str]| {
        let mut names = class.split_ascii_whitespace().chain([id, name]);
        names.any(|found| listed.iter().any(|name| found.eq_ignore_ascii_case(name)))
    };
    match tag.name {
        "blockquote" => (!has(&EMBEDDED)).then_some(false),
        // QQ Mail's element of a signature.
        "sign" => Some(false),
        _ if has(&HEADERS) => Some(true),
        _ => has(&QUOTES).then_some(false),
    }
}

/// How the target of a link is read.
enum Target {
    /// It is its text already, or says nothing.
    Shown,
    /// Behind its text.
    Beside,
    /// In place of its text, which is a part of it: sites shorten long addresses.
    Instead,
}

fn shown_target(shown: &str, target: &str) -> Target {
    let target = target.trim();
    let is_web = |prefix: &str| {
        target
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if !is_web("https://") && !is_web("http://") {
        return Target::Shown;
    }
    // Mentions and hashtags link to a page of their own site.
    if shown.starts_with(['#', '@', '＃', '＠']) {
        return Target::Shown;
    }
    let bare = |link: &str| {
        let link = link.trim_end_matches(['/', '…']);
        let link = link.split_once("://").map_or(link, |(_, link)| link);
        link.trim_start_matches("www.").to_ascii_lowercase()
    };
    let (short, long) = (bare(shown), bare(target));
    match () {
        () if short == long => Target::Shown,
        () if shown.contains('.') && long.starts_with(&short) => Target::Instead,
        () => Target::Beside,
    }
}
