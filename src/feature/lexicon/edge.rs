//! Edges of a match: whether it begins and ends where words do, by the rule of each script.

use super::List;
use crate::text::part::{Beside, is_doubtful, is_part};
use crate::text::{EntityKind, Token, TokenKind};

/// The rule for one end of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// A sign: no rule.
    Free,
    /// A letter or digit of a spaced script.
    Letter,
    /// A Han character.
    Han,
    /// Any ending: the match reaches to the end of the word.
    Open,
}

/// How one edge of a match lies among the tokens.
enum Fit<'a> {
    Good,
    /// A Han edge within a token: what of that token lies outside the match.
    Loose(&'a str),
    Bad,
}

/// The tokens around a match.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) folded: &'a str,
    pub(super) tokens: &'a [Token],
    /// The first token that does not end before the match does.
    pub(super) cursor: usize,
}

/// Whether the segmenter may glue a character to a word of two without making another word of it.
///
/// A comparison of numbers: to search a list for it took a tenth of the time of Han terms.
#[inline]
fn is_function(character: char) -> bool {
    matches!(
        character,
        '了' | '的'
            | '地'
            | '得'
            | '吗'
            | '嘛'
            | '吧'
            | '呢'
            | '啊'
            | '呀'
            | '啦'
            | '哦'
            | '哈'
            | '着'
            | '过'
            | '到'
            | '很'
            | '太'
            | '就'
            | '也'
            | '都'
            | '还'
            | '又'
            | '再'
            | '被'
            | '给'
            | '我'
            | '你'
            | '您'
            | '他'
            | '她'
            | '它'
            | '这'
            | '那'
            | '真'
            | '最'
            | '更'
            | '超'
            | '总'
            | '竟'
            | '却'
            | '才'
    )
}

/// Whether a token that begins with the character means the opposite of what follows in it.
#[inline]
fn is_negating(character: char) -> bool {
    matches!(
        character,
        '不' | '没' | '无' | '未' | '非' | '别' | '勿' | '莫'
    )
}

/// Whether `character` is written without spaces in Chinese.
pub(super) fn is_han(character: char) -> bool {
    matches!(character,
        '\u{3005}' | '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

impl<'a> Around<'a> {
    /// Where a match of `start..end` really ends, if its edges fit; `length` is that of the
    /// term in characters.
    pub(super) fn end_of(
        &self,
        list: List,
        length: u16,
        left: Edge,
        right: Edge,
        start: usize,
        end: usize,
    ) -> Option<usize> {
        let is_han = left == Edge::Han && right == Edge::Han;
        if left == Edge::Han && self.is_open_question(start) {
            return None;
        }
        let left = match self.left_fit(list, left, start) {
            Fit::Bad => return None,
            Fit::Good => "",
            Fit::Loose(outside) => outside,
        };
        // An ending is open to the right only, so what hangs over on the left is another word.
        if right == Edge::Open {
            return left.is_empty().then(|| self.to_token_end(end).1);
        }
        let right = match self.right_fit(list, right, end) {
            Fit::Bad => return None,
            Fit::Good => "",
            Fit::Loose(outside) => outside,
        };
        if left.is_empty() && right.is_empty() {
            // Names of more characters are no accidents of the cut.
            let is_short = is_han && (2..=3).contains(&length);
            let is_doubtful = is_short && list.names_things() && self.is_cut_in_doubt(start, end);
            return (!is_doubtful).then_some(end);
        }
        (self.may_hang_over(length, left, right, start)
            || (length > 1 && list.names_things() && self.is_part_of_token(left, start, end)))
        .then_some(end)
    }

    /// Whether a match of `start..end` is a whole token.
    #[inline]
    pub(super) fn is_token(&self, start: usize, end: usize) -> bool {
        let token = self.tokens.get(self.cursor);
        token.is_some_and(|token| token.start as usize == start && token.end as usize == end)
    }

    /// Whether a token goes on with a letter or digit of ASCII behind a match that ends at `end`:
    /// no edge of a letter fits there, be it in a word or in an entity.
    #[inline]
    pub(super) fn goes_on(&self, end: usize) -> bool {
        let next = self.folded.as_bytes().get(end);
        let token = self.tokens.get(self.cursor);
        next.is_some_and(u8::is_ascii_alphanumeric)
            && token.is_some_and(|token| (token.start as usize) < end && end < token.end as usize)
    }

    /// Whether a match of `start..end` stands in a longer word that does not mean it.
    #[inline]
    pub(super) fn is_accident(&self, accidents: &[Beside], start: usize, end: usize) -> bool {
        if accidents.is_empty() {
            return false;
        }
        let before = self.folded.get(..start).unwrap_or_default();
        let after = self.folded.get(end..).unwrap_or_default();
        accidents
            .iter()
            .any(|&(left, right)| before.ends_with(left) && after.starts_with(right))
    }

    /// Whether a match of `start..end` at borders of tokens is hardly better cut from the tokens of
    /// a single character beside it than joined with them. Particles join nothing (`坏掉了`).
    fn is_cut_in_doubt(&self, start: usize, end: usize) -> bool {
        let is_single = |token: &&Token| {
            token.kind == TokenKind::Han
                && self
                    .folded
                    .get(token.start as usize..token.end as usize)
                    .is_some_and(|word| {
                        let mut characters = word.chars();
                        characters.next().is_some_and(|first| !is_function(first))
                            && characters.next().is_none()
                    })
        };
        let first = self.tokens[..self.cursor.min(self.tokens.len())]
            .iter()
            .rposition(|token| (token.end as usize) <= start);
        let before = first
            .and_then(|index| self.tokens.get(index))
            .filter(|token| token.end as usize == start)
            .filter(is_single);
        let after = self
            .tokens
            .get(self.cursor + 1)
            .filter(|token| token.start as usize == end)
            .filter(is_single);
        let from = before.map_or(start, |token| token.start as usize);
        let to = after.map_or(end, |token| token.end as usize);
        (from < start || end < to)
            && self
                .folded
                .get(from..to)
                .is_some_and(|text| is_doubtful(text, start - from, end - from))
    }

    /// Whether a match of `start..end` is a word within a single longer token, of which `left`
    /// lies before it.
    fn is_part_of_token(&self, left: &str, start: usize, end: usize) -> bool {
        let Some(token) = self.tokens.get(self.cursor) else {
            return false;
        };
        let (from, to) = (token.start as usize, token.end as usize);
        from <= start
            && end <= to
            && token.kind == TokenKind::Han
            && !left.chars().any(is_negating)
            && self
                .folded
                .get(from..to)
                .is_some_and(|word| is_part(word, start - from, end - from))
    }

    /// Whether a Han term of `length` characters may leave `left` and `right` of
    /// its tokens uncovered.
    fn may_hang_over(&self, length: u16, left: &str, right: &str, start: usize) -> bool {
        let negated = left.chars().any(is_negating);
        let outside = left.chars().count() + right.chars().count();
        let one_sided = left.is_empty() || right.is_empty();
        let one_token = self
            .tokens
            .get(self.cursor)
            .is_some_and(|token| (token.start as usize) <= start);
        match length {
            // A single character (`死`, `火`) is a part of countless words: it must be a token.
            0 | 1 => false,
            // Idioms and compounds begin with words of two characters (`垃圾桶`, `好吃懒做`): only
            // particles may stay out.
            2 => outside == 1 && left.chars().chain(right.chars()).all(is_function),
            // A name of three characters is rarely a part of another word; of a token before and
            // one after it only one may be cut.
            3 => !negated && one_sided && outside <= if one_token { 2 } else { 1 },
            _ => !negated && outside <= 2,
        }
    }

    /// Whether the match is the latter half of `好不好`, `有没有` …, which asks and does not deny.
    fn is_open_question(&self, start: usize) -> bool {
        let mut matched = self.folded.get(start..).unwrap_or_default().chars();
        if !matches!(matched.next(), Some('不' | '没')) {
            return false;
        }
        let before = self
            .folded
            .get(..start)
            .and_then(|before| before.chars().next_back());
        before.is_some() && before == matched.next()
    }

    fn left_fit(&self, list: List, edge: Edge, start: usize) -> Fit<'a> {
        let Some(token) = self.token_from(start) else {
            return Fit::Good;
        };
        let from = token.start as usize;
        if edge == Edge::Free || from >= start {
            return Fit::Good;
        }
        match (token.kind, edge) {
            (TokenKind::Entity(kind), _) => {
                let before = self
                    .folded
                    .get(from..start)
                    .and_then(|outside| outside.chars().next_back());
                self.entity_fit(list, kind, edge, before)
            }
            (_, Edge::Han) => self.folded.get(from..start).map_or(Fit::Bad, Fit::Loose),
            _ => Fit::Bad,
        }
    }

    fn right_fit(&self, list: List, edge: Edge, end: usize) -> Fit<'a> {
        let Some(token) = self
            .tokens
            .get(self.cursor)
            .filter(|token| (token.start as usize) < end)
        else {
            return Fit::Good;
        };
        let to = token.end as usize;
        if matches!(edge, Edge::Free | Edge::Open) || to <= end {
            return Fit::Good;
        }
        let outside = self.folded.get(end..to);
        match (token.kind, edge) {
            (TokenKind::Entity(kind), _) => self.entity_fit(
                list,
                kind,
                edge,
                outside.and_then(|outside| outside.chars().next()),
            ),
            (_, Edge::Han) => outside.map_or(Fit::Bad, Fit::Loose),
            // A possessive is the same word: `the bank's fault`.
            (TokenKind::Word, _) if matches!(outside, Some("'s" | "’s")) => Fit::Good,
            _ => Fit::Bad,
        }
    }

    /// An edge within an entity, which is not cut into words: `beside` is the character
    /// outside the match.
    fn entity_fit(
        &self,
        list: List,
        kind: EntityKind,
        edge: Edge,
        beside: Option<char>,
    ) -> Fit<'a> {
        let is_open = match kind {
            // A tag is written without spaces (`#badservice`), so its inner words are found
            // by their neighbours.
            EntityKind::Hashtag => true,
            // Names of accounts are not words of the post, but the brand's account is the brand.
            EntityKind::Mention => list == List::Brand,
            EntityKind::Emoji | EntityKind::Emoticon | EntityKind::Reference => false,
            EntityKind::Url
            | EntityKind::Phone
            | EntityKind::WeChat
            | EntityKind::Qq
            | EntityKind::Email => list == List::Contact,
        };
        let parts = match beside {
            Some(beside) => edge == Edge::Han || is_han(beside) || !beside.is_alphanumeric(),
            None => true,
        };
        if is_open && parts {
            Fit::Good
        } else {
            Fit::Bad
        }
    }

    /// The end of the word that the byte before `end` lies in, and the tokens around that.
    pub(super) fn to_token_end(self, end: usize) -> (Around<'a>, usize) {
        let Some(token) = self
            .tokens
            .get(self.cursor)
            .filter(|token| (token.start as usize) < end)
        else {
            return (self, end);
        };
        let to = match token.kind {
            // A hashtag is more than a word: the ending is what letters follow.
            TokenKind::Entity(_) => {
                let rest = self.folded.get(end..token.end as usize).unwrap_or_default();
                end + rest
                    .find(|character: char| !character.is_alphanumeric())
                    .unwrap_or(rest.len())
            }
            _ => token.end as usize,
        };
        (self, to.max(end))
    }

    /// The same text around a match that ends at `end`, further on.
    pub(super) fn advanced(mut self, end: usize) -> Around<'a> {
        while self
            .tokens
            .get(self.cursor)
            .is_some_and(|token| (token.end as usize) < end)
        {
            self.cursor += 1;
        }
        self
    }

    /// The token that holds byte `start`, or the first one after it.
    fn token_from(&self, start: usize) -> Option<&'a Token> {
        let mut index = self.cursor;
        while index > 0
            && self
                .tokens
                .get(index - 1)
                .is_some_and(|token| (token.end as usize) > start)
        {
            index -= 1;
        }
        self.tokens.get(index)
    }
}
