//! Suggested answers: a FAQ's mistakes are named, the right entry comes first, and what fits
//! nothing gets nothing.

use std::sync::LazyLock;

use hearken::suggest::{Entry, Faq, MAX_QUESTIONS, Settings, Suggester};
use hearken::{Engine, ErrorKind};
use proptest::prelude::*;

const SAMPLE: &str = include_str!("../data/suggest/faq.toml");

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().unwrap());
static SUGGESTER: LazyLock<Suggester> =
    LazyLock::new(|| with(Faq::from_toml(SAMPLE).unwrap(), Settings::default()));

/// All that could be suggested, however improbable.
static EVERYTHING: LazyLock<Suggester> = LazyLock::new(|| {
    let everything = Settings {
        threshold: 0.0,
        ..Settings::default()
    };
    with(Faq::from_toml(SAMPLE).unwrap(), everything)
});

fn with(faq: Faq, settings: Settings) -> Suggester {
    Suggester::new(&ENGINE, faq, settings).unwrap()
}

#[test]
fn a_question_that_is_put_otherwise_gets_its_answer() {
    let mut scratch = ENGINE.scratch();
    for (text, wanted) in [
        (
            "my parcel still has not been delivered, where is it??",
            "where-is-my-parcel",
        ),
        ("i'd like to return these shoes", "send-back"),
        (
            "still waiting for my refund, no money on my account",
            "refund-missing",
        ),
        ("forgot the password again", "forgotten-password"),
        ("kde je muj balik? mel byt doruceny vcera", "kde-je-zasilka"),
        ("potřebuju vrátit zboží", "vraceni-zbozi"),
        (
            "peníze mi ještě nepřišly zpátky na účet",
            "kdy-prijdou-penize",
        ),
        ("快递还没到，到底在哪里", "kuaidi-zai-nali"),
        ("想退貨，怎麼操作", "tuihuo-tw"),
        ("包裹還沒寄到，到底在哪裡", "baoguo-zai-nali"),
        ("退款還沒有入帳", "tuikuan-tw"),
        ("退款还没有到账户", "tuikuan"),
    ] {
        let found = EVERYTHING.suggest(text, &mut scratch);
        let ids: Vec<(&str, f32)> = found
            .iter()
            .map(|one| (one.entry.id.as_str(), one.probability))
            .collect();
        assert_eq!(
            ids.first().map(|one| one.0),
            Some(wanted),
            "{text}: {ids:?}"
        );
    }
}

#[test]
fn each_language_of_the_sample_is_found_from_its_own_questions() {
    let check = EVERYTHING.check();
    let of = |tag: &str| hearken::text::Language::from_code(tag);
    for tag in ["en", "cs", "zh-Hans", "zh-Hant"] {
        let entries = EVERYTHING.faq().entries().iter();
        let own: Vec<&Entry> = entries.filter(|entry| entry.language == of(tag)).collect();
        let questions: usize = own.iter().map(|entry| entry.questions.len()).sum();
        let astray = check.astray.iter();
        let astray: Vec<&str> = astray
            .filter(|one| one.entry.language == of(tag))
            .map(|one| one.question)
            .collect();
        assert!(
            questions >= 10 && astray.len() * 2 <= questions,
            "{tag}: {astray:?}"
        );
        // None is led astray into another language.
        for one in &check.astray {
            assert_eq!(one.entry.language, one.instead.language, "{}", one.question);
        }
        // As they stand, all get their own entry first.
        for entry in own {
            for question in &entry.questions {
                let found = EVERYTHING.suggest(question, &mut ENGINE.scratch());
                let first = found.first().map(|one| one.entry.id.as_str());
                assert_eq!(first, Some(entry.id.as_str()), "{question}");
            }
        }
    }
}

#[test]
fn what_fits_nothing_gets_nothing() {
    let mut scratch = ENGINE.scratch();
    for text in ["", "🙂🙂", "zzyzx qwrtl"] {
        let found = SUGGESTER.suggest(text, &mut scratch);
        let found: Vec<(&str, f32)> = found
            .iter()
            .map(|one| (&*one.entry.id, one.probability))
            .collect();
        assert_eq!(found, [], "{text}");
    }
    // About something else, in words that the FAQ has in part: two in ten may get a suggestion.
    // Eight did when a text of the background counted half as much, and all before it counted.
    let others = [
        "the orchestra played so well last night, what an evening",
        "I think the new mayor is a good choice for our town",
        "my brother has moved to the sea and paints all day",
        "včerejší zápas byl fakt napínavý, gratuluju našim",
        "na chalupě letos kvetou jabloně o týden dřív",
        "ten film mě dojal, herci byli výborní",
        "今天天气真好，适合去爬山",
        "他的新书我一口气读完了",
        "昨晚的演唱會真的太精彩了",
        "這部電影的結局讓我哭了",
    ];
    let given = others
        .iter()
        .filter(|text| !SUGGESTER.suggest(text, &mut scratch).is_empty());
    let given: Vec<&&str> = given.collect();
    assert!(given.len() <= 2, "{given:?}");
    // All of them are given one where nothing is too improbable.
    let all = others
        .iter()
        .filter(|text| !EVERYTHING.suggest(text, &mut ENGINE.scratch()).is_empty());
    assert!(all.count() >= 8);
}

/// By the default threshold: who asks gets the answer, and whoever writes of something else none,
/// though an entry with more questions than the others of its language lies nearer to any text.
#[test]
fn the_threshold_parts_questions_from_other_texts() {
    let mut scratch = ENGINE.scratch();
    let asked = [
        (
            "Hi, I ordered ten days ago and nothing came. Can you tell me where the package is?",
            "where-is-my-parcel",
        ),
        ("the jacket is too small, how can I return it?", "send-back"),
        (
            "I returned the boots two weeks ago and still no money on my account",
            "refund-missing",
        ),
        (
            "can't log in any more, I don't remember my password",
            "forgotten-password",
        ),
        (
            "objednala jsem v pondělí a balík pořád nikde, kde je?",
            "kde-je-zasilka",
        ),
        (
            "uz tyden cekam na zasilku, nevite kdy dorazi",
            "kde-je-zasilka",
        ),
        ("boty mi jsou malé, jak je můžu vrátit?", "vraceni-zbozi"),
        (
            "kdy mi vratite penize za zrusenou objednavku",
            "kdy-prijdou-penize",
        ),
        ("下单都一个星期了，快递怎么还没到", "kuaidi-zai-nali"),
        ("衣服买大了，怎么退货", "tuihuo"),
        ("訂了一週包裹還沒收到，請問現在在哪？", "baoguo-zai-nali"),
        ("商品已經寄回去了，退款什麼時候會入帳？", "tuikuan-tw"),
    ];
    let missed: Vec<&str> = asked
        .iter()
        .filter(|(text, wanted)| {
            let found = SUGGESTER.suggest(text, &mut scratch);
            found.iter().all(|one| one.entry.id != *wanted)
        })
        .map(|(text, _)| *text)
        .collect();
    assert!(missed.len() <= 2, "{missed:?}");
    let others = [
        "Two hours of car chases and not one character that I cared about",
        "Proč je ta druhá řada o tolik slabší, když ji točili titíž lidé?",
        "Herečka je úžasná, ale jinak se v tom filmu skoro nic nestane",
        "Když už jsem ji viděla potřetí, pořád mě ta pohádka baví",
        "为什么这座小城的房价一年涨了三成？专家这样说",
        "新赛季第一场就输了，教练赛后说了什么",
        "好无聊啊，陪我说说话吧",
        "你喜欢听什么歌",
        "今天考完試整個人都放鬆了",
        "這集的劇情到底在演什麼，看不懂",
    ];
    let given: Vec<&&str> = others
        .iter()
        .filter(|text| !SUGGESTER.suggest(text, &mut scratch).is_empty())
        .collect();
    assert!(given.is_empty(), "{given:?}");
}

#[test]
fn topics_of_an_entry_help_it() {
    // The same question: only the topic of the post tells which entry is meant.
    let entry = |id: &str, topic: &str| Entry {
        id: id.into(),
        answer: "yes".into(),
        questions: vec![
            "How long does it take?".into(),
            "How long must I wait?".into(),
        ],
        topics: vec![topic.into(), "no such topic".into()],
        ..Entry::default()
    };
    let first = |topics: [&str; 2]| {
        let entries = vec![entry("a", topics[0]), entry("b", topics[1])];
        let suggester = with(
            Faq::new(entries).unwrap(),
            Settings {
                threshold: 0.0,
                ..Settings::default()
            },
        );
        let post = "my parcel is not delivered, the courier is late: how long does it take?";
        let found = suggester.suggest(post, &mut ENGINE.scratch());
        found
            .first()
            .map(|one| one.entry.id.clone())
            .unwrap_or_default()
    };
    assert_eq!(first(["delivery", "account"]), "a");
    assert_eq!(first(["account", "delivery"]), "b");
}

#[test]
fn the_words_that_counted_stand_in_the_post() {
    let text = "Hello! I FORGOT my pass\u{200b}word, greetings from the seaside";
    let mut scratch = ENGINE.scratch();
    let found = EVERYTHING.suggest(text, &mut scratch);
    let words: Vec<&str> = found[0]
        .words
        .iter()
        .map(|word| &text[word.start as usize..word.end as usize])
        .collect();
    assert!(
        words.contains(&"FORGOT") && words.contains(&"pass\u{200b}word"),
        "{words:?}"
    );
    assert!(
        !words.contains(&"seaside") && !words.contains(&"greetings"),
        "{words:?}"
    );
}

#[test]
fn accepted_posts_are_questions_of_their_entries() {
    let faq = Faq::from_toml(SAMPLE).unwrap();
    let text = "the little stork brought me nothing";
    let (grown, accepted) = faq.with_accepted([
        ("forgotten-password", text),
        (
            "forgotten-password",
            " the little stork brought me nothing\n",
        ),
        ("send-back", "How do I return an item?"),
        ("gone", "is this entry there?"),
        ("send-back", " "),
    ]);
    assert_eq!(
        (
            accepted.taken,
            accepted.known,
            accepted.unknown,
            accepted.left_out
        ),
        (1, 2, 2, 0)
    );
    assert_eq!(grown.questions(), faq.questions() + 1);
    let first = |faq: &Faq| {
        let suggester = with(faq.clone(), Settings::default());
        let found = suggester.suggest("my little stork brought nothing", &mut ENGINE.scratch());
        found.first().map(|one| one.entry.id.clone())
    };
    assert_eq!(first(&grown).as_deref(), Some("forgotten-password"));
    assert_ne!(first(&faq).as_deref(), Some("forgotten-password"));
    assert_eq!(faq.with_accepted([]).0, faq);
}

#[test]
fn the_first_accepted_posts_are_taken_where_there_is_no_room_for_all() {
    let faq = Faq::from_toml(SAMPLE).unwrap();
    let texts: Vec<String> = (0..MAX_QUESTIONS).map(|at| format!("text {at}")).collect();
    let all = texts.iter().map(|text| ("send-back", text.as_str()));
    let (grown, accepted) = faq.with_accepted(all);
    assert_eq!(grown.questions(), MAX_QUESTIONS);
    assert_eq!(accepted.left_out, faq.questions());
    assert_eq!(accepted.taken + accepted.left_out, MAX_QUESTIONS);
    let own = &grown.entries()[1].questions;
    assert!(own.contains(&"text 0".to_owned()) && !own.contains(texts.last().unwrap()));
}

#[test]
fn an_entry_of_another_language_is_not_suggested() {
    let entry = |id: &str, language: Option<&str>| Entry {
        id: id.into(),
        answer: "yes".into(),
        questions: vec!["Is the shop open on Sunday?".into()],
        language: language.and_then(hearken::text::Language::from_code),
        ..Entry::default()
    };
    let ids = |entries: Vec<Entry>| -> Vec<String> {
        let everything = Settings {
            threshold: 0.0,
            ..Settings::default()
        };
        let suggester = with(Faq::new(entries).unwrap(), everything);
        let found = suggester.suggest("is the shop open this sunday?", &mut ENGINE.scratch());
        let mut ids: Vec<String> = found.iter().map(|one| one.entry.id.clone()).collect();
        // Both hold the same question: neither leads.
        ids.sort_unstable();
        ids
    };
    assert_eq!(
        ids(vec![entry("a", Some("cs")), entry("b", Some("en"))]),
        ["b"]
    );
    assert_eq!(
        ids(vec![entry("a", None), entry("b", Some("en"))]),
        ["a", "b"]
    );
}

/// Twenty entries of five questions from a few words: held-out questions are known as such, and
/// probabilities mean what they say.
#[test]
fn a_check_finds_the_question_that_stands_in_the_wrong_entry() {
    let matters = [
        "invoice", "voucher", "password", "courier", "battery", "warranty",
    ];
    let forms = [
        "where is my {}",
        "the {} does not work",
        "new {} please",
        "lost my {}",
        "about the {}",
    ];
    let mut entries: Vec<Entry> = matters
        .iter()
        .map(|matter| Entry {
            id: (*matter).into(),
            answer: format!("about your {matter}"),
            questions: forms
                .iter()
                .map(|form| form.replace("{}", matter))
                .collect(),
            ..Entry::default()
        })
        .collect();
    entries[0].questions.push("my voucher is gone".into());
    let faq = Faq::new(entries).unwrap();
    let suggester = with(faq, Settings::default());
    let check = suggester.check();
    assert_eq!(
        (check.questions, check.alone, check.first),
        (31, 0, 30),
        "{check:?}"
    );
    let astray = &check.astray[0];
    assert_eq!(
        (astray.question, &*astray.instead.id),
        ("my voucher is gone", "voucher")
    );
    let found = suggester.suggest("the battery is dead", &mut ENGINE.scratch());
    assert!(
        found[0].entry.id == "battery" && found[0].probability > 0.5,
        "{found:?}"
    );
    assert!(found.iter().map(|one| one.probability).sum::<f32>() < 1.5);
}

#[test]
fn mistakes_are_named_with_their_line_and_the_mend() {
    let head = "# a comment\n[[entry]]\nid = \"a\"\nanswer = \"x\"\n";
    for (text, line, what) in [
        ("", "", "write an [[entry]]"),
        (
            "[[entry]]\nid = \"a b\"\nanswer = \"x\"\nquestions = [\"y\"]",
            "line 2",
            "rename it",
        ),
        (
            &format!("{head}questions = []"),
            "line 3",
            "write at least one",
        ),
        (
            &format!("{head}questions = [\n\"y\",\n\" \"]"),
            "line 7",
            "delete the line",
        ),
        (
            &format!("{head}questions = [\"y\"]\nlanguage = \"xx\""),
            "line 6",
            "zh-Hans",
        ),
        (
            &format!("{head}questions = [\"y\"]\n{head}questions = [\"y\"]"),
            "line 8",
            "in line 3",
        ),
        (
            &format!("{head}questions = [\"y\"]\ncolour = 1"),
            "line 6",
            "colour",
        ),
        (
            "[[entry]]\nid = \"a\"\nanswer = \"\"\nquestions = [\"y\"]",
            "line 2",
            "answer: it is empty",
        ),
    ] {
        let error = Faq::from_toml(text).unwrap_err();
        let sentence = error.to_string();
        assert!(error.is_faq() && sentence.starts_with("FAQ") | sentence.starts_with("the FAQ"));
        assert!(
            sentence.contains(line) && sentence.contains(what),
            "{text}: {sentence}"
        );
    }
    let error = Faq::read("no/such/faq.toml").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    let wrong = Settings {
        most: 4,
        ..Settings::default()
    };
    let faq = Faq::from_toml(SAMPLE).unwrap();
    let error = Suggester::new(&ENGINE, faq, wrong).unwrap_err();
    assert!(error.is_settings(), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// For any text: at most three, falling probabilities from the threshold on, words inside the
    /// text, and the same again whatever the scratch saw.
    #[test]
    fn suggestions_are_few_probable_and_pure(text in "(parcel|refund|where|my|退款|zásilka|\\PC| ){0,12}") {
            let mut scratch = ENGINE.scratch();
        let found = SUGGESTER.suggest(&text, &mut scratch);
        prop_assert!(found.len() <= 3);
        prop_assert!(found.is_sorted_by(|a, b| a.probability >= b.probability));
        for one in &found {
            prop_assert!((0.15..=1.0).contains(&one.probability));
            for word in &one.words {
                prop_assert!(text.get(word.start as usize..word.end as usize).is_some());
                prop_assert!((0.0..=1.0).contains(&word.share));
            }
        }
        SUGGESTER.suggest("something else about a refund", &mut scratch);
        prop_assert_eq!(&SUGGESTER.suggest(&text, &mut scratch), &found);
    }
}
