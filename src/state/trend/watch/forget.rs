//! How the watch forgets somebody: who made something rise, and the posts and words of alerts.

use super::Watch;
use super::rises::OpenAlert;
use crate::state::forget::{Forgotten, Traces};
use crate::state::trend::forget::Gone;
use crate::state::trend::key::Key;

/// The room, as the report names it.
const ROOM: &str = "watch";

impl Watch {
    /// Forgets them; `gone` is what nobody else wrote.
    pub(crate) fn forget_persons(
        &mut self,
        traces: &Traces,
        gone: &Gone,
        forgotten: &mut Forgotten,
    ) {
        let crowd = self.crowd.remove(|author| traces.is_theirs(author));
        let (mut posts, mut words) = (0, 0);
        for open in self.alerts.values_mut().chain(self.resting.values_mut()) {
            let alert = &mut open.alert;
            let before = (alert.evidence.len(), alert.drivers.len());
            alert.evidence.retain(|note| {
                let theirs = traces.is_theirs(note.author) || traces.wrote(note.author);
                let of_shared = || traces.is_shared(note.author) && traces.wrote_of_id(&note.id);
                !(theirs || of_shared())
            });
            alert.drivers.retain(|word| !gone.words.contains(&**word));
            posts += before.0 - alert.evidence.len();
            words += before.1 - alert.drivers.len();
        }
        // One person makes no series by default, but a setting may allow it.
        let series = self.series.len() + self.words.len();
        self.series.retain(|key, _| !gone.keys.contains(key));
        self.words.retain(|key, _| !gone.keys.contains(key));
        let series = series - self.series.len() - self.words.len();
        let is_gone = |key: &Key| gone.keys.contains(key);
        let before = self.alerts.len() + self.resting.len();
        for alerts in [&mut self.alerts, &mut self.resting] {
            alerts.retain(|_, open| open.forget(is_gone));
        }
        let alerts = before - self.alerts.len() - self.resting.len();
        let watched = self.series.values_mut().map(|watched| &mut watched.rise);
        let open = &self.alerts;
        let is_open = |id: &String| open.contains_key(id);
        for rise in watched.chain(self.words.values_mut()) {
            rise.alert = rise.alert.take().filter(is_open);
        }
        forgotten.remove(ROOM, "posts that show an alert", posts);
        forgotten.remove(ROOM, "words of alerts that only they wrote", words);
        forgotten.remove(ROOM, "series of words that only they wrote", series);
        forgotten.remove(ROOM, "alerts named by a word that only they wrote", alerts);
        forgotten.remove(ROOM, "times that they made something rise", crowd);
        forgotten.stay(
            ROOM,
            "what is expected of each series, and the numbers of alerts",
            "they are nobody's",
        );
    }
}

impl OpenAlert {
    /// Takes keys out that are no more; whether the alert still has one that names it.
    fn forget(&mut self, gone: impl Fn(&Key) -> bool) -> bool {
        self.alert.with.retain(|key| !gone(key));
        self.drop_keys(&gone);
        !gone(&self.alert.key)
    }
}
