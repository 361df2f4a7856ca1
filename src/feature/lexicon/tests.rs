//! The matcher on tokens that each test writes down, so that no segmenter can hide a fault of it.

use super::builder::BUNDLED;
use super::*;
use crate::text::{EntityKind, Folder};

/// A text and its tokens from `a|b c`: `|` and spaces part tokens, spaces stay; `#a`, `@a`, `:)`
/// and links are entities.
fn tokens(marked: &str) -> (String, Vec<Token>) {
    let (mut text, mut tokens) = (String::new(), Vec::new());
    for word in marked.split(' ') {
        if !text.is_empty() {
            text.push(' ');
        }
        for piece in word.split('|') {
            let kind = match piece.chars().next() {
                Some('#') => TokenKind::Entity(EntityKind::Hashtag),
                Some('@') => TokenKind::Entity(EntityKind::Mention),
                Some('[') => TokenKind::Entity(EntityKind::Emoticon),
                _ if piece.starts_with("http") => TokenKind::Entity(EntityKind::Url),
                Some(first) if edge::is_han(first) => TokenKind::Han,
                Some(first) if first.is_alphabetic() => TokenKind::Word,
                Some(first) if first.is_numeric() => TokenKind::Number,
                _ => TokenKind::Symbol,
            };
            let start = text.len() as u32;
            text.push_str(piece);
            tokens.push(Token {
                kind,
                start,
                end: text.len() as u32,
            });
        }
    }
    (text, tokens)
}

fn term(list: List, language: Language, text: &str, strength: i8) -> Term {
    Term {
        list,
        text: text.into(),
        strength,
        language,
        kind: String::new(),
    }
}

fn lexicon(terms: Vec<Term>) -> Lexicon {
    LexiconBuilder::new()
        .terms(&Folder::new(), terms)
        .build()
        .unwrap()
}

fn of_sentiment(language: Language, texts: &[&str]) -> Lexicon {
    lexicon(
        texts
            .iter()
            .map(|text| term(List::Sentiment, language, text, 2))
            .collect(),
    )
}

/// The texts found, as `list=text`.
fn found_in(lexicon: &Lexicon, marked: &str, language: Language) -> Vec<String> {
    let (text, tokens) = tokens(marked);
    let mut hits = Vec::new();
    lexicon.find_in(&text, &tokens, language, &mut hits);
    // What is known of the words changes nothing.
    let silence = |token: usize| match tokens.get(token) {
        Some(token) if token.kind == TokenKind::Word => {
            lexicon.silence(&text[token.start as usize..token.end as usize])
        }
        _ => Silence::default(),
    };
    let mut beside = Vec::new();
    lexicon.find_beside(&text, &tokens, silence, language, &mut beside);
    assert_eq!(beside, hits, "{marked}");
    hits.iter()
        .map(|hit| {
            format!(
                "{}={}",
                lexicon.term(hit.term).unwrap().list,
                &text[hit.start as usize..hit.end as usize]
            )
        })
        .collect()
}

fn found(lexicon: &Lexicon, marked: &str) -> Vec<String> {
    found_in(lexicon, marked, Language::Und)
}

#[test]
fn words_of_spaced_scripts_need_token_edges() {
    let lexicon = of_sentiment(
        Language::En,
        &["don", "good", "c++", "e-mail", "24/7", "boss"],
    );
    for (marked, expected) in [
        ("don't", vec![]),
        ("don", vec!["sentiment=don"]),
        ("goodness", vec![]),
        ("feelgood", vec![]),
        ("good", vec!["sentiment=good"]),
        ("(|good|)", vec!["sentiment=good"]),
        ("c|++", vec!["sentiment=c++"]),
        ("c++", vec!["sentiment=c++"]),
        ("abc|++", vec![]),
        ("e|-|mail", vec!["sentiment=e-mail"]),
        ("24|/|7", vec!["sentiment=24/7"]),
        ("124|/|7", vec![]),
        ("boss's", vec!["sentiment=boss"]),
        ("bosses", vec![]),
    ] {
        assert_eq!(found(&lexicon, marked), expected, "{marked}");
    }
}

#[test]
fn an_open_end_reaches_to_the_end_of_the_word() {
    let lexicon = of_sentiment(
        Language::Cs,
        &[
            "reklam*",
            "poškozen* zásilk*",
            "vrac* peníze",
            "s***",
            "f*ck",
        ],
    );
    for (marked, expected) in [
        ("reklamaci prosím", vec!["sentiment=reklamaci"]),
        ("antireklama", vec![]),
        ("reklam", vec!["sentiment=reklam"]),
        (
            "poškozená zásilka přišla",
            vec!["sentiment=poškozená zásilka"],
        ),
        ("poškozenou moji zásilku", vec![]),
        ("poskozena zasilka", vec!["sentiment=poskozena zasilka"]),
        ("vracejí peníze", vec!["sentiment=vracejí peníze"]),
        ("vracejí penízek", vec![]),
        ("s|***", vec!["sentiment=s***"]),
        ("sedm", vec![]),
        ("f*ck", vec!["sentiment=f*ck"]),
    ] {
        assert_eq!(found(&lexicon, marked), expected, "{marked}");
    }
}

#[test]
fn czech_is_found_without_diacritics_unless_that_is_another_word() {
    let lexicon = of_sentiment(
        Language::Cs,
        &["zásilka", "být", "ne", "žádost", "zadost", "tě", "spožděn*"],
    );
    assert_eq!(found(&lexicon, "zasilka"), ["sentiment=zasilka"]);
    assert_eq!(found(&lexicon, "zásilka"), ["sentiment=zásilka"]);
    assert_eq!(found(&lexicon, "spozdeni"), ["sentiment=spozdeni"]);
    assert!(found(&lexicon, "byt te").is_empty());
    let (text, tokens) = tokens("zadost");
    let mut hits = Vec::new();
    lexicon.find(&text, &tokens, &mut hits);
    assert_eq!(
        hits.iter()
            .map(|hit| lexicon.term(hit.term).unwrap().text.as_str())
            .collect::<Vec<_>>(),
        ["zadost"]
    );
    assert!(found(&of_sentiment(Language::En, &["café"]), "cafe").is_empty());
}

#[test]
fn han_terms_need_word_edges_of_the_segmentation() {
    let lexicon = of_sentiment(
        Language::Zh,
        &[
            "口交",
            "太慢",
            "垃圾",
            "好吃",
            "满意",
            "差",
            "没收到",
            "不好吃",
            "退款失败",
            "+群号",
            "客服",
        ],
    );
    for (marked, expected) in [
        ("路口|交通", vec![]),
        ("路口交", vec![]),
        ("口交", vec!["sentiment=口交"]),
        ("太慢了", vec!["sentiment=太慢"]),
        ("太|慢了", vec!["sentiment=太慢"]),
        ("垃圾桶", vec![]),
        ("好吃懒做", vec![]),
        ("还好|吃", vec!["sentiment=好吃"]),
        ("不好|吃", vec!["sentiment=不好吃"]),
        ("好不好|吃", vec![]),
        ("好|不好吃", vec![]),
        ("不满意", vec![]),
        ("很满意", vec!["sentiment=满意"]),
        ("差", vec!["sentiment=差"]),
        ("差不多", vec![]),
        ("没|收到货", vec!["sentiment=没收到"]),
        ("了没|收到货", vec![]),
        ("申退|款失败了", vec!["sentiment=退款失败"]),
        ("加|+|群号", vec!["sentiment=+群号"]),
        ("客服|app", vec!["sentiment=客服"]),
    ] {
        assert_eq!(found(&lexicon, marked), expected, "{marked}");
    }
}

#[test]
fn entities_open_only_to_what_can_stand_in_them() {
    let lexicon = lexicon(vec![
        term(List::Sentiment, Language::En, "refund", 2),
        term(List::Sentiment, Language::Zh, "外卖", 2),
        term(List::Sentiment, Language::Zh, "[泪]", -2),
        term(List::Sentiment, Language::Zh, "泪", -2),
        term(List::Sentiment, Language::Und, "😡", -2),
        term(List::Contact, Language::En, "bit.ly", 2),
    ]);
    for (marked, expected) in [
        ("#refund", vec!["sentiment=refund"]),
        ("#refund_now", vec!["sentiment=refund"]),
        ("#refundnow", vec![]),
        ("#某某外卖变慢#", vec!["sentiment=外卖"]),
        ("@refund", vec![]),
        ("https://refund.example", vec![]),
        ("https://bit.ly/x", vec!["contact=bit.ly"]),
        ("[泪]", vec!["sentiment=[泪]"]),
        ("啊|😡😡", vec!["sentiment=😡", "sentiment=😡"]),
    ] {
        assert_eq!(found(&lexicon, marked), expected, "{marked}");
    }
}

#[test]
fn the_longest_of_a_list_wins_and_lists_overlap() {
    let lexicon = lexicon(vec![
        term(List::Sentiment, Language::En, "good", 2),
        term(List::Sentiment, Language::En, "not good enough", -2),
        term(List::Negation, Language::En, "not", 1),
        term(List::Topic(3), Language::En, "good enough", 2),
        term(List::Harm, Language::En, "fire", 3),
        term(List::Harm, Language::En, "fire sale", 0),
        term(List::Request, Language::Cs, "rekl*", 1),
        term(List::Request, Language::Cs, "reklamac*", 3),
    ]);
    assert_eq!(
        found(&lexicon, "not good enough|, good"),
        [
            "sentiment=not good enough",
            "negation=not",
            "topic=good enough",
            "sentiment=good"
        ]
    );
    assert!(found(&lexicon, "fire sale").is_empty());
    assert_eq!(found(&lexicon, "fire sale fire"), ["harm=fire"]);
    let (text, tokens) = tokens("reklamace");
    let mut hits = Vec::new();
    lexicon.find(&text, &tokens, &mut hits);
    assert_eq!(hits.iter().map(|hit| hit.term).collect::<Vec<_>>(), [7]);
}

#[test]
fn the_language_of_the_post_decides_between_homographs() {
    let lexicon = lexicon(vec![
        term(List::Negation, Language::En, "no", 1),
        term(List::Sentiment, Language::En, "super", 1),
        term(List::Sentiment, Language::Cs, "super", 3),
        term(List::Sentiment, Language::En, "shit", -3),
    ]);
    assert_eq!(
        found_in(&lexicon, "no super shit", Language::Cs),
        ["sentiment=super", "sentiment=shit"]
    );
    assert_eq!(
        found_in(&lexicon, "no super", Language::En),
        ["negation=no", "sentiment=super"]
    );
    let (text, tokens) = tokens("super");
    let mut hits = Vec::new();
    for (language, expected) in [(Language::En, 1), (Language::Cs, 2), (Language::Und, 2)] {
        lexicon.find_in(&text, &tokens, language, &mut hits);
        assert_eq!(
            hits.iter().map(|hit| hit.term).collect::<Vec<_>>(),
            [expected],
            "{language:?}"
        );
    }
}

#[test]
fn one_text_may_stand_in_several_lists() {
    let lexicon = lexicon(vec![
        term(List::Topic(1), Language::En, "scam", 3),
        term(List::Insult, Language::En, "scam", 1),
        term(List::Sentiment, Language::En, "scam", -3),
    ]);
    assert_eq!(
        found(&lexicon, "scam"),
        ["sentiment=scam", "insult=scam", "topic=scam"]
    );
}

#[test]
fn a_faulty_line_is_named() {
    let read = |lines: &str| {
        LexiconBuilder::new()
            .tsv(
                &Folder::new(),
                List::Sentiment,
                Language::En,
                "own.tsv",
                lines,
            )
            .map(|builder| builder.terms.len())
            .map_err(|error| {
                assert!(error.is_lexicon());
                error.to_string()
            })
    };
    assert_eq!(read("good\t2\nGOOD\t2"), Ok(1));
    assert_eq!(
        read("\u{feff}# terms\r\n\r\ngood\t2\r\nbad \t -2\tmood\r\n"),
        Ok(2)
    );
    for (lines, expected) in [
        (
            "good\tx",
            "own.tsv:1: strength \"x\" is not a whole number from -3 to 3; write one after the \
             term and a tab",
        ),
        (
            "\ngood\t4",
            "own.tsv:2: strength \"4\" is not a whole number from -3 to 3; write one after the \
             term and a tab",
        ),
        (
            "good",
            "own.tsv:1: term \"good\" has no strength; write a tab and a whole number from -3 to 3 \
             after it",
        ),
        (
            "good\t1\n#\ngood\t2",
            "own.tsv:3: term \"good\" stands already in line 1; delete one of the two",
        ),
        (
            "good\t1\nGOOD\t2",
            "own.tsv:2: term \"GOOD\" folds to the same as \"good\" in line 1, which has another \
             strength or kind; delete one of the two",
        ),
        (
            "\t2",
            "own.tsv:1: term \"\" is empty once folded; write a word or delete the line",
        ),
        (
            "*\t2",
            "own.tsv:1: term \"*\" is empty once folded; write a word or delete the line",
        ),
        (
            "a\t1\tb\tc",
            "own.tsv:1: field 4 \"c\" is one too many; write only term, strength and kind, \
             separated by tabs",
        ),
    ] {
        assert_eq!(read(lines), Err(expected.to_owned()));
    }
    assert!(read(&format!("{}\t1", "ab".repeat(101))).is_err());
}

#[test]
fn lists_have_names() {
    for list in List::BUNDLED {
        assert_eq!(List::from_name(list.name()), Some(list));
        assert_eq!(list.to_string(), list.name());
    }
    assert_eq!(List::from_name("topic"), None);
    assert_eq!(List::Topic(7).name(), "topic");
}

#[test]
fn an_empty_lexicon_finds_nothing() {
    let lexicon = LexiconBuilder::new().build().unwrap();
    assert!(
        lexicon.is_empty()
            && found(&lexicon, "good").is_empty()
            && found(&Lexicon::default(), "good").is_empty()
    );
}

#[test]
fn the_bundled_lists_can_be_read() {
    let folder = Folder::new();
    let faults: Vec<String> = BUNDLED
        .iter()
        .filter_map(|&(list, language, file, lines)| {
            LexiconBuilder::new()
                .tsv(&folder, list, language, file, lines)
                .err()
                .map(|error| error.to_string())
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    LexiconBuilder::new()
        .bundled(&folder)
        .unwrap()
        .build()
        .unwrap();
}

#[test]
fn words_are_silent_where_no_term_can_hold() {
    let lexicon = lexicon(vec![
        term(List::Sentiment, Language::En, "go", 1),
        term(List::Request, Language::Cs, "rekl*", 1),
        term(List::Harm, Language::En, "fire sale", 3),
    ]);
    let behind = |word: &str| lexicon.silence(word).behind;
    // `go` holds in neither, and nothing else begins so.
    assert_eq!([behind("good"), behind("xylophone")], [silence::NOWHERE; 2]);
    // An ending is open, and an apostrophe ends a word.
    assert_eq!([behind("reklamace"), behind("go's")], [trie::ROOT; 2]);
    // What may go on, or ends here, is found from behind the word.
    for word in ["go", "fire"] {
        assert!(
            ![silence::NOWHERE, trie::ROOT].contains(&behind(word)),
            "{word}"
        );
    }
    assert_eq!(
        found(&lexicon, "good go fire sale goes"),
        ["sentiment=go", "harm=fire sale"]
    );
}
