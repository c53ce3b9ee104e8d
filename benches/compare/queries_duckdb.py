"""DuckDB's side of queries.py: statements on standard input, a line each, over the Parquet files of a lake."""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb

lake, threads = Path(sys.argv[1]), int(sys.argv[2])
connection = duckdb.connect(config={"threads": threads})
connection.execute("SET TimeZone = 'UTC'")
for table in ("SigninLogs", "AuditLogs"):
    # Delta may have columns that a file has not, and a day is a directory.
    files = lake / table / "date=*" / "*.parquet"
    connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}', union_by_name = true)")


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


for line in sys.stdin:
    question = json.loads(line)
    start, before = time.perf_counter(), cpu()
    # To Arrow, as entralog's side has it.
    rows = connection.sql(question["sql"]).to_arrow_table()
    answer = {"seconds": time.perf_counter() - start, "cpu": cpu() - before, "rows": rows.num_rows}
    if question["rows"]:
        import pyarrow.csv

        pyarrow.csv.write_csv(rows, question["rows"])
    answer["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(answer), flush=True)
