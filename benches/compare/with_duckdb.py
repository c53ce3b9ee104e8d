"""NDJSON to Parquet with DuckDB: `with_duckdb.py FILE DIRECTORY THREADS`.

Explicit columns spare the inference of types and the parsing of what is kept as JSON. Bloom filters
are off because entralog writes none, and the order of rows is free.
"""

import sys

import duckdb

from columns import ENVELOPE, PROPERTIES

TYPES = {"text": "VARCHAR", "json": "JSON", "time": "TIMESTAMP", "long": "BIGINT", "bool": "BOOLEAN"}


def main(file: str, directory: str, threads: str) -> None:
    properties = ", ".join(f'"{key}" {TYPES[kind]}' for _, key, kind in PROPERTIES)
    columns = {key: TYPES[kind] for _, key, kind in ENVELOPE} | {"properties": f"STRUCT({properties})"}
    selected = [f'"{key}" AS "{name}"' for name, key, _ in ENVELOPE]
    selected += [f'properties."{key}" AS "{name}"' for name, key, _ in PROPERTIES]
    connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
    connection.execute(
        f"""COPY (
            SELECT {", ".join(selected)}, CAST("time" AS DATE) AS date
            FROM read_json(?, format = 'newline_delimited', columns = {columns})
        ) TO '{directory}' (
            FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, WRITE_BLOOM_FILTER false,
            PARTITION_BY (date), OVERWRITE_OR_IGNORE
        )""",
        [file],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
