//! Monitored terms: cases through the engine, what is refused on loading, and laws.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

use std::borrow::Cow;

use hearken::internals::Folder;
use hearken::post::Role;
use hearken::terms::Rules;
use hearken::{Answer, Engine, Post};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    set: Vec<Set>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    name: String,
    lists: String,
    rules: String,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    #[allow(dead_code, reason = "for readers")]
    name: String,
    text: String,
    #[serde(default)]
    role: Role,
    channel: Option<String>,
    terms: Option<Vec<String>>,
    hits: Option<Vec<String>>,
}

fn rules(toml: &str, lists: &str) -> hearken::Result<Rules> {
    Rules::from_toml(
        &format!("lists = [\"lists.tsv\"]\n{toml}"),
        &[("lists.tsv", lists)],
    )
}

fn engine(rules: Rules) -> Engine {
    Engine::builder()
        .without_bundled_models()
        .rules(rules)
        .build()
        .unwrap()
}

/// `rule[parts]` of each hit.
fn hits(answer: &Answer<'_>, text: &str) -> Vec<String> {
    let parts = |parts: &[hearken::triage::AnswerPart<'_>]| {
        let parts: Vec<&str> = parts
            .iter()
            .map(|part| &text[part.start as usize..part.end as usize])
            .collect();
        parts.join(" ")
    };
    answer
        .rules
        .iter()
        .map(|rule| format!("{}[{}]", rule.rule, parts(&rule.parts)))
        .collect()
}

#[test]
fn cases() {
    let cases: Cases = toml::from_str(include_str!("cases/rules.toml")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for set in cases.set {
        let engine = engine(rules(&set.rules, &set.lists).unwrap());
        let mut scratch = engine.scratch();
        for case in &set.case {
            let channel = case.channel.as_deref().map(Cow::Borrowed);
            let post = Post {
                role: case.role,
                channel,
                ..Post::new(case.text.as_str())
            };
            let triage = engine.triage(&post, &mut scratch);
            let answer = engine.answer(&post, &triage);
            if let Some(expected) = &case.terms {
                let monitored = answer.terms.iter().filter(|term| term.severity.is_some());
                let span = |from: u32, to: u32| &case.text[from as usize..to as usize];
                let found: Vec<String> = monitored
                    .map(|term| format!("{}:{}", term.list, span(term.start, term.end)))
                    .collect();
                if found != *expected {
                    wrong.push(format!(
                        "{}: {}: terms {found:?}, not {expected:?}",
                        set.name, case.text
                    ));
                }
            }
            if let Some(expected) = &case.hits {
                let found = hits(&answer, &case.text);
                if found != *expected {
                    wrong.push(format!(
                        "{}: {}: hits {found:?}, not {expected:?}",
                        set.name, case.text
                    ));
                }
            }
            let alone = engine.monitor(&post, &mut scratch);
            assert_eq!(alone.rules, triage.rules, "{}", case.text);
            count += 1;
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_is_wrong_is_refused_with_line_and_mend() {
    let list = "fire\trecall\t3\n";
    for (toml, says) in [
        (
            "[[rule]]\nid = \"A b\"\nany = [\"x\"]",
            "rules line 3, rule \"A b\", id: an id may hold only a-z",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\n[[rule]]\nid = \"a\"\nany = [\"y\"]",
            "line 6, rule \"a\", id: \"a\" stands already in line 3",
        ),
        (
            "[[rule]]\nid = \"a\"\nanny = [\"x\"]",
            "line 4: unknown field `anny`",
        ),
        ("colour = 1", "line 2: unknown field `colour`"),
        (
            "[[rule]]\nid = \"a\"",
            "any: the rule requires nothing; write terms",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\" * \"]",
            "line 4, rule \"a\", any: the term \" * \" is empty once folded",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"\u{200b}\"]",
            "is empty once folded",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"fire\", \"x\", \"fire\"]",
            "any: \"fire\" stands already in line 4",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"list:recal\"]",
            "there is no list \"recal\"; the files have recall",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nseverity = 4",
            "line 5, rule \"a\", severity: 4 is invalid; write 1, 2 or 3",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nrole = \"boss\"",
            "\"boss\" is not a role; write \"customer\"",
        ),
        ("role = \"boss\"", "line 2, role: \"boss\" is not a role"),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nnegated = \"no\"",
            "write \"skip\" or \"count\"",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nlanguages = [\"klingon\"]",
            "languages: the language \"klingon\" is not supported",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nlanguages = [\"\"]",
            "leave `languages` out for any",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nchannels = [\" \"]",
            "leave `channels` out for any",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nnear = { terms = [\"y\"], within = 0 }",
            "near.within: 0 is out of range",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nnear = { terms = [], within = 1 }",
            "near.terms: there are no terms",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"x\"]\nnear = { terms = [\"y\"], with = 1 }",
            "unknown field `with`",
        ),
        (
            "[[rule]]\nid = \"a\"\nall = [\"x\"]\nnot_near = { terms = [\"y\"], within = 1 }",
            "the rule has no `any` whose terms could be near these",
        ),
        (
            "[[rule]]\nid = \"a\"\nall = [\"x\", \"y\"]\nnot = [\"X\"]",
            "the rule requires a term that `not` forbids",
        ),
        (
            "[[rule]]\nid = \"a\"\nany = [\"list:recall\"]\nnot = [\"list:recall\"]",
            "the rule requires a term that `not` forbids",
        ),
        ("[[rule]]\nid = \"a\"\nany = [\"x]", "rules line 4: "),
    ] {
        let error = rules(toml, list).unwrap_err();
        assert!(
            error.is_rules() && error.to_string().contains(says),
            "{toml}\n{error}"
        );
    }
    let many: Vec<String> = (0..1001).map(|number| format!("\"w{number}\"")).collect();
    let error = rules(
        &format!("[[rule]]\nid = \"a\"\nany = [{}]", many.join(",")),
        list,
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than 1000 terms; put them into a list"),
        "{error}"
    );
    let long = "x".repeat(201);
    for (list, says) in [
        (
            "fire\n",
            "lists.tsv line 1: there are 1 fields; write term, list",
        ),
        (
            "# c\n\nfire\trecall\t3\ten\t5\n",
            "lists.tsv line 3: there are 5 fields",
        ),
        (
            "fire\tRe call\t3\n",
            "the list \"Re call\" has an invalid name",
        ),
        (
            "fire\trecall\t0\n",
            "the severity \"0\" is invalid; write 1, 2 or 3",
        ),
        ("fire\trecall\t\n", "the severity \"\" is invalid"),
        (
            "fire\trecall\t3\txx\n",
            "the language \"xx\" is not supported",
        ),
        (
            "fire\trecall\t3\nfire\trecall\t2\n",
            "line 2: the term \"fire\" stands already in line 1",
        ),
        (
            "fire\trecall\t3\nＦＩＲＥ\trecall\t2\n",
            "is the same as \"fire\" in line 1, which has another severity",
        ),
        ("*\trecall\t3\n", "the term \"*\" is empty once folded"),
        ("\u{200d}\trecall\t3\n", "is empty once folded"),
        (&format!("{long}\trecall\t3\n"), "longer than 200 bytes"),
    ] {
        let error = rules("", list).unwrap_err();
        assert!(
            error.is_rules() && error.to_string().contains(says),
            "{list}\n{error}"
        );
    }
    let error = Rules::from_toml("lists = [\"a.tsv\"]", &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("line 1, lists: \"a.tsv\" can't be read"),
        "{error}"
    );
    let error = Rules::read("no/such.toml").unwrap_err();
    assert!(
        error.is_rules() && error.to_string().starts_with("no/such.toml: "),
        "{error}"
    );
    // Both scripts of a word, and one word in two languages and two lists, are no mistake.
    let both = "退款\ta\t1\n退款\tb\t2\n退費\ta\t1\n退费\ta\t1\nfire\ta\t1\ten\nfire\ta\t2\n";
    assert_eq!(
        rules("", both).unwrap().lists().collect::<Vec<_>>(),
        [("a", 4), ("b", 1)]
    );
}

#[test]
fn sets_of_rules_join_if_they_name_nothing_twice() {
    let a = || {
        rules(
            "[[rule]]\nid = \"a\"\nany = [\"list:recall\"]",
            "fire\trecall\t3\n",
        )
        .unwrap()
    };
    let b = || {
        rules(
            "[[rule]]\nid = \"b\"\nany = [\"list:recall\", \"smoke\"]",
            "fire\trecall\t3\n",
        )
        .unwrap()
    };
    let both = a().join(b()).unwrap();
    assert_eq!(
        (both.len(), both.lists().count(), both.id(1)),
        (2, 1, Some("b"))
    );
    let engine = engine(both);
    let monitored = engine.monitor(&Post::new("smoke and fire"), &mut engine.scratch());
    assert_eq!((monitored.terms.len(), monitored.rules.len()), (1, 2));
    assert!(
        a().join(a())
            .unwrap_err()
            .to_string()
            .contains("two files have a rule \"a\"")
    );
    let other = rules("", "flames\trecall\t3\n").unwrap();
    assert!(
        a().join(other)
            .unwrap_err()
            .to_string()
            .contains("two files have a list \"recall\"")
    );
    assert!(
        Engine::builder()
            .rules(a())
            .rules(a())
            .build()
            .unwrap_err()
            .is_rules()
    );
}

#[test]
fn monitored_terms_change_no_score() {
    let list = "refund\tmoney\t3\nthe\tx\t1\ngood\tx\t3\nnot\tx\t1\n退款\tmoney\t1\n没有\tx\t1\nnevrátili\tx\t2\n";
    let rules = rules(
        "[[rule]]\nid = \"a\"\nany = [\"list:x\", \"very\"]\nnear = { terms = [\"list:money\"], within = 9 }",
        list,
    );
    let plain = Engine::new().unwrap();
    let monitoring = Engine::builder().rules(rules.unwrap()).build().unwrap();
    let (mut one, mut other) = (plain.scratch(), monitoring.scratch());
    let mut monitored = 0;
    for line in include_str!("../data/sample/posts.jsonl").lines() {
        let post = Post::from_json(line).unwrap();
        let expected = plain.triage(&post, &mut one);
        let mut triage = monitoring.triage(&post, &mut other);
        monitored += usize::from(!triage.rules.is_empty());
        let explained = monitoring.explain(&post);
        let mut terms = Vec::from(std::mem::take(&mut triage.terms));
        terms.retain(|span| !monitoring.term(span.term).unwrap().list.is_monitored());
        triage.terms = terms.into();
        triage.rules.clear();
        assert_eq!(triage, expected, "{line}");
        let json =
            |engine: &Engine, triage| serde_json::to_string(&engine.answer(&post, triage)).unwrap();
        assert_eq!(json(&monitoring, &triage), json(&plain, &expected));
        assert_eq!(
            serde_json::to_string(&explained).unwrap(),
            serde_json::to_string(&plain.explain(&post)).unwrap()
        );
    }
    assert!(monitored > 5, "{monitored}");
}

fn shared() -> &'static Engine {
    static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    ENGINE.get_or_init(|| {
        let lists = "refund*\tmoney\t1\n退款\tmoney\t2\nzásilk*\tparcel\t1\tcs\n嘻嘻哈哈\tmood\t1\n不\tno\t1\nno\tno\t1\n";
        let toml = "[[rule]]\nid = \"near\"\nany = [\"list:money\", \"never\"]\nnear = { terms = [\"list:no\", \"receiv*\"], within = 4 }\n\
                    [[rule]]\nid = \"all\"\nall = [\"list:money\", \"never\"]\nnot = [\"joke\"]\nnegated = \"skip\"\n\
                    [[rule]]\nid = \"beside\"\nany = [\"list:parcel\", \"list:mood\"]\nnot_near = { terms = [\"list:no\"], within = 2 }\n";
        engine(rules(toml, lists).unwrap())
    })
}

/// Words of the rules and of nobody, letters spread and in full width, signs.
fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[ a-zěč退款嘻哈不没收到😡#@.'*!-]{0,8}",
        Just("refund".to_owned()),
        Just("Ｒｅｆｕｎｄ".to_owned()),
        Just("r e f u n d".to_owned()),
        Just("never received".to_owned()),
        Just("嘻嘻嘻哈哈哈哈".to_owned()),
        Just("zasilka".to_owned()),
        Just("Zásilku".to_owned()),
        Just("no".to_owned()),
        Just("joke".to_owned()),
        Just("退\u{200b}款".to_owned()),
    ];
    prop::collection::vec(word, 0..14).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_lie_on_characters_and_fold_to_the_term(text in texts()) {
        let engine = shared();
        let post = Post::new(text.as_str());
        let monitored = engine.monitor(&post, &mut engine.scratch());
        let folder = Folder::new();
        // A repeated character's last folded one stands for all that follow: the span of 不 in
        // 不不不 has two. A part of a word that is spread by signs (到-退-款) is too short to be
        // joined by itself.
        let bare = |text: &str| {
            let letters = text.replace(['á', 'Á'], "a").replace(['-', '*', '_', '.', '|', '·', '•', ' '], "");
            let mut characters: Vec<char> = letters.chars().collect();
            characters.dedup();
            characters.into_iter().collect::<String>()
        };
        let spans = monitored.terms.iter().chain(monitored.rules.iter().flat_map(|hit| &hit.parts));
        for span in spans {
            let original = text.get(span.start as usize..span.end as usize);
            prop_assert!(original.is_some_and(|original| !original.is_empty()), "{span:?} in {text:?}");
            let term = &engine.term(span.term).unwrap().text;
            let (found, stem) = (bare(&folder.fold_term(original.unwrap())), bare(term.trim_end_matches('*')));
            let fits = if term.ends_with('*') { found.starts_with(&stem) } else { found == stem };
            prop_assert!(fits, "{original:?} is no {term:?} in {text:?}");
        }
        for hit in &monitored.rules {
            prop_assert!(!hit.parts.is_empty() && (1..=3).contains(&hit.severity));
            prop_assert!(hit.parts.is_sorted_by_key(|span| (span.start, span.end, span.term)));
        }
        prop_assert!(monitored.rules.is_sorted_by_key(|hit| hit.rule));
        // Whatever the scratch saw before.
        let mut used = engine.scratch();
        engine.monitor(&Post::new("refund never received, no joke 嘻嘻哈哈"), &mut used);
        prop_assert_eq!(engine.monitor(&post, &mut used), monitored);
    }

    #[test]
    fn no_text_panics(text in any::<String>(), words in texts(), agent in any::<bool>()) {
        let role = if agent { Role::Agent } else { Role::Customer };
        let post = Post { role, ..Post::new(format!("{words}{text}{words}")) };
        shared().monitor(&post, &mut shared().scratch());
    }

    #[test]
    fn no_rules_panic(toml in any::<String>(), list in any::<String>()) {
        let _ = Rules::from_toml(&toml, &[]);
        let _ = Rules::from_tsv("list.tsv", &list);
    }
}
