#!/usr/bin/env python3
"""Compares `entralog ingest` with DuckDB, chdb and pyarrow: sign-in records as NDJSON to zstd Parquet.

    python3 benches/compare/run.py

Linux, Python 3.11 or later. See README.md beside this file for what is measured and what is unequal.
Prints Markdown on standard output, progress on standard error; exits with 1 when the tools disagree
on what the file holds.
"""

import argparse
import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
PACKAGES = {"duckdb": "2.0.0", "chdb": "4.4.0", "pyarrow": "26.0.1"}
# A tool is a package, and how it is used: as its documentation leads, or as one writes it first.
TOOLS = ("entralog", "duckdb", "duckdb_inferred", "chdb", "chdb_inferred", "pyarrow")
RECORDS_OF_A_START = 100
SIZE = "bytes of the same columns"


@dataclass(frozen=True)
class Setup:
    """What every run needs."""

    cache: Path
    pythons: dict[str, Path]
    entralog: Path
    threads: int
    bodies: bool

    def output(self, tool: str) -> Path:
        return self.cache / "output" / tool

    def parquet(self, tool: str) -> Path:
        """Where the data files lie, without those of entralog's other tables."""
        return self.output(tool) / "SigninLogs" if tool == "entralog" else self.output(tool)

    def command(self, tool: str, file: Path) -> list[str]:
        if tool == "entralog":
            return [str(self.entralog), "ingest", "--from", str(file), "--lake", str(self.output(tool))]
        # Without -B the checkout would get a __pycache__.
        script = HERE / f"with_{tool}.py"
        python = [str(self.pythons[package_of(tool)]), "-B"]
        form = ["bodies"] if self.bodies else []
        return [*python, str(script), str(file), str(self.output(tool)), str(self.threads), *form]


def package_of(tool: str) -> str:
    return tool.removesuffix("_inferred")


@dataclass(frozen=True)
class Run:
    """What one process cost and left."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


def main() -> int:
    options = arguments()
    bind_to_cpus(options.threads)
    pythons = {package: environment(options.cache, package) for package in PACKAGES}
    setup = Setup(options.cache, pythons, options.entralog, options.threads, options.bodies > 0)
    file = options.file or generated(options.cache, options.records)
    records = lines(file)
    start = head(options.cache, file)
    if setup.bodies:
        file, start = (in_bodies(each, options.bodies) for each in (file, start))
        # As for the other form: the operating system holds the file before the first tool reads it.
        lines(file)

    start_up = {tool: run(setup, tool, start) for tool in TOOLS}
    rounds = []
    for number in range(options.rounds):
        say(f"round {number + 1} of {options.rounds}")
        rounds.append({tool: run(setup, tool, file) for tool in TOOLS})
    figures = {tool: check(setup, tool) for tool in TOOLS}
    sizes = {tool: figures[tool].pop(SIZE) for tool in TOOLS}
    shutil.rmtree(setup.cache / "output")

    print(table(rounds, sizes, records))
    print(circumstances(setup, file, records, start_up))
    print(agreement(figures, records))
    if not agrees(figures, records):
        say("THE TOOLS DISAGREE on what the file holds: the speeds above compare different work")
        return 1
    return 0


def arguments() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000, help="records to generate [100000]")
    parser.add_argument("--file", type=resolved, help="NDJSON to read instead, one record a line")
    parser.add_argument("--bodies", type=int, default=0, metavar="N",
                        help="as Event Hubs delivers them: N records in a body {\"records\":[...]}, a body a line")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool, in turn [3]")
    parser.add_argument("--threads", type=int, default=2, help="threads, and CPUs to bind to [2]")
    parser.add_argument("--entralog", type=resolved, default=target / "release" / "entralog", help="the binary")
    parser.add_argument("--cache", type=resolved, default=Path.home() / ".cache" / "entralog-compare",
                        help="directory for packages, data and output, outside the checkout")
    options = parser.parse_args()
    if not options.entralog.is_file():
        parser.error(f"no binary at {options.entralog}: `cargo build --release`, or say --entralog PATH")
    return options


def resolved(text: str) -> Path:
    return Path(text).expanduser().resolve()


def bind_to_cpus(count: int) -> None:
    """Binds this process to the first CPUs that it may use; every tool inherits that."""
    allowed = sorted(os.sched_getaffinity(0))
    if count > len(allowed):
        sys.exit(f"--threads {count}, but this process may use {len(allowed)} CPUs")
    os.sched_setaffinity(0, allowed[:count])


def environment(cache: Path, package: str) -> Path:
    """The Python of a virtual environment with the pinned package.

    Each has its own: pyarrow imports pandas when it finds it, and chdb brings pandas.
    """
    pin = f"{package}=={PACKAGES[package]}"
    directory = cache / pin
    python = directory / "bin" / "python"
    installed = directory / "installed"
    if not installed.exists():
        say(f"installing {pin}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", directory], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", pin], check=True)
        installed.touch()
    return python


def generated(cache: Path, records: int) -> Path:
    """The generated file; its name tells the generator's version, so that a change of it makes a new one."""
    generator = HERE / "records.py"
    version = hashlib.sha256(generator.read_bytes()).hexdigest()[:8]
    file = cache / f"signins-{records}-{version}.ndjson"
    if not file.exists():
        say(f"generating {records:,} records")
        unfinished = file.with_suffix(".unfinished")
        subprocess.run([sys.executable, generator, str(records), unfinished], check=True)
        unfinished.rename(file)
    return file


def lines(file: Path) -> int:
    """Counts the records, and has the operating system hold the file before the first tool reads it."""
    with file.open("rb") as opened:
        return sum(1 for line in opened if line.strip())


def head(cache: Path, file: Path) -> Path:
    """A file of few records: a tool's cost on it is what it costs to start."""
    short = cache / "start.ndjson"
    with file.open("rb") as opened:
        short.write_bytes(b"".join(islice(opened, RECORDS_OF_A_START)))
    return short


def in_bodies(file: Path, size: int) -> Path:
    """The same records in message bodies."""
    bodies = file.with_name(f"{file.stem}-bodies-{size}.ndjson")
    with file.open("rb") as records, bodies.open("wb") as out:
        while body := list(islice((line.strip() for line in records if line.strip()), size)):
            out.write(b'{"records":[' + b",".join(body) + b"]}\n")
    return bodies


def run(setup: Setup, tool: str, file: Path) -> Run:
    """Runs a tool into an empty directory, as a process of its own."""
    output = setup.output(tool)
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    # What the tool before has yet to write must not be written at this one's cost.
    os.sync()
    began = time.monotonic()
    process = subprocess.Popen(setup.command(tool, file), stdout=subprocess.DEVNULL, cwd=setup.cache)
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = time.monotonic() - began
    if status != 0:
        sys.exit(f"{tool} failed with {os.waitstatus_to_exitcode(status)}")
    return Run(usage.ru_utime + usage.ru_stime, wall_seconds, usage.ru_maxrss * 1024)


def check(setup: Setup, tool: str) -> dict[str, int]:
    """What the last round's output holds."""
    # Types that were found out write JSON in another form: with nulls where one record of many has a key.
    as_written = [] if tool == package_of(tool) else ["--json-in-another-form"]
    command = [setup.pythons["duckdb"], "-B", HERE / "check.py", setup.parquet(tool), *as_written]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(rounds: list[dict[str, Run]], sizes: dict[str, int], records: int) -> str:
    rows = [
        "| tool | records per CPU second | entralog / tool | records per second of wall | peak MB "
        "| bytes per record, same columns |",
        "|---|---|---|---|---|---|",
    ]
    for tool in TOOLS:
        runs = [each[tool] for each in rounds]
        speeds = [records / each.cpu_seconds for each in runs]
        # A ratio inside a round, because the rounds may find the machine in different moods.
        ratios = [each[tool].cpu_seconds / each["entralog"].cpu_seconds for each in rounds]
        wall = median(records / each.wall_seconds for each in runs)
        peak = max(each.peak_bytes for each in runs) / 1e6
        size = sizes[tool] / records
        cells = (tool, spread(speeds, ",.0f"), spread(ratios, ".2f"), f"{wall:,.0f}", f"{peak:,.0f}", f"{size:.0f}")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def spread(values: list[float], form: str) -> str:
    """The median, and the least and the greatest."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def circumstances(setup: Setup, file: Path, records: int, start_up: dict[str, Run]) -> str:
    version = subprocess.run([setup.entralog, "--version"], check=True, capture_output=True, text=True)
    versions = [version.stdout.strip(), *(f"{name} {pin}" for name, pin in PACKAGES.items())]
    starts = ", ".join(f"{tool} {each.cpu_seconds:.2f}" for tool, each in start_up.items())
    return "\n".join([
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cpu_model()}, {setup.threads} CPUs, "
        f"load {os.getloadavg()[1]:.1f} over the last 5 minutes; {', '.join(versions)}; "
        f"Python {platform.python_version()}; {file.stat().st_size / records:,.0f} bytes of JSON a record; "
        f"`{shlex.join([Path(sys.executable).name, *sys.argv])}`",
        "",
        f"CPU seconds to start and take {RECORDS_OF_A_START} records, which the speeds include: {starts}.",
    ])


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def agreement(figures: dict[str, dict[str, int]], records: int) -> str:
    rows = ["", f"| what must agree | {' | '.join(TOOLS)} |", "|---" * (len(TOOLS) + 1) + "|"]
    for name in figures["entralog"]:
        values = (str(figures[tool].get(name, "")) for tool in TOOLS)
        rows.append(f"| {name} | {' | '.join(values)} |")
    verdict = "The tools agree." if agrees(figures, records) else "**THE TOOLS DISAGREE.**"
    return "\n".join([*rows, "", f"{verdict} The file has {records} records."])


def agrees(figures: dict[str, dict[str, int]], records: int) -> bool:
    """Whether every tool has every record, and every figure is the same wherever it was taken."""
    expected = figures["entralog"] | {"records": records}
    return all(expected[name] == value for tool in TOOLS for name, value in figures[tool].items())


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
