//! Rows of lists: `FROM SigninLogs s, UNNEST(s.ConditionalAccessPolicies) AS t(Policy)`.
//!
//! In Kusto it is `mv-expand`. A dynamic column is JSON text, of which [`dynamic`](super::dynamic) makes a list; the ways to
//! write it are made one by [`spelling`], and [`lateral`] plans it.

mod lateral;
mod spelling;

pub(super) use lateral::LateralUnnest;
pub(super) use spelling::rewrite;
