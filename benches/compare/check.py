"""Reads what a tool wrote and prints what must agree, as JSON: `check.py DIRECTORY [--json-in-another-form]`.

DuckDB reads the Parquet files of every tool, so a difference is one of the files. Of a nested file
only the rows are counted. Beside that, the bytes of the columns that all tools have.
"""

import json
import sys

import duckdb

from columns import ENVELOPE, PROPERTIES

JSON_TEXT = "characters of ConditionalAccessPolicies"

FIGURES = {
    "records": "count(*)",
    JSON_TEXT: "sum(length(CAST(ConditionalAccessPolicies AS VARCHAR)))",
    "distinct UserPrincipalName": "count(DISTINCT UserPrincipalName)",
    "first TimeGenerated, µs": "min(epoch_us(TimeGenerated))",
    "last TimeGenerated, µs": "max(epoch_us(TimeGenerated))",
    "sum of errorCode in Status": "sum(CAST(Status->>'errorCode' AS BIGINT))",
}


def main(directory: str, form: str = "") -> None:
    pattern = f"{directory}/**/*.parquet"
    files = duckdb.sql(f"FROM read_parquet('{pattern}')")
    is_flat = "ConditionalAccessPolicies" in files.columns
    figures = FIGURES if is_flat else {"records": FIGURES["records"]}
    if form:
        figures = {name: figure for name, figure in figures.items() if name != JSON_TEXT}
    row = files.aggregate(", ".join(figures.values())).fetchall()[0]
    values = {name: int(value) for name, value in zip(figures, row, strict=True)}
    print(json.dumps(values | {"bytes of the same columns": size_of_columns(pattern, is_flat)}))


def size_of_columns(pattern: str, is_flat: bool) -> int:
    """Bytes of the columns that every tool fills; of a nested file, of all its leaves."""
    names = [name for name, _, _ in ENVELOPE + PROPERTIES]
    condition = f"path_in_schema IN {tuple(names)}" if is_flat else "true"
    chunks = duckdb.sql(f"FROM parquet_metadata('{pattern}')").filter(condition)
    return int(chunks.aggregate("sum(total_compressed_size)").fetchall()[0][0])


if __name__ == "__main__":
    main(*sys.argv[1:])
