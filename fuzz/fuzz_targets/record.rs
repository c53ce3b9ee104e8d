//! Any JSON object as a record of any table: every value of it is in its row.

#![no_main]

use entralog::decode::{decode, is_json};
use entralog::table::{self, Provenance, TableBuilder};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/leaves.rs"]
mod leaves;

const FROM: Provenance<'_> = Provenance { source: "any", position: 1, ingested_at: 1 };

fuzz_target!(|input: &[u8]| {
    let decoded = decode(input);
    for record in decoded.iter().flatten() {
        // The table that it names, and one that it need not fit.
        let any = table::logs()[input.len() % table::logs().len()];
        for table in [table::table_of(&record).ok(), Some(any)].into_iter().flatten() {
            let mut builder = TableBuilder::new(table);
            if builder.append(&record, FROM).is_err() {
                assert_eq!(builder.finish().expect("no rows").num_rows(), 0);
                continue;
            }
            let batch = builder.finish().expect("a row");
            let row = leaves::row(&batch);
            if let Some(unmapped) = row["_Unmapped"].as_str() {
                assert!(is_json(unmapped), "{unmapped}");
            }
            let lost = leaves::lost(record.json, &row);
            assert!(lost.is_empty(), "{lost:?} of {} is not in {row}", record.json);
        }
    }
});
