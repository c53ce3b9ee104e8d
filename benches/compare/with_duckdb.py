"""NDJSON to Parquet with DuckDB: `with_duckdb.py FILE DIRECTORY THREADS [bodies]`.

Explicit columns spare the inference of types and the parsing of what is kept as JSON. Bloom filters
are off because entralog writes none, and the order of rows is free.
"""

import sys

import duckdb

from columns import ENVELOPE, PROPERTIES

TYPES = {"text": "VARCHAR", "json": "JSON", "time": "TIMESTAMP", "long": "BIGINT", "bool": "BOOLEAN"}


def main(file: str, directory: str, threads: str, form: str = "") -> None:
    properties = ", ".join(f'"{key}" {TYPES[kind]}' for _, key, kind in PROPERTIES)
    columns = {key: TYPES[kind] for _, key, kind in ENVELOPE} | {"properties": f"STRUCT({properties})"}
    read = "read_json($file, format = 'newline_delimited', columns = {columns})"
    if form == "bodies":
        record = ", ".join(f'"{key}" {kind}' for key, kind in columns.items())
        columns = {"records": f"STRUCT({record})[]"}
        read = f"(SELECT unnest(records, max_depth := 2) FROM {read})"
    selected = [f'"{key}" AS "{name}"' for name, key, _ in ENVELOPE]
    selected += [f'properties."{key}" AS "{name}"' for name, key, _ in PROPERTIES]
    connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
    connection.execute(
        f"""COPY (
            SELECT {", ".join(selected)}, CAST("time" AS DATE) AS date
            FROM {read.format(columns=columns)}
        ) TO '{directory}' (
            FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, WRITE_BLOOM_FILTER false,
            PARTITION_BY (date), OVERWRITE_OR_IGNORE
        )""",
        {"file": file},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
