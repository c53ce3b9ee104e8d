#!/usr/bin/env python3
"""Asks for an hour of a month and for an hour of a year, of as many records a day, and for a first row.

    cargo build --release
    python3 benches/compare/hour.py

Both lakes are generated, taken in and compacted in `~/.cache/entralog-compare` (5 GB; the first time takes some minutes). Every
answer is a process of its own, so that opening the table is part of it, as it is for whoever asks once. They take turns; printed
are medians of milliseconds and the range. Exits with 1 when the hour of the year takes more than twice as long as that of
the month, or a first row more than 150 ms.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
DAYS = {"month": 30, "year": 365}
RECORDS_A_DAY = 3000
FIRST_ROW = "SELECT UserPrincipalName FROM SigninLogs LIMIT 1"
HOUR = """SELECT IPAddress, count(*), count(DISTINCT UserPrincipalName) FROM SigninLogs
          WHERE TimeGenerated >= '{0}T10:00:00Z' AND TimeGenerated < '{0}T11:00:00Z' GROUP BY IPAddress"""


def main() -> int:
    options = arguments()
    lakes = {name: lake(options, name) for name in DAYS}
    # A day of the second week, which both have.
    sql = "SELECT (min(TimeGenerated) + INTERVAL '9 days')::date::text AS day FROM SigninLogs"
    day = json.loads(query(options.entralog, lakes["month"], sql))["day"]
    questions = {
        "an hour of the month": (lakes["month"], HOUR.format(day)),
        "an hour of the year": (lakes["year"], HOUR.format(day)),
        "a first row of the month": (lakes["month"], FIRST_ROW),
    }
    taken = {question: [] for question in questions}
    for _ in range(options.rounds):
        for question, (path, sql) in questions.items():
            begun = time.perf_counter()
            if not query(options.entralog, path, sql):
                sys.exit(f"{question}: no rows")
            taken[question].append((time.perf_counter() - begun) * 1000)
    for question, times in taken.items():
        print(f"{question}: {median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")
    month, year, row = (median(times) for times in taken.values())
    print(f"year to month: {year / month:.2f}")
    return int(year > 2 * month or row > 150)


def lake(options: argparse.Namespace, name: str) -> Path:
    path = options.cache / f"hour-{name}"
    if not path.exists():
        logs, made = path.with_suffix(".logs"), path.with_suffix(".made")
        for leftover in (logs, made):
            shutil.rmtree(leftover, ignore_errors=True)
        days = DAYS[name]
        for command in (
            ["generate", "--events", str(days * RECORDS_A_DAY), "--days", str(days), "--out", logs],
            ["ingest", "--from", logs, "--lake", made],
            ["lake", "compact", "--lake", made],
        ):
            subprocess.run([options.entralog, *command], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(logs)
        made.rename(path)
    return path


def query(entralog: Path, path: Path, sql: str) -> str:
    command = [entralog, "query", "--lake", path, "-o", "ndjson", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entralog", type=Path, default=ROOT / "target/release/entralog")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/entralog-compare")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    sys.exit(main())
