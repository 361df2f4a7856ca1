//! A stream of invented posts with what is true of them: organic background, campaigns and
//! incidents, from a seed.
//!
//! Nothing here knows how campaigns are found. Texts come from templates with slots
//! (`stream_texts.rs`); campaigns hide behind synonyms, disguises and several contacts; incidents
//! are many people's words about one thing, with the short answers, reposts, hotlines and links
//! that come with them.

#[path = "draws.rs"]
mod draws;

use draws::Draws;
use hearken::Post;
use hearken::post::Author;

use super::stream_texts as texts;

/// How much of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) posts: usize,
    pub(crate) campaigns: usize,
    pub(crate) incidents: usize,
    /// Fewest and most posts of a campaign, and of an incident.
    pub(crate) campaign_posts: (u64, u64),
    pub(crate) incident_posts: (u64, u64),
    /// Over how many hours all of it is spread.
    pub(crate) hours: i64,
    pub(crate) seed: u64,
}

/// What is true of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    /// Anybody's post.
    Background,
    /// One spammer's own.
    Spam,
    /// News or greetings that many copy.
    Copied,
    /// Of the campaign of this number.
    Campaign(usize),
    /// About the incident of this number.
    Incident(usize),
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;

/// The posts in order of time, each with what is true of it.
pub(crate) fn stream(plan: Plan) -> Vec<(Post<'static>, Truth)> {
    let mut maker = Maker {
        random: Draws::new(plan.seed),
        span: plan.hours * 60 * MINUTE,
        made: Vec::new(),
    };
    for number in 0..plan.campaigns {
        let posts = maker
            .random
            .between(plan.campaign_posts.0, plan.campaign_posts.1);
        maker.campaign(number, posts as usize);
    }
    for number in 0..plan.incidents {
        let posts = maker
            .random
            .between(plan.incident_posts.0, plan.incident_posts.1);
        maker.incident(number, posts as usize);
    }
    for _ in 0..plan.posts / 10_000 {
        maker.copied();
        maker.viral();
    }
    let rest = plan.posts.saturating_sub(maker.made.len());
    for _ in 0..rest {
        maker.background();
    }
    let mut made = maker.made;
    made.sort_by_key(|(post, _)| post.created_at);
    for (number, (post, _)) in made.iter_mut().enumerate() {
        post.id = Some(format!("g{number}").into());
    }
    made
}

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn text(&mut self, texts: &[&'static str]) -> &'static str {
        texts[self.below(texts.len() as u64) as usize]
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// An account.
#[derive(Clone)]
struct Account {
    id: String,
    followers: u64,
    posts: u64,
    days: i64,
}

struct Maker {
    random: Draws,
    span: i64,
    made: Vec<(Post<'static>, Truth)>,
}

impl Maker {
    fn push(&mut self, text: String, at: i64, account: &Account, truth: Truth) {
        let author = Author {
            id: Some(account.id.clone().into()),
            followers: Some(account.followers),
            posts: Some(account.posts),
            created_at: Some(START - account.days * DAY),
            ..Author::default()
        };
        self.made.push((
            Post {
                created_at: Some(START + at),
                author,
                ..Post::new(text)
            },
            truth,
        ));
    }

    fn organic(&mut self) -> Account {
        let random = &mut self.random;
        let magnitude = random.between(1, 11);
        Account {
            id: format!("o{}", random.below(4_000_000)),
            followers: random.below(1 << magnitude),
            posts: random.between(1, 4000),
            days: if random.chance(4) {
                random.between(1, 30) as i64
            } else {
                random.between(31, 4000) as i64
            },
        }
    }

    fn throwaway(&mut self) -> Account {
        let random = &mut self.random;
        Account {
            id: format!("t{}", random.next()),
            followers: random.below(15),
            posts: random.between(0, 20),
            days: random.between(0, 20) as i64,
        }
    }

    fn background(&mut self) {
        let at = self.random.below(self.span as u64) as i64;
        let account = self.organic();
        let language = self.random.below(4) as usize;
        let random = &mut self.random;
        let (text, truth) = match random.below(1000) {
            0..3 => (expand(random.text(&texts::SPAM), random), Truth::Spam),
            3..120 => (
                random.text(texts::SHORT[language]).to_owned(),
                Truth::Background,
            ),
            _ => (self.opinion(language), Truth::Background),
        };
        self.push(text, at, &account, truth);
    }

    /// An organic text: one or more sentences, sometimes with a tag, a link, a face or a slip.
    fn opinion(&mut self, language: usize) -> String {
        let random = &mut self.random;
        let mut text = expand(random.text(texts::ORGANIC[language]), random);
        let gap = if matches!(language, 1 | 2) {
            "，"
        } else {
            " "
        };
        for _ in 0..random.below(3) {
            text = text + gap + &expand(random.text(texts::TAILS[language]), random);
        }
        match random.below(20) {
            0 => text += &format!(" https://pic.example.com/{:x}", random.next()),
            1 => text += &format!(" @shop_{}", random.below(60)),
            2..4 => text += random.text(&[" 😂", " 🙄", " 👍", " 😡", "!!", "…"]),
            _ => {}
        }
        text
    }

    fn campaign(&mut self, number: usize, posts: usize) {
        let family = &texts::CAMPAIGNS[number % texts::CAMPAIGNS.len()];
        let random = &mut self.random;
        let accounts = random.between(30, 400).min(posts as u64) as usize;
        let aged = number % 3 == 2;
        let contacts: Vec<String> = (0..random.between(1, 5))
            .map(|_| expand(family.contact, random))
            .collect();
        let (start, length) = (
            random.below(self.span as u64 * 9 / 10) as i64,
            random.between(12, 600) as i64 * MINUTE,
        );
        let accounts: Vec<Account> = (0..accounts)
            .map(|_| {
                if aged || self.random.chance(7) {
                    self.organic()
                } else {
                    self.throwaway()
                }
            })
            .collect();
        for _ in 0..posts {
            let random = &mut self.random;
            let contact = random.of(&contacts).clone();
            let mut text = expand(random.text(family.texts), random);
            if random.chance(40) {
                text = disguise(&text, random);
            }
            let contact = if !family.link && random.chance(20) {
                wide(&contact)
            } else {
                contact
            };
            let text = text.replace('@', &contact);
            let at = start + random.below(length as u64) as i64;
            let account = random.of(&accounts).clone();
            self.push(text, at, &account, Truth::Campaign(number));
        }
    }

    fn incident(&mut self, number: usize, posts: usize) {
        let family = &texts::INCIDENTS[number % texts::INCIDENTS.len()];
        let start = self.random.below(self.span as u64 * 9 / 10) as i64;
        let length = self.random.between(60, 480) * MINUTE as u64;
        let hotline = expand(family.hotline, &mut self.random);
        let first = expand(self.random.text(family.texts), &mut self.random);
        for _ in 0..posts {
            let account = self.organic();
            let random = &mut self.random;
            // Most write soon after it began.
            let at = start + (random.below(length).min(random.below(length))) as i64;
            let mut text = match random.below(100) {
                0..14 => random.text(family.echoes).to_owned(),
                14..24 => format!("RT @{}: {first}", "first_to_see"),
                _ => {
                    let mut text = expand(random.text(family.texts), random);
                    if random.chance(60) {
                        text = text + family.gap + &expand(random.text(family.tails), random);
                    }
                    text
                }
            };
            if random.chance(12) {
                text = format!("{text} {hotline}");
            }
            self.push(text, at, &account, Truth::Incident(number));
        }
    }

    /// A headline, a greeting or a petition that many copy by hand.
    fn copied(&mut self) {
        let random = &mut self.random;
        let text = expand(random.text(&texts::COPIED), random);
        let (at, posts) = (random.below(self.span as u64) as i64, random.between(8, 40));
        for _ in 0..posts {
            let account = self.organic();
            let later = self.random.below(200) as i64 * MINUTE;
            let text = if self.random.chance(30) {
                format!("{text} 👏")
            } else {
                text.clone()
            };
            self.push(text, at + later, &account, Truth::Copied);
        }
    }

    fn viral(&mut self) {
        let language = self.random.below(4) as usize;
        let text = self.opinion(language);
        let (at, posts) = (
            self.random.below(self.span as u64) as i64,
            self.random.between(10, 150),
        );
        let name = format!("user{}", self.random.below(1000));
        for _ in 0..posts {
            let account = self.organic();
            let later = self.random.below(600) as i64 * MINUTE;
            let text = match language {
                1 | 2 => format!("转发 //@{name}:{text}"),
                _ => format!("RT @{name}: {text}"),
            };
            self.push(text, at + later, &account, Truth::Background);
        }
    }
}

/// One of the texts that a template stands for: `{a|b {c|d}}` is a choice, `#` a digit.
fn expand(template: &str, random: &mut Draws) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text += &rest[..open];
        let (mut depth, mut bars, mut close) = (0, vec![open + 1], rest.len());
        for (at, byte) in rest.bytes().enumerate().skip(open) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'|' if depth == 1 => bars.push(at + 1),
                _ => {}
            }
            if depth == 0 {
                close = at;
                break;
            }
        }
        bars.push(close + 1);
        let choice = random.below(bars.len() as u64 - 1) as usize;
        text += &expand(&rest[bars[choice]..bars[choice + 1] - 1], random);
        rest = rest.get(close + 1..).unwrap_or("");
    }
    text += rest;
    let mut digits = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '#' => digits += &random.below(10).to_string(),
            character => digits.push(character),
        }
    }
    digits
}

/// The text as spammers hide it.
fn disguise(text: &str, random: &mut Draws) -> String {
    let han = text
        .chars()
        .filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
        .count()
        > 4;
    match random.below(5) {
        0 => wide(text),
        1 if han => between(text, random.text(&["🌸", "💰", "🔥", "✨"])),
        1 => words(text, random, |word| {
            word.chars()
                .map(|c| format!("{c} "))
                .collect::<String>()
                .trim()
                .to_owned()
        }),
        2 if han => between(text, random.text(&[" ", ".", "·", "/"])),
        2 => words(text, random, |word| {
            word.replace('o', "о").replace('a', "а").replace('e', "е")
        }),
        3 => between(text, "\u{200b}"),
        _ => words(text, random, |word| {
            word.replace('i', "1").replace('o', "0").replace('e', "3")
        }),
    }
}

fn wide(text: &str) -> String {
    let wide = |c: char| match c {
        '@' => c,
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(wide).collect()
}

fn between(text: &str, sign: &str) -> String {
    let mut out = String::new();
    let mut last = ' ';
    for character in text.chars() {
        if last.is_alphanumeric() && character.is_alphanumeric() {
            out += sign;
        }
        out.push(character);
        last = character;
    }
    out
}

/// Changes every third word or so.
fn words(text: &str, random: &mut Draws, change: impl Fn(&str) -> String) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            if word.len() > 3 && !word.contains('@') && random.chance(35) {
                change(word)
            } else {
                word.to_owned()
            }
        })
        .collect();
    words.join(" ")
}
