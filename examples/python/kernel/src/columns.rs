//! Posts of the rows of a record batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Fields, Schema};
use hearken::Post;
use hearken::post::{Reader, Segment, Target, Value};

use crate::Error;
use crate::values::{Values, is_text, is_usable, shown};

/// What segments are called among the fields of a post: `segments.brand`.
const SEGMENTS: &str = "segments";

/// In which columns of a table the fields of its posts stand.
#[derive(Clone, Debug)]
pub struct Columns {
    text: Place,
    fields: Vec<(Target, Place)>,
    segments: Vec<(String, Place)>,
    reader: Reader,
}

/// A column, or a field of a column of structs.
#[derive(Clone, Debug)]
struct Place {
    name: String,
    /// The number of the column, and of the field within each struct.
    path: Vec<usize>,
}

/// The rows of a record batch as posts.
#[derive(Debug)]
pub struct Rows {
    count: usize,
    text: Leaf,
    fields: Vec<(Target, Leaf)>,
    segments: Vec<(String, Leaf)>,
    reader: Reader,
}

/// The values of a place. Within a null struct nothing counts.
#[derive(Debug)]
struct Leaf {
    structs: Vec<ArrayRef>,
    values: Values,
}

impl Columns {
    /// The columns of a table of this schema: `text` is that of the texts, `given` has others by
    /// the field of the post (`author.followers`, `segments.brand`). A field that is not given is
    /// in the column of its own name, if there is one. A dot leads into a column of structs.
    ///
    /// # Errors
    /// If a column that is named is not there or is of a type that can't be used, or a field is
    /// none of a post.
    pub fn find(
        schema: &Schema,
        text: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<Columns, Error> {
        let fields = schema.fields();
        let missing = |name: &str, mend: &str| {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            let names = names.join(", ");
            Error(format!(
                "there is no column `{name}` (there are: {names}); {mend}"
            ))
        };
        let (path, found) = look_up(fields, text)
            .ok_or_else(|| missing(text, "name the column of the texts with text=\"…\""))?;
        if !is_text(found) {
            return Err(Error(format!(
                "the column `{text}` is {found}, not text; name the column of the texts with \
                 text=\"…\""
            )));
        }
        let place = |name: &str, path| Place {
            name: name.to_owned(),
            path,
        };
        let mut columns = Columns {
            text: place(text, path),
            fields: Vec::new(),
            segments: Vec::new(),
            reader: Reader::new(),
        };
        for (field, column) in given {
            let mend = format!("columns has it for `{field}`");
            let (path, found) = look_up(fields, column).ok_or_else(|| missing(column, &mend))?;
            if !is_usable(found) {
                return Err(Error(format!(
                    "the column `{column}` is {found}, which can't be `{field}`; give text, \
                     numbers or times"
                )));
            }
            columns.add(field, place(column, path))?;
        }
        for target in Target::all() {
            columns.add_own(fields, target.name(), given);
        }
        let own = fields.iter().find(|field| field.name() == SEGMENTS);
        if let Some(DataType::Struct(within)) = own.map(|field| field.data_type()) {
            for field in within {
                columns.add_own(fields, &format!("{SEGMENTS}.{}", field.name()), given);
            }
        }
        Ok(columns)
    }

    fn add_own(&mut self, fields: &Fields, name: &str, given: &BTreeMap<String, String>) {
        let Some((path, found)) = look_up(fields, name).filter(|_| !given.contains_key(name))
        else {
            return;
        };
        // A column that only has the name of a field by chance spoils nothing.
        if is_usable(found) {
            let _ = self.add(
                name,
                Place {
                    name: name.to_owned(),
                    path,
                },
            );
        }
    }

    fn add(&mut self, field: &str, place: Place) -> Result<(), Error> {
        let segment = field
            .strip_prefix(SEGMENTS)
            .and_then(|rest| rest.strip_prefix('.'));
        match (segment, Target::named(field)) {
            (Some(segment), _) => self.segments.push((segment.to_owned(), place)),
            (None, Some(target)) => self.fields.push((target, place)),
            (None, None) => {
                let known: Vec<&str> = Target::all().map(Target::name).collect();
                let known = known.join(", ");
                return Err(Error(format!(
                    "`{field}` in columns is no field of a post; write one of {known}, segments.NAME"
                )));
            }
        }
        Ok(())
    }

    /// The rows of a batch of the schema that the columns were found in.
    ///
    /// # Errors
    /// If the batch is of another schema.
    pub fn read(&self, batch: &RecordBatch) -> Result<Rows, Error> {
        let fields = self.fields.iter();
        let segments = self.segments.iter();
        Ok(Rows {
            count: batch.num_rows(),
            text: self.text.read(batch)?,
            fields: fields
                .map(|(target, place)| Ok((*target, place.read(batch)?)))
                .collect::<Result<_, Error>>()?,
            segments: segments
                .map(|(name, place)| Ok((name.clone(), place.read(batch)?)))
                .collect::<Result<_, Error>>()?,
            reader: self.reader.clone(),
        })
    }
}

/// The column `name`, or the field that its dots lead to.
fn look_up<'f>(fields: &'f Fields, name: &str) -> Option<(Vec<usize>, &'f DataType)> {
    if let Some((at, field)) = fields.find(name) {
        return Some((vec![at], field.data_type()));
    }
    let (first, rest) = name.split_once('.')?;
    let (at, field) = fields.find(first)?;
    let DataType::Struct(within) = field.data_type() else {
        return None;
    };
    let (mut path, found) = look_up(within, rest)?;
    path.insert(0, at);
    Some((path, found))
}

impl Place {
    fn read(&self, batch: &RecordBatch) -> Result<Leaf, Error> {
        let other = || {
            Error(format!(
                "a batch has no column `{}` where the first has it; give batches of one schema",
                self.name
            ))
        };
        let (first, rest) = self.path.split_first().ok_or_else(other)?;
        let mut array = batch.columns().get(*first).ok_or_else(other)?;
        let mut structs = Vec::new();
        for at in rest {
            structs.push(Arc::clone(array));
            let within = array.as_struct_opt().ok_or_else(other)?;
            array = within.columns().get(*at).ok_or_else(other)?;
        }
        Ok(Leaf {
            structs,
            values: Values::of(array).ok_or_else(other)?,
        })
    }
}

impl Leaf {
    fn value(&self, row: usize) -> Option<Value<'_>> {
        let within = !self.structs.iter().any(|array| array.is_null(row));
        within.then(|| self.values.value(row)).flatten()
    }
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The post of a row; none where its text is null.
    pub fn post(&self, row: usize) -> Option<Post<'_>> {
        let Some(Value::Text(text)) = self.text.value(row) else {
            return None;
        };
        let fields = self.fields.iter();
        let values = fields.filter_map(|(target, leaf)| Some((*target, leaf.value(row)?)));
        let mut post = self.reader.read_values(text, values).post;
        let segments = self.segments.iter();
        post.segments = segments
            .filter_map(|(name, leaf)| Segment::new(name, &shown(leaf.value(row)?)?))
            .collect();
        Some(post)
    }
}
