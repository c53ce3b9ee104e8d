//! Values as JSON: Arrow's own encoders, but for times and spans of time, also inside lists.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, PrimitiveArray, StructArray};
use arrow::datatypes::{
    ArrowPrimitiveType, ArrowTimestampType, DataType, Date32Type, Date64Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    FieldRef, IntervalDayTimeType, IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow::error::ArrowError;
use arrow::json::writer::NullableEncoder;
use arrow::json::{Encoder, EncoderFactory, EncoderOptions};

use super::time;

/// How values are written as JSON: nulls are said, times are RFC 3339 and ISO 8601.
pub(super) fn options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true).with_encoder_factory(Arc::new(Times))
}

#[derive(Debug)]
struct Times;

impl EncoderFactory for Times {
    fn make_default_encoder<'a>(
        &self,
        _: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        Ok(writer_of(array)
            .map(|write| NullableEncoder::new(Box::new(Quoted(write)), array.nulls().cloned())))
    }
}

type Writer<'a> = Box<dyn Fn(usize) -> String + 'a>;

/// Text that needs no escapes, in quotes.
struct Quoted<'a>(Writer<'a>);

impl Encoder for Quoted<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend((self.0)(row).as_bytes());
        out.push(b'"');
    }
}

fn of<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    write: impl Fn(T::Native) -> String + 'a,
) -> Writer<'a> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Box::new(move |row| write(array.value(row)))
}

fn instants<'a, T: ArrowTimestampType>(array: &'a dyn Array) -> Writer<'a> {
    of::<T>(array, |value| time::instant(value, T::UNIT))
}

/// How to write the values of an array of times; `None` for all other arrays.
fn writer_of(array: &dyn Array) -> Option<Writer<'_>> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Some(match array.data_type() {
        DataType::Timestamp(Second, _) => instants::<TimestampSecondType>(array),
        DataType::Timestamp(Millisecond, _) => instants::<TimestampMillisecondType>(array),
        DataType::Timestamp(Microsecond, _) => instants::<TimestampMicrosecondType>(array),
        DataType::Timestamp(Nanosecond, _) => instants::<TimestampNanosecondType>(array),
        DataType::Date32 => of::<Date32Type>(array, |value| time::day(value.into())),
        DataType::Date64 => {
            of::<Date64Type>(array, |value| time::day(value.div_euclid(86_400_000)))
        }
        DataType::Time32(Second) => {
            of::<Time32SecondType>(array, |value| time::time_of_day(value.into(), Second))
        }
        DataType::Time32(_) => {
            of::<Time32MillisecondType>(array, |value| time::time_of_day(value.into(), Millisecond))
        }
        DataType::Time64(Nanosecond) => {
            of::<Time64NanosecondType>(array, |value| time::time_of_day(value, Nanosecond))
        }
        DataType::Time64(_) => {
            of::<Time64MicrosecondType>(array, |value| time::time_of_day(value, Microsecond))
        }
        DataType::Duration(Second) => {
            of::<DurationSecondType>(array, |value| time::duration(value, Second))
        }
        DataType::Duration(Millisecond) => {
            of::<DurationMillisecondType>(array, |value| time::duration(value, Millisecond))
        }
        DataType::Duration(Microsecond) => {
            of::<DurationMicrosecondType>(array, |value| time::duration(value, Microsecond))
        }
        DataType::Duration(Nanosecond) => {
            of::<DurationNanosecondType>(array, |value| time::duration(value, Nanosecond))
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            of::<IntervalYearMonthType>(array, time::months)
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            of::<IntervalDayTimeType>(array, time::days_and_time)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            of::<IntervalMonthDayNanoType>(array, time::months_days_and_time)
        }
        _ => return None,
    })
}

/// The text of times and spans of time; `None` for all other columns.
pub(super) fn times_as_text(column: &ArrayRef) -> Option<ArrayRef> {
    let write = writer_of(column)?;
    let text: arrow::array::StringArray =
        (0..column.len()).map(|row| column.is_valid(row).then(|| write(row))).collect();
    Some(Arc::new(text))
}

/// Rows as one column of objects.
pub(super) fn objects(batch: &arrow::array::RecordBatch) -> StructArray {
    match batch.num_columns() {
        0 => StructArray::new_empty_fields(batch.num_rows(), None),
        _ => StructArray::from(batch.clone()),
    }
}
