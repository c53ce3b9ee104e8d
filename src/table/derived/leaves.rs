//! Values at paths of a column of JSON texts, as `json_as_text` gives them.
//!
//! The crate's own scanner finds all of them in one pass. `json_as_text` is lenient: it never reads
//! beyond the value that it looks for, whatever follows there. So a text that is not JSON all through,
//! and the little JSON that the two readers take differently, is read by the reader of that function.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, StringArray, StringBuilder};

use super::lenient;
use crate::decode::{Step, find};

/// For each path a column with the values there.
pub(super) fn at(texts: &StringArray, paths: &[&'static [Step]]) -> Vec<ArrayRef> {
    if paths.is_empty() {
        return Vec::new();
    }
    let mut columns: Vec<_> =
        paths.iter().map(|_| StringBuilder::with_capacity(texts.len(), 0)).collect();
    let mut found = vec![None; paths.len()];
    let mut values: Vec<Option<Cow<'_, str>>> = vec![None; paths.len()];
    let mut last = None;
    for text in texts {
        // Many rows in a row say the same of their status, device or place.
        if text != last {
            last = text;
            match text {
                None => values.fill(None),
                Some(text) if find(text, paths, &mut found) && !is_read_otherwise(text) => {
                    for (value, found) in values.iter_mut().zip(&found) {
                        *value = found.and_then(|found| found.text());
                    }
                }
                Some(text) => {
                    for (value, path) in values.iter_mut().zip(paths) {
                        *value = lenient::text_at(text, path);
                    }
                }
            }
        }
        for (column, value) in columns.iter_mut().zip(&values) {
            column.append_option(value.as_deref());
        }
    }
    columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect()
}

/// Whether `json_as_text` may take this JSON for none: escapes that are half of a surrogate pair, and
/// numbers of more than 4,300 digits.
fn is_read_otherwise(text: &str) -> bool {
    const CHUNK: usize = 2048;
    let bytes = text.as_bytes();
    // So many digits fill one of the chunks, whose first byte mostly tells.
    bytes.chunks_exact(CHUNK).any(|chunk| chunk.iter().all(u8::is_ascii_digit))
        || memchr::memchr_iter(b'\\', bytes)
            .any(|at| matches!(bytes.get(at + 1..at + 3), Some(b"ud" | b"uD")))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;
    use arrow::datatypes::{DataType, Field};
    use datafusion::common::ScalarValue;
    use datafusion::config::ConfigOptions;
    use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
    use datafusion_functions_json::udfs::json_as_text_udf;
    use proptest::prelude::*;

    use super::*;
    use crate::decode::Step::{Index, Key};

    const PATHS: &[&[Step]] = &[
        &[Key("a")],
        &[Key("b"), Key("a")],
        &[Key("b"), Key("c"), Key("a")],
        &[Index(0), Key("a")],
        &[Index(1), Key("a")],
    ];

    /// The function itself, for one text.
    fn json_as_text(text: &str, path: &[Step]) -> Option<String> {
        let steps = path.iter().map(|step| match step {
            Key(key) => ScalarValue::from(*key),
            Index(index) => ScalarValue::from(i64::try_from(*index).unwrap_or(i64::MAX)),
        });
        let values: Vec<_> = std::iter::once(ScalarValue::from(text)).chain(steps).collect();
        let field = |value: &ScalarValue| Arc::new(Field::new("", value.data_type(), true));
        let answer = json_as_text_udf().invoke_with_args(ScalarFunctionArgs {
            arg_fields: values.iter().map(field).collect(),
            args: values.into_iter().map(ColumnarValue::Scalar).collect(),
            number_rows: 1,
            return_field: Arc::new(Field::new("", DataType::Utf8, true)),
            config_options: Arc::new(ConfigOptions::default()),
        });
        match answer {
            Ok(ColumnarValue::Scalar(ScalarValue::Utf8(value))) => value,
            _ => None,
        }
    }

    /// Every value as `json_as_text` gives it, and no value more.
    fn check(texts: &[&str]) {
        let columns = at(&StringArray::from(texts.to_vec()), PATHS);
        for (path, column) in PATHS.iter().zip(columns) {
            for (text, value) in texts.iter().zip(column.as_string::<i32>()) {
                assert_eq!(value, json_as_text(text, path).as_deref(), "{path:?} of {text}");
            }
        }
    }

    #[test]
    fn odd_values_are_those_of_json_as_text() {
        let digits = "7".repeat(5_000);
        let deep = format!("{}1{}", "[".repeat(150), "]".repeat(150));
        let deeper = format!("{}1{}", "[".repeat(250), "]".repeat(250));
        let values = [
            "1",
            "-0",
            "1.50",
            "1E+5",
            "1e400",
            "12345678901234567890123",
            "true",
            "false",
            "null",
            "\"\"",
            "\"x\"",
            r#""a\"b\u00e9\/""#,
            r#""\ud83e\udd80""#,
            r#""\ud83e""#,
            r#""\udd80x""#,
            r#""{\"a\":1}""#,
            "{}",
            "[]",
            r#"{"a":"inner"}"#,
            r#"[{"a":0},{"a":1}]"#,
            r#"{ "c" : { "a" : [ 1 , 2 ] } }"#,
            "\"é🦀\"",
            &digits,
            &deep,
            &deeper,
            // What is no JSON.
            "",
            "tru",
            "nul",
            "01",
            "1.",
            "-",
            ".5",
            "NaN",
            "Infinity",
            "-Infinity",
            "'x'",
            "\"x",
            "\"\\x\"",
            "\"a\nb\"",
            "[1,]",
            "{",
            "{\"a\"",
            "{\"a\":1,}",
        ];
        let mut texts = Vec::new();
        for value in values {
            texts.push(value.to_owned());
            for around in [
                "{\"a\":V}",
                " {\"a\" : V } ",
                "{\"x\":V,\"a\":1}",
                "{\"a\":1,\"x\":V}",
                "{\"a\":1,\"a\":V}",
                "{\"b\":V,\"b\":{\"a\":2}}",
                "{\"b\":{\"a\":V,\"c\":{\"a\":3}}}",
                "{\"b\":{\"c\":{\"a\":V}},\"a\":4}",
                "{\"\\u0061\":V}",
                "{\"\\ud83e\":V,\"a\":5}",
                "{\"A\":V}",
                "[{\"a\":V},{\"a\":6}]",
                "[V,{\"a\":7}]",
                "[{\"a\":8}, V",
                "{\"a\":9} V",
                "{\"a\":V",
                "\u{feff}{\"a\":V}",
            ] {
                texts.push(around.replace('V', value));
            }
        }
        check(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn values_of_a_row_are_not_those_of_another() {
        let texts = StringArray::from(vec![
            Some(r#"{"a":1}"#),
            Some(r#"{"a":1}"#),
            None,
            None,
            Some(r#"{"a":1}"#),
            Some("{}"),
        ]);
        let columns = at(&texts, &[&[Key("a")]]);
        let values: Vec<_> = columns[0].as_string::<i32>().iter().collect();
        assert_eq!(values, [Some("1"), Some("1"), None, None, Some("1"), None]);
    }

    fn json() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|value| value.to_string()),
            any::<i64>().prop_map(|value| value.to_string()),
            any::<f64>().prop_map(|value| value.to_string()),
            any::<String>().prop_map(|value| serde_json::Value::from(value).to_string()),
            "\"(\\\\u[0-9a-fD]{4}|\\\\[\"nx]|[a-z])*\"",
        ];
        scalar.prop_recursive(4, 24, 4, |inner| {
            let key = prop_oneof![Just("a"), Just("b"), Just("c"), Just("\\u0061"), Just("x")];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|values| format!("[{}]", values.join(","))),
                prop::collection::vec((key, inner), 0..4).prop_map(|fields| {
                    let fields: Vec<_> =
                        fields.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                    format!("{{{}}}", fields.join(" ,"))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_json_is_read_as_json_as_text_reads_it(text in json()) {
            check(&[&text]);
        }

        #[test]
        fn json_that_is_cut_off_is_read_as_json_as_text_reads_it(text in json(), cut in any::<prop::sample::Index>()) {
            let places: Vec<_> = text.char_indices().map(|(place, _)| place).collect();
            check(&[&text[..places[cut.index(places.len())]]]);
        }
    }
}
