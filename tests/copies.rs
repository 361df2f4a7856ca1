//! Copies can't make a victim spam: throwaway accounts that repeat a customer's words, with handles
//! and links or without, take nothing from the customer who wrote first, nor from the next one.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use std::collections::BTreeMap;

use hearken::Post;
use hearken::campaign::{Campaigns, Settings};
use hearken::importance::Part;
use hearken::post::Author;
use hearken::revision::{Field, Value};
use hearken::stream::{self, Stream};
use hearken::triage::Verdict;
use support::engine;

const START: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What customers write, by script. The rules were seen at work on these.
const TEXTS: [(&str, [&str; 8]); 4] = [
    (
        "en",
        [
            "There is smoke coming out of the charger you sold me and it caught fire on the table",
            "My daughter was burned by the kettle, the lid came off and boiling water went over her hand",
            "I have been waiting three weeks for my refund and nobody answers the phone",
            "The app took the money twice and the order is still not confirmed, please help",
            "Your courier left my parcel in the rain and everything inside is ruined",
            "The brakes of the scooter failed on the hill, somebody will get hurt",
            "No internet in the whole street since yesterday evening, when will it be repaired?",
            "I was charged for a subscription that I cancelled in March, give me my money back",
        ],
    ),
    (
        "cs",
        [
            "Z nabíječky, kterou jste mi prodali, šel kouř a pak na stole začala hořet",
            "Dceru popálila vaše konvice, víko odpadlo a vařící voda jí vytekla na ruku",
            "Tři týdny čekám na vrácení peněz a nikdo nezvedá telefon",
            "Aplikace strhla peníze dvakrát a objednávka pořád není potvrzená, pomozte mi",
            "Kurýr nechal balík na dešti a všechno uvnitř je zničené",
            "Brzdy koloběžky selhaly v kopci, někdo se zraní",
            "Od včerejšího večera nejde internet v celé ulici, kdy to opravíte?",
            "Strhli jste mi předplatné, které jsem v březnu zrušil, vraťte mi peníze",
        ],
    ),
    (
        "zh-Hans",
        [
            "你们卖给我的充电器冒烟了，放在桌上直接着火了，太吓人了",
            "水壶的盖子突然掉了，开水烫伤了我女儿的手，现在还在医院",
            "退款等了三个星期了，客服电话一直没人接，到底什么时候退",
            "软件重复扣了我两次钱，订单到现在还没有确认，请帮帮我",
            "快递员把我的包裹放在雨里，里面的东西全都湿透坏掉了",
            "滑板车下坡的时候刹车失灵了，再这样下去会有人受伤的",
            "从昨天晚上开始整条街都没有网络，什么时候才能修好？",
            "我三月份已经取消了会员，你们还在继续扣费，把钱退给我",
        ],
    ),
    (
        "zh-Hant",
        [
            "你們賣給我的充電器冒煙了，放在桌上直接著火了，太嚇人了",
            "水壺的蓋子突然掉了，開水燙傷了我女兒的手，現在還在醫院",
            "退款等了三個星期了，客服電話一直沒人接，到底什麼時候退",
            "軟體重複扣了我兩次錢，訂單到現在還沒有確認，請幫幫我",
            "快遞員把我的包裹放在雨裡，裡面的東西全都濕透壞掉了",
            "滑板車下坡的時候煞車失靈了，再這樣下去會有人受傷的",
            "從昨天晚上開始整條街都沒有網路，什麼時候才能修好？",
            "我三月份已經取消了會員，你們還在繼續扣費，把錢退給我",
        ],
    ),
];

/// More of the same, written when the rules stood, to see them where nobody looked before.
const HELD: [(&str, [&str; 4]); 4] = [
    (
        "en",
        [
            "The heater you delivered on Friday gave my wife an electric shock this morning",
            "I found a piece of glass in the baby food, what are you going to do about it?",
            "My card was blocked at the till and the hotline keeps hanging up on me",
            "The train was cancelled without a word and we missed our flight because of you",
        ],
    ),
    (
        "cs",
        [
            "Topení, které jste v pátek přivezli, dalo dnes ráno manželce ránu proudem",
            "V dětské výživě jsem našla kus skla, co s tím budete dělat?",
            "U pokladny mi zablokovali kartu a na lince mi pořád pokládají telefon",
            "Vlak jste bez jediného slova zrušili a kvůli vám nám uletělo letadlo",
        ],
    ),
    (
        "zh-Hans",
        [
            "你们周五送来的取暖器漏电，今天早上我太太被电了一下",
            "我在宝宝辅食里吃出一块玻璃，你们打算怎么处理这件事？",
            "结账的时候我的卡被冻结了，热线每次都直接挂断我的电话",
            "列车一声不吭就取消了，害得我们全家没赶上飞机",
        ],
    ),
    (
        "zh-Hant",
        [
            "你們週五送來的電暖器漏電，今天早上我太太被電了一下",
            "我在寶寶副食品裡吃出一塊玻璃，你們打算怎麼處理這件事？",
            "結帳的時候我的卡被凍結了，熱線每次都直接掛斷我的電話",
            "列車一聲不吭就取消了，害得我們全家沒趕上飛機",
        ],
    ),
];

/// What the copies have that the customer's post has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dress {
    Nothing,
    Handle,
    OwnHandles,
    Link,
    OwnLinks,
    Offer,
}

const DRESSES: [Dress; 6] = [
    Dress::Nothing,
    Dress::Handle,
    Dress::OwnHandles,
    Dress::Link,
    Dress::OwnLinks,
    Dress::Offer,
];

/// What is known of the customer's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Customer {
    Old,
    Unknown,
    Young,
}

const CUSTOMERS: [Customer; 3] = [Customer::Old, Customer::Unknown, Customer::Young];

fn dressed(text: &str, script: &str, dress: Dress, number: usize) -> String {
    let chinese = script.starts_with("zh");
    match dress {
        Dress::Nothing => text.to_owned(),
        Dress::Handle if chinese => format!("{text} 加微信 ming_day77"),
        Dress::Handle => format!("{text} Telegram: @ming_day77"),
        Dress::OwnHandles if chinese => format!("{text} 加微信 ming_day{}", 1000 + number),
        Dress::OwnHandles => format!("{text} Telegram: @ming_day{}", 1000 + number),
        Dress::Link => format!("{text} https://cheap.example.com/win"),
        Dress::OwnLinks => format!("{text} https://cheap{number}.example.com/win"),
        Dress::Offer if chinese => format!("{text} 兼职刷单日结，有手机就行，加微信 ming_day77"),
        Dress::Offer => format!("{text} Earn 500 a day from home, Telegram: @ming_day77"),
    }
}

fn post(id: String, at: i64, author: Author<'static>, text: String) -> Post<'static> {
    Post {
        id: Some(id.into()),
        created_at: Some(at),
        author,
        ..Post::new(text)
    }
}

/// The account of a copy, two days old.
fn throwaway(number: usize) -> Author<'static> {
    Author {
        id: Some(format!("made{number}").into()),
        followers: Some(number as u64 % 3),
        created_at: Some(START - 2 * DAY),
        ..Author::default()
    }
}

fn customer(kind: Customer) -> Author<'static> {
    let id = Some("customer".into());
    match kind {
        Customer::Unknown => Author {
            id,
            ..Author::default()
        },
        Customer::Old => Author {
            id,
            followers: Some(250),
            created_at: Some(START - 1000 * DAY),
            ..Author::default()
        },
        Customer::Young => Author {
            id,
            followers: Some(2),
            created_at: Some(START - 5 * DAY),
            ..Author::default()
        },
    }
}

/// Who copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Copier {
    /// Accounts of two days.
    Made,
    /// Accounts of which nothing is known.
    Unknown,
}

/// An attack on a customer's post.
#[derive(Clone, Copy, Debug)]
struct Attack {
    script: &'static str,
    dress: Dress,
    copies: usize,
    copier: Copier,
    customer: Customer,
    /// After how many copies the customer writes.
    place: usize,
}

/// Verdict and score of the customer's post, alone and at the worst time under attack.
struct Fate {
    alone: (Verdict, u8),
    attacked: (Verdict, u8),
    /// The share of the copies that are marked in the end.
    marked: f64,
}

impl Attack {
    fn posts(&self, text: &str) -> Vec<Post<'static>> {
        let copy = |number: usize| {
            let author = match self.copier {
                Copier::Made => throwaway(number),
                Copier::Unknown => Author {
                    id: Some(format!("made{number}").into()),
                    ..Author::default()
                },
            };
            let text = dressed(text, self.script, self.dress, number);
            post(format!("copy{number}"), 0, author, text)
        };
        let mut posts: Vec<_> = (0..self.copies).map(copy).collect();
        let victim = post("victim".into(), 0, customer(self.customer), text.to_owned());
        posts.insert(self.place, victim);
        posts
    }

    fn fate(&self, text: &str) -> Fate {
        let mut scratch = engine().scratch();
        let mut campaigns = Campaigns::new(Settings::default()).expect("sound");
        let mut alone = (Verdict::Ham, 0);
        let mut worst = (Verdict::Ham, u8::MAX);
        let mut fates: BTreeMap<String, (Verdict, u8)> = BTreeMap::new();
        let mut harms = BTreeMap::new();
        for (number, mut post) in self.posts(text).into_iter().enumerate() {
            post.created_at = Some(START + MINUTE * number as i64);
            let (mut triage, observation) = engine().observe(&post, &mut scratch);
            let id = post.id.clone().unwrap_or_default().into_owned();
            harms.insert(id.clone(), triage.importance.parts[Part::Harm as usize]);
            if id == "victim" {
                alone = (triage.spam.verdict, triage.importance.score);
            }
            let membership = campaigns.observe(&post, &mut triage, &observation);
            fates.insert(id, (triage.spam.verdict, triage.importance.score));
            for revision in membership.revisions {
                let fate = fates.entry(revision.post).or_insert((Verdict::Ham, 0));
                match (revision.field, revision.new) {
                    (Field::SpamVerdict, Value::Verdict(verdict)) => fate.0 = verdict,
                    (Field::ImportanceScore, Value::Score(score)) => fate.1 = score,
                    _ => {}
                }
            }
            if let Some(fate) = fates.get("victim").filter(|fate| fate.1 < worst.1) {
                worst = *fate;
            }
        }
        // Not even a copy loses its points of harm.
        assert!(
            fates
                .iter()
                .all(|(id, fate)| i16::from(fate.1) >= harms[id].min(1))
        );
        let marked = fates
            .iter()
            .filter(|(id, fate)| *id != "victim" && fate.0 == Verdict::Spam);
        Fate {
            alone,
            attacked: worst,
            marked: marked.count() as f64 / self.copies as f64,
        }
    }
}

/// Attacks on texts: of each dress and copier how many, how many a customer lost by, and the share
/// of the copies that are marked.
fn attacks(
    texts: impl Iterator<Item = (&'static str, &'static str)>,
) -> BTreeMap<(Dress, Copier), (usize, Vec<String>, f64)> {
    let mut table: BTreeMap<(Dress, Copier), (usize, Vec<String>, f64)> = BTreeMap::new();
    for (script, text) in texts {
        for (dress, copies) in DRESSES
            .into_iter()
            .flat_map(|dress| [(dress, 5), (dress, 12), (dress, 100)])
        {
            for (customer, copier) in CUSTOMERS
                .into_iter()
                .flat_map(|customer| [(customer, Copier::Made), (customer, Copier::Unknown)])
            {
                for place in [0, copies / 2, copies] {
                    let attack = Attack {
                        script,
                        dress,
                        copies,
                        copier,
                        customer,
                        place,
                    };
                    let fate = attack.fate(text);
                    let entry = table.entry((dress, copier)).or_default();
                    entry.0 += 1;
                    entry.2 += fate.marked;
                    if fate.attacked.1 < fate.alone.1 || fate.attacked.0 != fate.alone.0 {
                        entry.1.push(format!(
                            "{attack:?} {text}: {:?} {:?}",
                            fate.alone, fate.attacked
                        ));
                    }
                }
            }
        }
    }
    table
}

#[test]
fn copies_take_nothing_from_a_customer() {
    let seen = TEXTS
        .iter()
        .flat_map(|(script, texts)| texts.map(|text| (*script, text)));
    let held = HELD
        .iter()
        .flat_map(|(script, texts)| texts.map(|text| (*script, text)));
    for (half, table) in [("seen", attacks(seen)), ("held", attacks(held))] {
        for ((dress, copier), (all, lost, marked)) in table {
            let marked = marked / all as f64;
            println!(
                "{half} {dress:?} {copier:?}: {} of {all}, {marked:.2} marked",
                lost.len()
            );
            // Words alone don't tell a customer whose account is as young as the copies' from one
            // more copy, if nobody may be harmed: one attack in fifty may take such a post.
            let most = match (dress, copier) {
                (Dress::Nothing, Copier::Made) => all / 50,
                _ => 0,
            };
            assert!(lost.len() <= most, "{half} {dress:?} {copier:?}: {lost:#?}");
            let told = |attack: &String| {
                attack.contains("customer: Young") && !attack.contains("place: 0")
            };
            assert!(lost.iter().all(told), "{lost:#?}");
            let least = match (dress, copier) {
                (Dress::Offer, Copier::Made) => 0.95,
                (Dress::Offer, Copier::Unknown) => 0.8,
                (Dress::Handle, Copier::Made) => 0.5,
                (Dress::Link, Copier::Made) => 0.3,
                _ => 0.0,
            };
            assert!(marked >= least, "{half} {dress:?} {copier:?}: {marked}");
        }
    }
}

#[test]
fn a_customer_whose_own_number_is_copied_keeps_the_level() {
    let numbers = [
        ("en", "+420 777 123 456"),
        ("cs", "777 123 456"),
        ("zh-Hans", "13912345678"),
        ("zh-Hant", "0912345678"),
    ];
    for ((script, texts), (_, number)) in TEXTS.into_iter().zip(numbers) {
        for text in texts.map(|text| format!("{text} {number}")) {
            for (dress, customer) in [
                (Dress::Nothing, Customer::Old),
                (Dress::Offer, Customer::Old),
                (Dress::Offer, Customer::Unknown),
            ] {
                let attack = Attack {
                    script,
                    dress,
                    copies: 20,
                    copier: Copier::Made,
                    customer,
                    place: 0,
                };
                let fate = attack.fate(&text);
                assert_eq!(fate.alone, fate.attacked, "{attack:?} {text}");
            }
        }
    }
}

/// An author of whom nothing is known but that he wrote before is no copy either.
#[test]
fn who_wrote_before_is_no_stranger() {
    let text = "I have been waiting three weeks for my refund and nobody answers the phone, call \
        +420 777 123 456";
    let verdict = |earlier: usize| {
        let mut stream = Stream::new(stream::Settings::for_engine(engine()).unwrap()).unwrap();
        let mut scratch = engine().scratch();
        let author = |name: &str| Author {
            id: Some(name.to_owned().into()),
            ..Author::default()
        };
        let mut posts = Vec::new();
        for number in 0..earlier {
            let text = format!("Thanks for the quick help with order {number} today");
            posts.push(post(
                format!("before{number}"),
                START,
                author("customer"),
                text,
            ));
        }
        for number in 0..20 {
            let text = format!("{text} Earn 500 a day from home, Telegram: @ming_day77");
            posts.push(post(
                format!("copy{number}"),
                START,
                author(&format!("made{number}")),
                text,
            ));
        }
        posts.push(post(
            "victim".into(),
            START,
            author("customer"),
            text.into(),
        ));
        let mut last = Verdict::Ham;
        for (number, mut post) in posts.into_iter().enumerate() {
            post.created_at = Some(START + MINUTE * number as i64);
            let (mut triage, observation) = engine().observe(&post, &mut scratch);
            stream.observe(&post, &mut triage, &observation);
            last = triage.spam.verdict;
        }
        last
    };
    assert_eq!((verdict(4), verdict(0)), (Verdict::Ham, Verdict::Spam));
}
