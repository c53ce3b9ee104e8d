//! Functions of the field, beside DataFusion's own: [`facts`], times, networks, places, and ways
//! into JSON.
//!
//! Those of facts take text columns and give a value a row; null in, null out.

mod bounded;
mod distance;
mod elements;
mod json;
mod network;
mod span;
mod time;

use arrow::array::{ArrayRef, AsArray as _, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::DataFusionError;
use datafusion::functions_aggregate::approx_distinct::approx_distinct_udaf;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};
use datafusion::prelude::SessionContext;

pub(super) use bounded::joined;

use crate::facts::{self, Body, Function};

/// Makes the functions known to a session.
pub(super) fn register(context: &SessionContext) {
    for function in facts::FUNCTIONS.iter().copied().chain([&JSON_FIND]) {
        context.register_udf(ScalarUDF::from(TextFunction::new(function)));
    }
    context.register_udf(ScalarUDF::from(time::Ago::new()));
    context.register_udf(ScalarUDF::from(time::Bin::new()));
    context.register_udf(ScalarUDF::from(network::IpInCidr::new()));
    context.register_udf(ScalarUDF::from(distance::Haversine::new()));
    context.register_udf(ScalarUDF::from(elements::Elements::new()));
    let distinct = approx_distinct_udaf().as_ref().clone();
    context.register_udaf(distinct.with_aliases(["distinct_approx"]));
    let state = context.state();
    for function in bounded::all(|name| state.scalar_functions().get(name).cloned()) {
        context.register_udf(function);
    }
}

/// What `_GetWatchlist` is.
pub(super) const WATCHLIST: &str = "The rows of a watchlist: _GetWatchlist('VIPs').";

/// What the functions that are not DataFusion's mean.
const MEANINGS: &[(&str, &str)] = &[
    ("ago", "The instant so long before now: ago('7d')."),
    ("asn", "The number of an autonomous system."),
    ("bin", "A time or a number rounded down: bin(TimeGenerated, '1h'), bin(DurationMs, 100)."),
    ("distinct_approx", "About how many different values there are."),
    ("haversine_km", "Kilometres between two places: haversine_km(lat1, lon1, lat2, lon2)."),
    ("ip_address", "An address without port, brackets and zone."),
    (
        "ip_in_cidr",
        "Whether an address is in a network: ip_in_cidr(IPAddress, '10.0.0.0/8, 2001:db8::/32').",
    ),
    ("ip_is_private", "Whether an address is of no public network."),
    ("ip_prefix", "The /24 or /64 of an address, or of another length: ip_prefix(IPAddress, 16)."),
    (
        "json_elements",
        "The values in a JSON array as a list; UNNEST(AuthenticationDetails) makes rows of them.",
    ),
    (
        "json_find",
        "Of the first object in an array whose key has the value, a field: json_find(TargetResources, 'type', 'User', 'id').",
    ),
    (
        "legacy_protocol",
        "The legacy protocol of a sign-in: legacy_protocol(ClientAppUsed, UserAgent).",
    ),
    ("password_was_correct", "What a ResultType says of the password; null where it cannot tell."),
    ("result_class", "The class of a ResultType, such as bad_password."),
    ("result_outcome", "Where a ResultType leaves the sign-in: success, failure or interrupted."),
];

/// What a function means, if it is not DataFusion's.
pub(super) fn meaning(name: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(own, _)| *own == name).map(|(_, meaning)| *meaning)
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
        let texts = Signature::string(function.arguments, Volatility::Immutable);
        let signature = if *function == facts::IP_PREFIX {
            let with_length = TypeSignature::Exact(vec![DataType::Utf8, DataType::Int64]);
            Signature::one_of(vec![texts.type_signature, with_length], Volatility::Immutable)
        } else {
            texts
        };
        Self { function, signature }
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
        if let [of, length] = args.args.as_slice()
            && self.function.arguments == 1
        {
            return network_of(of, length, args.number_rows);
        }
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

/// `ip_prefix(IPAddress, 16)`: the network of a length that is not the usual one.
fn network_of(
    addresses: &ColumnarValue,
    lengths: &ColumnarValue,
    rows: usize,
) -> Result<ColumnarValue, DataFusionError> {
    let addresses = cast(&addresses.to_array(rows)?, &DataType::Utf8)?;
    let lengths = lengths.to_array(rows)?;
    let lengths = lengths.as_primitive::<Int64Type>();
    let rows = addresses.as_string::<i32>().iter().zip(lengths);
    let networks = rows.map(|(address, length)| facts::ip_network(address?, length?));
    Ok(ColumnarValue::Array(std::sync::Arc::new(networks.collect::<StringArray>())))
}
