//! `haversine_km(lat1, lon1, lat2, lon2)`: kilometres between two places, over the ground.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// Mean radius of the earth.
const RADIUS_KM: f64 = 6_371.0;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Haversine(Signature);

impl Haversine {
    pub(super) fn new() -> Self {
        Self(Signature::exact(vec![DataType::Float64; 4], Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Haversine {
    fn name(&self) -> &'static str {
        "haversine_km"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [lat1, lon1, lat2, lon2] = arrays.as_slice() else {
            return plan_err!("haversine_km takes two places: lat1, lon1, lat2, lon2");
        };
        let column = [lat1, lon1, lat2, lon2].map(AsArray::as_primitive::<Float64Type>);
        let row = |row: usize| {
            column.iter().all(|column| column.is_valid(row)).then(|| {
                let [lat1, lon1, lat2, lon2] = column.map(|column| column.value(row));
                kilometres((lat1, lon1), (lat2, lon2))
            })
        };
        let answer: Float64Array = (0..column[0].len()).map(row).collect();
        Ok(ColumnarValue::Array(Arc::new(answer)))
    }
}

/// Between two places by their degrees of latitude and longitude.
fn kilometres(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let (high, wide) = ((lat2 - lat1) / 2.0, (to.1 - from.1).to_radians() / 2.0);
    let chord = high.sin().powi(2) + lat1.cos() * lat2.cos() * wide.sin().powi(2);
    2.0 * RADIUS_KM * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::kilometres;

    #[test]
    fn known_distances_are_right_within_a_percent() {
        let (berlin, sydney) = ((52.52, 13.405), (-33.868, 151.209));
        assert!((kilometres(berlin, sydney) - 16_094.0).abs() < 160.0);
        assert!(kilometres(berlin, berlin).abs() < 1e-9);
        assert!((kilometres((0.0, 0.0), (0.0, 180.0)) - 20_015.0).abs() < 1.0);
    }
}
