//! A generated flow of posts of any length, for measurements of memory: invented words, every
//! fourth post by somebody new, complaints, thanks, tags and advertisements in turn, ten a second.

use hearken::Post;
use hearken::internals::Random;

/// The time of the first post: 2026-03-03, noon UTC, in milliseconds.
pub(crate) const START: i64 = 1_772_539_200_000;
/// Milliseconds between two posts.
pub(crate) const STEP: i64 = 100;

const SYLLABLES: [&str; 16] = [
    "ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "ly",
];

/// A word of few or of many: of `kinds` different ones.
fn word(random: &mut Random, kinds: usize) -> String {
    let mut number = random.below(kinds) + 16;
    let mut word = String::new();
    while number > 0 {
        word += SYLLABLES[number % 16];
        number /= 16;
    }
    word
}

/// The post of a number; the same at any time.
pub(crate) fn post(number: usize) -> Post<'static> {
    let mut random = Random::new(number as u64);
    let (few, many) = (word(&mut random, 200), word(&mut random, 50_000));
    let other = word(&mut random, 50_000);
    let text = match number % 5 {
        0 => format!("Where is my {few}? The {many} never arrived, {other} and no refund"),
        1 => format!("Thanks for the {few}, {many} and {other} are great"),
        2 => format!("{few} {many} {other} again today #{few}"),
        3 => format!(
            "日结兼职 {few}，有手机就行，加微信 {many}{:04}",
            random.below(10_000)
        ),
        _ => format!("The {few} is broken since the {many}, please help with {other}"),
    };
    let author = random.below(number / 4 + 1);
    let at = START + STEP * number as i64;
    let thread = match number % 7 {
        0 => format!(
            r#","in_reply_to":"{}""#,
            7_000_000_000 + random.below(number + 1)
        ),
        _ => String::new(),
    };
    let channel = ["chat", "mail", "forum"][number % 3];
    let line = format!(
        r#"{{"id":"{}","text":"{text}","created_at":{at},"channel":"{channel}","author":{{"id":"user{author}","followers":{}}}{thread}}}"#,
        7_000_000_000_usize + number,
        random.below(3000)
    );
    Post::from_json(&line).expect("a post").into_owned()
}
