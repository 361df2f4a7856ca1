//! Lexicon cases through the real fold, entities and words, and what the bundled lists say
//! of whole posts.

use hearken::internals::{
    Entity, EntityFinder, Folded, Folder, HanSegmenter, Lexicon, LexiconBuilder, List, Term,
    TermHit, Token, tokenize,
};
use hearken::taxonomy::Taxonomy;
use hearken::text::Language;
use proptest::prelude::*;
use serde::Deserialize;

/// The rooms before the lexicon, and their buffers.
struct Path {
    folder: Folder,
    finder: EntityFinder,
    han: HanSegmenter,
    folded: Folded,
    entities: Vec<Entity>,
    tokens: Vec<Token>,
    hits: Vec<TermHit>,
}

impl Path {
    fn new() -> Path {
        Path {
            folder: Folder::new(),
            finder: EntityFinder::new(),
            han: HanSegmenter::new(&[], &[]),
            folded: Folded::default(),
            entities: Vec::new(),
            tokens: Vec::new(),
            hits: Vec::new(),
        }
    }

    fn read(&mut self, text: &str) {
        self.folder.fold(text, &mut self.folded);
        self.finder.find(self.folded.as_str(), &mut self.entities);
        tokenize(
            self.folded.as_str(),
            &self.entities,
            &self.han,
            &mut self.tokens,
        );
    }

    /// `list:original text` of each hit.
    fn find(&mut self, lexicon: &Lexicon, text: &str, language: Language) -> Vec<String> {
        self.read(text);
        lexicon.find_in(self.folded.as_str(), &self.tokens, language, &mut self.hits);
        let name = |hit: &TermHit| lexicon.term(hit.term).unwrap().list.name();
        let original = |hit: &TermHit| {
            &text[self
                .folded
                .original_span(hit.start as usize..hit.end as usize)]
        };
        self.hits
            .iter()
            .map(|hit| format!("{}:{}", name(hit), original(hit)))
            .collect()
    }
}

#[derive(Deserialize)]
struct Cases {
    term: Vec<Listed>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    list: String,
    language: String,
    texts: Vec<String>,
    #[serde(default = "two")]
    strength: i8,
}

fn two() -> i8 {
    2
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    text: String,
    #[serde(default)]
    language: String,
    hits: Vec<String>,
}

fn list(name: &str) -> List {
    List::from_name(name)
        .unwrap_or_else(|| List::Topic(name.trim_start_matches("topic").parse().unwrap()))
}

#[test]
fn cases() {
    let cases: Cases = toml::from_str(include_str!("cases/lexicon.toml")).unwrap();
    let mut path = Path::new();
    let mut builder = LexiconBuilder::new();
    for listed in &cases.term {
        for text in &listed.texts {
            let language = Language::from_code(&listed.language).unwrap();
            let (list, strength) = (list(&listed.list), listed.strength);
            builder = builder.term(
                &path.folder,
                Term {
                    list,
                    text: text.clone(),
                    strength,
                    language,
                    kind: String::new(),
                },
            );
        }
    }
    let lexicon = builder.build().unwrap();
    let wrong: Vec<String> = cases
        .case
        .iter()
        .filter_map(|case| {
            let language = Language::from_code(&case.language).unwrap_or_default();
            let found = path.find(&lexicon, &case.text, language);
            let tokens: Vec<&str> = path
                .tokens
                .iter()
                .map(|token| &path.folded.as_str()[token.start as usize..token.end as usize])
                .collect();
            (found != case.hits).then(|| {
                format!(
                    "{}: {found:?}, not {:?}; tokens {tokens:?}",
                    case.name, case.hits
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pairs of posts and terms: `tests/cases/han_terms.*.tsv`.
#[cfg(feature = "chinese")]
#[derive(Default)]
struct Pairs {
    /// Terms that the post means, and of these those that were found.
    meant: u32,
    found: u32,
    /// Terms that were found though the post does not mean them.
    accidents: u32,
    wrong: Vec<String>,
}

#[cfg(feature = "chinese")]
impl Pairs {
    fn judge(path: &mut Path, lines: &str) -> Pairs {
        let mut pairs = Pairs::default();
        for line in lines.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [expected, _, _, text, term] = fields[..] else {
                panic!("{line:?} has no five fields");
            };
            let monitored = Term {
                list: List::Monitored(0),
                text: term.to_owned(),
                strength: 1,
                language: Language::Zh,
                kind: String::new(),
            };
            let lexicon = LexiconBuilder::new().term(&path.folder, monitored).build();
            let is_found = !path.find(&lexicon.unwrap(), text, Language::Zh).is_empty();
            let is_meant = expected == "hit";
            assert!(is_meant || expected == "miss", "{line:?}");
            pairs.meant += u32::from(is_meant);
            pairs.found += u32::from(is_meant && is_found);
            pairs.accidents += u32::from(!is_meant && is_found);
            if is_meant != is_found {
                pairs.wrong.push(line.to_owned());
            }
        }
        pairs
    }

    fn precision(&self) -> f64 {
        f64::from(self.found) / f64::from(self.found + self.accidents)
    }

    fn recall(&self) -> f64 {
        f64::from(self.found) / f64::from(self.meant)
    }
}

#[cfg(feature = "chinese")]
#[test]
fn terms_of_han_characters_are_found_where_they_are_meant() {
    let mut path = Path::new();
    for (half, lines) in [
        ("tuning", include_str!("cases/han_terms.tune.tsv")),
        ("held-out", include_str!("cases/han_terms.held.tsv")),
    ] {
        let pairs = Pairs::judge(&mut path, lines);
        let (precision, recall) = (pairs.precision(), pairs.recall());
        println!("{half} half: precision {precision:.3}, recall {recall:.3}, wrong:");
        println!("{}", pairs.wrong.join("\n"));
        assert!(
            precision >= 0.95 && recall >= 0.90,
            "{half} half: precision {precision:.3} (at least 0.95), recall {recall:.3} (at least 0.90)"
        );
    }
}

/// The topics of `text`, each with the sum of its terms' strengths, highest first.
fn topics(path: &mut Path, lexicon: &Lexicon, text: &str, language: Language) -> Vec<(usize, i32)> {
    path.find(lexicon, text, language);
    let mut sums: Vec<(usize, i32)> = Vec::new();
    for hit in &path.hits {
        let term = lexicon.term(hit.term).unwrap();
        let List::Topic(index) = term.list else {
            continue;
        };
        match sums.iter_mut().find(|(topic, _)| *topic == index as usize) {
            Some((_, sum)) => *sum += i32::from(term.strength),
            None => sums.push((index as usize, i32::from(term.strength))),
        }
    }
    sums.sort_by_key(|&(topic, sum)| (-sum, topic));
    sums
}

#[test]
fn the_terms_of_care_know_its_examples() {
    let care = Taxonomy::care().unwrap();
    let mut path = Path::new();
    let lexicon = LexiconBuilder::new()
        .terms(&path.folder, care.to_terms())
        .build()
        .unwrap();
    for language in [
        Language::En,
        Language::Cs,
        Language::ZhHans,
        Language::ZhHant,
    ] {
        let (mut right, mut all) = (0, 0);
        for (index, topic) in care.topics.iter().enumerate() {
            for (_, text) in topic.examples.iter().filter(|(of, _)| *of == language) {
                let ranked = topics(&mut path, &lexicon, text, language);
                let named: Vec<_> = ranked
                    .iter()
                    .map(|&(topic, sum)| (&care.topics[topic].id, sum))
                    .collect();
                let is_right = ranked.first().is_some_and(|first| first.0 == index);
                if !is_right {
                    println!("{language:?} {}: {text} → {named:?}", topic.id);
                }
                right += usize::from(is_right);
                all += 1;
            }
        }
        println!("{language:?}: {right} of {all}");
        assert!(
            right * 10 >= all * 7,
            "{language:?}: only {right} of {all} examples rank their topic first"
        );
    }
}

#[test]
fn the_bundled_lists_hear_plain_posts() {
    let mut path = Path::new();
    let lexicon = LexiconBuilder::new()
        .bundled(&path.folder)
        .unwrap()
        .build()
        .unwrap();
    for (text, language, expected) in [
        (
            "This is a terrible app, refund me!",
            Language::En,
            "sentiment:terrible",
        ),
        ("I do not like it", Language::En, "negation:not"),
        ("Thank you", Language::En, "thanks:Thank you"),
        ("服務太差勁了，垃圾", Language::ZhHant, "sentiment:垃圾"),
    ] {
        let found = path.find(&lexicon, text, language);
        assert!(found.iter().any(|hit| hit == expected), "{text}: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hits_are_ordered_and_in_bounds(words in prop::collection::vec("[ a-zěčů没收到货太慢了退款垃圾桶😡#@.'*\\[\\]-]{0,12}|refund|not good|客服", 0..12)) {
        let text = words.join(" ");
        let mut path = Path::new_shared();
        let lexicon = shared_lexicon();
        path.read(&text);
        let folded = path.folded.as_str();
        lexicon.find(folded, &path.tokens, &mut path.hits);
        let mut order = Vec::new();
        for hit in &path.hits {
            prop_assert!(hit.start < hit.end);
            prop_assert!(folded.get(hit.start as usize..hit.end as usize).is_some());
            order.push((hit.start, std::cmp::Reverse(hit.end), lexicon.term(hit.term).unwrap().list));
        }
        prop_assert!(order.is_sorted());
        for (index, first) in order.iter().enumerate() {
            for second in order.iter().skip(index + 1).filter(|second| second.2 == first.2 && first.2 != List::Turn) {
                // The words of constructions stay, each by itself.
                prop_assert!(second.0 >= first.1.0, "hits of one list overlap");
            }
        }
        let first = path.hits.clone();
        lexicon.find(folded, &path.tokens, &mut path.hits);
        prop_assert_eq!(first, path.hits);
    }
}

fn shared_lexicon() -> &'static Lexicon {
    static LEXICON: std::sync::OnceLock<Lexicon> = std::sync::OnceLock::new();
    LEXICON.get_or_init(|| {
        let folder = Folder::new();
        let care = Taxonomy::care().unwrap();
        LexiconBuilder::new()
            .bundled(&folder)
            .unwrap()
            .terms(&folder, care.to_terms())
            .build()
            .unwrap()
    })
}

impl Path {
    /// As `new`, with the segmenter loaded once for all cases of a property.
    fn new_shared() -> Path {
        static HAN: std::sync::OnceLock<HanSegmenter> = std::sync::OnceLock::new();
        Path {
            folder: Folder::new(),
            finder: EntityFinder::new(),
            han: HAN.get_or_init(|| HanSegmenter::new(&[], &[])).clone(),
            folded: Folded::default(),
            entities: Vec::new(),
            tokens: Vec::new(),
            hits: Vec::new(),
        }
    }
}

#[test]
fn searching_allocates_nothing_in_steady_state() {
    let mut path = Path::new();
    path.read("Still waiting for my refund, the courier never came and #support won't answer. 没收到货，客服态度差！");
    let lexicon = shared_lexicon();
    lexicon.find(path.folded.as_str(), &path.tokens, &mut path.hits);
    assert!(path.hits.len() > 4);
    let allocated = allocation_counter::measure(|| {
        for _ in 0..100 {
            lexicon.find(path.folded.as_str(), &path.tokens, &mut path.hits);
        }
    });
    assert_eq!(allocated.count_total, 0);
}
