"""NDJSON to Parquet with pyarrow, nested as it stands: `with_pyarrow.py FILE DIRECTORY THREADS [bodies]`.

Streamed, so that memory does not grow with the file, and in large blocks, because a block is a row
group. pyarrow cannot keep an object as JSON text, so there is nothing to flatten without building it.
"""

import sys
from collections.abc import Iterator

import pyarrow
from pyarrow import dataset, json

BLOCK_BYTES = 16 << 20
# Entra writes seven fractional digits, which pyarrow reads as nothing coarser.
TIME = pyarrow.schema([("time", pyarrow.timestamp("ns", "UTC"))])
TIME_IN_BODIES = pyarrow.schema([("records", pyarrow.list_(pyarrow.struct(TIME)))])
DATE = pyarrow.schema([("date", pyarrow.date32())])


def dated(batches: pyarrow.RecordBatchReader) -> Iterator[pyarrow.RecordBatch]:
    """The batches with the column that they are partitioned by."""
    for batch in batches:
        yield batch.append_column("date", batch["time"].cast(DATE.field("date").type))


def unfolded(bodies: pyarrow.RecordBatchReader) -> pyarrow.RecordBatchReader:
    """The records of bodies."""
    schema = pyarrow.schema(list(bodies.schema.field("records").type.value_type))
    batches = (pyarrow.RecordBatch.from_struct_array(batch["records"].flatten()) for batch in bodies)
    return pyarrow.RecordBatchReader.from_batches(schema, batches)


def main(file: str, directory: str, threads: str, form: str = "") -> None:
    pyarrow.set_cpu_count(int(threads))
    schema = TIME_IN_BODIES if form == "bodies" else TIME
    batches = json.open_json(
        file, json.ReadOptions(block_size=BLOCK_BYTES), json.ParseOptions(explicit_schema=schema)
    )
    if form == "bodies":
        batches = unfolded(batches)
    form = dataset.ParquetFileFormat()
    dataset.write_dataset(
        dated(batches),
        directory,
        schema=pyarrow.unify_schemas([batches.schema, DATE]),
        format=form,
        file_options=form.make_write_options(compression="zstd", compression_level=1),
        partitioning=dataset.partitioning(DATE, flavor="hive"),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
