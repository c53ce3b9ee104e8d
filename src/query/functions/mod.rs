//! Functions of the field, beside DataFusion's own.
//!
//! Every function here takes text columns and gives text or a truth value a row; null in, null
//! out.

mod ip;
mod json;
mod legacy;
mod result_codes;

pub(crate) use ip::prefix as ip_prefix;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanBuilder, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;

/// Makes the functions known to a session.
pub(super) fn register(context: &SessionContext) {
    for function in FUNCTIONS {
        context.register_udf(ScalarUDF::from(TextFunction::new(function)));
    }
}

/// What a function is called, how many arguments it has, and what it does with a row.
#[derive(Debug)]
struct Function {
    name: &'static str,
    arguments: usize,
    body: Body,
}

#[derive(Debug, Clone, Copy)]
enum Body {
    Text(for<'a> fn(&[Option<&'a str>]) -> Option<std::borrow::Cow<'a, str>>),
    Truth(for<'a> fn(&[Option<&'a str>]) -> Option<bool>),
}

static FUNCTIONS: &[Function] = &[
    // ip_prefix(ip): the /24 of an IPv4 address, the /64 of an IPv6 one.
    Function {
        name: "ip_prefix",
        arguments: 1,
        body: Body::Text(|a| ip::prefix(a[0]?).map(Into::into)),
    },
    // ip_is_private(ip): whether the address is of no public network.
    Function { name: "ip_is_private", arguments: 1, body: Body::Truth(|a| ip::is_private(a[0]?)) },
    // result_class(code): class of a sign-in's ResultType.
    Function {
        name: "result_class",
        arguments: 1,
        body: Body::Text(|a| Some(result_codes::class(a[0]?).into())),
    },
    // password_was_correct(code): what a sign-in's ResultType says of the password.
    Function {
        name: "password_was_correct",
        arguments: 1,
        body: Body::Truth(|a| result_codes::password_was_correct(a[0]?)),
    },
    // legacy_protocol(client_app_used, user_agent): the legacy protocol of a sign-in, else null.
    Function {
        name: "legacy_protocol",
        arguments: 2,
        body: Body::Text(|a| legacy::protocol(a[0], a[1]).map(Into::into)),
    },
    // json_find(array, key, value, field): of the first object in a JSON array whose key has the
    // value, a field as text; `json_find(TargetResources, 'type', 'User', 'id')`.
    Function {
        name: "json_find",
        arguments: 4,
        body: Body::Text(|a| json::find(a[0]?, a[1]?, a[2]?, a[3]?).map(Into::into)),
    },
];

/// DataFusion compares functions; a name stands for its function.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl std::hash::Hash for Function {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TextFunction {
    function: &'static Function,
    signature: Signature,
}

impl TextFunction {
    fn new(function: &'static Function) -> Self {
        Self { function, signature: Signature::string(function.arguments, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TextFunction {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(match self.function.body {
            Body::Text(_) => DataType::Utf8,
            Body::Truth(_) => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?
            .iter()
            .map(|array| Ok(cast(array, &DataType::Utf8)?))
            .collect::<Result<Vec<ArrayRef>, DataFusionError>>()?;
        let columns = arrays
            .iter()
            .map(|array| datafusion::common::cast::as_string_array(array))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = arrays.first().map_or(0, Array::len);
        let result: ArrayRef = match self.function.body {
            Body::Text(body) => {
                let mut builder = StringBuilder::new();
                each_row(&columns, rows, |row| builder.append_option(body(row)));
                Arc::new(builder.finish())
            }
            Body::Truth(body) => {
                let mut builder = BooleanBuilder::new();
                each_row(&columns, rows, |row| builder.append_option(body(row)));
                Arc::new(builder.finish())
            }
        };
        Ok(ColumnarValue::Array(result))
    }
}

fn each_row<'a>(
    columns: &[&'a StringArray],
    rows: usize,
    mut visit: impl FnMut(&[Option<&'a str>]),
) {
    let mut values = vec![None; columns.len()];
    for row in 0..rows {
        for (value, column) in values.iter_mut().zip(columns) {
            *value = column.is_valid(row).then(|| column.value(row));
        }
        visit(&values);
    }
}
