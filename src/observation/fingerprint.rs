//! What a text is recognised by when it comes again under a disguise or with other links.
//!
//! All is taken from the folded text with its entities masked: names, links, numbers, handles and
//! emoji make no part of the *text*. Its n-grams are four characters of scripts that write spaces
//! (diacritics off, words joined by one space) and two of Han. Short and long texts are compared by
//! MinHash, and a long text is found by SimHash.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Identities;
use super::contact::{self, Contact};
use super::identity::Sealed;
use crate::feature::hash::{FeatureKind, Hasher};
use crate::feature::ngram::without_diacritics;
use crate::feature::{Analysis, signal};
use crate::stats::power::exp;
use crate::stats::random::mixed;
use crate::text::han::is_han;
use crate::text::{EntityKind, Token, TokenKind};

/// The amount of text from which on likeness makes near duplicates: about 19 letters, or 9 Han
/// characters (chosen by hand; not tuned). Shorter texts are alike by chance.
pub(crate) const MIN_TEXT: u16 = 16;
/// Lanes of the MinHash: an estimated resemblance has a standard error of at most 0.09. Eight bands
/// of three lanes find 86 % of the texts that are 0.6 alike, sixteen of two lanes 64 % of those
/// that are 0.25 alike (1 − (1 − s^r)^b, Leskovec and others 2014, section 3.4).
pub(crate) const LANES: usize = 32;
/// Most words that are kept of what a text is about: a bound on memory (96 bytes), chosen by hand.
pub(crate) const MAX_WORDS: usize = 24;
/// The amount of text from which on it is long: about 400 letters, or 200 Han characters (chosen by
/// hand; not tuned).
const LONG: u16 = 400;
/// The shortest words of a spaced script that say what a text is about, in characters (convention:
/// shorter ones are mostly particles).
const MIN_WORD: usize = 4;
/// The first letters of such a word that are compared: the endings of Czech words change. Chosen by
/// hand; not tuned.
const STEM: usize = 6;
/// Characters without a width in a text from which on it is disguised: a joiner or two stand in
/// honest emoji and names (chosen by hand; not tuned).
const MANY_INVISIBLE: u32 = 3;
/// Full-width letters in a text from which on it is disguised: an honest text may have one short
/// word of them (chosen by hand; not tuned).
const MANY_FULL_WIDTH: u32 = 7;

/// From this probability of spam on a post is suspected, in percent. State keeps whole percents,
/// so a post is suspected there from 39.5 % on.
pub(crate) const SUSPECTED: u8 = (crate::triage::SUSPECTED * 100.0) as u8;
/// Listed strength of contact words from which on a post makes an offer: the lexicons of contact
/// words give 3 to what is hardly ever honest.
pub(crate) const OFFERS: u8 = 3;

/// What two texts are compared by: they are near duplicates if their signatures are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signature {
    /// One-permutation MinHash (Li, Owen and Zhang 2012), empty lanes filled from
    /// others (Shrivastava 2017).
    pub(crate) minhash: [u16; LANES],
    /// SimHash (Charikar 2002) of a long text, otherwise 0.
    pub(crate) simhash: u64,
}

impl Signature {
    /// The share of n-grams that two texts have in common, estimated: 0 to 1 (Broder 1997).
    pub(crate) fn resemblance(&self, other: &Signature) -> f32 {
        let lanes = self.minhash.iter().zip(&other.minhash);
        lanes.filter(|(one, other)| one == other).count() as f32 / LANES as f32
    }

    /// The bits by which the SimHashes of two long texts differ; none if a text is not long.
    pub(crate) fn different_bits(&self, other: &Signature) -> Option<u32> {
        let long = self.simhash != 0 && other.simhash != 0;
        long.then(|| (self.simhash ^ other.simhash).count_ones())
    }

    /// The keys under which a near duplicate is found: three lanes of the MinHash each, or a
    /// quarter of the SimHash.
    pub(crate) fn bands(&self) -> impl Iterator<Item = u32> + '_ {
        let long = self.simhash != 0;
        let bands = if long { 4 } else { 8 };
        (0..bands).map(move |band: u64| {
            let value = match long {
                true => (self.simhash >> (16 * band) & 0xffff) | 0xff << 56,
                false => self.lanes(band as usize * 3, 3),
            };
            (mixed(value ^ band << 48) >> 32) as u32
        })
    }

    /// The keys under which a text is found by another that is a quarter alike: two lanes each.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = u32> + '_ {
        (0..LANES as u64 / 2).map(move |pair| {
            (mixed(self.lanes(pair as usize * 2, 2) ^ (pair | 0x80) << 48) >> 32) as u32
        })
    }

    fn lanes(&self, from: usize, count: usize) -> u64 {
        let lanes = self.minhash.iter().skip(from).take(count);
        lanes.fold(0, |value, lane| value << 16 | u64::from(*lane))
    }
}

/// What is kept of a text to find its near duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// What it is compared by.
    pub(crate) signature: Signature,
    /// How much text there is: n-grams, those of Han twice.
    pub(crate) amount: u16,
    /// What the post repeats, if it says nothing of its own: the hash of the repeated
    /// text, otherwise 0.
    pub(crate) repost_of: u64,
    /// The keyed hash of the whole folded text, as of `said`, contacts and words.
    pub(crate) text: u64,
    /// The hash of what is said without names: without mentions, links and tags, and without the
    /// name of whom a text begins or ends by addressing. 0 where too little is left.
    pub(crate) said: u64,
    /// Where the text sends its reader.
    pub(crate) contacts: Vec<Contact>,
    /// What the text is about, if it may be an offer: hashes of its longer words, sorted.
    pub(crate) words: Vec<u32>,
    /// The strengths of its contact words and offers, summed.
    pub(crate) offer: u8,
    /// Whether the text was disguised in a way that people don't use.
    pub(crate) disguised: bool,
}

impl Fingerprint {
    /// Whether the post repeats another and says nothing of its own.
    pub(crate) fn is_repost(&self) -> bool {
        self.repost_of != 0
    }

    /// The fingerprint of a text that was prepared, under the secret of zeros and with all of its
    /// words. A pure function, for any thread.
    pub fn from_analysis(analysis: &Analysis) -> Fingerprint {
        Fingerprint::under(&Identities::default(), analysis, 1.0)
    }

    /// As [`Fingerprint::from_analysis`], under the secret of `identities`, of a text that is spam
    /// with the probability `spam`: only of what may be an offer the words are taken.
    pub(crate) fn under(identities: &Identities, analysis: &Analysis, spam: f32) -> Fingerprint {
        let folded = analysis.folded.as_str();
        let (own, repeated) = split(folded);
        let mut fingerprint = Fingerprint {
            text: hash_of(folded),
            said: said(analysis),
            ..Fingerprint::default()
        };
        let mut sketch = Sketch::default();
        grams(analysis, own, &mut |gram, weight| sketch.add(gram, weight));
        if let Some(repeated) = repeated
            && sketch.amount < MIN_TEXT
        {
            fingerprint.repost_of = hash_of(repeated).max(1);
            // A repost that asks for contact is judged as any other post: by what it repeats.
            sketch = Sketch::default();
            grams(analysis, folded.len(), &mut |gram, weight| {
                sketch.add(gram, weight)
            });
        }
        let [minhash_pad, simhash_pad] = identities.pads();
        fingerprint.signature = Signature {
            minhash: sketch.filled(minhash_pad),
            simhash: 0,
        };
        fingerprint.amount = sketch.amount;
        // A short text has too few n-grams for a vote on each bit.
        if sketch.amount >= LONG {
            fingerprint.signature.simhash = (simhash(analysis, own) ^ simhash_pad).max(1);
        }
        let contact_terms = (exp(f64::from(analysis.signals[signal::CONTACT_TERMS])) - 1.0).round();
        fingerprint.offer = contact_terms.clamp(0.0, 255.0) as u8;
        if percent(spam) >= SUSPECTED || fingerprint.offer >= OFFERS {
            fingerprint.words = words(analysis);
        }
        contact::gather(analysis, &mut fingerprint.contacts);
        let disguises = analysis.folded.disguises();
        fingerprint.disguised =
            disguises.look_alikes + disguises.spaced_out + disguises.contact_variants > 0
                || disguises.invisible >= MANY_INVISIBLE
                || disguises.full_width >= MANY_FULL_WIDTH;
        fingerprint.seal(identities);
        fingerprint
    }

    /// Puts hashes under the secret in the place of those that anybody can make. Which of many
    /// contacts and words are kept was decided by the latter, so it depends on no secret.
    fn seal(&mut self, identities: &Identities) {
        let text = |hash| identities.seal(Sealed::Text, hash);
        self.text = text(self.text);
        self.said = text(self.said);
        self.repost_of = text(self.repost_of);
        for contact in &mut self.contacts {
            *contact = contact.sealed(identities);
        }
        self.contacts
            .sort_unstable_by_key(|contact| (contact.key, contact.kind));
        for word in &mut self.words {
            // The lower half is as good as the upper one, and never more than 32 bits are kept.
            *word = identities.seal(Sealed::Word, u64::from(*word)) as u32;
        }
        self.words.sort_unstable();
        self.words.dedup();
    }
}

/// A probability in whole percents, as state keeps it.
pub(crate) fn percent(share: f32) -> u8 {
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}

/// The SimHash of the text before `end`: a bit is set where more n-grams have it than have not.
fn simhash(analysis: &Analysis, end: usize) -> u64 {
    let mut votes = [0i32; 64];
    grams(analysis, end, &mut |gram, _| {
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += ((gram >> bit & 1) as i32) * 2 - 1;
        }
    });
    votes
        .iter()
        .enumerate()
        .fold(0, |bits, (bit, vote)| bits | u64::from(*vote > 0) << bit)
}

/// Where the author's own words end, and what is repeated after them.
fn split(folded: &str) -> (usize, Option<&str>) {
    // Most posts repeat nothing and are spared the search.
    if !folded.contains('@') {
        return (folded.len(), None);
    }
    let marks = ["rt @", "//@", "\"@", "“@"];
    let found = marks.iter().filter_map(|mark| {
        let at = folded.find(mark)?;
        // `start @home` is not a repost, and a quotation stands for the whole text.
        let before = folded.get(..at)?;
        let fits = match *mark {
            "rt @" => {
                before.is_empty()
                    || before.ends_with([' ', '\n', '.', ':', '!', '?', '。', '，', '！'])
            }
            "//@" => true,
            _ => before.trim().is_empty(),
        };
        fits.then_some((at, at + mark.len()))
    });
    let Some((at, after)) = found.min() else {
        return (folded.len(), None);
    };
    let repeated = folded.get(after..).unwrap_or("");
    // The name of who wrote it ends at a colon or a space.
    let repeated = repeated
        .split_once([':', ' '])
        .map_or(repeated, |(_, text)| text);
    (at, Some(repeated.trim_matches([' ', ':', '"', '”'])))
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = Hasher::new(FeatureKind::Word as u64);
    for character in text.chars() {
        // ASCII and Han first: Unicode's tables take four times as long.
        let is_said = match character {
            '\0'..='\x7F' => character.is_ascii_alphanumeric(),
            _ => is_han(character) || character.is_alphanumeric(),
        };
        if is_said {
            hasher.push(u64::from(u32::from(character)));
        }
    }
    hasher.finish()
}

/// Fewest letters that say something, those of Han twice; who addresses somebody says more beside
/// the name. Chosen by hand; not tuned.
const MIN_SAID: usize = 8;
/// Most words of an address (`Hi BrandA,`). By convention.
const MAX_ADDRESS: usize = 3;

/// See [`Fingerprint::said`].
fn said(analysis: &Analysis) -> u64 {
    let folded = analysis.folded.as_str();
    let text = |token: &Token| folded.get(token.start as usize..token.end as usize);
    let is_word = |token: &&Token| {
        matches!(
            token.kind,
            TokenKind::Word | TokenKind::Han | TokenKind::Number
        )
    };
    // Whether there are enough letters: a few words tell.
    let says = |tokens: &[Token]| {
        let mut letters = 0;
        tokens
            .iter()
            .filter(is_word)
            .filter_map(|token| {
                let count = text(token)?.chars().count();
                Some(if token.kind == TokenKind::Han {
                    2 * count
                } else {
                    count
                })
            })
            .any(|more| {
                letters += more;
                letters >= MIN_SAID
            })
    };
    let parts = |token: &Token| {
        token.kind == TokenKind::Symbol
            && text(token)
                .is_some_and(|sign| sign.starts_with([',', '，', ':', '：', '!', '！', '、']))
    };
    let is_address = |tokens: &[Token]| tokens.iter().filter(is_word).nth(MAX_ADDRESS).is_none();
    let mut tokens = analysis.tokens.as_slice();
    if let Some(at) = tokens.iter().position(parts)
        && let (before, after) = tokens.split_at(at)
        && is_address(before)
        && says(after)
    {
        tokens = after;
    }
    if let Some(at) = tokens.iter().rposition(parts)
        && let (before, after) = tokens.split_at(at)
        && is_address(after)
        && says(before)
    {
        tokens = before;
    }
    if !says(tokens) {
        return 0;
    }
    let mut hasher = Hasher::new(FeatureKind::Word as u64);
    for word in tokens.iter().filter(is_word).filter_map(text) {
        hasher.push_text(word);
    }
    hasher.finish().max(1)
}

/// Calls `each(hash, weight)` for every n-gram of the text before `end`, entities masked.
fn grams(analysis: &Analysis, end: usize, each: &mut impl FnMut(u64, u16)) {
    let folded = analysis.folded.as_str();
    // The last four characters, sixteen bits each; 0 is where an entity or the other script stands.
    let (mut letters, mut han) = (0u64, 0u64);
    for token in &analysis.tokens {
        if token.end as usize > end {
            break;
        }
        let Some(text) = folded.get(token.start as usize..token.end as usize) else {
            continue;
        };
        match token.kind {
            TokenKind::Word => {
                han = 0;
                letters = letters << 16 | u64::from(b' ');
                for character in text.chars() {
                    letters = letters << 16
                        | u64::from(u32::from(without_diacritics(character)) & 0xffff);
                    if letters >> 48 != 0 {
                        each(mixed(letters), 1);
                    }
                }
            }
            TokenKind::Han => {
                letters = 0;
                for character in text.chars() {
                    han = han << 32 | u64::from(u32::from(character));
                    if han >> 32 != 0 {
                        each(mixed(han), 2);
                    }
                }
            }
            // A face, a number or a sign between two words changes nothing of what is said.
            TokenKind::Symbol
            | TokenKind::Number
            | TokenKind::Entity(EntityKind::Emoji | EntityKind::Emoticon) => {}
            // An n-gram across a link would make two copies with different links less alike.
            TokenKind::Entity(_) => (letters, han) = (0, 0),
        }
    }
}

/// The longer words, as the smallest of their hashes.
fn words(analysis: &Analysis) -> Vec<u32> {
    let folded = analysis.folded.as_str();
    let mut words = Vec::new();
    for token in &analysis.tokens {
        let Some(text) = folded.get(token.start as usize..token.end as usize) else {
            continue;
        };
        match token.kind {
            TokenKind::Word if text.chars().nth(MIN_WORD - 1).is_some() => words.push(stem(text)),
            // Of a long Han word both ends: 名额有限 is about 名额 too.
            TokenKind::Han => {
                let mut starts = text.char_indices().map(|(start, _)| start);
                let (third, last) = (
                    starts.clone().nth(2).unwrap_or(text.len()),
                    starts.nth_back(1),
                );
                let ends = last
                    .into_iter()
                    .flat_map(|last| [text.get(..third), text.get(last..)]);
                words.extend(ends.flatten().map(stem));
            }
            _ => {}
        }
    }
    words.sort_unstable();
    words.dedup();
    // The smallest hashes, not the first words: two copies with another beginning keep
    // the same ones.
    words.retain(|word| !is_stop_word(*word));
    words.truncate(MAX_WORDS);
    words
}

/// The hash of a word's first letters, diacritics off.
fn stem(word: &str) -> u32 {
    let mut hasher = Hasher::new(FeatureKind::Word as u64);
    word.chars()
        .take(STEM)
        .for_each(|c| hasher.push(u64::from(u32::from(without_diacritics(c)))));
    (hasher.finish() >> 32) as u32
}

/// Words that say nothing of what a text is about, of all languages: which hashes may be among
/// them, by their last bits, and all, sorted. Most words are not stop words, and the bits save
/// them the search.
static STOP_WORDS: LazyLock<([u64; 256], Vec<u32>)> = LazyLock::new(|| {
    let lists = include_str!("../../data/text/stop_words.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'));
    let mut words: Vec<u32> = lists
        .flat_map(|(_, words)| words.split(' '))
        .map(stem)
        .collect();
    words.sort_unstable();
    let mut maybe = [0; 256];
    for word in &words {
        maybe[(word >> 6 & 0xff) as usize] |= 1u64 << (word & 0x3f);
    }
    (maybe, words)
});

fn is_stop_word(word: u32) -> bool {
    let (maybe, words) = &*STOP_WORDS;
    maybe[(word >> 6 & 0xff) as usize] >> (word & 0x3f) & 1 != 0
        && words.binary_search(&word).is_ok()
}

/// The smallest hash of each lane so far.
struct Sketch {
    smallest: [u32; LANES],
    amount: u16,
}

impl Default for Sketch {
    fn default() -> Sketch {
        Sketch {
            smallest: [u32::MAX; LANES],
            amount: 0,
        }
    }
}

impl Sketch {
    fn add(&mut self, gram: u64, weight: u16) {
        self.amount = self.amount.saturating_add(weight);
        if let Some(smallest) = self.smallest.get_mut((gram >> 59) as usize) {
            *smallest = (*smallest).min(gram as u32);
        }
    }

    /// Every lane, mixed with `pad`, empty ones with what a lane holds that is drawn by the empty
    /// lane's number alone.
    ///
    /// With a secret pad a text can't be tried against what is kept. Lanes hide a text less well
    /// than a keyed hash hides a name: who knows many texts of a state may work out the pad.
    fn filled(&self, pad: u64) -> [u16; LANES] {
        let mut lanes = [0; LANES];
        if self.amount == 0 {
            return lanes;
        }
        for (index, lane) in lanes.iter_mut().enumerate() {
            let mut from = index;
            let mut attempt = 0u64;
            while self
                .smallest
                .get(from)
                .is_none_or(|smallest| *smallest == u32::MAX)
            {
                attempt += 1;
                // A text has at least one n-gram; after many draws take the lanes in turn.
                from = match attempt {
                    0..64 => mixed((index as u64) << 8 | attempt) as usize % LANES,
                    _ => (from + 1) % LANES,
                };
                if attempt > 64 + LANES as u64 {
                    return [0; LANES];
                }
            }
            let value = self.smallest.get(from).copied().unwrap_or_default();
            // Equal smallest hashes are equal lanes under any pad, so likeness is the same.
            *lane = (mixed((u64::from(value) << 8 | from as u64) ^ pad) >> 48) as u16;
        }
        lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Analyzer;

    fn of(text: &str) -> Fingerprint {
        let mut analysis = Analysis::default();
        Analyzer::bundled()
            .expect("the bundled lexicons are sound")
            .prepare(text, &mut analysis);
        Fingerprint::from_analysis(&analysis)
    }

    fn alike(one: &str, other: &str) -> f32 {
        of(one).signature.resemblance(&of(other).signature)
    }

    #[test]
    fn entities_numbers_and_disguises_change_nothing() {
        let plain = "Work from home and earn every day, write to me";
        for other in [
            "Work from home and earn every day, write to me https://a.example.com/x",
            "@you Work from home and earn every day, write to me 😀",
            "Ｗｏｒｋ ｆｒｏｍ ｈｏｍｅ and earn every day, write to me 500!",
            "W\u{200b}ork fr\u{200b}om home and e\u{200b}arn every day, write to me",
        ] {
            assert_eq!(alike(plain, other), 1.0, "{other}");
        }
        assert_eq!(
            alike("兼职刷单日结有手机就行", "兼 职 刷 单 日 结 有 手 机 就 行"),
            1.0
        );
        assert_eq!(
            alike(
                "Půjčka bez registru ještě dnes",
                "Pujcka bez registru jeste dnes"
            ),
            1.0
        );
    }

    #[test]
    fn likeness_falls_with_every_other_word() {
        let text = "Work from home and earn two hundred every day, all you need is a telephone";
        let one = alike(
            text,
            "Work from home and earn three hundred every day, all you need is a telephone",
        );
        let other = alike(
            text,
            "Nobody has told us when the trains will run again, ask at the station",
        );
        assert!(one > 0.6 && one < 1.0 && other < 0.15, "{one} {other}");
    }

    #[test]
    fn long_texts_have_a_simhash_of_few_other_bits() {
        let line = "the bridge in the old town stays closed until the engineers have looked at \
            every beam of it, ";
        let text = line.repeat(3)
            + "and the ferry below it runs from six in the morning until late at night on all \
                days. "
            + line
            + "Who has to cross the river with a car takes the way around by the mill, which is \
                marked with yellow signs.";
        let one = of(&text);
        let near = of(&text.replace("yellow", "orange"));
        assert!(one.amount >= LONG && one.signature.simhash != 0);
        let (one, near) = (one.signature, near.signature);
        assert!(one.different_bits(&near).is_some_and(|bits| bits <= 6));
        let short = of("short").signature;
        assert_eq!((short.simhash, one.different_bits(&short)), (0, None));
    }

    #[test]
    fn reposts_name_what_they_repeat() {
        let origin = "The bridge is closed";
        let repeated = [
            format!("RT @town_news: {origin}"),
            format!("wow RT @town_news: {origin}"),
            format!("//@town_news:{origin}"),
            format!("\"@town_news: {origin}\""),
        ];
        let hashes = repeated.map(|text| of(&text).repost_of);
        assert!(
            hashes[0] != 0 && hashes.iter().all(|hash| *hash == hashes[0]),
            "{hashes:?}"
        );
        assert_eq!(of(origin).text, hashes[0]);
        assert_eq!(of("start @home today").repost_of, 0);
        let comment =
            of("I have waited for this news for weeks RT @town_news: The bridge is closed");
        assert_eq!(
            comment.repost_of, 0,
            "who says much himself does not repost"
        );
    }

    #[test]
    fn every_lane_is_filled_and_no_text_has_none() {
        assert!(
            of("ahoj světe")
                .signature
                .minhash
                .iter()
                .all(|lane| *lane != 0)
        );
        assert_eq!(of("").signature.minhash, [0; LANES]);
        assert_eq!(of("+1").amount, 0);
    }
}
