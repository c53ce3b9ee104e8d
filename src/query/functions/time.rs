//! `ago('7d')` and `bin(TimeGenerated, '1h')`, as in Kusto.

use std::sync::Arc;

use arrow::array::timezone::{Tz, TzOffset};
use arrow::array::{ArrayRef, AsArray as _, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float64Type, Int64Type, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Offset as _, TimeDelta, TimeZone as _};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility, lit,
};

use super::span::micros;
use crate::query::clock::is_utc;
use crate::query::durations::length;
use crate::query::time_value;

/// `ago('7d')`: the instant so long before the query began.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Ago(Signature);

impl Ago {
    pub(super) fn new() -> Self {
        Self(Signature::string(1, Volatility::Stable))
    }
}

impl ScalarUDFImpl for Ago {
    fn name(&self) -> &'static str {
        "ago"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
    }

    /// A literal before anything is read, so that files are left out by it.
    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let [Expr::Literal(span, _)] = args.as_slice() else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let Some(Some(span)) = span.try_as_str() else {
            return plan_err!("ago takes a span of time, such as ago('7d')");
        };
        let Some(micros) = micros(span) else {
            return plan_err!(
                "ago({span:?}): write a span such as '90s', '15m', '24h', '7d' or '1w'"
            );
        };
        let now = info.query_execution_start_time().unwrap_or_else(chrono::Utc::now);
        match now.checked_sub_signed(TimeDelta::microseconds(micros)) {
            Some(then) => Ok(ExprSimplifyResult::Simplified(lit(time_value(then)))),
            None => plan_err!("ago({span:?}): so long ago there is no date"),
        }
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        plan_err!(
            "ago takes one span for all rows, such as ago('7d'); of a column, use now() - interval"
        )
    }
}

/// `bin(TimeGenerated, '1h')`, `bin(DurationMs, 100)`: the value rounded down.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Bin(Signature);

impl Bin {
    pub(super) fn new() -> Self {
        Self(Signature::any(2, Volatility::Immutable))
    }
}

/// Weeks begin on a Monday: spans are counted from 0001-01-01, which was one, as Kusto does.
const ORIGIN: i64 = -62_135_596_800_000_000;

impl ScalarUDFImpl for Bin {
    fn name(&self) -> &'static str {
        "bin"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let is_real = |kind: &DataType| kind.is_floating() || kind.is_decimal();
        match types {
            [DataType::Timestamp(_, zone), _] => {
                Ok(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
            }
            [DataType::Date32 | DataType::Date64, _] => {
                Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
            }
            [of, by] if of.is_numeric() && by.is_numeric() && (is_real(of) || is_real(by)) => {
                Ok(DataType::Float64)
            }
            [of, by] if of.is_numeric() && by.is_numeric() => Ok(DataType::Int64),
            [DataType::Null, by] if by.is_numeric() => Ok(DataType::Int64),
            [DataType::Null, _] => {
                Ok(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
            }
            _ => plan_err!(
                "bin takes a time and a span, as bin(TimeGenerated, '1h'), or two numbers, as bin(DurationMs, 100)"
            ),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [of, ColumnarValue::Scalar(width)] = args.args.as_slice() else {
            return plan_err!("bin takes one width for all rows, such as bin(TimeGenerated, '1h')");
        };
        let kind = args.return_field.data_type();
        let values = cast(&of.to_array(args.number_rows)?, kind)?;
        let answer: ArrayRef = match kind {
            DataType::Timestamp(..) => {
                let width = span(width)?;
                let times = values.as_primitive::<TimestampMicrosecondType>();
                let binned: TimestampMicrosecondArray = match zone_of(kind)? {
                    Some(zone) => times.unary(|time| binned_in(&zone, time, width)),
                    None => times.unary(|time| binned(time, width)),
                };
                Arc::new(binned.with_data_type(kind.clone()))
            }
            DataType::Float64 => {
                let width = positive(width.cast_to(&DataType::Float64)?, &0.0)?;
                let values = values.as_primitive::<Float64Type>();
                Arc::new(values.unary::<_, Float64Type>(|value| (value / width).floor() * width))
            }
            _ => {
                let width = positive(width.cast_to(&DataType::Int64)?, &0)?;
                let values = values.as_primitive::<Int64Type>();
                Arc::new(values.unary::<_, Int64Type>(|value| {
                    value.checked_sub(value.rem_euclid(width)).unwrap_or(value)
                }))
            }
        };
        Ok(ColumnarValue::Array(answer))
    }
}

/// The zone whose clock a time is rounded by; `None` for UTC, and for times without a zone.
fn zone_of(kind: &DataType) -> Result<Option<Tz>> {
    match kind {
        DataType::Timestamp(_, Some(zone)) if !is_utc(zone) => Ok(Some(zone.parse()?)),
        _ => Ok(None),
    }
}

/// A time in microseconds, rounded down.
fn binned(time: i64, width: i64) -> i64 {
    time.checked_sub(ORIGIN).map_or(time, |since| time - since.rem_euclid(width))
}

/// A time, rounded down on the clock of its zone.
fn binned_in(zone: &Tz, time: i64, width: i64) -> i64 {
    let micros = |offset: TzOffset| i64::from(offset.fix().local_minus_utc()) * 1_000_000;
    let offset_at = |time: i64| {
        let at = DateTime::from_timestamp_micros(time)?.naive_utc();
        Some(micros(zone.offset_from_utc_datetime(&at)))
    };
    let Some(offset) = offset_at(time) else { return binned(time, width) };
    let local = binned(time + offset, width);
    // What the clock shows twice is meant as the time itself is; what it never shows, by the clock before.
    if offset_at(local - offset) == Some(offset) {
        return local - offset;
    }
    let shown = DateTime::from_timestamp_micros(local).map(|shown| shown.naive_utc());
    let then = shown.and_then(|shown| zone.offset_from_local_datetime(&shown).earliest());
    local - then.map(micros).or_else(|| offset_at(local - offset)).unwrap_or(offset)
}

/// Microseconds of the width of a bin.
fn span(width: &ScalarValue) -> Result<i64> {
    let micros = match width {
        ScalarValue::IntervalMonthDayNano(Some(of)) if of.months != 0 => {
            return plan_err!(
                "bin: months are not equally long; write date_trunc('month', TimeGenerated)"
            );
        }
        ScalarValue::IntervalMonthDayNano(Some(of)) => length(*of).unwrap_or_default(),
        other if matches!(other.data_type(), DataType::Interval(IntervalUnit::DayTime)) => {
            let kind = DataType::Interval(IntervalUnit::MonthDayNano);
            return span(&other.cast_to(&kind)?);
        }
        other => match other.try_as_str() {
            Some(Some(text)) => micros(text).unwrap_or_default(),
            _ => 0,
        },
    };
    if micros <= 0 {
        return plan_err!("bin of a time takes a span such as '15m', '1h' or '1d', not {width}");
    }
    Ok(micros)
}

fn positive<T: PartialOrd + TryFrom<ScalarValue>>(width: ScalarValue, zero: &T) -> Result<T> {
    match T::try_from(width) {
        Ok(width) if width > *zero => Ok(width),
        _ => plan_err!("bin takes a width greater than 0"),
    }
}
