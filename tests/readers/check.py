#!/usr/bin/env python3
"""Reads a lake with engines that are not entralog, and compares what they see.

Install and run (Python 3.10 or newer):

    python3 -m venv venv && venv/bin/pip install deltalake polars duckdb
    venv/bin/python tests/readers/check.py --entralog target/debug/entralog LAKE

For each table of the lake:

- rows as deltalake, polars (`scan_delta`) and duckdb read them are as many as `entralog query`
  counts; duckdb's Delta extension would be a download, so it reads the files that deltalake lists;
- a table of ingested rows has `txn` actions in its log, and deltalake gives the same version for
  each `appId`;
- what the log says of a file (`date`, number of rows, minimum and maximum of `TimeGenerated`) is
  true of the rows in the file.

Exits with 1 and says what differs.
"""

import argparse
import json
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import duckdb
import polars
from deltalake import DeltaTable

# Delta's protocol lets writers cut the times of statistics to milliseconds.
PRECISION = 1_000
MICROS_PER_DAY = 86_400_000_000
EPOCH = date(1970, 1, 1)


def main():
    arguments = parse_arguments()
    paths = sorted(log.parent for log in arguments.lake.glob("*/_delta_log"))
    if not paths:
        sys.exit(f"no Delta table in {arguments.lake}")
    print(line("table", ["entralog", "deltalake", "polars", "duckdb", "files", "txn"]))
    differences = []
    for path in paths:
        differences += check_table(arguments.entralog, arguments.lake, path)
    for difference in differences:
        print(difference, file=sys.stderr)
    return 1 if differences else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entralog", type=Path, required=True, help="the binary to compare with")
    parser.add_argument("lake", type=Path, help="the lake's directory")
    return parser.parse_args()


def line(name, values):
    return f"{name:34}" + "".join(f" {value:>9}" for value in values)


def check_table(entralog, lake, path):
    """Prints the table's line and returns what differs."""
    table = DeltaTable(path)
    # Columns are flat, as in `min.TimeGenerated`; a table without files has none of them.
    actions = list(polars.DataFrame(table.get_add_actions(flatten=True)).iter_rows(named=True))
    said = {str(path / unquote(action["path"])): action for action in actions}
    found = files_as_they_are(list(said))
    rows = {
        "entralog": entralog_rows(entralog, lake, path.name),
        "deltalake": deltalake_rows(table),
        "polars": polars.scan_delta(str(path)).select("TimeGenerated").collect().height,
        "duckdb": sum(file["rows"] for file in found.values()),
    }
    positions = positions_in_log(path / "_delta_log")
    print(line(path.name, [*rows.values(), len(said), len(positions)]))

    differences = check_positions(table, positions)
    if len(set(rows.values())) > 1:
        differences.append(f"rows differ: {rows}")
    for file, action in said.items():
        differences += check_file(file, action, found[file])
    return [f"{path.name}: {difference}" for difference in differences]


def entralog_rows(entralog, lake, name):
    sql = f"SELECT count(*) AS n FROM {name}"
    command = [entralog, "query", sql, "--lake", lake, "-o", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]["n"]


def deltalake_rows(table):
    # Not `count()`, which adds up the log's statistics and reads no row.
    return sum(batch.num_rows for batch in table.scan(columns=["TimeGenerated"]))


def files_as_they_are(files):
    """Number and bounds of the rows of each file; times in microseconds since the epoch."""
    if not files:
        return {}
    query = """
        SELECT filename, count(*) AS rows, min(epoch_us("TimeGenerated")) AS first,
            max(epoch_us("TimeGenerated")) AS last
        FROM read_parquet($files, filename = true, hive_partitioning = false) GROUP BY filename
    """
    found = duckdb.execute(query, {"files": files}).fetchall()
    return {file: {"rows": rows, "first": first, "last": last} for file, rows, first, last in found}


def check_file(file, said, found):
    if said["num_records"] != found["rows"]:
        yield f"{file}: {said['num_records']} rows in the log, {found['rows']} in the file"
    for key, row in {"min.TimeGenerated": "first", "max.TimeGenerated": "last"}.items():
        # Both are cut down: a reader has to expect rows just after the maximum.
        if found[row] // PRECISION != micros(said[key]) // PRECISION:
            yield f"{file}: {key} is {micros(said[key])} in the log, {found[row]} in the file"
    day = said["partition.date"]
    for row in ("first", "last"):
        if found[row] // MICROS_PER_DAY != (day - EPOCH).days:
            yield f"{file}: date is {day}, the {row} row is of {found[row]}"


def micros(time):
    return (time - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def positions_in_log(log):
    """The last version of each `appId`, from checkpoints and commits in their order."""
    positions = {}
    for file in sorted(log.iterdir()):
        if file.name.endswith(".checkpoint.parquet"):
            query = "SELECT txn.appId, txn.version FROM read_parquet($file) WHERE txn IS NOT NULL"
            positions.update(duckdb.execute(query, {"file": str(file)}).fetchall())
        elif file.suffix == ".json" and file.stem.isdigit():
            for text in file.read_text().splitlines():
                if txn := json.loads(text).get("txn"):
                    positions[txn["appId"]] = txn["version"]
    return positions


def check_positions(table, positions):
    differences = []
    columns = {field.name for field in table.schema().fields}
    if "_Source" in columns and not positions:
        differences.append("no txn action in the log")
    for app_id, version in positions.items():
        seen = table.transaction_version(app_id)
        if seen != version:
            differences.append(f"txn of {app_id} is {version} in the log and {seen} to deltalake")
    return differences


if __name__ == "__main__":
    sys.exit(main())
