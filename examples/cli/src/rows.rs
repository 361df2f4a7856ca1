//! Rows of CSV that hold a time and a value.

use csv::StringRecord;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Numbers from here on are milliseconds, below seconds; as for posts.
const MILLISECONDS_FROM: f64 = 1e11;
/// Numbers from here on are microseconds or finer, or no times at all.
const NO_TIME_FROM: f64 = 1e14;

/// Cuts a row into its fields.
pub fn split(text: &str, record: &mut StringRecord) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .buffer_capacity(512)
        .from_reader(text.as_bytes());
    reader
        .read_record(record)
        .map(|_| ())
        .map_err(|error| format!("the row is not valid CSV: {error}; check its quotes"))
}

/// Time in milliseconds and value of a row; NaN where the value is missing.
pub fn numbers(record: &StringRecord, (time, value): (usize, usize)) -> Result<(i64, f64), String> {
    let field = |column: usize| record.get(column).map(str::trim);
    let (Some(written), Some(number)) = (field(time), field(value)) else {
        return Err(format!(
            "the row has {} columns, not {}; complete it",
            record.len(),
            time.max(value) + 1
        ));
    };
    let at = moment(written).ok_or_else(|| {
        format!(
            "invalid time `{written}`: write it as in 2026-03-01T08:15:00Z or 2026-03-01 08:15:00 \
             (UTC), or as Unix seconds or milliseconds"
        )
    })?;
    let value = match number {
        "" => f64::NAN,
        number => number.parse().map_err(|_| {
            format!(
                "invalid number `{number}`: write it as in 12 or 0.5, or nothing where the \
                value is missing"
            )
        })?,
    };
    Ok((at, value))
}

/// A time in milliseconds since the Unix epoch.
pub fn moment(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<f64>() {
        let size = number.abs(); // NaN is below nothing
        return match size < MILLISECONDS_FROM {
            true => Some((number * 1000.0).round() as i64),
            false => (size < NO_TIME_FROM).then(|| number.round() as i64),
        };
    }
    let zoned = text.parse::<Timestamp>();
    let time = zoned.or_else(|_| {
        text.parse::<DateTime>()
            .and_then(|time| Offset::UTC.to_timestamp(time))
    });
    time.ok().map(Timestamp::as_millisecond)
}
