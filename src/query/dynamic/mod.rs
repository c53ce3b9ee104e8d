//! What is in dynamic columns, in SQL: `->`, `->>`, `Status['errorCode']` and `Status.errorCode`.
//!
//! The rule: what a query gives out of `->` is JSON text. Wherever else it stands, it is the plain value, as
//! `->>` gives it: a number beside a number, a truth value beside one and where a condition stands, else text.
//! [`syntax`] finds out from the statement where a path stands, [`places`] says by the [`functions`] that
//! evaluate it what it is there; [`planner`] and [`typing`] see the types of what stands beside it.
//!
//! The operator of `datafusion-functions-json` gives a union instead, which compares by the form of its
//! values: `Status->'errorCode' = '50126'` is false for a number, without a word.

mod call;
mod functions;
mod names;
mod paths;
mod places;
mod planner;
mod scopes;
mod syntax;
mod typing;

use datafusion::common::Result;
use datafusion::execution::FunctionRegistry as _;
use datafusion::prelude::SessionContext;

pub(super) use call::call;
pub(super) use functions::unquoted;
pub(super) use planner::Planner;
pub(super) use syntax::rewrite;
pub(super) use typing::is_comparison;

/// Whether a function is only put in here, and nobody's to call.
pub(super) fn is_own(function: &str) -> bool {
    [call::PLAIN, call::SORT_KEY, call::SORTED].contains(&function)
}

/// Makes the functions and rules of this module known to a session.
pub(super) fn register(context: &mut SessionContext) -> Result<()> {
    for function in functions::all() {
        context.register_udf(function)?;
    }
    // They make that union, and take it apart.
    SessionContext::deregister_udf(context, "json_from_scalar");
    SessionContext::deregister_udf(context, "json_union_to_text");
    context.register_function_rewrite(std::sync::Arc::new(typing::Typing))
}
