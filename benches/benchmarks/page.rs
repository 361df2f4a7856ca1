//! The page `BENCHMARKS.md`: a head, and a section a part. One part can be written anew while the
//! others stay as they are.

/// What stands before the title of a section.
const TITLE: &str = "## ";

/// A section: its title, and the text under it.
type Section = (String, String);

/// The sections of a page, in order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Page(Vec<Section>);

impl Page {
    /// Reads a page; what stands before the first section is left out, for it is written anew.
    pub(crate) fn read(text: &str) -> Page {
        let mut sections: Vec<Section> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix(TITLE), sections.last_mut()) {
                (Some(title), _) => sections.push((title.to_owned(), String::new())),
                (None, Some((_, body))) => *body += &format!("{line}\n"),
                (None, None) => {}
            }
        }
        Page(sections)
    }

    /// The text of a section, if it is there.
    pub(crate) fn section(&self, title: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == title);
        found.map(|(_, body)| body.trim())
    }

    /// Adds a section at the end.
    pub(crate) fn push(&mut self, title: &str, body: &str) {
        self.0.push((title.to_owned(), body.trim().to_owned()));
    }

    /// The page under its head.
    pub(crate) fn write(&self, head: &str) -> String {
        let mut text = head.trim().to_owned();
        for (title, body) in &self.0 {
            text += &format!("\n\n{TITLE}{title}\n\n{}", body.trim());
        }
        text + "\n"
    }
}
