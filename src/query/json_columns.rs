//! What `->` gives, as JSON text in a result.
//!
//! Inside a query it is a union of the types of JSON, which neither NDJSON nor CSV nor Parquet can hold.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, UnionArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use datafusion_functions_json::{JSON_UNION_DATA_TYPE, JsonUnionEncoder, JsonUnionValue};

/// The schema of a result in which such columns are text.
pub(super) fn as_text(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        if is_json(field.data_type()) {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8).with_nullable(true))
        } else {
            Arc::clone(field)
        }
    };
    let fields: Vec<_> = schema.fields().iter().map(field).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Rows of a result with the schema that [`as_text`] gives.
pub(super) fn to_text(rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    if !rows.columns().iter().any(|column| is_json(column.data_type())) {
        return Ok(rows.clone());
    }
    let columns = rows.columns().iter().map(text_of).collect();
    RecordBatch::try_new(as_text(&rows.schema()), columns)
}

fn is_json(kind: &DataType) -> bool {
    *kind == *JSON_UNION_DATA_TYPE
}

fn text_of(column: &ArrayRef) -> ArrayRef {
    let union = column.as_any().downcast_ref::<UnionArray>().cloned();
    let Some(values) = union.and_then(JsonUnionEncoder::from_union) else {
        return Arc::clone(column);
    };
    let text: StringArray = (0..values.len()).map(|row| json(values.get_value(row))).collect();
    Arc::new(text)
}

/// A value as JSON; null is no value.
fn json(value: JsonUnionValue<'_>) -> Option<String> {
    match value {
        JsonUnionValue::JsonNull => None,
        JsonUnionValue::Bool(value) => Some(value.to_string()),
        JsonUnionValue::Int(value) => Some(value.to_string()),
        JsonUnionValue::Float(value) => Some(serde_json::Value::from(value).to_string()),
        JsonUnionValue::Str(text) => Some(serde_json::Value::from(text).to_string()),
        JsonUnionValue::Array(json) | JsonUnionValue::Object(json) => Some(json.to_owned()),
    }
}
