//! The view `signin_attempts`: the several records of one sign-in as one row.
//!
//! Entra writes a record for each step of a sign-in: one that is interrupted for a prompt or a second
//! factor, and one for how it ended. An attempt is the records of one correlation id, user and app that
//! follow each other within ten minutes; a step that succeeded or failed ends it, one that asks for more
//! does not. So a wrong password and the right one after it are two attempts, and a right password, the
//! request for a second factor and its answer are one. What has no correlation id is an attempt by itself.
//!
//! What a query asks of the time of attempts cannot be asked of records as it is: an attempt of the asked
//! time may have begun before it. So the records of an hour more on both sides are folded, and the query's
//! own filter is kept. A chain of interrupted steps that are less than ten minutes apart for more than that
//! hour may be counted from within it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableProviderFilterPushDown, TableType, ident,
    lit,
};
use datafusion::physical_plan::ExecutionPlan;
use futures::FutureExt as _;

use super::catalog::LakeTables;
use super::views::View;
use super::{Window, plain_context, time_value};
use crate::lake::LakeTable;

/// The interactive sign-ins and the others.
const TABLES: [&str; 2] = ["SigninLogs", "AADNonInteractiveUserSignInLogs"];

/// The view.
pub(super) static VIEW: View = View {
    name: "signin_attempts",
    about: "Sign-ins of users, the records of one folded into a row.",
    tables: &TABLES,
    meanings: &[
        ("TimeGenerated", "When the last record of the attempt was written."),
        ("FirstTime", "When its first record was written."),
        ("Id", "Of the last record."),
        ("Interactive", "Whether one of the records is of SigninLogs."),
        ("Records", "How many records the attempt has."),
        ("ResultTypes", "ResultType of each record in order, with commas between them."),
        ("Outcome", "`success`, `failure`, or `interrupted` if it was not brought to an end."),
        ("ResultType", "Of the last record; 0 is success."),
        ("PasswordWasCorrect", "Whether one of the records says that the password was right."),
        ("MfaResult", "`satisfied`, `failed`, `required` and not answered, or `notRequired`."),
        ("RiskLevelDuringSignIn", "The highest of its records."),
    ],
    other_columns: "As in the last record.",
    over: |tables| over(tables).boxed(),
};

const SQL: &str = include_str!("attempts.sql");

/// How much more than the asked time is folded, on both sides.
const MARGIN: TimeDelta = TimeDelta::hours(1);

/// Columns that are the same in all records of an attempt.
const KEYS: [&str; 3] = ["CorrelationId", "UserId", "AppId"];

/// The attempts whose last record is in the window, if there is one.
#[derive(Debug)]
pub(super) struct Attempts {
    inputs: [Arc<dyn TableProvider>; 2],
    window: Option<Window>,
    schema: SchemaRef,
}

async fn over(tables: &LakeTables) -> Result<Arc<dyn TableProvider>> {
    // What began before the window is folded as well.
    let [interactive, non_interactive] = TABLES;
    let inputs = [tables.whole(interactive).await?, tables.whole(non_interactive).await?];
    let plan = folded(&inputs, &[]).await?;
    let schema = Arc::clone(plan.schema().inner());
    Ok(Arc::new(Attempts { inputs, window: tables.window(), schema }))
}

impl Attempts {
    /// The tables that are read.
    pub(super) fn tables(&self) -> impl Iterator<Item = LakeTable> + use<> {
        let tables = self.inputs.each_ref().map(|input| input.downcast_ref::<LakeTable>().cloned());
        tables.into_iter().flatten()
    }
}

#[async_trait]
impl TableProvider for Attempts {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let filters: Vec<_> =
            filters.iter().flat_map(|filter| split_conjunction(filter)).cloned().collect();
        let mut of_records: Vec<_> = filters.iter().filter_map(of_record).collect();
        if let Some(window) = self.window {
            of_records.push(time().gt_eq(at(window.start - MARGIN)));
            of_records.push(time().lt(at(window.end)));
        }
        let plan = folded(&self.inputs, &of_records).await?;
        let mut plan = LogicalPlanBuilder::from(plan);
        if let Some(window) = self.window {
            let within = time().gt_eq(at(window.start)).and(time().lt(at(window.end)));
            plan = plan.filter(within)?;
        }
        if let Some(columns) = projection {
            let names = columns.iter().map(|at| ident(self.schema.field(*at).name()));
            plan = plan.project(names)?;
        }
        state.create_physical_plan(&plan.build()?).await
    }
}

/// The view over the records that pass some filters.
async fn folded(inputs: &[Arc<dyn TableProvider>; 2], filters: &[Expr]) -> Result<LogicalPlan> {
    let context = plain_context()?;
    for (name, input) in ["interactive", "non_interactive"].into_iter().zip(inputs) {
        let mut plan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::clone(input)), None)?;
        if let Some(filter) = conjunction(filters.to_vec()) {
            plan = plan.filter(filter)?;
        }
        context.register_table(name, Arc::new(ViewTable::new(plan.build()?, None)))?;
    }
    context.state().create_logical_plan(SQL).await
}

/// What a filter of attempts asks of each of their records, if anything.
fn of_record(filter: &Expr) -> Option<Expr> {
    if let Expr::BinaryExpr(binary) = filter {
        let (column, op, value) = match (binary.left.as_ref(), binary.right.as_ref()) {
            (Expr::Column(column), Expr::Literal(value, _)) => (column, binary.op, value),
            (Expr::Literal(value, _), Expr::Column(column)) => (column, binary.op.swap()?, value),
            _ => return of_key(filter),
        };
        if ["TimeGenerated", "FirstTime"].contains(&column.name.as_str()) {
            let ScalarValue::TimestampMicrosecond(Some(micros), _) = value else { return None };
            let value = DateTime::from_timestamp_micros(*micros)?;
            let from = || value.checked_sub_signed(MARGIN).map(|from| time().gt_eq(at(from)));
            let to = || value.checked_add_signed(MARGIN).map(|to| time().lt_eq(at(to)));
            return match op {
                Operator::Gt | Operator::GtEq => from(),
                Operator::Lt | Operator::LtEq => to(),
                Operator::Eq => Some(from()?.and(to()?)),
                _ => None,
            };
        }
    }
    of_key(filter)
}

/// A filter that is over nothing but what the records of an attempt share.
fn of_key(filter: &Expr) -> Option<Expr> {
    let columns = filter.column_refs();
    let is_key = |column: &&Column| KEYS.contains(&column.name.as_str());
    if columns.is_empty() || !columns.iter().all(is_key) || filter.is_volatile() {
        return None;
    }
    let unqualified = |expr| match expr {
        Expr::Column(column) => Ok(Transformed::yes(ident(column.name))),
        other => Ok(Transformed::no(other)),
    };
    filter.clone().transform(unqualified).data().ok()
}

fn time() -> Expr {
    ident("TimeGenerated")
}

fn at(time: DateTime<Utc>) -> Expr {
    lit(time_value(time))
}
