//! What a value of JSON has to be in the place where it stands: beside something else, or in a function.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, DataType, DuplicateTreatment, Expr, Function, FunctionArgumentClause,
    FunctionArguments, Join, JoinConstraint, JoinOperator, OrderByExpr, UnaryOperator, WindowType,
};

use super::call::{
    Literal, SORT_KEY, arguments, cast, is_json, literal, name_of, number, plain, truth, wrap,
};

/// Functions that calculate: a value of JSON is a number in them.
const OF_NUMBERS: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "corr",
    "exp",
    "floor",
    "ln",
    "log",
    "log10",
    "log2",
    "mean",
    "median",
    "mod",
    "approx_median",
    "approx_percentile_cont",
    "percentile_cont",
    "power",
    "pow",
    "round",
    "sign",
    "sqrt",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "trunc",
    "var",
    "var_pop",
    "var_samp",
    "var_sample",
    "var_population",
    "haversine_km",
    "bin",
];
/// Functions of truth values.
const OF_TRUTHS: &[&str] = &["bool_and", "bool_or"];
/// Functions whose value is one of their arguments, by order.
const OF_ORDER: &[&str] = &["max", "min", "greatest", "least"];
/// Functions whose value is one of their arguments, which are of one type.
const OF_ALTERNATIVES: &[&str] = &["coalesce", "nvl", "ifnull", "nullif"];

pub(super) fn operands(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) {
    use BinaryOperator as Op;
    match op {
        Op::And | Op::Or | Op::Xor => {
            truth(left);
            truth(right);
        }
        Op::Eq | Op::NotEq | Op::Spaceship => compare(left, right, false),
        Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => compare(left, right, true),
        Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo => {
            let is_of_time = [&*left, &*right].iter().any(|e| matches!(e, Expr::Interval(_)));
            for side in [left, right] {
                if is_of_time { plain(side) } else { number(side) }
            }
        }
        _ => {
            plain(left);
            plain(right);
        }
    }
}

/// Two values that are compared; `by_order` if one may be the greater.
pub(super) fn compare(left: &mut Expr, right: &mut Expr, by_order: bool) {
    match (is_json(left), is_json(right)) {
        (true, true) if by_order => {
            wrap(left, SORT_KEY);
            wrap(right, SORT_KEY);
        }
        (true, true) => {
            plain(left);
            plain(right);
        }
        (true, false) => beside(left, right, by_order),
        (false, true) => beside(right, left, by_order),
        (false, false) => {}
    }
}

/// A value of JSON beside something else, whose type decides; that of a column is known later only.
fn beside(json: &mut Expr, other: &Expr, by_order: bool) {
    match literal(other) {
        Some(Literal::Number) => number(json),
        Some(Literal::Numeral) if by_order => number(json),
        Some(Literal::BigInteger) => cast(json, DataType::BigInt(None)),
        Some(Literal::Truth) => truth(json),
        _ => plain(json),
    }
}

/// Values that are alternatives to each other: literals among them say of which type.
pub(super) fn of_one_type<'a>(exprs: impl Iterator<Item = &'a mut Expr>) {
    let exprs: Vec<_> = exprs.collect();
    let literals: HashSet<_> = exprs
        .iter()
        .filter_map(|expr| literal(expr))
        .map(|literal| match literal {
            Literal::Number | Literal::BigInteger => 'n',
            Literal::Truth => 't',
            Literal::Text | Literal::Numeral => 's',
        })
        .collect();
    for expr in exprs {
        match (literals.contains(&'n'), literals.contains(&'t'), literals.contains(&'s')) {
            (true, false, false) => number(expr),
            (false, true, false) => truth(expr),
            _ => plain(expr),
        }
    }
}

pub(super) fn between(of: &mut Expr, negated: bool, low: &mut Expr, high: &mut Expr) -> Expr {
    let side = |op: BinaryOperator, bound: &mut Expr| {
        let (mut left, mut right) = (Box::new(of.clone()), Box::new(bound.clone()));
        compare(&mut left, &mut right, true);
        Box::new(Expr::BinaryOp { left, op, right })
    };
    let both = Expr::Nested(Box::new(Expr::BinaryOp {
        left: side(BinaryOperator::GtEq, low),
        op: BinaryOperator::And,
        right: side(BinaryOperator::LtEq, high),
    }));
    match negated {
        true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(both) },
        false => both,
    }
}

pub(super) fn case(
    operand: Option<&mut Expr>,
    conditions: &mut [CaseWhen],
    otherwise: Option<&mut Expr>,
) {
    let (mut whens, mut thens) = (Vec::new(), Vec::new());
    for CaseWhen { condition, result } in conditions {
        whens.push(condition);
        thens.push(result);
    }
    match operand {
        Some(operand) => of_one_type(std::iter::once(operand).chain(whens)),
        None => whens.into_iter().for_each(truth),
    }
    of_one_type(thens.into_iter().chain(otherwise));
}

/// Gives the arguments of a function their form; says whether its value is a sort key.
pub(super) fn in_function(function: &mut Function) -> bool {
    if let Some(filter) = &mut function.filter {
        truth(filter);
    }
    if let Some(WindowType::WindowSpec(spec)) = &mut function.over {
        spec.order_by.iter_mut().for_each(sort);
    }
    let name = name_of(function);
    if let FunctionArguments::List(list) = &mut function.args {
        let is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        for clause in &mut list.clauses {
            if let FunctionArgumentClause::OrderBy(exprs) = clause {
                // Values that are told apart are sorted by themselves only.
                exprs
                    .iter_mut()
                    .for_each(|by| if is_distinct { plain(&mut by.expr) } else { sort(by) });
            }
        }
    }
    let is_calculated = OF_NUMBERS.contains(&name.as_str());
    for by in &mut function.within_group {
        if is_calculated { number(&mut by.expr) } else { sort(by) }
    }
    if name.starts_with("json_") {
        return false;
    }
    let arguments = arguments(function);
    if is_calculated {
        arguments.into_iter().for_each(number);
    } else if OF_TRUTHS.contains(&name.as_str()) {
        arguments.into_iter().for_each(truth);
    } else if OF_ALTERNATIVES.contains(&name.as_str()) {
        of_one_type(arguments.into_iter());
    } else if OF_ORDER.contains(&name.as_str())
        && arguments.iter().all(|argument| is_json(argument))
    {
        let any = !arguments.is_empty();
        arguments.into_iter().for_each(|argument| wrap(argument, SORT_KEY));
        return any;
    } else if OF_ORDER.contains(&name.as_str()) {
        of_one_type(arguments.into_iter());
    } else {
        arguments.into_iter().for_each(plain);
    }
    false
}

pub(super) fn sort(by: &mut OrderByExpr) {
    wrap(&mut by.expr, SORT_KEY);
}

pub(super) fn conditions(joins: &mut [Join]) {
    joins.iter_mut().filter_map(|join| condition(&mut join.join_operator)).for_each(truth);
}

/// What a join is made on.
pub(super) fn condition(operator: &mut JoinOperator) -> Option<&mut Expr> {
    use JoinOperator as Op;
    match operator {
        Op::Join(JoinConstraint::On(condition))
        | Op::Inner(JoinConstraint::On(condition))
        | Op::Left(JoinConstraint::On(condition))
        | Op::LeftOuter(JoinConstraint::On(condition))
        | Op::Right(JoinConstraint::On(condition))
        | Op::RightOuter(JoinConstraint::On(condition))
        | Op::FullOuter(JoinConstraint::On(condition)) => Some(condition),
        _ => None,
    }
}
