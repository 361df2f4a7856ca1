//! `docs/privacy.md` names each field that is kept, and no other: what snapshots write is compared
//! with the tables of the page.

use std::collections::BTreeSet;
use std::fmt;

use serde::ser::{self, Serialize};

use super::{Desk, Remembered, Settings};
use crate::snapshot::State;
use crate::{Engine, Post};

/// Gathers the names of fields as `Type.field` from whatever is written.
#[derive(Default)]
struct Fields(BTreeSet<String>);

/// Nothing can go wrong.
#[derive(Debug)]
struct Never;

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        Never
    }
}

/// Gathers what is within a value; the name is that of the type it is of.
struct Within<'f>(&'f mut Fields, &'static str);

type Done = Result<(), Never>;

macro_rules! plain {
    ($($method:ident: $kind:ty),+) => {
        $(fn $method(self, _: $kind) -> Done { Ok(()) })+
    };
}

impl<'f> ser::Serializer for &'f mut Fields {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Within<'f>;
    type SerializeTuple = Within<'f>;
    type SerializeTupleStruct = Within<'f>;
    type SerializeTupleVariant = Within<'f>;
    type SerializeMap = Within<'f>;
    type SerializeStruct = Within<'f>;
    type SerializeStructVariant = Within<'f>;

    plain!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str);

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Done {
        Ok(())
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Done {
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Done {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Within<'f>, Never> {
        Ok(Within(self, ""))
    }

    fn serialize_tuple(self, _: usize) -> Result<Within<'f>, Never> {
        Ok(Within(self, ""))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Within<'f>, Never> {
        Ok(Within(self, ""))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Within<'f>, Never> {
        Ok(Within(self, ""))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Within<'f>, Never> {
        Ok(Within(self, ""))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Within<'f>, Never> {
        Ok(Within(self, name))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Within<'f>, Never> {
        Ok(Within(self, name))
    }
}

impl Within<'_> {
    fn item<T: ?Sized + Serialize>(&mut self, value: &T) -> Done {
        value.serialize(&mut *self.0)
    }

    fn field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Done {
        // A span of time is a number.
        if self.1 != "Duration" {
            self.0.0.insert(format!("{}.{name}", self.1));
        }
        self.item(value)
    }
}

macro_rules! within {
    ($($kind:ident: $($method:ident)?),+) => {
        $(impl ser::$kind for Within<'_> {
            type Ok = ();
            type Error = Never;
            $(fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Done { self.item(value) })?
            fn end(self) -> Done { Ok(()) }
        })+
    };
}

within!(SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field);

impl ser::SerializeMap for Within<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Done {
        self.item(key)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Done {
        self.item(value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeStruct for Within<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Done {
        self.field(name, value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeStructVariant for Within<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Done {
        self.field(name, value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

fn fields(value: &impl Serialize) -> BTreeSet<String> {
    let mut fields = Fields::default();
    value.serialize(&mut fields).expect("names are gathered");
    fields.0
}

/// What is remembered of the sample, part by part: room and fields.
fn kept() -> Vec<(&'static str, BTreeSet<String>)> {
    let engine = Engine::new().expect("the bundled models fit");
    let settings = Settings {
        lateness: Some(std::time::Duration::from_secs(30 * 3600)),
        ..Settings::for_engine(&engine).expect("sound")
    };
    let mut desk = Desk::new(&engine, settings).expect("sound");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/posts.jsonl");
    let sample = std::fs::read_to_string(sample).expect("the sample");
    let mut posts: Vec<Post<'_>> = sample
        .lines()
        .map(|line| Post::from_json(line).expect("a post"))
        .collect();
    posts.sort_by_key(|post| post.created_at);
    let agent = crate::state::queue::Agent {
        id: "jana".into(),
        ..Default::default()
    };
    let queue = desk.queue_mut().expect("a queue");
    queue.add_agent(agent).expect("room");
    let half = posts.len() / 2;
    for (count, post) in posts.iter_mut().enumerate() {
        // What the sample has nothing of: a segment.
        if count % 9 == 0 {
            let brand = crate::post::Segment::new("brand", "Acme");
            post.segments = brand.into_iter().collect();
        }
        desk.observe(post);
        if count == half {
            let answered = desk.next(1)[0].clone();
            desk.answered(&answered.post, post.created_at.expect("a time"));
            let queue = desk.queue_mut().expect("a queue");
            assert!(!queue.assign_next(3).is_empty());
        }
    }
    let Remembered {
        stream,
        queue,
        trends,
        watch,
        ..
    } = desk.remembered().expect("kept");
    let whole = fields(&desk.remembered().expect("kept").keep());
    let stream = stream.keep();
    let (campaigns, memory, novelty) = stream.parts();
    let mut rooms = vec![
        ("context", fields(memory)),
        ("campaigns", fields(campaigns)),
        ("novelty", fields(novelty)),
        ("queue", fields(&queue.expect("a queue").keep())),
        ("trends", fields(&trends.expect("panes").keep())),
        ("watch", fields(&watch.expect("a watch").keep())),
    ];
    let of_rooms: BTreeSet<String> = rooms.iter().flat_map(|(_, of)| of.clone()).collect();
    rooms.push(("desk", whole.difference(&of_rooms).cloned().collect()));
    rooms
}

/// The fields that the page has in a section: what stands in backticks in the first cells of its
/// tables. `Settings.*` is all of a type.
fn on_page(page: &str, room: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|section| {
        let title = section.lines().next().unwrap_or_default();
        title.split_whitespace().next() == Some(room)
    });
    let section = section.unwrap_or_else(|| panic!("the page has no section {room}"));
    let rows = section.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| {
        let cell = row.split('|').nth(1).unwrap_or_default();
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn the_page_of_what_is_kept_names_each_field_and_no_other() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/privacy.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let mut wrong = Vec::new();
    for (room, kept) in kept() {
        let named = on_page(&page, room);
        let all_of: Vec<&str> = named
            .iter()
            .filter_map(|name| name.strip_suffix('*'))
            .collect();
        let whole = |field: &&String| all_of.iter().any(|of| field.starts_with(of));
        let lacks = kept
            .iter()
            .filter(|field| !named.contains(*field) && !whole(field));
        wrong.extend(lacks.map(|field| format!("{room}: {field} is kept and not on the page")));
        let too_many = named.iter().filter(|name| match name.strip_suffix('*') {
            Some(of) => !kept.iter().any(|field| field.starts_with(of)),
            None => !kept.contains(*name),
        });
        wrong.extend(too_many.map(|name| format!("{room}: {name} is on the page and not kept")));
    }
    assert!(wrong.is_empty(), "docs/privacy.md:\n{}", wrong.join("\n"));
}
