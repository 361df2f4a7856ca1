//! One walk over a text: which scripts it is in, and the character n-grams of its words.
//!
//! The walk is shared by the identifier and its trainer, so that both see the same n-grams.
//! It allocates nothing.

use super::skip::{is_gap, skipped};
use super::symbols::Symbols;
use super::whole::{self, Whole};
use crate::cut;

/// The longest n-gram, in symbols; four symbols of 16 bits are one machine word. The table is
/// trained with it: another length means to train it again.
const MAX_GRAM: u32 = 4;
/// The symbol that stands before and after each word.
const BOUNDARY: u64 = 1;
/// The most n-grams that a word gives, its end included; what is longer is taken for two words, so
/// that sums of 8-bit weights over a word fit 16 bits.
pub(crate) const MAX_GRAMS: u32 = 256;
/// An odd multiplier with well spread bits (2^64 divided by the golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// An alphabet whose languages the table distinguishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Latin letters.
    #[default]
    Latin,
    /// Cyrillic letters.
    Cyrillic,
}

/// What a walk gives out.
pub(crate) trait Sink {
    /// N-grams that end at one symbol, or a whole word, of `alphabet`, as well spread numbers.
    fn grams(&mut self, alphabet: Alphabet, hashes: &[u32]);
    /// The end of a word, after its last n-gram.
    fn word(&mut self, alphabet: Alphabet);
    /// The word that begins `text`, which stands at byte `at` of the text that is walked over: its
    /// bytes and letters, if the sink knows it. Then its n-grams don't follow.
    fn whole(&mut self, _text: &str, _at: usize) -> Option<(usize, u32)> {
        None
    }
    /// A whole word, before its n-grams: whether the sink knows what they are, so that neither they
    /// nor [`Sink::word`] follow.
    fn knows(&mut self, _alphabet: Alphabet, _word: &Symbols) -> bool {
        false
    }
    /// A Han character.
    fn han(&mut self, character: char);
}

/// How many characters of each script a text has, links and names (`@name`) left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Latin letters.
    pub(crate) latin: u32,
    /// Those of the Latin letters that are in a `#tag` or in a word that begins with a capital:
    /// often a name or brand.
    pub(crate) latin_names: u32,
    /// Cyrillic letters.
    pub(crate) cyrillic: u32,
    /// Han characters.
    pub(crate) han: u32,
    /// Hiragana and katakana.
    pub(crate) kana: u32,
    /// Of the kana, の: Chinese writers use it for 的 as a joke.
    pub(crate) kana_no: u32,
    /// Hangul syllables and letters.
    pub(crate) hangul: u32,
    /// Letters of any other script.
    pub(crate) other: u32,
}

/// The kinds of character that the walk distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Letter(Alphabet),
    Mark,
    Apostrophe,
    Han,
    Kana,
    Hangul,
    Other,
    Gap,
}

/// The bytes of a text that are read; what follows wouldn't change the answer, and counts stay far
/// from their bounds.
const MAX_BYTES: usize = 1 << 16;

/// Walks over the first 64 KiB of `text` and gives its n-grams and Han characters to `sink`.
pub(crate) fn walk(text: &str, sink: &mut impl Sink) -> Tally {
    walk_by::<true>(text, sink)
}

/// The walk; `QUICK` reads most words at a glance, and nothing shows whether it does.
#[inline]
fn walk_by<const QUICK: bool>(text: &str, sink: &mut impl Sink) -> Tally {
    let text = cut::at_most(text, MAX_BYTES);
    let mut rest = text;
    let mut tally = Tally::default();
    let mut word = Word::default();
    // Whether the character before is a letter or digit of ASCII, to see whether a chunk begins.
    let mut joins = false;
    let mut in_tag = false;
    while let Some(character) = rest.chars().next() {
        // What stands between most words; it ends nothing, for they are read whole.
        if QUICK && word.letters == 0 && is_gap(character) {
            (joins, in_tag) = (false, false);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        // Links and names are in no language, and their letters would outvote a short text.
        if !joins && character.is_ascii() {
            let length = skipped(rest.as_bytes());
            if length > 0 {
                word.end(sink, &mut tally);
                in_tag = false;
                // All of what is skipped is ASCII.
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
        }
        if QUICK
            && word.letters == 0
            && let Some((length, letters)) = sink.whole(rest, text.len() - rest.len())
        {
            let name = in_tag || whole::is_capital(rest);
            tally.count_word(Alphabet::Latin, letters, name);
            let last = rest.as_bytes().get(length - 1);
            joins = last.is_some_and(u8::is_ascii);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        if QUICK
            && word.letters == 0
            && let Some(whole) = whole::read(rest)
        {
            let name = in_tag || whole.capital;
            if sink.knows(Alphabet::Latin, &whole.symbols) {
                tally.count_word(Alphabet::Latin, whole.letters, name);
            } else {
                word.put(&whole, name);
                word.give_out(sink, &mut tally);
            }
            let last = rest.as_bytes().get(whole.length - 1);
            joins = last.is_some_and(u8::is_ascii);
            rest = rest.get(whole.length..).unwrap_or_default();
            continue;
        }
        joins = character.is_ascii_alphanumeric();
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match kind(character) {
            Kind::Letter(alphabet) => {
                let is_name = || in_tag || character.is_uppercase();
                word.enter(alphabet, is_name, sink, &mut tally);
                word.push(lower(character), sink);
            }
            // A decomposed letter is put together; other marks say nothing.
            Kind::Mark => word.mark(character, sink),
            // Inside a word only: `don't`, `l'article`. French and Italian join words by it,
            // English shortens them: it distinguishes languages.
            Kind::Apostrophe if word.letters > 0 && is_letter_next(rest) => {
                word.symbol(u64::from(b'\''), sink);
            }
            Kind::Apostrophe => word.end(sink, &mut tally),
            other => {
                word.end(sink, &mut tally);
                if other == Kind::Gap {
                    // A tag goes on over digits and `_`: `#brand_2024`.
                    in_tag = matches!(character, '#' | '＃')
                        || in_tag && (character == '_' || character.is_ascii_digit());
                } else {
                    tally.count(other, character);
                    if other == Kind::Han {
                        sink.han(character);
                    }
                }
            }
        }
    }
    word.end(sink, &mut tally);
    tally
}

/// Whether a character may go on with a word: a letter, a mark or an apostrophe.
pub(super) fn is_word_letter(character: char) -> bool {
    matches!(
        kind(character),
        Kind::Letter(_) | Kind::Mark | Kind::Apostrophe
    )
}

fn is_letter_next(rest: &str) -> bool {
    let next = rest.chars().next();
    next.is_some_and(|next| matches!(kind(next), Kind::Letter(_)))
}

impl Tally {
    /// Counts the letters of a word.
    #[inline]
    fn count_word(&mut self, alphabet: Alphabet, letters: u32, is_name: bool) {
        match alphabet {
            Alphabet::Latin => {
                self.latin += letters;
                self.latin_names += if is_name { letters } else { 0 };
            }
            Alphabet::Cyrillic => self.cyrillic += letters,
        }
    }

    /// Counts a character of a script without spaces, or of one that has no table.
    #[inline]
    fn count(&mut self, kind: Kind, character: char) {
        match kind {
            Kind::Han => self.han += 1,
            Kind::Kana => {
                self.kana += 1;
                self.kana_no += u32::from(character == 'の');
            }
            Kind::Hangul => self.hangul += 1,
            Kind::Other => self.other += 1,
            // Letters are counted by the word, the rest is in no script.
            Kind::Letter(_) | Kind::Mark | Kind::Apostrophe | Kind::Gap => {}
        }
    }
}

/// The word that the walk is in.
#[derive(Default)]
struct Word {
    alphabet: Alphabet,
    /// Its symbols, as long as none of its n-grams is given out.
    symbols: Symbols,
    held: usize,
    /// Whether its n-grams are given out as they come: it is long, or has marks.
    streams: bool,
    /// The newest symbol.
    newest: u64,
    /// The last four symbols, the newest in the lowest 16 bits.
    window: u64,
    /// The hash of all symbols so far.
    whole: u64,
    letters: u32,
    /// No less than the n-grams given out so far.
    grams: u32,
    /// How often the last symbol has been seen in a row.
    repeats: u32,
    /// The last letter as given, for a mark that follows.
    last: Option<char>,
    name: bool,
}

impl Word {
    fn begin(&mut self, alphabet: Alphabet, name: bool) {
        *self = Word {
            alphabet,
            window: BOUNDARY,
            whole: SPREAD,
            name,
            ..Word::default()
        };
    }

    /// Becomes a word that was read at a glance.
    #[inline]
    fn put(&mut self, whole: &Whole, name: bool) {
        self.begin(Alphabet::Latin, name);
        (self.symbols, self.letters) = (whole.symbols, whole.letters);
        self.held = whole.symbols.as_slice().len();
    }

    /// Makes room for a letter of `alphabet`: begins a word where there is none, and another one
    /// where the alphabet changes or the word is full.
    #[inline]
    fn enter(
        &mut self,
        alphabet: Alphabet,
        is_name: impl Fn() -> bool,
        sink: &mut impl Sink,
        tally: &mut Tally,
    ) {
        if self.letters == 0 {
            self.begin(alphabet, is_name());
        } else if self.alphabet != alphabet || self.is_full() {
            let name = self.name;
            self.end(sink, tally);
            self.begin(alphabet, name);
        }
    }

    /// Whether one more letter, its mark and the end of the word could be too many n-grams.
    #[inline]
    fn is_full(&self) -> bool {
        self.grams + 2 * MAX_GRAM > MAX_GRAMS - MAX_GRAM
    }

    fn push(&mut self, letter: char, sink: &mut impl Sink) {
        let symbol = u64::from(u32::from(letter)) & 0xFFFF;
        self.letters += 1;
        self.last = Some(letter);
        // `soooo` is one spelling with `soo`: the third of a row says nothing of the language.
        if self.newest == symbol {
            self.repeats += 1;
            if self.repeats > 1 {
                return;
            }
        } else {
            self.repeats = 0;
        }
        self.symbol(symbol, sink);
    }

    /// Takes a symbol: most words are known to the sink, so their n-grams wait for the end.
    #[inline]
    fn symbol(&mut self, symbol: u64, sink: &mut impl Sink) {
        self.newest = symbol;
        if !self.streams {
            if self.symbols.put(self.held, symbol as u16) {
                self.held += 1;
                return;
            }
            self.stream(sink);
        }
        self.advance(symbol, sink);
    }

    /// Gives out what waits, and from now on at once.
    fn stream(&mut self, sink: &mut impl Sink) {
        if !self.streams {
            self.streams = true;
            self.symbols.end(self.held);
            let symbols = self.symbols;
            for &symbol in symbols.as_slice() {
                self.advance(u64::from(symbol), sink);
            }
        }
    }

    fn advance(&mut self, symbol: u64, sink: &mut impl Sink) {
        self.window = (self.window << 16) | symbol;
        self.whole = (self.whole ^ symbol).wrapping_mul(SPREAD).rotate_left(23);
        self.give(sink);
    }

    /// Gives out the n-grams that end at the newest symbol.
    fn give(&mut self, sink: &mut impl Sink) {
        self.grams += MAX_GRAM;
        let window = self.window;
        let (pair, three, four) = (
            spread(window & 0xFFFF_FFFF),
            spread(window & 0xFFFF_FFFF_FFFF),
            spread(window),
        );
        // A letter alone says something where few languages have it; those of ASCII are in
        // all of them.
        let one = window & 0xFFFF;
        if one > 0x7F {
            sink.grams(self.alphabet, &[spread(one)]);
        }
        if window >> 48 != 0 {
            sink.grams(self.alphabet, &[pair, three, four]);
        } else if window >> 32 != 0 {
            sink.grams(self.alphabet, &[pair, three]);
        } else {
            sink.grams(self.alphabet, &[pair]);
        }
    }

    fn mark(&mut self, mark: char, sink: &mut impl Sink) {
        let Some(last) = self.last.filter(|_| !self.is_full()) else {
            return;
        };
        if let Some(whole) = unicode_normalization::char::compose(last, mark) {
            self.stream(sink);
            self.last = Some(whole);
            self.newest = u64::from(u32::from(whole)) & 0xFFFF;
            self.window = self.window & !0xFFFF | u64::from(u32::from(whole)) & 0xFFFF;
            self.give(sink);
        }
    }

    #[inline]
    fn end(&mut self, sink: &mut impl Sink, tally: &mut Tally) {
        // So it is behind most words, which were read at a glance.
        if self.letters > 0 {
            self.end_word(sink, tally);
        }
    }

    fn end_word(&mut self, sink: &mut impl Sink, tally: &mut Tally) {
        self.symbols.end(self.held);
        if !self.streams && sink.knows(self.alphabet, &self.symbols) {
            tally.count_word(self.alphabet, self.letters, self.name);
            *self = Word::default();
            return;
        }
        self.give_out(sink, tally);
    }

    /// Ends a word that the sink does not know.
    fn give_out(&mut self, sink: &mut impl Sink, tally: &mut Tally) {
        tally.count_word(self.alphabet, self.letters, self.name);
        self.stream(sink);
        self.window = (self.window << 16) | BOUNDARY;
        self.give(sink);
        sink.grams(self.alphabet, &[spread(self.whole)]);
        sink.word(self.alphabet);
        *self = Word::default();
    }
}

/// The upper half of a product: each of its bits depends on all the lower bits of `key`.
fn spread(key: u64) -> u32 {
    (key.wrapping_mul(SPREAD) >> 32) as u32
}

fn lower(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    match character {
        // Full-width letters.
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(character) - 0xFEE0)
            .map_or(character, |plain| plain.to_ascii_lowercase()),
        _ => character.to_lowercase().next().unwrap_or(character),
    }
}

fn kind(character: char) -> Kind {
    if character.is_ascii() {
        return match character {
            'a'..='z' | 'A'..='Z' => Kind::Letter(Alphabet::Latin),
            '\'' => Kind::Apostrophe,
            _ => Kind::Gap,
        };
    }
    match u32::from(character) {
        0xD7 | 0xF7 | 0xAA | 0xBA => Kind::Gap,
        0xC0..=0x24F | 0x1E00..=0x1EFF | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => {
            Kind::Letter(Alphabet::Latin)
        }
        0x400..=0x481 | 0x48A..=0x52F => Kind::Letter(Alphabet::Cyrillic),
        0x2019 | 0x2BC => Kind::Apostrophe,
        // The usual signs, full-width ones and emoji: Unicode's tables of letters are searched.
        0x2010..=0x2027 | 0x3001 | 0x3002 | 0xFF01..=0xFF20 | 0x1F300..=0x1FAFF => Kind::Gap,
        0x300..=0x36F => Kind::Mark,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => Kind::Han,
        // The middle dot and the long mark are in Chinese faces too: (´・ω・`).
        0x3041..=0x3096 | 0x30A1..=0x30FA | 0x31F0..=0x31FF | 0xFF66..=0xFF6F | 0xFF71..=0xFF9D => {
            Kind::Kana
        }
        0xAC00..=0xD7AF | 0x1100..=0x11FF | 0x3131..=0x318E => Kind::Hangul,
        _ if character.is_alphabetic() => Kind::Other,
        _ => Kind::Gap,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_signs_are_in_no_script() {
        let signs = [
            '\u{2010}'..='\u{2018}',
            '\u{201A}'..='\u{2027}',
            '、'..='。',
        ];
        let wide = ['！'..='＠', '\u{1F300}'..='\u{1FAFF}'];
        for sign in signs.into_iter().chain(wide).flatten() {
            assert!(!sign.is_alphabetic() && kind(sign) == Kind::Gap, "{sign}");
        }
    }

    #[derive(Default)]
    struct Record {
        grams: usize,
        most: usize,
        in_word: usize,
        words: usize,
        hashes: Vec<u32>,
    }

    impl Sink for Record {
        fn grams(&mut self, _alphabet: Alphabet, hashes: &[u32]) {
            self.grams += hashes.len();
            self.in_word += hashes.len();
            self.hashes.extend(hashes);
        }

        fn word(&mut self, _alphabet: Alphabet) {
            self.words += 1;
            self.most = self.most.max(self.in_word);
            self.in_word = 0;
        }

        fn han(&mut self, _character: char) {}
    }

    fn record(text: &str) -> (Record, Tally) {
        let mut record = Record::default();
        let tally = walk(text, &mut record);
        (record, tally)
    }

    proptest! {
        #[test]
        fn words_read_at_a_glance_are_read_alike(
            text in "([a-cA-BhwrR'’ @#&;_.:/0é-íČčřŽĳﬁİＡжЖяа-в汉字のｱ가́]|http|www|RT|ll|\\PC){0,40}"
        ) {
            let (mut quick, mut slow) = (Record::default(), Record::default());
            let tallies = [walk_by::<true>(&text, &mut quick), walk_by::<false>(&text, &mut slow)];
            prop_assert_eq!(tallies[0], tallies[1]);
            prop_assert_eq!(quick.hashes, slow.hashes);
            prop_assert_eq!((quick.words, quick.most), (slow.words, slow.most));
        }
    }

    #[test]
    fn a_word_gives_its_grams() {
        // _a ab _ab b_ ab_ _ab_ and the word.
        let (ab, tally) = record("ab");
        assert_eq!((ab.grams, ab.words, tally.latin), (7, 1, 2));
        // A letter outside of ASCII is given alone too.
        assert_eq!(record("až").0.grams, 8);
    }

    #[test]
    fn case_repeats_and_width_do_not_matter() {
        let plain = record("hello").0.hashes;
        for text in [
            "HELLO",
            "helllllo",
            "ｈｅｌｌｏ",
            " hello!",
            "@someone hello https://example.com/a",
        ] {
            assert_eq!(record(text).0.hashes, plain, "{text}");
        }
    }

    #[test]
    fn no_word_gives_more_than_it_may() {
        for piece in ["ab", "a'", "ř'", "e\u{301}", "e\u{301}'", "ж'", "ab'ř"] {
            let (record, _) = record(&piece.repeat(2_000));
            assert!(
                record.most <= MAX_GRAMS as usize,
                "{piece}: {}",
                record.most
            );
            assert!(record.words > 1, "{piece}");
        }
    }

    #[test]
    fn scripts_are_counted() {
        let (_, tally) = record("Ab ж 汉字 の カ 한 ע @name http://a.b #Tag");
        let expected = Tally {
            latin: 5,
            latin_names: 5,
            cyrillic: 1,
            han: 2,
            kana: 2,
            kana_no: 1,
            hangul: 1,
            other: 1,
        };
        assert_eq!(tally, expected);
    }

    #[test]
    fn what_is_skipped_ends_where_it_should() {
        for (text, length) in [
            ("@name: text", 5),
            ("https://example.com/a?b=c text", 25),
            ("http text", 4),
            ("https", 0),
            ("httpd", 0),
            ("RT @name", 2),
            ("RTX", 0),
            ("&amp; text", 5),
            ("& text", 0),
            ("www.example.com", 15),
            ("text", 0),
        ] {
            assert_eq!(skipped(text.as_bytes()), length, "{text}");
        }
    }
}
