//! The functions that values out of dynamic columns are evaluated by.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion_functions_json::udfs::json_get_json_udf;

use super::call::{PLAIN, SORT_KEY, SORTED, VALUE};

pub(super) fn all() -> [Arc<ScalarUDF>; 4] {
    let of = |name, body, signature, gives| {
        Arc::new(ScalarUDF::from(ValueFunction { name, body, signature, gives }))
    };
    let text = || Signature::string(1, Volatility::Immutable);
    [
        value(),
        of(PLAIN, Body::Plain, text(), DataType::Utf8),
        of(SORT_KEY, Body::SortKey, text(), DataType::Utf8),
        of(SORTED, Body::Sorted, text(), DataType::Utf8),
    ]
}

/// `json_value(Status, 'errorCode')`: the value at a path, as JSON text.
pub(super) fn value() -> Arc<ScalarUDF> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    Arc::new(ScalarUDF::from(Value { signature, aliases: vec!["json_get".into()] }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Value {
    signature: Signature,
    /// Instead of the function of this name that gives a union.
    aliases: Vec<String>,
}

impl ScalarUDFImpl for Value {
    fn name(&self) -> &'static str {
        VALUE
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments.first() {
            Some(DataType::Null) => return Ok(DataType::Utf8),
            Some(
                DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Union(..)
                | DataType::Dictionary(..),
            ) => {}
            _ => {
                return plan_err!(
                    "`->` and `['key']` reach into JSON text, such as a dynamic column"
                );
            }
        }
        json_get_json_udf().return_type(arguments)?;
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let found = json_get_json_udf().invoke_with_args(args)?;
        let found = cast(&found.into_array(rows)?, &DataType::Utf8)?;
        // Null in JSON is no value in SQL.
        let found: StringArray = found
            .as_string::<i32>()
            .iter()
            .map(|value| value.filter(|value| *value != "null"))
            .collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Body {
    Plain,
    SortKey,
    Sorted,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ValueFunction {
    name: &'static str,
    body: Body,
    signature: Signature,
    gives: DataType,
}

impl ScalarUDFImpl for ValueFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.gives.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [argument] = args.args.as_slice() else {
            return plan_err!("{} takes one argument", self.name);
        };
        let array = argument.to_array(args.number_rows)?;
        let answer: ArrayRef = match self.body {
            Body::Plain => {
                let text = cast(&array, &DataType::Utf8)?;
                let mut builder = StringBuilder::new();
                for value in text.as_string::<i32>() {
                    match value.map(unquoted) {
                        Some(Some(text)) => builder.append_value(text),
                        Some(None) => builder.append_option(value),
                        None => builder.append_null(),
                    }
                }
                Arc::new(builder.finish())
            }
            Body::SortKey => {
                let text = cast(&array, &DataType::Utf8)?;
                let keys = text.as_string::<i32>().iter().map(|value| value.map(sort_key));
                Arc::new(keys.collect::<StringArray>())
            }
            Body::Sorted => {
                let keys = cast(&array, &DataType::Utf8)?;
                let values = keys.as_string::<i32>().iter();
                Arc::new(values.map(|key| key.and_then(sorted)).collect::<StringArray>())
            }
        };
        debug_assert_eq!(answer.len(), array.len());
        Ok(ColumnarValue::Array(answer))
    }
}

/// The text that a JSON string says; `None` for all that is no string.
pub(in crate::query) fn unquoted(json: &str) -> Option<String> {
    json.starts_with('"').then(|| serde_json::from_str(json).ok()).flatten()
}

/// What a sort key begins with: of a number, of all else.
const NUMBER: char = '1';
const OTHER: char = '2';

/// Digits of the size of a number.
const DIGITS: usize = 16;

/// Text that sorts as the values of JSON do: numbers by their size, then all else as text. What
/// the value says follows what it is sorted by.
fn sort_key(json: &str) -> String {
    if json.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && let Ok(number) = json.parse::<f64>()
    {
        let bits = number.to_bits();
        let ordered = if number.is_sign_negative() { !bits } else { bits | (1 << 63) };
        return format!("{NUMBER}{ordered:0DIGITS$x}{json}");
    }
    let text = unquoted(json);
    format!("{OTHER}{}", text.as_deref().unwrap_or(json))
}

fn sorted(key: &str) -> Option<String> {
    let text = match key.strip_prefix(NUMBER) {
        Some(number) => number.get(DIGITS..)?,
        None => key.strip_prefix(OTHER)?,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_their_size_and_text_as_text() {
        let values = ["-10.5", "-2", "0", "2", "9", "10", "1e3", "50126", r#""a""#, r#""b""#];
        assert!(values.map(sort_key).is_sorted(), "{:?}", values.map(sort_key));
        for (json, plain) in [("50126", "50126"), (r#""a\"b""#, "a\"b"), ("true", "true")] {
            assert_eq!(sorted(&sort_key(json)).as_deref(), Some(plain));
        }
    }
}
