//! The values of an array, whatever its type, as those that a post has. Nothing is copied but
//! numbers of other widths. The crate arrow-cast makes any type of any, which is much code for a
//! wheel and for who builds it.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, UInt64Array,
};
use arrow_schema::{DataType, TimeUnit};
use hearken::post::{Reader, Target, Value};

use crate::Error;

/// The values of an array.
#[derive(Debug)]
pub(crate) enum Values {
    None,
    Flag(BooleanArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Float(Float64Array),
    /// In milliseconds since 1970.
    Time(Int64Array),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Dictionary {
        keys: Box<Values>,
        values: Box<Values>,
    },
}

/// Whether an array of this type holds texts.
pub(crate) fn is_text(kind: &DataType) -> bool {
    use DataType::{Dictionary, LargeUtf8, Null, Utf8, Utf8View};
    match kind {
        Dictionary(_, values) => is_text(values),
        kind => matches!(kind, Utf8 | LargeUtf8 | Utf8View | Null),
    }
}

/// Whether a field of a post can have values of this type.
pub(crate) fn is_usable(kind: &DataType) -> bool {
    use DataType as D;
    match kind {
        D::Dictionary(_, values) => is_usable(values),
        D::Date32 | D::Date64 | D::Timestamp(..) | D::Boolean => true,
        kind => is_text(kind) || kind.is_numeric(),
    }
}

/// Whole numbers.
fn whole<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Option<Int64Array> {
    Some(array.as_primitive_opt::<T>()?.unary(Into::into))
}

/// Numbers with a fraction.
fn float<T: ArrowPrimitiveType<Native: Into<f64>>>(array: &ArrayRef) -> Option<Values> {
    let array = array.as_primitive_opt::<T>()?;
    Some(Values::Float(array.unary(Into::into)))
}

/// Decimal numbers, to the nearest that a float can have.
fn decimal<T: DecimalType>(array: &ArrayRef) -> Option<Values> {
    let array = array.as_primitive_opt::<T>()?;
    let number = |row| {
        let shown = array.is_valid(row).then(|| array.value_as_string(row))?;
        shown.parse::<f64>().ok()
    };
    Some(Values::Float((0..array.len()).map(number).collect()))
}

/// Moments that are `milliseconds` long, or of which a millisecond has `parts`; those outside of
/// what milliseconds can say are null.
fn times<T: ArrowPrimitiveType<Native: Into<i64>>>(
    array: &ArrayRef,
    parts: i64,
    milliseconds: i64,
) -> Option<Values> {
    let array = array.as_primitive_opt::<T>()?;
    let moment = |at: T::Native| Into::<i64>::into(at).checked_mul(milliseconds);
    let moments = array.unary_opt::<_, Int64Type>(|at| Some(moment(at)? / parts));
    Some(Values::Time(moments))
}

impl Values {
    /// The values of an array; none if a post can't have them.
    pub(crate) fn of(array: &ArrayRef) -> Option<Values> {
        use DataType as D;
        match array.data_type() {
            D::Null => Some(Values::None),
            D::Boolean => array.as_boolean_opt().cloned().map(Values::Flag),
            D::Int8 => whole::<Int8Type>(array).map(Values::Integer),
            D::Int16 => whole::<Int16Type>(array).map(Values::Integer),
            D::Int32 => whole::<Int32Type>(array).map(Values::Integer),
            D::Int64 => array.as_primitive_opt().cloned().map(Values::Integer),
            D::UInt8 => whole::<UInt8Type>(array).map(Values::Integer),
            D::UInt16 => whole::<UInt16Type>(array).map(Values::Integer),
            D::UInt32 => whole::<UInt32Type>(array).map(Values::Integer),
            D::UInt64 => array.as_primitive_opt().cloned().map(Values::Unsigned),
            D::Float16 => float::<Float16Type>(array),
            D::Float32 => float::<Float32Type>(array),
            D::Float64 => array.as_primitive_opt().cloned().map(Values::Float),
            D::Decimal32(..) => decimal::<Decimal32Type>(array),
            D::Decimal64(..) => decimal::<Decimal64Type>(array),
            D::Decimal128(..) => decimal::<Decimal128Type>(array),
            D::Decimal256(..) => decimal::<Decimal256Type>(array),
            // Arrow's moments are in UTC; without a zone they are taken so.
            D::Timestamp(TimeUnit::Second, _) => times::<TimestampSecondType>(array, 1, 1000),
            D::Timestamp(TimeUnit::Millisecond, _) => {
                times::<TimestampMillisecondType>(array, 1, 1)
            }
            D::Timestamp(TimeUnit::Microsecond, _) => {
                times::<TimestampMicrosecondType>(array, 1000, 1)
            }
            D::Timestamp(TimeUnit::Nanosecond, _) => {
                times::<TimestampNanosecondType>(array, 1_000_000, 1)
            }
            D::Date32 => times::<Date32Type>(array, 1, 86_400_000),
            D::Date64 => times::<Date64Type>(array, 1, 1),
            D::Utf8 => array.as_string_opt().cloned().map(Values::Text),
            D::LargeUtf8 => array.as_string_opt().cloned().map(Values::LargeText),
            D::Utf8View => array.as_string_view_opt().cloned().map(Values::TextView),
            D::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                Some(Values::Dictionary {
                    keys: Box::new(Values::of(&dictionary.keys().slice(0, array.len()))?),
                    values: Box::new(Values::of(dictionary.values())?),
                })
            }
            _ => None,
        }
    }

    /// The value of a row.
    pub(crate) fn value(&self, row: usize) -> Option<Value<'_>> {
        macro_rules! at {
            ($array:expr, $kind:ident) => {
                (row < $array.len() && $array.is_valid(row))
                    .then(|| Value::$kind($array.value(row)))
            };
        }
        match self {
            Values::None => None,
            Values::Flag(array) => at!(array, Flag),
            Values::Integer(array) => at!(array, Integer),
            Values::Unsigned(array) => at!(array, Unsigned),
            Values::Float(array) => at!(array, Float),
            Values::Time(array) => at!(array, Time),
            Values::Text(array) => at!(array, Text),
            Values::LargeText(array) => at!(array, Text),
            Values::TextView(array) => at!(array, Text),
            Values::Dictionary { keys, values } => {
                let key = match keys.value(row)? {
                    Value::Integer(key) => usize::try_from(key).ok()?,
                    Value::Unsigned(key) => usize::try_from(key).ok()?,
                    _ => return None,
                };
                values.value(key)
            }
        }
    }
}

/// A value as text; none of a time.
pub(crate) fn shown(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(text.into()),
        Value::Flag(flag) => Some(flag.to_string().into()),
        Value::Integer(number) => Some(number.to_string().into()),
        Value::Unsigned(number) => Some(number.to_string().into()),
        Value::Float(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// A column of a batch, of which the reader wants texts, numbers or times.
#[derive(Debug)]
pub struct Column {
    values: Values,
    reader: Reader,
}

impl Column {
    /// The column of a name.
    ///
    /// # Errors
    /// If it is not there, or of a type that is neither text nor number nor time.
    pub fn find(batch: &RecordBatch, name: &str) -> Result<Column, Error> {
        let found = batch.column_by_name(name).ok_or_else(|| {
            let schema = batch.schema();
            let names = schema.fields().iter().map(|field| field.name().as_str());
            let names: Vec<&str> = names.collect();
            Error(format!(
                "there is no column `{name}` (there are: {})",
                names.join(", ")
            ))
        })?;
        let values = Values::of(found).ok_or_else(|| {
            let kind = found.data_type();
            Error(format!(
                "the column `{name}` is {kind}; give text, numbers or times"
            ))
        })?;
        Ok(Column {
            values,
            reader: Reader::new(),
        })
    }

    /// The text of a row; of a number its digits.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        shown(self.values.value(row)?)
    }

    /// The number of a row; a text may have it in digits.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self.values.value(row)? {
            Value::Flag(flag) => Some(f64::from(flag)),
            Value::Integer(number) => Some(number as f64),
            Value::Unsigned(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The time of a row in milliseconds since 1970, read as that of a post.
    pub fn time(&self, row: usize) -> Option<i64> {
        let target = Target::named("created_at")?;
        let value = [(target, self.values.value(row)?)];
        self.reader.read_values("", value).post.created_at
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Date32Array, Decimal128Array, Decimal256Array, DictionaryArray, Float32Array, Int8Array,
        TimestampMicrosecondArray, TimestampSecondArray, UInt16Array,
    };
    use arrow_buffer::i256;

    use super::*;

    fn column(array: impl Array + 'static) -> Column {
        let array: ArrayRef = Arc::new(array);
        let batch = RecordBatch::try_from_iter([("a", array)]).expect("a batch");
        Column::find(&batch, "a").expect("usable")
    }

    #[test]
    fn numbers_of_each_width_are_the_same() {
        let decimal = Decimal128Array::from(vec![700, 0]).with_precision_and_scale(9, 2);
        let wide = Decimal256Array::from(vec![i256::from_i128(-75), i256::ZERO]);
        let of = [
            (column(Int8Array::from(vec![-7, 0])), -7.0),
            (column(UInt16Array::from(vec![7, 0])), 7.0),
            (column(UInt64Array::from(vec![7, 0])), 7.0),
            (column(Float32Array::from(vec![0.5, 0.0])), 0.5),
            (column(decimal.expect("fits")), 7.0),
            (
                column(wide.with_precision_and_scale(9, 1).expect("fits")),
                -7.5,
            ),
            (column(BooleanArray::from(vec![true, false])), 1.0),
            (column(StringArray::from(vec!["0.25", "0"])), 0.25),
        ];
        for (column, expected) in of {
            assert_eq!(column.number(0), Some(expected), "{column:?}");
            assert_eq!((column.number(1), column.number(2)), (Some(0.0), None));
        }
    }

    #[test]
    fn times_of_each_unit_are_milliseconds() {
        let seconds = TimestampSecondArray::from(vec![Some(1_772_352_000), None, Some(i64::MAX)]);
        let micro = TimestampMicrosecondArray::from(vec![1_772_352_000_000_999]);
        let text = StringArray::from(vec!["2026-03-01T08:00:00Z"]);
        let of = [
            column(seconds.with_timezone("+08:00")),
            column(micro),
            column(text),
            column(Int64Array::from(vec![1_772_352_000])),
        ];
        for column in of {
            assert_eq!(column.time(0), Some(1_772_352_000_000), "{column:?}");
            assert_eq!((column.time(1), column.time(2)), (None, None));
        }
        let day = column(Date32Array::from(vec![1]));
        assert_eq!(day.time(0), Some(86_400_000));
    }

    #[test]
    fn dictionaries_are_read_by_their_keys() {
        let texts: DictionaryArray<Int8Type> = [Some("a"), None, Some("b"), Some("a")]
            .into_iter()
            .collect();
        let found = column(texts.slice(1, 3));
        let texts: Vec<_> = (0..4).map(|row| found.text(row)).collect();
        assert_eq!(texts, [None, Some("b".into()), Some("a".into()), None]);
        let wrong: ArrayRef = Arc::new(arrow_array::BinaryArray::from(vec![b"a".as_slice()]));
        let batch = RecordBatch::try_from_iter([("a", wrong)]).expect("a batch");
        let said = Column::find(&batch, "a").expect_err("no text").to_string();
        assert!(said.contains("`a` is Binary"), "{said}");
        assert!(Column::find(&batch, "b").is_err());
    }
}
