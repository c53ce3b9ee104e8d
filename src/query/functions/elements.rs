//! `json_elements(ConditionalAccessPolicies)`: the values in a JSON array as a list, of which `UNNEST` makes rows.

use std::sync::Arc;

use arrow::array::{AsArray as _, ListBuilder, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion_functions_json::udfs::json_get_array_udf;

use crate::query::dynamic::unquoted;

/// Text is plain, and so are numbers; objects and arrays are JSON text. What is no array is the one value of its list,
/// and what is a list already stays as it is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Elements(Signature);

impl Elements {
    pub(super) fn new() -> Self {
        Self(Signature::any(1, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Elements {
    fn name(&self) -> &'static str {
        "json_elements"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match &types[0] {
            text if text.is_string() || text.is_null() => {
                DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
            }
            other => other.clone(),
        })
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let of = &args.args[0];
        if of.data_type() == *args.return_field.data_type() {
            return Ok(of.clone());
        }
        let text = cast(&of.to_array(rows)?, &DataType::Utf8)?;
        args.args = vec![ColumnarValue::Array(Arc::clone(&text))];
        let found = json_get_array_udf().inner().invoke_with_args(args)?.into_array(rows)?;
        let mut lists = ListBuilder::new(StringBuilder::new());
        for (array, text) in found.as_list::<i32>().iter().zip(text.as_string::<i32>()) {
            match (array, text.map(str::trim)) {
                (Some(array), _) => {
                    for value in array.as_string::<i32>() {
                        append(lists.values(), value.filter(|value| *value != "null"));
                    }
                }
                (None, None | Some("" | "null")) => {
                    lists.append(false);
                    continue;
                }
                (None, value) => append(lists.values(), value),
            }
            lists.append(true);
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    }
}

/// A value as `->>` gives it.
fn append(values: &mut StringBuilder, json: Option<&str>) {
    match json.map(|json| (json, unquoted(json))) {
        Some((_, Some(text))) => values.append_value(text),
        Some((json, None)) => values.append_value(json),
        None => values.append_null(),
    }
}
