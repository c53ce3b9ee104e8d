"""Reads what a tool wrote and prints what must agree, as JSON: `check.py DIRECTORY`.

DuckDB reads the Parquet files of every tool, so a difference is one of the files. Of a nested file
only the rows are counted.
"""

import json
import sys

import duckdb

FIGURES = {
    "records": "count(*)",
    "characters of ConditionalAccessPolicies": "sum(length(CAST(ConditionalAccessPolicies AS VARCHAR)))",
    "distinct UserPrincipalName": "count(DISTINCT UserPrincipalName)",
    "first TimeGenerated, µs": "min(epoch_us(TimeGenerated))",
    "last TimeGenerated, µs": "max(epoch_us(TimeGenerated))",
    "sum of errorCode in Status": "sum(CAST(Status->>'errorCode' AS BIGINT))",
}


def main(directory: str) -> None:
    files = duckdb.sql(f"FROM read_parquet('{directory}/**/*.parquet')")
    flat = "ConditionalAccessPolicies" in files.columns
    figures = FIGURES if flat else {"records": FIGURES["records"]}
    row = files.aggregate(", ".join(figures.values())).fetchall()[0]
    print(json.dumps({name: int(value) for name, value in zip(figures, row, strict=True)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
