//! The roles that the terms of [`List::Accident`](super::lexicon::List::Accident) and
//! [`List::Report`](super::lexicon::List::Report) have in what a text tells.

/// What a term says, as the third column of its file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A body is hurt, whatever stands beside it: `fractured`, `触电`.
    Injury,
    /// Hurts a part of the body that is named beside it: `cut`, `otekl`.
    Hurting,
    /// A part of the body.
    Body,
    /// Happens to people and to things: `fell`, `吐了`.
    Event,
    /// Treatment: a hospital, an ambulance.
    Care,
    /// A child.
    Child,
    /// Fire, smoke, gas, an explosion.
    Fire,
    /// A room or a home.
    Home,
    /// What does not belong into food.
    Object,
    /// Food.
    Food,
    /// Other people than the writer: *another patient's*, `cizí`, `别人的`.
    Stranger,
    /// What is written down of a person: *test results*, `rodné číslo`, `病历`.
    Record,
    /// What comes after it did not happen: `could`, `如果`.
    Unreal,
    /// What is told is invented: a film, a song.
    Story,
    /// Reports a scam by itself: `冒充你们`, *pretending to be you*.
    Report,
    /// Who or what is reported.
    Impostor,
    /// The brand's name, page or post.
    Yours,
    /// What is asked of the brand or of readers: *remove it*, `管管`.
    Plea,
}

impl Role {
    fn from_name(name: &str) -> Option<Role> {
        Some(match name {
            "injury" => Role::Injury,
            "hurting" => Role::Hurting,
            "body" => Role::Body,
            "event" => Role::Event,
            "care" => Role::Care,
            "child" => Role::Child,
            "fire" => Role::Fire,
            "home" => Role::Home,
            "object" => Role::Object,
            "food" => Role::Food,
            "stranger" => Role::Stranger,
            "record" => Role::Record,
            "unreal" => Role::Unreal,
            "story" => Role::Story,
            "report" => Role::Report,
            "impostor" => Role::Impostor,
            "yours" => Role::Yours,
            "plea" => Role::Plea,
            _ => return None,
        })
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The roles of one term, a bit each: *burned* hurts a hand, and happens to a child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles(u32);

impl Roles {
    /// What tells of something that happened, so that it can be denied.
    const HAPPENS: u32 = Role::Injury.bit()
        | Role::Hurting.bit()
        | Role::Event.bit()
        | Role::Fire.bit()
        | Role::Object.bit()
        | Role::Stranger.bit();

    /// The roles of a term's kind, `hurting+event`; a name that is not one has none.
    pub(super) fn of(kind: &str) -> Roles {
        kind.split('+')
            .filter_map(Role::from_name)
            .fold(Roles(0), |roles, role| Roles(roles.0 | role.bit()))
    }

    pub(super) fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether it tells of what happened, so that it can be denied.
    pub(super) fn happens(self) -> bool {
        self.0 & Roles::HAPPENS != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::lexicon::{LexiconBuilder, List};
    use crate::text::Folder;

    #[test]
    fn every_listed_role_is_known() {
        let lexicon = LexiconBuilder::new()
            .bundled(&Folder::new())
            .and_then(LexiconBuilder::build)
            .expect("the bundled lists are sound");
        let terms = (0..).map_while(|number| lexicon.term(number));
        let with_roles = terms
            .filter(|term| matches!(term.list, List::Accident | List::Report))
            .filter(|term| term.strength != 0);
        let mut checked = 0;
        for term in with_roles {
            let known = term
                .kind
                .split('+')
                .all(|name| Role::from_name(name).is_some());
            assert!(known, "{}: no role {:?}", term.text, term.kind);
            checked += 1;
        }
        assert!(checked > 1000, "{checked}");
    }
}
