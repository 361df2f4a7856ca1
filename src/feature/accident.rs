//! Whether a text tells of an accident: a person who is hurt, a fire in a home, a child in danger,
//! what is written down of a person in the wrong hands.
//!
//! No word says it alone. *Broke* and *hip* do, and so do *fire* and *kitchen*, or *swallowed* and
//! *daughter*, where they stand close together. So
//! [`List::Accident`](super::lexicon::List::Accident) holds roles, and pairs of them decide. The
//! pairs are the same in all languages; only the words differ.

use super::Analysis;
use super::lexicon::{Lexicon, TermHit};
use super::role::{Role, Roles};
use crate::text::{Token, TokenKind};

/// What a text tells of an accident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Accident {
    /// Nothing.
    #[default]
    None,
    /// Something that does not belong into food was in it.
    Contamination,
    /// The writer sees what is written down of other people.
    Leak,
    /// A person is hurt.
    Hurt,
    /// A home burns.
    HomeFire,
    /// A child is in danger, or hurt.
    Child,
}

impl Accident {
    /// What it is, in words for a reader.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Accident::None => "no accident",
            Accident::Contamination => "something foreign in food",
            Accident::Leak => "other people's data in the wrong hands",
            Accident::Hurt => "a person is hurt",
            Accident::HomeFire => "fire in a home",
            Accident::Child => "a child in danger",
        }
    }
}

/// Two roles, how many tokens lie between them at most, and what they tell together. The spans were
/// chosen by hand: what is hurt stands beside the verb, where it happened within the sentence, the
/// hospital comes at the end of the story, and whose record it is stands beside the record.
const PAIRS: [(Role, Role, usize, Accident); 9] = [
    (Role::Child, Role::Injury, 15, Accident::Child),
    (Role::Child, Role::Event, 10, Accident::Child),
    (Role::Child, Role::Fire, 15, Accident::Child),
    (Role::Fire, Role::Home, 12, Accident::HomeFire),
    (Role::Hurting, Role::Body, 6, Accident::Hurt),
    (Role::Event, Role::Care, 30, Accident::Hurt),
    (Role::Fire, Role::Care, 30, Accident::Hurt),
    (Role::Object, Role::Food, 5, Accident::Contamination),
    (Role::Stranger, Role::Record, 6, Accident::Leak),
];

/// How many tokens *could* and *if* reach. As for a negation, and chosen by hand.
const UNREAL_SCOPE: usize = 4;
/// Terms of a text that are looked at; the pairs of more would cost more than the rest of scoring.
const MAX_PLACES: usize = 48;

/// A term and the tokens that it covers.
#[derive(Clone, Copy)]
struct Place {
    roles: Roles,
    first: usize,
    last: usize,
    hit: TermHit,
}

impl Place {
    /// How many tokens lie between two places.
    fn between(self, other: Place) -> usize {
        let (before, after) = if self.first <= other.first {
            (self, other)
        } else {
            (other, self)
        };
        after.first.saturating_sub(before.last + 1)
    }
}

/// What a text tells whose negations are marked; keeps the terms that tell it, one or two.
pub(super) fn tell(analysis: &mut Analysis, lexicon: &Lexicon) -> Accident {
    let (told, deciding) = decide(analysis, lexicon);
    analysis.accident_hits.clear();
    analysis
        .accident_hits
        .extend(deciding.into_iter().flatten());
    told
}

fn decide(analysis: &Analysis, lexicon: &Lexicon) -> (Accident, [Option<TermHit>; 2]) {
    let Analysis {
        accident_hits,
        tokens,
        reached,
        ..
    } = analysis;
    let roles_of = |hit: &TermHit| {
        lexicon
            .brief(hit.term)
            .map_or(Roles::default(), |term| term.roles)
    };
    // Most texts name at most a home, a hand or a child, to which nothing happens.
    if !accident_hits.iter().any(|hit| roles_of(hit).happens()) {
        return (Accident::None, [None; 2]);
    }
    let mut places = [None; MAX_PLACES];
    let mut denied = 0;
    let mut free = places.iter_mut();
    for hit in accident_hits {
        let roles = roles_of(hit);
        let first = tokens.partition_point(|token| token.end <= hit.start);
        let last = tokens
            .partition_point(|token| token.start < hit.end)
            .saturating_sub(1)
            .max(first);
        if roles.has(Role::Story) {
            return (Accident::None, [None; 2]);
        }
        if roles.has(Role::Unreal) {
            let after = tokens.get(last + 1..).unwrap_or_default();
            denied = last + 1 + scope(after);
            continue;
        }
        // "Nobody was hurt". A term that denies by itself (`couldn't breathe`) is not reached.
        let negated = reached.get(first).copied().unwrap_or(false);
        if roles.happens() && (negated || first < denied) {
            continue;
        }
        match free.next() {
            Some(place) => {
                *place = Some(Place {
                    roles,
                    first,
                    last,
                    hit: *hit,
                })
            }
            None => break,
        }
    }
    let places = || places.iter().flatten();
    let of = |role: Role| places().filter(move |place| place.roles.has(role));
    let mut told = (Accident::None, [None; 2]);
    for &(one, other, span, accident) in &PAIRS {
        if accident <= told.0 {
            continue;
        }
        let pair = of(one).find_map(|place| {
            // A term of both roles is no pair by itself.
            of(other)
                .find(|beside| beside.first != place.first && place.between(**beside) <= span)
                .map(|beside| (place.hit, beside.hit))
        });
        if let Some((hit, beside)) = pair {
            told = (accident, [Some(hit), Some(beside)]);
        }
    }
    match of(Role::Injury).next() {
        Some(injury) if told.0 < Accident::Hurt => (Accident::Hurt, [Some(injury.hit), None]),
        _ => told,
    }
}

/// How many of the tokens that follow *could* or *if* it reaches: up to four, and no sign.
fn scope(after: &[Token]) -> usize {
    after
        .iter()
        .take(UNREAL_SCOPE)
        .take_while(|token| token.kind != TokenKind::Symbol)
        .count()
}
