//! What it costs to take a sign-in in: decode, encode, and the whole way into a lake.
//!
//! `cargo bench --bench ingest`; records are those of `entralog generate`. Elements are records, so
//! criterion's throughput is records a second of wall time on one thread for all but the whole way, which decodes
//! and encodes at once. CPU seconds against other programs: `benches/compare`.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::hint::black_box;
use std::time::Duration;

use arrow::array::RecordBatch;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use entralog::decode::decode;
use entralog::generate::{GenerateOptions, generate};
use entralog::ingest::{FlushLimits, Ingester};
use entralog::lake::Lake;
use entralog::source::{Delivery, Place};
use entralog::table::{Provenance, TableBuilder, by_name};

const RECORDS: u64 = 10_000;
const TABLE: &str = "SigninLogs";
const FROM: Provenance<'_> = Provenance { source: "bench", position: 0, ingested_at: 0 };

/// Sign-ins as single records, in the order of their times.
fn records() -> Vec<Vec<u8>> {
    let directory = tempfile::tempdir().expect("a directory");
    let options = GenerateOptions { events: 3 * RECORDS, ..GenerateOptions::default() };
    generate(&options, directory.path()).expect("records");
    let hub = directory.path().join("insights-logs-signinlogs");
    let mut records = Vec::new();
    for file in entralog::source::file::expand(&[hub]).expect("files") {
        let bytes = std::fs::read(file).expect("a file");
        let decoded = decode(&bytes);
        records.extend(decoded.iter().flatten().map(|record| record.json.as_bytes().to_vec()));
    }
    records.truncate(usize::try_from(RECORDS).expect("a size"));
    records
}

fn build(records: &[Vec<u8>]) -> TableBuilder {
    let mut builder = TableBuilder::new(by_name(TABLE).expect("a table"));
    for body in records {
        for record in decode(body).iter().flatten() {
            builder.append(&record, FROM).expect("a time");
        }
    }
    builder
}

/// Encodes a batch and commits it: Parquet, the statistics and one commit of Delta.
async fn encode(batch: RecordBatch) {
    let lake = Lake::in_memory();
    let table = by_name(TABLE).expect("a table");
    lake.commit(table, Some(batch), Vec::new()).await.expect("a commit");
}

async fn whole_way(records: &[Vec<u8>]) {
    let lake = Lake::in_memory();
    let source_id: std::sync::Arc<str> = "bench".into();
    let mut ingester = Ingester::new(lake, FlushLimits::default());
    ingester.resume(&source_id).await.expect("a lake");
    for (line, body) in (1_i64..).zip(records) {
        let delivery = Delivery {
            source_id: source_id.clone(),
            position: line,
            place: Place::Line(line.unsigned_abs()),
            body: body.clone().into(),
        };
        ingester.take(&delivery).await.expect("a commit");
    }
    ingester.flush().await.expect("a commit");
}

fn benches(criterion: &mut Criterion) {
    let records = records();
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            for body in &records {
                black_box(decode(black_box(body)).iter().count());
            }
        });
    });
    group.bench_function("decode and build", |bencher| {
        bencher.iter_batched(|| (), |()| build(black_box(&records)), BatchSize::PerIteration);
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let batch = build(&records).finish().expect("a batch");
    group.bench_function("encode", |bencher| {
        bencher.iter(|| runtime.block_on(encode(black_box(batch.clone()))));
    });
    group.bench_function("the whole way", |bencher| {
        bencher.iter(|| runtime.block_on(whole_way(black_box(&records))));
    });
    group.finish();
}

criterion_group!(ingest, benches);
criterion_main!(ingest);
