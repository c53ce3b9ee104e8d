//! Rules over slices of time.
//!
//! Time is cut into slices of a rule's `queryFrequency`; the window of a slice is the
//! `queryPeriod` that ends with it. A rule's query sees the rows of the window, and a finding
//! belongs to the slice in which it ends. Which slices have to be evaluated follows from the
//! Delta log: rows that were added since the last evaluation open the slices whose windows they
//! fall into, however late they came. The ledger is the table `RuleRuns`.

mod builtin;
mod evaluate;
mod ledger;
mod rule;
mod selftest;
mod slice;

pub use builtin::{builtin_rules, load_rules};
pub use evaluate::{DetectError, Entity, Evaluation, Finding, check_query, evaluate};
pub use ledger::{Ledger, Outcome, Pending, RuleRun};
pub use rule::{
    AggregationKind, EntityMapping, EventGrouping, FieldMapping, Rule, RuleError, Severity,
    TriggerOperator,
};
pub use selftest::{TestReport, run_tests};
pub use slice::Slice;

pub use crate::period::Period;
