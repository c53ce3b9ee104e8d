//! Functions of the field, beside DataFusion's own: [`facts`], and ways into JSON.
//!
//! Every function here takes text columns and gives a value a row; null in, null out.

mod json;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;

use crate::facts::{self, Body, Function};

/// Makes the functions known to a session.
pub(super) fn register(context: &SessionContext) {
    for function in facts::FUNCTIONS.iter().copied().chain([&JSON_FIND]) {
        context.register_udf(ScalarUDF::from(TextFunction::new(function)));
    }
}

/// `json_find(TargetResources, 'type', 'User', 'id')`: of the first object in a JSON array whose key
/// has the value, a field as text.
static JSON_FIND: Function = Function {
    name: "json_find",
    arguments: 4,
    body: Body::Text(|a| json::find(a[0]?, a[1]?, a[2]?, a[3]?).map(Into::into)),
};

/// The fact that a function of SQL states; `None` for all other functions.
pub(super) fn fact_of(function: &ScalarUDF) -> Option<&'static Function> {
    function.inner().downcast_ref::<TextFunction>().map(|function| function.function)
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
        Ok(self.function.data_type())
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
        Ok(ColumnarValue::Array(self.function.evaluate(&columns)))
    }
}
