//! What the field knows of single values: addresses, legacy protocols, result codes.
//!
//! Each is a [`Function`] of text. Tables keep what some of them say as
//! [derived columns](crate::table::Derived), and SQL has all of them by name.

mod autonomous_system;
mod ip;
mod legacy;
mod result_codes;

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanBuilder, Int64Builder, StringArray, StringBuilder};
use arrow::datatypes::DataType;

pub(crate) use ip::{Prefix, network as ip_network, parse_address, prefix as ip_prefix};

/// What a function is called, how many arguments it has, and what it does with a row.
///
/// A name stands for its function: two with one name are equal.
#[derive(Debug)]
pub struct Function {
    /// Its name in SQL.
    pub name: &'static str,
    /// How many texts it takes.
    pub arguments: usize,
    /// What it makes of them.
    pub body: Body,
}

/// What a function does with the texts of one row, by what comes out.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Text.
    Text(for<'a> fn(&[Option<&'a str>]) -> Option<Cow<'a, str>>),
    /// A truth value.
    Truth(for<'a> fn(&[Option<&'a str>]) -> Option<bool>),
    /// A number.
    Number(for<'a> fn(&[Option<&'a str>]) -> Option<i64>),
}

/// The address without port, brackets and zone, in the one way to write it.
pub static IP_ADDRESS: Function =
    Function { name: "ip_address", arguments: 1, body: Body::Text(|a| ip::address(a[0]?)) };

/// The /24 of an IPv4 address, the /64 of an IPv6 one.
pub static IP_PREFIX: Function = Function {
    name: "ip_prefix",
    arguments: 1,
    body: Body::Text(|a| ip::prefix(a[0]?).map(Cow::Owned)),
};

/// Whether the address is of no public network.
pub static IP_IS_PRIVATE: Function =
    Function { name: "ip_is_private", arguments: 1, body: Body::Truth(|a| ip::is_private(a[0]?)) };

/// The number of an autonomous system.
pub static ASN: Function = Function {
    name: "asn",
    arguments: 1,
    body: Body::Number(|a| autonomous_system::number(a[0]?)),
};

/// The class of a sign-in's `ResultType`.
pub static RESULT_CLASS: Function = Function {
    name: "result_class",
    arguments: 1,
    body: Body::Text(|a| Some(result_codes::class(a[0]?).into())),
};

/// What a sign-in's `ResultType` says of the password.
pub static PASSWORD_WAS_CORRECT: Function = Function {
    name: "password_was_correct",
    arguments: 1,
    body: Body::Truth(|a| result_codes::password_was_correct(a[0]?)),
};

/// Where a sign-in's `ResultType` leaves it: `success`, `failure` or `interrupted`.
pub static RESULT_OUTCOME: Function = Function {
    name: "result_outcome",
    arguments: 1,
    body: Body::Text(|a| Some(result_codes::outcome(a[0]?).into())),
};

/// The legacy protocol of a sign-in by its `ClientAppUsed` and `UserAgent`, else null.
pub static LEGACY_PROTOCOL: Function = Function {
    name: "legacy_protocol",
    arguments: 2,
    body: Body::Text(|a| legacy::protocol(a[0], a[1]).map(Cow::Borrowed)),
};

/// Every function of this module.
pub static FUNCTIONS: &[&Function] = &[
    &IP_ADDRESS,
    &IP_PREFIX,
    &IP_IS_PRIVATE,
    &ASN,
    &RESULT_CLASS,
    &RESULT_OUTCOME,
    &PASSWORD_WAS_CORRECT,
    &LEGACY_PROTOCOL,
];

impl Function {
    /// The type of what comes out.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self.body {
            Body::Text(_) => DataType::Utf8,
            Body::Truth(_) => DataType::Boolean,
            Body::Number(_) => DataType::Int64,
        }
    }

    /// The value of each row; `columns` are as many as there are arguments, and equally long.
    #[must_use]
    pub fn evaluate(&self, columns: &[&StringArray]) -> ArrayRef {
        debug_assert_eq!(columns.len(), self.arguments, "{}", self.name);
        let rows = columns.first().copied().map_or(0, Array::len);
        match self.body {
            Body::Text(body) => {
                let mut builder = StringBuilder::with_capacity(rows, 0);
                each_row(columns, rows, |row| builder.append_option(body(row)));
                Arc::new(builder.finish())
            }
            Body::Truth(body) => {
                let mut builder = BooleanBuilder::with_capacity(rows);
                each_row(columns, rows, |row| builder.append_option(body(row)));
                Arc::new(builder.finish())
            }
            Body::Number(body) => {
                let mut builder = Int64Builder::with_capacity(rows);
                each_row(columns, rows, |row| builder.append_option(body(row)));
                Arc::new(builder.finish())
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A column of one row that an outer join left empty must stay empty, whether it is computed
    /// before the join or after it.
    #[test]
    fn null_in_null_out() {
        let null = StringArray::from(vec![None::<&str>]);
        for function in FUNCTIONS {
            let answer = function.evaluate(&vec![&null; function.arguments]);
            assert!(answer.is_null(0), "{}", function.name);
            assert_eq!(*answer.data_type(), function.data_type(), "{}", function.name);
        }
    }
}
