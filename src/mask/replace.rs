//! A text in which values are replaced by placeholders, round by round, with the map of places.

use std::borrow::Cow;

use super::{Found, Masked, Span};

/// A text and what was replaced in it so far.
pub(super) struct Replaced<'a> {
    original: &'a str,
    /// In order of place: what was replaced, in bytes of the original, and by what.
    values: Vec<(Found, String)>,
}

impl<'a> Replaced<'a> {
    pub(super) fn new(original: &'a str) -> Replaced<'a> {
        Replaced {
            original,
            values: Vec::new(),
        }
    }

    /// The text as it is now.
    pub(super) fn text(&self) -> Cow<'a, str> {
        match self.values.is_empty() {
            true => Cow::Borrowed(self.original),
            false => Cow::Owned(self.write().0),
        }
    }

    /// Replaces more; the places are those of the text as it is now, outside of placeholders.
    pub(super) fn add(&mut self, more: Vec<(Found, String)>) {
        let spans = self.write().1;
        // A place moved by what the placeholders before it are longer or shorter.
        let original = |place: usize| {
            let before = spans.iter().take_while(|span| span.masked.end <= place);
            before
                .last()
                .map_or(place, |span| span.original.end + (place - span.masked.end))
        };
        for (mut found, placeholder) in more {
            found.range = original(found.range.start)..original(found.range.end);
            self.values.push((found, placeholder));
        }
        self.values.sort_by_key(|(found, _)| found.range.start);
    }

    pub(super) fn finish(self) -> Masked<'a> {
        let (text, spans) = match self.values.is_empty() {
            true => (Cow::Borrowed(self.original), Vec::new()),
            false => {
                let (text, spans) = self.write();
                (Cow::Owned(text), spans)
            }
        };
        Masked { text, spans }
    }

    fn write(&self) -> (String, Vec<Span>) {
        let mut text = String::with_capacity(self.original.len());
        let mut spans = Vec::with_capacity(self.values.len());
        let mut from = 0;
        for (found, placeholder) in &self.values {
            text.push_str(
                self.original
                    .get(from..found.range.start)
                    .unwrap_or_default(),
            );
            let start = text.len();
            text.push_str(placeholder);
            spans.push(Span {
                kind: found.kind,
                original: found.range.clone(),
                masked: start..text.len(),
            });
            from = found.range.end;
        }
        text.push_str(self.original.get(from..).unwrap_or_default());
        (text, spans)
    }
}
