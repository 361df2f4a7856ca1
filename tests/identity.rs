//! Posts that come again: an edit or a duplicate counts once everywhere, and identifiers are those
//! of their channel.

#![cfg(feature = "bundled-models")]

mod support;

use std::time::Duration;

use hearken::Post;
use hearken::context::Delivery;
use hearken::desk::{Answered, Desk, Outcome, Remembered, Settings};
use hearken::queue;
use hearken::snapshot::Snapshot;
use hearken::triage::{Disposition, Part};
use serde_json::{Value, json};

/// 12:00 on a day, in milliseconds.
const NOON: i64 = 1_772_452_800_000;
const MINUTE: i64 = 60_000;

fn settings() -> Settings {
    Settings {
        watch: None,
        ..Settings::for_engine(support::engine()).expect("sound")
    }
}

fn desk() -> Desk {
    Desk::new(support::engine(), settings()).expect("sound")
}

/// A customer's post some minutes after noon; what `more` has comes on top.
fn post(
    id: &str,
    channel: &str,
    author: &str,
    minute: i64,
    text: &str,
    more: Value,
) -> Post<'static> {
    let mut line = json!({
        "id": id, "channel": channel, "author": {"id": author},
        "created_at": NOON + minute * MINUTE, "text": text,
    });
    let fields = line.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    Post::from_json(&line.to_string())
        .expect("a post")
        .into_owned()
}

fn plain(id: &str, channel: &str, author: &str, minute: i64, text: &str) -> Post<'static> {
    post(id, channel, author, minute, text, json!({}))
}

/// Feeds posts and gives their answers in order.
fn feed(desk: &mut Desk, posts: &[Post<'static>]) -> Vec<Answered> {
    let outcomes = posts.iter().flat_map(|post| desk.observe(post));
    let answers = outcomes.filter_map(|outcome| match outcome {
        Outcome::Answer(answered) => Some(*answered),
        _ => None,
    });
    answers.collect()
}

fn part(answered: &Answered, part: Part) -> i16 {
    answered.triage.importance.parts[part as usize]
}

fn repeats(answers: &[Answered]) -> Vec<bool> {
    answers
        .iter()
        .map(|one| part(one, Part::Repeat) != 0)
        .collect()
}

fn again(answers: &[Answered]) -> Vec<Delivery> {
    answers
        .iter()
        .map(|one| one.observed.history.again)
        .collect()
}

/// The posts that panes have counted.
fn counted(desk: &Desk) -> u64 {
    desk.trends().expect("asked for").counts().posts
}

/// What waits: identifier and channel.
fn waiting(desk: &Desk) -> Vec<(String, String)> {
    let places = desk.next(99).into_iter();
    let mut waiting: Vec<_> = places
        .flat_map(|place| {
            let channel = place.channel.clone().unwrap_or_default();
            place
                .posts
                .into_iter()
                .map(move |post| (post, channel.clone()))
        })
        .collect();
    waiting.sort();
    waiting
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(post, channel)| ((*post).to_owned(), (*channel).to_owned()))
        .collect()
}

#[test]
fn a_post_that_is_delivered_twice_counts_once_in_every_script() {
    for text in [
        "My washing machine leaks and nobody calls me back!",
        "Pračka mi teče a nikdo mi nevolá zpátky!",
        "洗衣机漏水，没有人给我回电话！",
        "洗衣機漏水，沒有人回我電話！",
    ] {
        let mut desk = desk();
        let first = plain("m1", "mail", "eva", 0, text);
        let answers = feed(&mut desk, &[first.clone(), first.clone(), first]);
        assert_eq!(
            again(&answers),
            [Delivery::New, Delivery::Duplicate, Delivery::Duplicate]
        );
        assert_eq!(repeats(&answers), [false; 3], "{text}");
        assert_eq!(answers[0].triage, answers[2].triage, "{text}");
        assert_eq!(counted(&desk), 1);
        assert_eq!(desk.stream().campaigns().len(), 1);
        assert_eq!(desk.stream().novelty().posts(), 1);
        let queued = desk.queue().expect("asked for").counts();
        assert_eq!((queued.queued, waiting(&desk).len()), (1, 1));
    }
}

#[test]
fn a_real_second_message_still_counts_after_a_duplicate() {
    let mut desk = desk();
    let first = plain("a", "mail", "jan", 0, "Nepřišlo mi zboží, kde je?");
    let second = plain("b", "mail", "jan", 180, "Pořád čekám, ozve se mi někdo?");
    let answers = feed(
        &mut desk,
        &[first.clone(), first.clone(), second.clone(), first, second],
    );
    assert_eq!(repeats(&answers), [false, false, true, false, true]);
    let history = |at: usize| &answers[at].observed.history.author;
    assert_eq!((history(2).unanswered, history(4).unanswered), (1, 1));
    assert_eq!(history(4).posts, history(2).posts);
}

#[test]
fn an_edit_replaces_the_text_and_keeps_the_place() {
    let mut desk = desk();
    let question = plain(
        "q",
        "forum",
        "ada",
        0,
        "Where is my refund? I am very angry.",
    );
    let edited = post(
        "q",
        "forum",
        "ada",
        0,
        "Thank you, all sorted!",
        json!({"edited_at": NOON + 5 * MINUTE}),
    );
    let answers = feed(&mut desk, &[question.clone(), edited.clone()]);
    assert_eq!(again(&answers), [Delivery::New, Delivery::Edit]);
    let author = |desk: &mut Desk| {
        let next = plain(
            "r",
            "forum",
            "ada",
            600,
            "One more thing: where is the invoice?",
        );
        feed(desk, &[next]).remove(0).observed.history.author
    };
    let known = author(&mut desk);
    assert_eq!(
        (known.unanswered, known.negative),
        (0, 0.0),
        "nothing waits"
    );
    // In the other order the older text changes nothing.
    let mut other = self::desk();
    let answers = feed(&mut other, &[edited, question]);
    assert_eq!(again(&answers), [Delivery::New, Delivery::Older]);
    assert_eq!(author(&mut other), known);
    assert_eq!(counted(&other), 2);
}

#[test]
fn an_edit_with_a_time_of_its_own_waits_since_the_first() {
    let mut desk = desk();
    let first = plain("t", "weibo", "li", 0, "快递丢了，怎么办？");
    let later = plain("t", "weibo", "li", 90, "快递丢了，怎么办？客服也不回！");
    let answers = feed(&mut desk, &[first.clone(), later.clone()]);
    assert_eq!(again(&answers), [Delivery::New, Delivery::Edit]);
    assert_eq!(repeats(&answers), [false; 2]);
    assert_eq!(desk.next(1)[0].since, NOON);
    assert_eq!(desk.stream().campaigns().len(), 1);
    // Answered is answered, whatever is edited later.
    assert_eq!(desk.answered_on("weibo", "t", NOON + 100 * MINUTE), 1);
    feed(
        &mut desk,
        &[
            later,
            plain(
                "t",
                "weibo",
                "li",
                120,
                "快递丢了，怎么办？客服也不回！急！",
            ),
        ],
    );
    assert!(desk.next(9).is_empty());
}

#[test]
fn identifiers_are_those_of_their_channel() {
    let mut desk = desk();
    let posts = [
        plain("35", "mail", "u1", 0, "Where is my parcel?"),
        plain("35", "chat", "u2", 1, "I can't log in, please help."),
        post(
            "36",
            "chat",
            "u3",
            2,
            "Me neither, please help.",
            json!({"in_reply_to": "35"}),
        ),
    ];
    let answers = feed(&mut desk, &posts);
    assert_eq!(again(&answers), [Delivery::New; 3]);
    assert_eq!(answers[2].observed.history.thread.messages, 1);
    let all = pairs(&[("35", "chat"), ("35", "mail"), ("36", "chat")]);
    assert_eq!(waiting(&desk), all);
    // Without a channel it is not known which is meant.
    assert_eq!(desk.answered("35", NOON + 5 * MINUTE), 0);
    assert_eq!(waiting(&desk), all);
    assert_eq!(desk.answered_on("mail", "35", NOON + 5 * MINUTE), 1);
    assert_eq!(waiting(&desk), pairs(&[("35", "chat"), ("36", "chat")]));
    assert_eq!(
        desk.answered("35", NOON + 6 * MINUTE),
        2,
        "one is left, and its thread"
    );
    assert!(desk.next(9).is_empty());
}

#[test]
fn an_agent_answers_on_the_channel_of_the_answer() {
    let agent = |channel: Value| {
        let line = json!({
            "id": "a", "role": "agent", "text": "We are on it.", "in_reply_to": "7",
            "created_at": NOON + 9 * MINUTE, "channel": channel,
        });
        Post::from_json(&line.to_string())
            .expect("a post")
            .into_owned()
    };
    let on_mail = plain("7", "mail", "u1", 0, "我的退款在哪里？");
    let on_chat = plain("7", "chat", "u2", 1, "Nefunguje mi přihlášení, pomozte.");
    let mut desk = self::desk();
    feed(
        &mut desk,
        &[on_mail.clone(), on_chat.clone(), agent(json!("chat"))],
    );
    assert_eq!(waiting(&desk), pairs(&[("7", "mail")]));
    // From an export without channels: the only post of that identifier is meant.
    let mut desk = self::desk();
    feed(&mut desk, &[on_mail.clone(), agent(Value::Null)]);
    assert!(desk.next(9).is_empty());
    let next = feed(&mut desk, &[plain("8", "mail", "u1", 20, "退款还没有到？")]);
    assert_eq!(next[0].observed.history.author.unanswered, 0);
    let mut desk = self::desk();
    feed(&mut desk, &[on_mail, on_chat, agent(Value::Null)]);
    assert_eq!(waiting(&desk).len(), 2, "of two it is not known which");
}

#[test]
fn the_same_words_to_many_brands_are_one_contact() {
    for texts in [
        [
            "@alza my parcel is lost, help",
            "@czc my parcel is lost, help",
            "my parcel is lost, help @mall",
        ],
        [
            "Alza, kde je můj balík?",
            "Dobrý den CZC, kde je můj balík?",
            "Kde je můj balík, Mall?",
        ],
        [
            "@京东 快递丢了怎么办",
            "@淘宝 快递丢了怎么办",
            "快递丢了怎么办 @拼多多",
        ],
        [
            "@momo 包裹不見了怎麼辦",
            "@pchome 包裹不見了怎麼辦",
            "包裹不見了怎麼辦 @蝦皮",
        ],
    ] {
        let mut desk = desk();
        let posts: Vec<_> = (0..3)
            .map(|at| plain(&format!("p{at}"), "x", "eva", at as i64 * 3, texts[at]))
            .collect();
        let answers = feed(&mut desk, &posts);
        assert_eq!(again(&answers), [Delivery::New; 3]);
        assert_eq!(repeats(&answers), [false; 3], "{texts:?}");
        assert_eq!(desk.next(9).len(), 1, "one case");
        // After an hour the same words are a second contact.
        let later = feed(&mut desk, &[plain("p9", "x", "eva", 69, texts[0])]);
        assert_eq!(later[0].observed.history.author.unanswered, 1, "{texts:?}");
        assert_eq!(repeats(&later), [true]);
    }
}

#[test]
fn other_words_within_minutes_are_a_second_contact() {
    let mut desk = desk();
    let posts = [
        plain("1", "x", "eva", 0, "@alza my parcel is lost, help"),
        plain("2", "x", "eva", 3, "@alza and now the app crashes, help"),
        plain("3", "x", "bob", 4, "@alza my parcel is lost, help"),
    ];
    let answers = feed(&mut desk, &posts);
    assert_eq!(repeats(&answers), [false, true, false]);
}

#[test]
fn a_feed_of_headlines_does_not_wait() {
    let titles = [
        "Train derails near Brno, twelve people hurt https://news.example/1",
        "Výpadek proudu zastavil výrobu v automobilce https://news.example/2",
        "暴雨致多地航班取消 旅客滞留机场 https://news.example/3",
        "銀行系統故障 多家分行暫停服務 https://news.example/4",
        "Airline cancels all flights after fire at terminal https://news.example/5",
    ];
    let mut desk = desk();
    let posts: Vec<_> = (0..5)
        .map(|at| {
            plain(
                &format!("n{at}"),
                "x",
                "newsbot",
                at as i64 * 40,
                titles[at],
            )
        })
        .collect();
    let answers = feed(&mut desk, &posts);
    assert_eq!(repeats(&answers), [false; 5]);
    let feeds: Vec<bool> = answers
        .iter()
        .map(|one| one.observed.history.feed)
        .collect();
    assert_eq!(feeds, [false, false, true, true, true]);
    assert_eq!(answers[4].triage.disposition(), Disposition::Automatic);
    assert!(desk.overdue(usize::MAX).is_empty());
    assert!(
        desk.next(9)
            .iter()
            .all(|place| place.lane == queue::Lane::Idle)
    );
    // A customer who shows pictures and speaks is no feed.
    let mut desk = self::desk();
    let posts: Vec<_> = (0..4)
        .map(|at| {
            let text = format!("My order {at} arrived broken again https://pic.example/{at}");
            plain(&format!("c{at}"), "x", "eva", at * 40, &text)
        })
        .collect();
    let answers = feed(&mut desk, &posts);
    assert_eq!(repeats(&answers), [false, true, true, true]);
}

#[test]
fn shards_that_saw_the_same_post_count_it_once() {
    let posts = [
        plain(
            "1",
            "mail",
            "eva",
            0,
            "Where is my refund? This is a disgrace.",
        ),
        post(
            "2",
            "mail",
            "bob",
            10,
            "Where is mine?",
            json!({"in_reply_to": "1"}),
        ),
        plain("3", "chat", "eva", 20, "I still wait for an answer, hello?"),
        post(
            "1",
            "mail",
            "eva",
            0,
            "Solved, thank you!",
            json!({"edited_at": NOON + 30 * MINUTE}),
        ),
    ];
    let bytes = |desk: &Desk| desk.stream().context().memory().to_bytes().expect("bytes");
    let mut whole = desk();
    feed(&mut whole, &posts);
    for (one, two) in [
        (&posts[..3], &posts[..]),
        (&posts[..], &posts[..]),
        (&posts[..2], &posts[2..]),
        (&posts[3..], &posts[..3]),
    ] {
        for (one, two) in [(one, two), (two, one)] {
            let (mut merged, mut other) = (desk(), desk());
            feed(&mut merged, one);
            feed(&mut other, two);
            merged.merge(other).expect("of one kind");
            assert!(bytes(&merged) == bytes(&whole));
            assert_eq!(waiting(&merged).len(), waiting(&whole).len());
        }
    }
}

#[test]
fn a_restart_does_not_forget_what_came() {
    let posts = [
        plain("1", "mail", "eva", 0, "Where is my refund?"),
        plain("2", "chat", "eva", 5, "登录不上去，怎么办？"),
    ];
    let mut through = desk();
    feed(&mut through, &posts);
    let bytes = through
        .remembered()
        .and_then(|kept| kept.to_bytes())
        .expect("bytes");
    let kept = Remembered::from_bytes(&bytes).expect("a snapshot");
    let mut resumed = Desk::resume(support::engine(), settings(), kept).expect("the same settings");
    let one = feed(&mut through, &posts);
    let other = feed(&mut resumed, &posts);
    assert_eq!(again(&other), [Delivery::Duplicate; 2]);
    assert_eq!((one, counted(&through)), (other, 2));
    assert_eq!(counted(&resumed), 2);
    let bytes = |desk: &Desk| {
        desk.remembered()
            .and_then(|kept| kept.to_bytes())
            .expect("bytes")
    };
    assert!(bytes(&through) == bytes(&resumed));
}

#[test]
fn only_so_many_posts_are_recognised() {
    let mut settings = settings();
    settings.stream.context.posts = 8;
    let mut desk = Desk::new(support::engine(), settings).expect("sound");
    let at = |number: i64| {
        plain(
            &number.to_string(),
            "mail",
            &format!("u{number}"),
            number,
            "Where is it?",
        )
    };
    let posts: Vec<_> = (0..20).map(at).collect();
    feed(&mut desk, &posts);
    assert_eq!(desk.stream().context().evicted().posts, 12);
    let answers = feed(&mut desk, &[at(19), at(12), at(0)]);
    assert_eq!(
        again(&answers),
        [Delivery::Duplicate, Delivery::Duplicate, Delivery::New]
    );
}

#[test]
fn posts_without_an_identifier_are_new_each_time() {
    let line = r#"{"text":"Kde je balík?","channel":"mail","author":{"id":"a"},"created_at":"2026-03-02T12:00:00Z"}"#;
    let unnamed = Post::from_json(line).expect("a post").into_owned();
    let blank = Post {
        id: Some("  ".into()),
        ..unnamed.clone()
    };
    let mut desk = desk();
    let answers = feed(&mut desk, &[unnamed.clone(), unnamed, blank.clone(), blank]);
    assert_eq!(again(&answers), [Delivery::New; 4]);
    assert_eq!(counted(&desk), 4);
}

#[test]
fn what_was_answered_or_solved_does_not_come_back() {
    let mut desk = desk();
    let question = plain("1", "mail", "eva", 0, "Where is my refund?");
    let solved = plain("2", "mail", "eva", 10, "It's solved, thank you!");
    feed(&mut desk, &[question.clone(), solved.clone()]);
    let before = waiting(&desk);
    feed(&mut desk, &[solved, question.clone(), question]);
    assert_eq!(waiting(&desk), before);
}

#[test]
fn duplicates_come_late_and_out_of_order() {
    let first = plain("1", "mail", "eva", 0, "退款三天没到？");
    let others = [
        plain("2", "mail", "bob", 30, "Where is my parcel?"),
        plain("3", "mail", "eva", 60, "还是没有到，怎么办？"),
    ];
    let mut in_turn = desk();
    let answers = feed(
        &mut in_turn,
        &[
            first.clone(),
            others[0].clone(),
            first.clone(),
            others[1].clone(),
            first.clone(),
        ],
    );
    assert_eq!(repeats(&answers), [false, false, false, true, false]);
    assert_eq!(answers[4].observed.history.author.unanswered, 0);
    let mut held = Desk::new(
        support::engine(),
        Settings {
            lateness: Some(Duration::from_secs(7200)),
            ..settings()
        },
    )
    .expect("sound");
    let posts = [others[1].clone(), first.clone(), others[0].clone(), first];
    let mut answers = feed(&mut held, &posts);
    answers.extend(
        held.flush()
            .into_iter()
            .filter_map(|outcome| match outcome {
                Outcome::Answer(answered) => Some(*answered),
                _ => None,
            }),
    );
    assert_eq!(repeats(&answers), [false, false, false, true]);
    assert_eq!(counted(&held), counted(&in_turn));
}
