"""NDJSON to Parquet with DuckDB as one writes it first: `with_duckdb_inferred.py FILE DIRECTORY THREADS [bodies]`.

DuckDB finds the types out by itself, and what is kept as JSON is built as structs and written as text again.
"""

import sys

import duckdb

from columns import ENVELOPE, PROPERTIES

BIGGEST_OBJECT = 64 << 20


def main(file: str, directory: str, threads: str, form: str = "") -> None:
    places = [(name, f'"{key}"', kind) for name, key, kind in ENVELOPE]
    places += [(name, f'properties."{key}"', kind) for name, key, kind in PROPERTIES]
    selected = [f'{f"to_json({place})" if kind == "json" else place} AS "{name}"' for name, place, kind in places]
    read = f"read_json($file, maximum_object_size = {BIGGEST_OBJECT})"
    if form == "bodies":
        read = f"(SELECT unnest(records, max_depth := 2) FROM {read})"
    connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
    connection.execute(
        f"""COPY (
            SELECT {", ".join(selected)}, CAST("time" AS DATE) AS date
            FROM {read}
        ) TO '{directory}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date), OVERWRITE_OR_IGNORE)""",
        {"file": file},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
