//! Posts from lines: the cases of `tests/cases/post.toml`, what a line costs, and that no line
//! is a panic.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hearken::Post;
use hearken::post::{Author, Customer, DateOrder, Engagement, FieldMap, Reader, Role, Segment};
use hearken::time::TimeZone;
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

/// Any post whose times are of the years −9999 to 9999.
fn posts() -> impl Strategy<Value = Post<'static>> {
    let text = || prop::option::of(any::<String>().prop_map(Cow::Owned));
    let time = || {
        let seconds = 100_000_000_i64;
        let times = [
            -377_705_023_201_000,
            -1,
            0,
            1,
            99_999_999_999,
            253_402_207_200_000,
        ];
        prop::option::of(prop_oneof![
            -seconds..seconds,
            -377_705_023_201_000..253_402_207_200_000_i64,
            prop::sample::select(times.to_vec()),
        ])
    };
    let count = || prop::option::of(any::<u64>());
    let author = (
        (text(), text()),
        (count(), count(), count()),
        any::<Option<bool>>(),
        time(),
    );
    let author = author.prop_map(
        |((id, name), (followers, following, posts), verified, created_at)| Author {
            id,
            name,
            followers,
            following,
            posts,
            verified,
            created_at,
        },
    );
    let engagement = [count(), count(), count(), count()];
    let engagement = engagement.prop_map(|[likes, reposts, replies, views]| Engagement {
        likes,
        reposts,
        replies,
        views,
    });
    let role = prop::sample::select(vec![Role::Customer, Role::Agent]);
    let texts = [text(), text(), text(), text(), text(), text(), text()];
    (
        any::<String>(),
        texts,
        author,
        engagement,
        role,
        [time(), time(), time()],
        prop::collection::vec((".{0,8}", ".{0,200}"), 0..4),
    )
        .prop_map(|(text, texts, author, engagement, role, times, segments)| {
            let [created_at, collected_at, edited_at] = times;
            let segments = segments.iter();
            let segments = segments.filter_map(|(field, value)| Segment::new(field, value));
            let [id, channel, lang, in_reply_to, thread, customer, tier] = texts;
            Post {
                id,
                text: text.into(),
                created_at,
                channel,
                lang,
                author,
                engagement,
                in_reply_to,
                thread,
                customer: Customer { id: customer, tier },
                role,
                collected_at,
                edited_at,
                segments: segments.collect(),
            }
        })
}

#[test]
fn a_post_is_written_as_the_object_that_is_read() {
    let post = Post {
        id: Some("7".into()),
        created_at: Some(1_500),
        role: Role::Agent,
        author: Author {
            followers: Some(3),
            ..Author::default()
        },
        ..Post::new("a\n")
    };
    assert_eq!(
        serde_json::to_string(&post).unwrap(),
        r#"{"id":"7","text":"a\n","created_at":"1970-01-01T00:00:01.5Z","author":{"followers":3},"role":"agent"}"#
    );
    let never = Post {
        created_at: Some(i64::MAX),
        ..Post::new("a")
    };
    let error = serde_json::to_string(&never).unwrap_err().to_string();
    assert!(error.contains("9223372036854775807"), "{error}");
}

#[test]
fn a_post_that_is_deserialised_follows_the_rules_of_a_line() {
    #[derive(Deserialize)]
    struct Request {
        post: Post<'static>,
    }
    let line =
        r#"{"text":"a\n","id":77.0,"created_at":1772324100,"author":{"verified":"1"},"x":[]}"#;
    let request: Request = serde_json::from_str(&format!("{{\"post\":{line}}}")).unwrap();
    assert_eq!(request.post, Post::from_json(line).unwrap());
    assert_eq!(Post::try_from(line).unwrap(), request.post);
    for line in [
        "[]",
        "{}",
        r#"{"text":1}"#,
        r#"{"text":"a","created_at":"soon"}"#,
    ] {
        let error = serde_json::from_str::<Post<'_>>(line)
            .unwrap_err()
            .to_string();
        let expected = Post::try_from(line).unwrap_err().to_string();
        assert!(error.starts_with(&expected), "{line}: {error}");
    }
}

#[test]
fn a_reader_keeps_the_post_and_names_what_it_can_not_read() {
    let line = r#"{"id":{"$oid":"5"},"text":"a","created_at":"soon","channel":7,"author":{"id":"u","followers":"many",
        "created_at":"2019-13-01"},"engagement":[1],"role":"boss","thread":"None","in_reply_to":"N/A"}"#;
    for reader in [Reader::new(), Reader::new().map(FieldMap::default())] {
        let reading = reader.read(line).unwrap();
        let post = Post {
            author: Author {
                id: Some("u".into()),
                ..Author::default()
            },
            ..Post::new("a")
        };
        assert_eq!(reading.post, post);
        let mut unread: Vec<(&str, &str)> = reading
            .unread
            .iter()
            .map(|unread| (unread.field, &*unread.found))
            .filter(|(field, _)| *field != "engagement")
            .collect();
        unread.sort();
        assert_eq!(
            unread,
            [
                ("author.created_at", "\"2019-13-01\""),
                ("author.followers", "\"many\""),
                ("channel", "7"),
                ("created_at", "\"soon\""),
                ("id", "an object"),
                ("role", "\"boss\""),
            ]
        );
        assert!(!reading.zoneless);
    }
}

#[test]
fn what_stands_for_nothing_is_absent_and_not_unread() {
    for missing in [
        "",
        " ",
        "None",
        "null",
        "NULL",
        "N/A",
        "n/a",
        "NaN",
        "NaT",
        "\\\\N",
        "-",
        "0",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00",
    ] {
        let line = format!("{{\"text\":\"a\",\"created_at\":\"{missing}\"}}");
        for reader in [Reader::new(), Reader::new().map(FieldMap::default())] {
            let reading = reader.read(&line).unwrap();
            assert_eq!(
                (reading.post.created_at, reading.unread, reading.zoneless),
                (None, Vec::new(), false),
                "{missing}"
            );
        }
    }
    let line = r#"{"text":"a","created_at":0,"engagement":{"likes":-1,"views":"-5"},"author":{"name":"Nan","id":"null"}}"#;
    let reading = Reader::new().read(line).unwrap();
    assert_eq!(reading.unread, []);
    assert_eq!(reading.post.created_at, None);
    assert_eq!(reading.post.author.name.as_deref(), Some("Nan"));
    assert_eq!(reading.post.author.id, None);
}

#[test]
fn a_time_without_a_zone_is_one_of_the_readers_zone() {
    let line = r#"{"text":"a","created_at":"2026-03-01 08:15:00"}"#;
    assert!(Post::from_json(line).unwrap_err().is_post());
    for (zone, at) in [("UTC", 1_772_352_900_000), ("+08:00", 1_772_324_100_000)] {
        let reader = Reader::new().time_zone(TimeZone::named(zone).unwrap());
        let reading = reader.read(line).unwrap();
        assert_eq!(
            (reading.post.created_at, reading.zoneless),
            (Some(at), true)
        );
    }
    let slashes = r#"{"text":"a","created_at":"3/1/2026 8:15 AM"}"#;
    assert_eq!(
        Reader::new().read(slashes).unwrap().unread[0].field,
        "created_at"
    );
    let reading = Reader::new()
        .date_order(DateOrder::MonthFirst)
        .read(slashes)
        .unwrap();
    assert_eq!(reading.post.created_at, Some(1_772_352_900_000));
}

#[test]
fn a_document_is_taken_apart_and_each_post_keeps_what_it_refers_to() {
    let page = r#"{"data":[{"id":"1","author_id":"8","text":"a"},{"id":"2","author_id":"9","text":"RT @eva: b…",
        "referenced_tweets":[{"type":"retweeted","id":"3"}]}],
        "includes":{"users":[{"id":"8","username":"eva"},{"id":"9","username":"joe"}],"tweets":[{"id":"3","author_id":"8","text":"b whole"}]}}"#;
    let map = FieldMap::preset("twitter-v2").unwrap();
    let posts = map.unpack(page).unwrap();
    assert_eq!(posts.len(), 2);
    assert!(
        !posts[0].contains("joe") && !posts[0].contains("b whole"),
        "{}",
        posts[0]
    );
    let post = map.read(&posts[1]).unwrap();
    assert_eq!(
        (&*post.text, post.author.name.as_deref()),
        ("RT @eva: b whole", Some("joe"))
    );
    assert_eq!(map.unpack(&posts[0]), None);
    let listing = r#"{"kind":"Listing","data":{"children":[{"data":{"name":"t1_a","body":"x","replies":{"data":{"children":[
        {"data":{"name":"t1_b","body":"y","replies":""}}]}}}}]}}"#;
    let map = FieldMap::preset("reddit").unwrap();
    let ids: Vec<_> = map
        .unpack(listing)
        .unwrap()
        .iter()
        .map(|post| map.read(post).unwrap().id.unwrap())
        .collect();
    assert_eq!(ids, ["t1_a", "t1_b"]);
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
        for name in FieldMap::presets() {
            let _ = FieldMap::preset(name).map(|preset| (preset.unpack(&line), Reader::new().map(preset).read(&line).is_ok()));
        }
    }

    #[test]
    fn a_post_that_is_written_is_read_again(post in posts()) {
        let line = serde_json::to_string(&post).unwrap();
        prop_assert_eq!(&Post::from_json(&line).unwrap(), &post);
        prop_assert_eq!(&serde_json::from_str::<Post<'_>>(&line).unwrap(), &post);
        prop_assert_eq!(&FieldMap::default().read(&line).unwrap(), &post);
    }

    #[test]
    fn a_value_is_the_post_that_its_line_is(value in json()) {
        let line = value.to_string();
        let read = Post::from_json(&line);
        let deserialised = serde_json::from_value::<Post<'_>>(value);
        prop_assert_eq!(read.as_ref().ok(), deserialised.as_ref().ok());
        if let Ok(post) = read {
            let again = serde_json::to_string(&post).unwrap();
            prop_assert_eq!(Post::from_json(&again).unwrap(), post);
        }
    }

    #[test]
    fn both_readers_agree_on_every_value(value in json()) {
        let line = value.to_string();
        let (plain, mapped) = (Post::from_json(&line), FieldMap::default().read(&line));
        let readers = [Reader::new(), Reader::new().map(FieldMap::default())];
        let [one, other] = readers.map(|reader| reader.read(&line).map(|reading| reading.post).map_err(|error| error.to_string()));
        prop_assert_eq!(one, other);
        prop_assert_eq!(plain.map_err(|error| error.to_string()), mapped.map_err(|error| error.to_string()));
    }
}
