//! Where in a statement a value out of a dynamic column stands, and what it has to be there.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, DataType, Distinct, Expr, Function,
    FunctionArgumentClause, FunctionArguments, Ident, Join, JoinConstraint, JoinOperator,
    NamedWindowExpr, ObjectNamePart, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr,
    Subscript, TableFactor, UnaryOperator, Value, Visit, VisitMut, Visitor, VisitorMut, WindowType,
};

use super::call::{
    Literal, SORT_KEY, SORTED, TEXT, VALUE, arguments, call, cast, is_json, literal, name_of,
    number, plain, replace, truth, wrap,
};
use crate::table::{self, ColumnType};

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
/// Functions whose value is one of their arguments, by order.
const OF_ORDER: &[&str] = &["max", "min", "greatest", "least"];
/// Functions whose value is one of their arguments, which are of one type.
const OF_ALTERNATIVES: &[&str] = &["coalesce", "nvl", "ifnull", "nullif"];

/// Gives every value of JSON in a statement the form that its place asks for, and functions the
/// case of their names.
pub(in crate::query) fn rewrite(statement: &mut Statement) {
    match statement {
        Statement::Statement(statement) => {
            let mut relations = Relations::default();
            let _ = Visit::visit(statement.as_ref(), &mut relations);
            let mut paths = Paths { relations: relations.0, depth: 0, titles: Vec::new() };
            let _ = VisitMut::visit(statement.as_mut(), &mut paths);
        }
        Statement::Explain(explain) => rewrite(&mut explain.statement),
        _ => {}
    }
}

/// The names that columns may be qualified with.
#[derive(Default)]
struct Relations(HashSet<String>);

impl Visitor for Relations {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let expressions = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(expressions.map(|table| table.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { name, alias, .. } => {
                let parts = name.0.iter().filter_map(|part| part.as_ident());
                self.0.extend(parts.map(|ident| ident.value.clone()));
                alias
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias,
            _ => return ControlFlow::Continue(()),
        };
        self.0.extend(alias.iter().map(|alias| alias.name.value.clone()));
        ControlFlow::Continue(())
    }
}

struct Paths {
    relations: HashSet<String>,
    /// How many queries are around; what the outermost gives out is JSON.
    depth: usize,
    /// What the columns without a name are in the selects around.
    titles: Vec<Vec<Option<String>>>,
}

impl VisitorMut for Paths {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        let select = first_select(&query.body);
        let is_distinct =
            select.is_some_and(|select| matches!(select.distinct, Some(Distinct::Distinct)));
        let items = select.map(|select| select.projection.clone());
        if let Some(order) = &mut query.order_by
            && let OrderByKind::Expressions(exprs) = &mut order.kind
        {
            for by in exprs {
                sort(by);
                if let Some(item) = items.as_deref().and_then(|items| item_of(items, &by.expr)) {
                    by.expr = call(SORT_KEY, vec![item]);
                }
                if let Some(items) = items.as_deref().filter(|_| is_distinct) {
                    by_name(items, &mut by.expr);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let title = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(expr) if !is_column(expr) => Some(expr.to_string()),
            _ => None,
        };
        self.titles.push(select.projection.iter().map(title).collect());
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for condition in [&mut select.selection, &mut select.having, &mut select.qualify] {
            condition.iter_mut().for_each(truth);
        }
        for tables in &mut select.from {
            conditions(&mut tables.joins);
        }
        for window in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
                spec.order_by.iter_mut().for_each(sort);
            }
        }
        let titles = self.titles.pop().unwrap_or_default();
        let mut taken = HashSet::new();
        for (item, title) in select.projection.iter_mut().zip(titles) {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item
            else {
                continue;
            };
            if self.depth > 1 {
                plain(expr);
            }
            // What was put in is nobody's idea of a column's name, and neither is `bin(t.x, Utf8("1h"))`.
            let title = title.filter(|_| self.depth == 1);
            let title = title.map(|written| if is_ours(expr) { written } else { expr.to_string() });
            if let Some(title) = title.filter(|title| taken.insert(title.clone())) {
                let alias = Ident::with_quote('"', title);
                let null = Expr::value(Value::Null);
                *item = SelectItem::ExprWithAlias { expr: std::mem::replace(expr, null), alias };
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor
            && let [ObjectNamePart::Identifier(name)] = name.0.as_mut_slice()
        {
            name.value = name.value.to_lowercase();
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            conditions(&mut table_with_joins.joins);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        bind_path(expr);
        if let Expr::Function(function) = expr
            && let [ObjectNamePart::Identifier(name)] = function.name.0.as_mut_slice()
            && name.quote_style.is_none()
            // Without parentheses it may be a column, such as `User`.
            && !matches!(function.args, FunctionArguments::None)
        {
            name.value = name.value.to_lowercase();
            // It gives the union of the types of JSON, which compares by the form of its values.
            if name.value == "json_get" {
                name.value = VALUE.into();
            }
        }
        ControlFlow::Continue(())
    }

    /// From the inside out: what stands below is done.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(path) = self.path_of(expr) {
            *expr = path;
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::Arrow | BinaryOperator::HashArrow => {
                    *expr = value(VALUE, left, right);
                }
                BinaryOperator::LongArrow | BinaryOperator::HashLongArrow if is_json(left) => {
                    *expr = value(TEXT, left, right);
                }
                BinaryOperator::Question => {}
                _ => operands(left, op, right),
            },
            Expr::UnaryOp { op, expr } => match op {
                UnaryOperator::Not => truth(expr),
                _ => number(expr),
            },
            Expr::IsTrue(expr)
            | Expr::IsNotTrue(expr)
            | Expr::IsFalse(expr)
            | Expr::IsNotFalse(expr)
            | Expr::IsUnknown(expr)
            | Expr::IsNotUnknown(expr) => truth(expr),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                compare(left, right, false);
            }
            Expr::InList { expr: of, list, .. } => {
                of_one_type(std::iter::once(of.as_mut()).chain(list));
            }
            Expr::InSubquery { expr, .. } | Expr::InUnnest { expr, .. } => plain(expr),
            Expr::Between { expr: of, negated, low, high }
                if [of.as_ref(), low, high].into_iter().any(is_json) =>
            {
                *expr = between(of, *negated, low, high);
            }
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. }
            | Expr::RLike { expr, pattern, .. } => {
                plain(expr);
                plain(pattern);
            }
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                plain(left);
                plain(right);
            }
            Expr::Cast { expr: of, data_type, .. } if is_json(of) => {
                let to = data_type.clone();
                cast(of, to);
                replace(expr, |cast| match cast {
                    Expr::Cast { expr, .. } => *expr,
                    other => other,
                });
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => number(expr),
            Expr::AtTimeZone { timestamp: expr, .. }
            | Expr::Extract { expr, .. }
            | Expr::Substring { expr, .. }
            | Expr::Trim { expr, .. }
            | Expr::Collate { expr, .. }
            | Expr::Convert { expr, .. } => plain(expr),
            Expr::Position { expr, r#in } => {
                plain(expr);
                plain(r#in);
            }
            Expr::Overlay { expr, overlay_what, .. } => {
                plain(expr);
                plain(overlay_what);
            }
            Expr::Array(array) => array.elem.iter_mut().for_each(plain),
            Expr::Tuple(exprs) => exprs.iter_mut().for_each(plain),
            Expr::Case { operand, conditions, else_result, .. } => {
                case(operand.as_deref_mut(), conditions, else_result.as_deref_mut());
            }
            Expr::Function(function) => {
                let is_key = in_function(function);
                if is_key {
                    replace(expr, |value| call(SORTED, vec![value]));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Paths {
    /// The value that `Status['errorCode']` or `Status.errorCode` names.
    fn path_of(&self, expr: &Expr) -> Option<Expr> {
        match expr {
            Expr::CompoundFieldAccess { root, access_chain } => {
                let json = match root.as_ref() {
                    Expr::Identifier(column) => is_dynamic(column),
                    Expr::CompoundIdentifier(parts) => parts.last().is_some_and(is_dynamic),
                    other => is_json(other),
                };
                json.then_some(())?;
                let steps = access_chain.iter().map(step).collect::<Option<Vec<_>>>()?;
                let steps = steps.into_iter();
                Some(steps.fold(root.as_ref().clone(), |of, step| value(VALUE, &of, &step)))
            }
            Expr::CompoundIdentifier(parts) => {
                let is_relation = |part: &Ident| self.relations.contains(&part.value);
                let (column, path) = match parts.as_slice() {
                    [relation, column, path @ ..] if is_relation(relation) => {
                        is_dynamic(column).then_some(())?;
                        (Expr::CompoundIdentifier(vec![relation.clone(), column.clone()]), path)
                    }
                    [column, path @ ..] if is_dynamic(column) => {
                        (Expr::Identifier(column.clone()), path)
                    }
                    _ => return None,
                };
                let (first, rest) = path.split_first()?;
                let key = |part: &Ident| Expr::value(Value::SingleQuotedString(part.value.clone()));
                let first = value(VALUE, &column, &key(first));
                Some(rest.iter().fold(first, |of, part| value(VALUE, &of, &key(part))))
            }
            _ => None,
        }
    }
}

/// Reads `Status->'errorCode' + 1` as it is meant. In `PostgreSQL`, `+` binds closer than `->`, and the sum
/// of a key and a number has no meaning.
fn bind_path(expr: &mut Expr) {
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
        AccessExpr::Dot(Expr::Identifier(key)) => {
            Some(Expr::value(Value::SingleQuotedString(key.value.clone())))
        }
        _ => None,
    }
}

fn is_dynamic(column: &Ident) -> bool {
    let is_of = |own: &&table::Column| own.kind == ColumnType::Dynamic && own.name == column.value;
    table::all().iter().any(|table| table.all_columns().any(|own| is_of(&own)))
}

/// A value at a step below another; steps that are literals are one path.
fn value(function: &str, of: &Expr, step: &Expr) -> Expr {
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

fn unnested(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unnested(inner),
        other => other,
    }
}

fn is_column(expr: &Expr) -> bool {
    matches!(unnested(expr), Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

/// Whether something of ours was put into an expression.
fn is_ours(expr: &Expr) -> bool {
    struct Ours(bool);
    impl Visitor for Ours {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let name = match expr {
                Expr::Function(function) => name_of(function),
                _ => return ControlFlow::Continue(()),
            };
            self.0 |= [VALUE, TEXT, super::call::PLAIN, SORT_KEY].contains(&name.as_str());
            ControlFlow::Continue(())
        }
    }
    let mut ours = Ours(false);
    let _ = Visit::visit(expr, &mut ours);
    ours.0
}

fn operands(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) {
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
fn compare(left: &mut Expr, right: &mut Expr, by_order: bool) {
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
fn of_one_type<'a>(exprs: impl Iterator<Item = &'a mut Expr>) {
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

fn between(of: &mut Expr, negated: bool, low: &mut Expr, high: &mut Expr) -> Expr {
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

fn case(operand: Option<&mut Expr>, conditions: &mut [CaseWhen], otherwise: Option<&mut Expr>) {
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
fn in_function(function: &mut Function) -> bool {
    if let Some(filter) = &mut function.filter {
        truth(filter);
    }
    if let Some(WindowType::WindowSpec(spec)) = &mut function.over {
        spec.order_by.iter_mut().for_each(sort);
    }
    let name = name_of(function);
    if let FunctionArguments::List(list) = &mut function.args {
        for clause in &mut list.clauses {
            if let FunctionArgumentClause::OrderBy(exprs) = clause {
                exprs.iter_mut().for_each(sort);
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

fn sort(by: &mut OrderByExpr) {
    wrap(&mut by.expr, SORT_KEY);
}

fn conditions(joins: &mut [Join]) {
    use JoinOperator as Op;
    for join in joins {
        if let Op::Join(JoinConstraint::On(condition))
        | Op::Inner(JoinConstraint::On(condition))
        | Op::Left(JoinConstraint::On(condition))
        | Op::LeftOuter(JoinConstraint::On(condition))
        | Op::Right(JoinConstraint::On(condition))
        | Op::RightOuter(JoinConstraint::On(condition))
        | Op::FullOuter(JoinConstraint::On(condition)) = &mut join.join_operator
        {
            truth(condition);
        }
    }
}

fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

/// Names the column that a `SELECT DISTINCT` is sorted by: rows have nothing else then.
fn by_name(items: &[SelectItem], by: &mut Expr) {
    if let Expr::Function(function) = by
        && name_of(function) == SORT_KEY
    {
        arguments(function).into_iter().for_each(|of| by_name(items, of));
        return;
    }
    let name = items.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if expr == by => Some(alias.value.clone()),
        _ => None,
    });
    if let Some(name) = name {
        *by = Expr::Identifier(Ident::with_quote('"', name));
    }
}

/// The column of JSON that an `ORDER BY` names by its alias or place.
fn item_of(items: &[SelectItem], by: &Expr) -> Option<Expr> {
    let item = match by {
        Expr::Identifier(name) => items.iter().find(
            |item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value == name.value),
        ),
        Expr::Value(value) => match &value.value {
            Value::Number(place, _) => items.get(place.parse::<usize>().ok()?.checked_sub(1)?),
            _ => None,
        },
        _ => None,
    }?;
    match item {
        SelectItem::ExprWithAlias { expr, alias } if is_json(expr) => {
            Some(Expr::Identifier(Ident::with_quote('"', alias.value.clone())))
        }
        SelectItem::UnnamedExpr(expr) if is_json(expr) => Some(expr.clone()),
        _ => None,
    }
}
