"""NDJSON to Parquet with ClickHouse in the process: `with_chdb.py FILE DIRECTORY THREADS [bodies]`.

`properties` is a typed tuple whose `String` elements take objects and arrays as JSON text; that was as
fast as `JSONExtract` from whole lines or faster, and `LowCardinality` columns were slower. Bloom
filters are off because entralog writes none.
"""

import sys

import chdb

from columns import ENVELOPE, PROPERTIES

TYPES = {"text": "String", "json": "String", "time": "DateTime64(6, 'UTC')", "long": "Int64", "bool": "Bool"}


def main(file: str, directory: str, threads: str, form: str = "") -> None:
    properties = ", ".join(f"{key} {TYPES[kind]}" for _, key, kind in PROPERTIES)
    structure = [f"{key} {TYPES[kind]}" for _, key, kind in ENVELOPE] + [f"properties Tuple({properties})"]
    record, unfolded = "", ""
    if form == "bodies":
        structure = [f"records Array(Tuple({', '.join(structure)}))"]
        record, unfolded = "record.", "ARRAY JOIN records AS record"
    selected = [f"{record}{key} AS {name}" for name, key, _ in ENVELOPE]
    selected += [f"{record}properties.{key} AS {name}" for name, key, _ in PROPERTIES]
    quoted = ", ".join(structure).replace("'", "\\'")
    chdb.query(
        f"""INSERT INTO FUNCTION file('{directory}/date={{_partition_id}}/rows.parquet', Parquet)
        PARTITION BY toDate(TimeGenerated)
        SELECT {", ".join(selected)} FROM file('{file}', JSONEachRow, '{quoted}') {unfolded}
        SETTINGS max_threads = {threads}, max_insert_threads = {threads}, max_parsing_threads = {threads},
            date_time_input_format = 'best_effort', output_format_parquet_compression_method = 'zstd',
            output_format_compression_level = 1, output_format_parquet_write_bloom_filter = 0"""
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
