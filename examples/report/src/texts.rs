//! What of texts may be shown: all, with personal data masked, or nothing.

use hearken::Post;
use hearken::mask::{Masker, Thread};

/// Whether texts are shown, and how. Posts are read as they came, for a contact that is masked is
/// no evidence any more; what is shown of them is masked last.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    /// Whether any are shown.
    pub(crate) are_shown: bool,
    masker: Option<Masker>,
}

impl Texts {
    pub(crate) fn new(are_shown: bool, are_masked: bool) -> Texts {
        Texts {
            are_shown,
            masker: are_masked.then(Masker::new),
        }
    }

    /// A text as it may be shown.
    pub(crate) fn text(&self, text: &str) -> String {
        match &self.masker {
            Some(masker) => masker.mask(text).into_text().into_owned(),
            None => text.to_owned(),
        }
    }

    /// A post as it may be shown.
    pub(crate) fn post<'p>(&self, post: &'p Post<'static>) -> Post<'p> {
        let mut shown: Post<'p> = post.clone();
        if let Some(masker) = &self.masker {
            let masked = masker.mask_post(post, &mut Thread::default());
            shown.text = masked.into_text().into_owned().into();
            shown.author.name = None;
        }
        shown
    }
}
