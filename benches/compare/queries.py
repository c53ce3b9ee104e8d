#!/usr/bin/env python3
"""Compares entralog's SQL with DuckDB's: seven questions of analysts over the same rows.

    cargo build --release
    entralog generate --events 2400000 --days 30 --out logs      # a million interactive sign-ins
    entralog ingest --from logs --lake lake
    entralog lake compact --lake lake
    python3 benches/compare/queries.py --lake lake

Both read the Parquet files of the lake, on the same two CPUs, in one process each; a statement is put to one and
then to the other, in seven rounds after one to warm up. The statements are in `queries/` and the same for both. Prints
Markdown on standard output: medians, and the median of the ratios within the rounds. Exits with 1 when the two
disagree on a row.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from run import PACKAGES, bind_to_cpus, environment

HERE = Path(__file__).resolve().parent
ROUNDS = 7


class Tool:
    """A process that answers statements."""

    def __init__(self, name: str, command: list[str]):
        self.name = name
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, text=True, **pipes)

    def ask(self, sql: str, rows: Path | None = None) -> dict:
        question = {"sql": sql, "rows": None if rows is None else str(rows)}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} has ended")
        return json.loads(answer)


def main() -> int:
    options = arguments()
    bind_to_cpus(options.threads)
    bench = options.bench or built()
    python = environment(options.cache, "duckdb")
    # Results go to Arrow in both.
    pyarrow = f"pyarrow=={PACKAGES['pyarrow']}"
    subprocess.run([python, "-m", "pip", "install", "--quiet", pyarrow], check=True, stdout=sys.stderr)
    threads = str(options.threads)
    tools = [
        Tool("entralog", [str(bench), "--lake", str(options.lake)]),
        Tool("DuckDB", [str(python), "-B", str(HERE / "queries_duckdb.py"), str(options.lake), threads]),
    ]
    user = options.user or busiest(tools[0])
    statements = {file.stem: file.read_text().replace("{user}", user) for file in sorted((HERE / "queries").glob("*.sql"))}
    agree = True
    with tempfile.TemporaryDirectory() as directory:
        for name, sql in statements.items():
            files = [Path(directory) / f"{name}-{tool.name}.csv" for tool in tools]
            for tool, file in zip(tools, files):
                tool.ask(sql, file)
            agree &= same(name, files)
    runs = {name: [] for name in statements}
    for _ in range(options.rounds):
        for name, sql in statements.items():
            runs[name].append([tool.ask(sql) for tool in tools])
    report(runs, tools)
    return 0 if agree else 1


def report(runs: dict, tools: list[Tool]) -> None:
    print("| query | rows | entralog ms | DuckDB ms | time, entralog to DuckDB | CPU, entralog to DuckDB |")
    print("|---|---|---|---|---|---|")
    ratios = []
    for name, rounds in runs.items():
        ours, theirs = (median(answers[tool]["seconds"] for answers in rounds) for tool in (0, 1))
        ratio = median(mine["seconds"] / other["seconds"] for mine, other in rounds)
        cpu = median((mine["cpu"] + 0.005) / (other["cpu"] + 0.005) for mine, other in rounds)
        ratios.append(ratio)
        print(f"| {name} | {rounds[0][0]['rows']} | {ours * 1000:.0f} | {theirs * 1000:.0f} | {ratio:.2f} | {cpu:.2f} |")
    peaks = [max(answers[tool]["peak"] for rounds in runs.values() for answers in rounds) for tool in (0, 1)]
    print(f"\nmedian of the ratios {median(ratios):.2f}, largest {max(ratios):.2f}; peak memory "
          f"{peaks[0] >> 20} MB and {peaks[1] >> 20} MB, {peaks[0] / peaks[1]:.2f} to 1")


def busiest(tool: Tool) -> str:
    """An account with many sign-ins: the same question to both."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        sql = ("SELECT UserPrincipalName, count(*) AS n FROM SigninLogs WHERE UserPrincipalName <> '' "
               "GROUP BY UserPrincipalName ORDER BY n DESC, UserPrincipalName LIMIT 1")
        tool.ask(sql, Path(file.name))
        return list(csv.reader(open(file.name)))[1][0]


def same(name: str, files: list[Path]) -> bool:
    """Whether both gave the same rows, numbers and times compared as such."""
    ours, theirs = (sorted(map(tuple, (map(plain, row) for row in list(csv.reader(open(file)))[1:]))) for file in files)
    if ours == theirs:
        return True
    print(f"{name}: {len(ours)} and {len(theirs)} rows that differ", file=sys.stderr)
    for mine, other in [(mine, other) for mine, other in zip(ours, theirs) if mine != other][:3]:
        print(f"  {mine}\n  {other}", file=sys.stderr)
    return False


def plain(text: str) -> str:
    """A value without the ways in which the two write it."""
    if len(text) > 18 and text[4:5] == "-" and text[13:14] == ":":
        text = text.replace("T", " ").removesuffix("Z").removesuffix("+00:00").removesuffix("+00")
        return text.rstrip("0").rstrip(".") if "." in text else text
    try:
        return repr(round(float(text), 6))
    except ValueError:
        return text


def built() -> Path:
    command = ["cargo", "bench", "--no-run", "--bench", "queries", "--message-format", "json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE.parent.parent).stdout
    artifacts = [json.loads(line) for line in output.splitlines()]
    return next(Path(a["executable"]) for a in artifacts if a.get("target", {}).get("name") == "queries" and a.get("executable"))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", type=Path, required=True, help="a lake whose tables have only files that are active")
    parser.add_argument("--bench", type=Path, help="the built `queries` benchmark [default: cargo builds it]")
    parser.add_argument("--user", help="the account of week-of-a-user [default: the one with most sign-ins]")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, default=2)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "entralog-compare"
    parser.add_argument("--cache", type=Path, default=cache)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
