//! Posts of the rows of a record batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, TimestampMillisecondArray, UInt64Array,
};
use arrow_schema::{DataType, Fields, Schema, TimeUnit};
use hearken::Post;
use hearken::post::{Reader, Segment, Target, Value};

use crate::Error;

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

/// The values of a column. Within a null struct nothing counts.
#[derive(Debug)]
struct Leaf {
    structs: Vec<ArrayRef>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    None,
    Flag(BooleanArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Float(Float64Array),
    Time(TimestampMillisecondArray),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
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
        if !matches!(usable(found), Some(kind) if is_text(&kind)) {
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
            if usable(found).is_none() {
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
        if usable(found).is_some() {
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

fn is_text(kind: &DataType) -> bool {
    use DataType::{LargeUtf8, Null, Utf8, Utf8View};
    matches!(kind, Utf8 | LargeUtf8 | Utf8View | Null)
}

/// The type that a column is read as; none if no field of a post can have it.
fn usable(kind: &DataType) -> Option<DataType> {
    use DataType as D;
    match kind {
        kind if is_text(kind) => Some(kind.clone()),
        D::Boolean => Some(D::Boolean),
        D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 => {
            Some(D::Int64)
        }
        D::UInt64 => Some(D::UInt64),
        D::Float16 | D::Float32 | D::Float64 => Some(D::Float64),
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => {
            Some(D::Float64)
        }
        // Arrow's moments are in UTC; without a zone they are taken so.
        D::Timestamp(_, zone) => Some(D::Timestamp(TimeUnit::Millisecond, zone.clone())),
        D::Date32 | D::Date64 => Some(D::Timestamp(TimeUnit::Millisecond, None)),
        D::Dictionary(_, values) => usable(values),
        _ => None,
    }
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
        let kind = usable(array.data_type()).ok_or_else(other)?;
        let values = match *array.data_type() == kind {
            true => Arc::clone(array),
            false => arrow_cast::cast(array, &kind)?,
        };
        let values = match &kind {
            DataType::Boolean => values.as_boolean_opt().cloned().map(Values::Flag),
            DataType::Int64 => values
                .as_primitive_opt::<Int64Type>()
                .cloned()
                .map(Values::Integer),
            DataType::UInt64 => values
                .as_primitive_opt::<UInt64Type>()
                .cloned()
                .map(Values::Unsigned),
            DataType::Float64 => values
                .as_primitive_opt::<Float64Type>()
                .cloned()
                .map(Values::Float),
            DataType::Timestamp(..) => values
                .as_primitive_opt::<TimestampMillisecondType>()
                .cloned()
                .map(Values::Time),
            DataType::Utf8 => values.as_string_opt::<i32>().cloned().map(Values::Text),
            DataType::LargeUtf8 => values
                .as_string_opt::<i64>()
                .cloned()
                .map(Values::LargeText),
            DataType::Utf8View => values.as_string_view_opt().cloned().map(Values::TextView),
            _ => Some(Values::None),
        };
        Ok(Leaf {
            structs,
            values: values.ok_or_else(other)?,
        })
    }
}

impl Leaf {
    fn value(&self, row: usize) -> Option<Value<'_>> {
        if self.structs.iter().any(|array| array.is_null(row)) {
            return None;
        }
        macro_rules! at {
            ($array:expr, $kind:ident) => {
                (row < $array.len() && $array.is_valid(row))
                    .then(|| Value::$kind($array.value(row)))
            };
        }
        match &self.values {
            Values::None => None,
            Values::Flag(array) => at!(array, Flag),
            Values::Integer(array) => at!(array, Integer),
            Values::Unsigned(array) => at!(array, Unsigned),
            Values::Float(array) => at!(array, Float),
            Values::Time(array) => at!(array, Time),
            Values::Text(array) => at!(array, Text),
            Values::LargeText(array) => at!(array, Text),
            Values::TextView(array) => at!(array, Text),
        }
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

/// The value of a segment.
fn shown(value: Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_owned()),
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Unsigned(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}
