//! Pieces of a statement that [`syntax`](super::syntax) puts in: calls, casts, and what is told from them.

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, UnaryOperator, Value,
};

/// A value at a path, as JSON text.
pub(super) const VALUE: &str = "json_value";
/// A column of a query in the query that may hold such values, as plain text: a mark, and no function.
pub(super) const COLUMN: &str = "json_column";
/// What JSON text says: text without its quotes, all else as it is.
pub(super) const PLAIN: &str = "json_plain";
/// Text that sorts as the values do: numbers by their size.
pub(super) const SORT_KEY: &str = "json_sort_key";
/// The plain value that a sort key was made of.
pub(super) const SORTED: &str = "json_sorted";
/// The values in an array of JSON, as a list.
pub(super) const ELEMENTS: &str = "json_elements";
/// A value at a path, as text; `->>`.
pub(super) const TEXT: &str = "json_as_text";

pub(in crate::query) fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.into_iter().map(argument).collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// The name that a function is called by, in lower case.
pub(super) fn name_of(function: &Function) -> String {
    match function.name.0.as_slice() {
        [part] => part.as_ident().map(|ident| ident.value.to_lowercase()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The arguments that are expressions.
pub(super) fn arguments(function: &mut Function) -> Vec<&mut Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return Vec::new() };
    let expr = |argument| match argument {
        &mut (FunctionArg::Unnamed(FunctionArgExpr::Expr(ref mut expr))
        | FunctionArg::Named { arg: FunctionArgExpr::Expr(ref mut expr), .. }
        | FunctionArg::ExprNamed { arg: FunctionArgExpr::Expr(ref mut expr), .. }) => Some(expr),
        _ => None,
    };
    list.args.iter_mut().filter_map(expr).collect()
}

/// Whether an expression is a value of JSON that is not yet anything else.
pub(super) fn is_json(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_json(inner),
        Expr::Function(function) => [VALUE, COLUMN].contains(&name_of(function).as_str()),
        _ => false,
    }
}

/// Takes an expression out, to put it into another that takes its place.
pub(super) fn replace(expr: &mut Expr, by: impl FnOnce(Expr) -> Expr) {
    let null = Expr::value(Value::Null);
    *expr = by(std::mem::replace(expr, null));
}

/// Makes a value of JSON the argument of a function; leaves all else as it is.
pub(super) fn wrap(expr: &mut Expr, function: &str) {
    if is_json(expr) {
        replace(expr, |inner| call(function, vec![inner]));
    }
}

/// Makes a value of JSON plain.
pub(super) fn plain(expr: &mut Expr) {
    match expr {
        // It is already.
        Expr::Function(function) if name_of(function) == COLUMN => {
            if let Some(column) = arguments(function).into_iter().next() {
                *expr = column.clone();
            }
        }
        expr => wrap(expr, PLAIN),
    }
}

/// Makes a value of JSON one of another type, and null if it is none.
pub(super) fn cast(expr: &mut Expr, to: DataType) {
    if is_json(expr) {
        plain(expr);
        replace(expr, |inner| Expr::Cast {
            kind: CastKind::TryCast,
            expr: Box::new(inner),
            data_type: to,
            array: false,
            format: None,
        });
    }
}

pub(super) fn number(expr: &mut Expr) {
    cast(expr, DataType::Double(ExactNumberInfo::None));
}

pub(super) fn truth(expr: &mut Expr) {
    cast(expr, DataType::Boolean);
}

/// A literal, by what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    /// A number that a float holds.
    Number,
    /// An integer that no float holds.
    BigInteger,
    /// Text that spells a number.
    Numeral,
    Text,
    Truth,
}

pub(super) fn literal(expr: &Expr) -> Option<Literal> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => literal(expr),
        Expr::Value(value) => Some(match &value.value {
            Value::Number(number, _) => match number.parse::<i64>() {
                Ok(integer) if !fits_float(integer) => Literal::BigInteger,
                _ => Literal::Number,
            },
            Value::Boolean(_) => Literal::Truth,
            Value::SingleQuotedString(text) if text.parse::<f64>().is_ok() => Literal::Numeral,
            Value::SingleQuotedString(_) => Literal::Text,
            _ => return None,
        }),
        _ => None,
    }
}

/// Whether a float holds an integer exactly.
pub(super) fn fits_float(integer: i64) -> bool {
    integer.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
}
