//! Paths into dynamic columns: `Status->'errorCode'`, `Status['errorCode']` and `Status.errorCode`.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, FunctionArguments, Ident, ObjectNamePart, Subscript, Value,
};

use super::call::{Literal, VALUE, arguments, call, is_json, literal, replace};
use super::names::Names;

/// The value that `Status['errorCode']` or `Status.errorCode` names.
pub(super) fn path_of(expr: &Expr, names: &Names) -> Option<Expr> {
    let is_dynamic = |column: &Ident| names.is_dynamic(column);
    match expr {
        Expr::CompoundFieldAccess { root, access_chain } => {
            let (of, access_chain) = match (root.as_ref(), access_chain.as_slice()) {
                (
                    Expr::Identifier(relation),
                    [AccessExpr::Dot(Expr::Identifier(column)), rest @ ..],
                ) if names.is_relation(relation) && is_dynamic(column) => {
                    (Expr::CompoundIdentifier(vec![relation.clone(), column.clone()]), rest)
                }
                (column, chain) => (column.clone(), chain),
            };
            let json = match &of {
                Expr::Identifier(column) => is_dynamic(column),
                Expr::CompoundIdentifier(parts) => parts.last().is_some_and(is_dynamic),
                other => is_json(other),
            };
            (json && !access_chain.is_empty()).then_some(())?;
            let steps = access_chain.iter().map(step).collect::<Option<Vec<_>>>()?;
            Some(steps.into_iter().fold(of, |of, step| value(VALUE, &of, &step)))
        }
        Expr::CompoundIdentifier(parts) => {
            let (column, path) = match parts.as_slice() {
                [relation, column, path @ ..] if names.is_relation(relation) => {
                    is_dynamic(column).then_some(())?;
                    (Expr::CompoundIdentifier(vec![relation.clone(), column.clone()]), path)
                }
                [column, path @ ..] if is_dynamic(column) => {
                    (Expr::Identifier(column.clone()), path)
                }
                _ => return None,
            };
            let (first, rest) = path.split_first()?;
            let first = value(VALUE, &column, &key_of(first));
            Some(rest.iter().fold(first, |of, part| value(VALUE, &of, &key_of(part))))
        }
        _ => None,
    }
}

/// Reads `Status->'errorCode' + 1` as it is meant. In `PostgreSQL`, `+` binds closer than `->`, and the sum
/// of a key and a number has no meaning.
pub(super) fn bind_path(expr: &mut Expr) {
    let is_path =
        |op: &BinaryOperator| matches!(op, BinaryOperator::Arrow | BinaryOperator::LongArrow);
    let Expr::BinaryOp { left, op, right } = expr else { return };
    if !is_path(op) {
        return;
    }
    let Some(key) = first_operand(right) else { return };
    let null = Box::new(Expr::value(Value::Null));
    let of = std::mem::replace(left, null);
    let op = op.clone();
    replace(key, |key| Expr::BinaryOp { left: of, op, right: Box::new(key) });
    let sum = std::mem::replace(right.as_mut(), Expr::value(Value::Null));
    *expr = sum;
}

/// The key that a calculation begins with.
fn first_operand(expr: &mut Expr) -> Option<&mut Expr> {
    use BinaryOperator as Op;
    let Expr::BinaryOp {
        left,
        op: Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo,
        ..
    } = expr
    else {
        return None;
    };
    match literal(left) {
        Some(Literal::Text) => Some(left),
        _ => first_operand(left),
    }
}

/// A step of a path in brackets or after a dot.
fn step(access: &AccessExpr) -> Option<Expr> {
    match access {
        AccessExpr::Subscript(Subscript::Index { index }) => Some(index.clone()),
        AccessExpr::Dot(Expr::Identifier(key)) => Some(key_of(key)),
        // `InitiatedBy.user`: the name of a function that is called without parentheses.
        AccessExpr::Dot(Expr::Function(function)) => match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(key)] if function.args == FunctionArguments::None => {
                Some(key_of(key))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Puts what comes after brackets and a dot in brackets, too, `AuthenticationDetails[0].succeeded`: into text that holds
/// JSON, the planner reaches with brackets only.
pub(super) fn in_brackets(expr: &mut Expr) {
    let Expr::CompoundFieldAccess { access_chain, .. } = expr else { return };
    let is_of_column = |access: &&mut AccessExpr| matches!(access, AccessExpr::Dot(_));
    for access in access_chain.iter_mut().skip_while(is_of_column) {
        if let Some(index) = step(access) {
            *access = AccessExpr::Subscript(Subscript::Index { index });
        }
    }
}

fn key_of(name: &Ident) -> Expr {
    Expr::value(Value::SingleQuotedString(name.value.clone()))
}

/// A value at a step below another; steps that are literals are one path.
pub(super) fn value(function: &str, of: &Expr, step: &Expr) -> Expr {
    let is_step = |step: &Expr| literal(step).is_some_and(|literal| literal != Literal::Truth);
    if let Expr::Function(inner) = unnested(of)
        && is_json(of)
    {
        let mut inner = inner.clone();
        let steps: Vec<_> = arguments(&mut inner).into_iter().map(|step| step.clone()).collect();
        if steps[1..].iter().chain([step]).all(is_step) {
            return call(function, steps.into_iter().chain([step.clone()]).collect());
        }
    }
    call(function, vec![of.clone(), step.clone()])
}

pub(super) fn unnested(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unnested(inner),
        other => other,
    }
}
