//! Arbitrary bytes as a stream of posts: few texts, few people, and times that no clock has.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use hearken::Post;
use hearken::mask::Masker;
use hearken::post::{Role, Segment};

/// What people write, by number; invented. Complaints, harm, offers, tags, answers, the same text
/// twice in other words, and nothing at all.
const TEXTS: [&str; 18] = [
    "",
    "Where is my refund? I wait for three weeks",
    "The charger caught fire and burnt my hand",
    "快递三天还没到，客服也不回",
    "快遞三天還沒到，客服也不回",
    "Balík nedorazil a nikdo mi neodpovídá",
    "加微信 abc12345 免费领取红包",
    "Earn $500 a day!!! https://earn.example/x?u=1 WhatsApp +44 7700 900123",
    "earn $900 a day! https://earn.example/x?u=2 WhatsApp +44 7700 900124",
    "#outage again, no signal since morning #help",
    "same here",
    "Thanks, it works now 😀",
    "We are sorry, please send us your order number",
    "#aa",
    "着火了！！！救命",
    "I will end my life, nobody at your hotline answers",
    "RT @someone: the app is down",
    "a\u{202e}b\u{0}\u{feff}<script>",
];

/// When a script begins: 2026-03-01, 08:00 UTC.
pub const START: i64 = 1_772_352_000_000;

/// Times that are the ends of something.
const ENDS: [i64; 10] = [
    i64::MIN,
    i64::MIN + 1,
    -62_135_596_800_000,
    -1,
    0,
    1,
    2_051_222_400_000,
    253_402_300_799_999,
    i64::MAX - 1,
    i64::MAX,
];

static MASKER: LazyLock<Masker> = LazyLock::new(Masker::new);

/// The posts of an input, one after the other.
pub struct Script<'a> {
    bytes: Unstructured<'a>,
    now: i64,
    count: usize,
    /// Who wrote each post.
    authors: Vec<u8>,
    channel: bool,
}

/// Most posts of an input.
pub const MAX_POSTS: usize = 120;

impl<'a> Script<'a> {
    /// The posts of `data`, the first in March 2026.
    pub fn new(data: &'a [u8]) -> Script<'a> {
        Script {
            bytes: Unstructured::new(data),
            now: START,
            count: 0,
            authors: vec![0],
            channel: data.first().is_some_and(|first| first % 2 == 1),
        }
    }

    /// A byte of the input, for what is done beside taking posts; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        self.bytes.arbitrary().unwrap_or(0)
    }

    /// The time that the script has reached, in milliseconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    fn post(&mut self) -> Result<Post<'static>> {
        let [shape, text, author, time] = self.bytes.arbitrary::<[u8; 4]>()?;
        let mut post = Post::new(match text {
            // Once in eight a text that no table holds.
            224.. => {
                let length = self.bytes.int_in_range(0..=60)?;
                String::from_utf8_lossy(self.bytes.bytes(length)?).into_owned()
            }
            _ => TEXTS[text as usize % TEXTS.len()].to_owned(),
        });
        let at = self.time(time)?;
        self.count += 1;
        post.created_at = at;
        // Once in eight one that came before, as an edit or a copy.
        let number = match shape % 8 {
            1 => self.count / 2,
            _ => self.count,
        };
        // One that waits is kept masked, and has another name then if its text names it.
        let named = shape % 8 > 0 || !MASKER.mask(&post.text).spans().is_empty();
        post.id = named.then(|| format!("p{number}").into());
        self.authors.push(author);
        let author = self.authors.get(number).copied().unwrap_or(author);
        post.author.id = (author % 16 > 0).then(|| format!("u{}", author % 16).into());
        post.author.followers = (author & 16 > 0).then_some(u64::from(author) * 1000);
        post.author.created_at = (author & 32 > 0).then_some(self.now);
        post.customer.id = (author & 64 > 0).then(|| format!("c{}", author % 4).into());
        // One channel: what a post answers is looked for on its own first.
        if self.channel {
            post.channel = Some("twitter".into());
        }
        // Who wrote a post, what it answers and where it stands does not change with its text.
        if number % 3 == 0 {
            let to = number.saturating_sub(1 + number % 5);
            post.in_reply_to = Some(format!("p{to}").into());
        }
        if number % 5 == 0 {
            post.thread = Some(format!("t{}", number % 3).into());
        }
        if number % 7 == 3 {
            post.role = Role::Agent;
        }
        if text & 64 > 0 {
            post.segments = Segment::new("brand", ["A", "B"][usize::from(text & 128 > 0)])
                .into_iter()
                .collect();
        }
        if time & 3 == 3 && shape & 3 == 2 {
            post.edited_at = at.map(|at| at.saturating_add(1000));
            post.collected_at = at.map(|at| at.saturating_add(60_000));
            post.engagement.likes = Some(u64::from(time) * 1000);
        }
        Ok(post)
    }

    fn time(&mut self, how: u8) -> Result<Option<i64>> {
        let minutes = |count: u8| i64::from(count) * 60_000;
        self.now = match how % 16 {
            0 => return Ok(None),
            // Posts of a wrong clock: the script's own time stays.
            1 => return Ok(Some(ENDS[usize::from(how / 16) % ENDS.len()])),
            2 => return Ok(Some(self.bytes.arbitrary()?)),
            3 => return Ok(Some(self.now.saturating_sub(minutes(how)))),
            4 => self.now.saturating_add(86_400_000 * i64::from(how / 16)),
            5 => self.now.saturating_add(minutes(how)),
            _ => self.now.saturating_add(i64::from(how) * 500),
        };
        Ok(Some(self.now))
    }
}

impl Iterator for Script<'_> {
    type Item = Post<'static>;

    fn next(&mut self) -> Option<Post<'static>> {
        if self.count >= MAX_POSTS || self.bytes.is_empty() {
            return None;
        }
        self.post().ok()
    }
}
