//! Days that are past their retention go, each in one commit.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use delta_kernel::expressions::{Expression, Predicate, Scalar};

use super::super::active::{LakeFile, Listing, day_number};
use super::super::{Lake, LakeError};
use super::rewrite::{self, Rewrite};
use crate::table::{PARTITION_COLUMN, Table};

/// A day that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The day.
    pub day: NaiveDate,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows, as far as the log says.
    pub rows: u64,
}

impl Lake {
    /// The days of a table before `first`, which is the first day that stays.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn days_before(
        &self,
        table: &'static Table,
        first: NaiveDate,
    ) -> Result<Vec<Removed>, LakeError> {
        self.blocking(move |inner| {
            let Some(snapshot) = inner.snapshot(table)? else { return Ok(Vec::new()) };
            let column = Expression::column([PARTITION_COLUMN]);
            let before =
                Predicate::lt(column, Expression::literal(Scalar::Date(day_number(first))));
            let files = Listing::read(inner, table, &snapshot, Some(before), true)?.files;
            let mut days = BTreeMap::<NaiveDate, Vec<LakeFile>>::new();
            for file in files {
                if let Some(day) = file.day.filter(|day| *day < first) {
                    days.entry(day).or_default().push(file);
                }
            }
            Ok(days.into_iter().map(|(day, files)| removed(day, &files)).collect())
        })
        .await
    }

    /// Removes a day of a table with all its rows; nothing is left of it but files that a
    /// [vacuum](Self::vacuum) deletes once nobody can be reading them.
    ///
    /// # Errors
    /// The table cannot be read or written. Nothing was removed then.
    pub async fn remove_day(
        &self,
        table: &'static Table,
        day: NaiveDate,
    ) -> Result<Removed, LakeError> {
        self.blocking(move |inner| {
            // Every attempt removes what is there then, so another one that removes is no obstacle.
            let files = rewrite::commit(inner, table, day, &Rewrite::Remove)?;
            Ok(removed(day, &files.unwrap_or_default()))
        })
        .await
    }
}

fn removed(day: NaiveDate, files: &[LakeFile]) -> Removed {
    let rows = files.iter().filter_map(|file| file.statistics.rows).sum();
    let bytes = files.iter().map(|file| file.bytes).sum();
    Removed { day, files: files.len() as u64, bytes, rows }
}
