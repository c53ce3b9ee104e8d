"""NDJSON to Parquet with ClickHouse as one writes it first: `with_chdb_inferred.py FILE DIRECTORY THREADS [bodies]`.

ClickHouse finds the types out by itself, and what is kept as JSON is built as tuples and written as text again.
"""

import sys

import chdb

from columns import ENVELOPE, PROPERTIES

VALUES = {"json": "toJSONString({})", "time": "parseDateTime64BestEffort(toString({}), 6, 'UTC')"}


def main(file: str, directory: str, threads: str, form: str = "") -> None:
    record, unfolded = ("record.", "ARRAY JOIN records AS record") if form == "bodies" else ("", "")
    places = [(name, f"{record}{key}", kind) for name, key, kind in ENVELOPE]
    places += [(name, f"{record}properties.{key}", kind) for name, key, kind in PROPERTIES]
    selected = [f"{VALUES.get(kind, '{}').format(place)} AS {name}" for name, place, kind in places]
    chdb.query(
        f"""INSERT INTO FUNCTION file('{directory}/date={{_partition_id}}/rows.parquet', Parquet)
        PARTITION BY toDate(TimeGenerated)
        SELECT {", ".join(selected)} FROM file('{file}', JSONEachRow) {unfolded}
        SETTINGS max_threads = {threads}, max_insert_threads = {threads}, max_parsing_threads = {threads},
            output_format_parquet_compression_method = 'zstd'"""
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
