//! Posts from lines: the cases of `tests/cases/post.toml`, what a line costs, and that no line
//! is a panic.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hearken::Post;
use hearken::post::FieldMap;
use proptest::prelude::*;
use serde::Deserialize;
use toml::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    line: String,
    map: Option<String>,
    preset: Option<String>,
    post: Option<BTreeMap<String, Value>>,
    error: Option<String>,
}

/// Every field that is there, by the name that a map gives it.
fn fields(post: &Post<'_>) -> BTreeMap<String, Value> {
    let text =
        |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| Value::String(text.to_owned()));
    let count =
        |count: Option<u64>| count.map(|count| Value::Integer(i64::try_from(count).unwrap()));
    [
        ("id", text(&post.id)),
        ("text", Some(Value::String(post.text.clone().into_owned()))),
        ("created_at", post.created_at.map(Value::Integer)),
        ("channel", text(&post.channel)),
        ("lang", text(&post.lang)),
        ("in_reply_to", text(&post.in_reply_to)),
        ("thread", text(&post.thread)),
        ("author.id", text(&post.author.id)),
        ("author.name", text(&post.author.name)),
        ("author.followers", count(post.author.followers)),
        ("author.following", count(post.author.following)),
        ("author.posts", count(post.author.posts)),
        ("author.verified", post.author.verified.map(Value::Boolean)),
        (
            "author.created_at",
            post.author.created_at.map(Value::Integer),
        ),
        ("engagement.likes", count(post.engagement.likes)),
        ("engagement.reposts", count(post.engagement.reposts)),
        ("engagement.replies", count(post.engagement.replies)),
        ("engagement.views", count(post.engagement.views)),
        ("customer.id", text(&post.customer.id)),
        ("customer.tier", text(&post.customer.tier)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

#[test]
fn lines_are_read_as_the_cases_say() {
    let cases: Cases = toml::from_str(include_str!("cases/post.toml")).unwrap();
    for case in cases.case {
        let preset = case
            .preset
            .as_deref()
            .map(|name| FieldMap::preset(name).unwrap());
        let map = match &case.map {
            Some(map) => Some(preset.unwrap_or_default().with(map).unwrap()),
            None => preset,
        };
        let mapped = map.map(|map| map.read(&case.line));
        // Without a map, the map of own names must read the same: the two readers
        // can't drift apart.
        let plain = || {
            (
                Post::from_json(&case.line),
                FieldMap::default().read(&case.line),
            )
        };
        let found = match mapped {
            Some(found) => vec![found],
            None => <[_; 2]>::from(plain()).into(),
        };
        for found in found {
            match (&found, &case.post, &case.error) {
                (Ok(post), Some(expected), None) => {
                    assert_eq!(&fields(post), expected, "{}", case.name)
                }
                (Err(error), None, Some(part)) => {
                    assert!(
                        error.is_post() && error.to_string().contains(part),
                        "{}: {error}",
                        case.name
                    );
                }
                _ => panic!("{}: {found:?}", case.name),
            }
        }
    }
}

#[test]
fn an_ordinary_line_is_read_without_an_allocation() {
    let line = r##"{"id":"77","text":"我的包裹呢 where is it? #parcel 😀","created_at":"2026-03-01T08:15:00+08:00",
        "channel":"weibo","lang":"zh","author":{"id":"u1","name":"Lin","followers":1200,"verified":false,
        "created_at":1556668800},"engagement":{"likes":3,"views":900.0},"in_reply_to":null,"thread":"70",
        "customer":{"id":"c9","tier":"gold"},"unknown":{"a":"b"}}"##;
    let info = allocation_counter::measure(|| assert!(Post::from_json(line).is_ok()));
    assert_eq!(info.count_total, 0, "{info:?}");
    assert!(matches!(
        Post::from_json(line).unwrap().text,
        Cow::Borrowed(_)
    ));
    assert!(matches!(
        Post::from_json(r#"{"text":"a\n"}"#).unwrap().text,
        Cow::Owned(_)
    ));
}

#[test]
fn an_owned_post_is_the_same_post() {
    let line =
        r#"{"id":1,"text":"a\n","author":{"name":"n","followers":2},"customer":{"tier":"t"}}"#;
    let post = Post::from_json(line).unwrap();
    assert_eq!(post.clone().into_owned(), post);
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "[0-9TZ:+. -]{0,24}".prop_map(Value::from),
    ];
    let names = [
        "text",
        "id",
        "created_at",
        "author",
        "followers",
        "engagement",
        "likes",
        "customer",
        "tier",
        "x",
    ];
    leaf.prop_recursive(3, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(names.to_vec()), inner, 0..6)
                .prop_map(|map| Value::Object(
                    map.into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect()
                )),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_is_a_panic(line in ".*", map in ".*") {
        let _ = Post::from_json(&line);
        let _ = FieldMap::parse(&map);
        let _ = FieldMap::preset("weibo").and_then(|preset| preset.read(&line));
    }

    #[test]
    fn both_readers_agree_on_every_value(value in json()) {
        let line = value.to_string();
        let (plain, mapped) = (Post::from_json(&line), FieldMap::default().read(&line));
        prop_assert_eq!(plain.map_err(|error| error.to_string()), mapped.map_err(|error| error.to_string()));
    }
}
