//! `ip_in_cidr(IPAddress, '10.0.0.0/8')`: whether an address is in one of some networks.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::facts::{Prefix, parse_address};

/// Networks are one text, with commas between them, or an array.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IpInCidr(Signature);

impl IpInCidr {
    pub(super) fn new() -> Self {
        Self(Signature::any(2, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for IpInCidr {
    fn name(&self) -> &'static str {
        "ip_in_cidr"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let is_text = |kind: &DataType| kind.is_string() || kind.is_null();
        match types {
            [of, networks] if is_text(of) && is_text(networks) => Ok(DataType::Boolean),
            [of, DataType::List(item)] if is_text(of) && is_text(item.data_type()) => {
                Ok(DataType::Boolean)
            }
            _ => plan_err!(
                "ip_in_cidr takes an address and networks: '10.0.0.0/8, 2001:db8::/32' or an array"
            ),
        }
    }

    /// A mistake in a network is told though there may be no row to look at.
    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        if let [_, Expr::Literal(value, _)] = args.as_slice() {
            networks(value)?;
        }
        Ok(ExprSimplifyResult::Original(args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [addresses, of] = args.args.as_slice() else {
            return plan_err!("ip_in_cidr takes an address and networks");
        };
        let addresses = cast(&addresses.to_array(args.number_rows)?, &DataType::Utf8)?;
        let addresses = addresses.as_string::<i32>();
        let is_in = |address: Option<&str>, networks: Option<&[Prefix]>| {
            let address = parse_address(address?)?;
            Some(networks?.iter().any(|network| network.contains(address)))
        };
        let answer: BooleanArray = match of {
            ColumnarValue::Scalar(value) => {
                let networks = networks(value)?;
                addresses.iter().map(|address| is_in(address, networks.as_deref())).collect()
            }
            ColumnarValue::Array(values) => {
                let row = |row: usize| {
                    let networks = networks(&ScalarValue::try_from_array(values, row)?)?;
                    let address = addresses.is_valid(row).then(|| addresses.value(row));
                    Ok(is_in(address, networks.as_deref()))
                };
                (0..addresses.len()).map(row).collect::<Result<_>>()?
            }
        };
        Ok(ColumnarValue::Array(Arc::new(answer)))
    }
}

/// The networks that a value names; none for null.
fn networks(value: &ScalarValue) -> Result<Option<Vec<Prefix>>> {
    if value.is_null() {
        return Ok(None);
    }
    let mut prefixes = Vec::new();
    if let Some(Some(text)) = value.try_as_str() {
        read(text, &mut prefixes)?;
    } else if let ScalarValue::List(list) = value {
        let items = cast(&list.value(0), &DataType::Utf8)?;
        for item in items.as_string::<i32>().iter().flatten() {
            read(item, &mut prefixes)?;
        }
    } else {
        return plan_err!("ip_in_cidr takes networks as text or as an array of it");
    }
    Ok(Some(prefixes))
}

fn read(text: &str, into: &mut Vec<Prefix>) -> Result<()> {
    for part in text.split(',') {
        match Prefix::parse(part) {
            Some(prefix) => into.push(prefix),
            None => {
                let part = part.trim();
                return plan_err!(
                    "ip_in_cidr: {part:?} is no network; write one as 10.0.0.0/8 or 2001:db8::/32"
                );
            }
        }
    }
    Ok(())
}
