"""Landing a CSV beside DuckDB's own `read_csv(all_varchar)` to Parquet, in megabytes a second of the CSV.

    .venv/bin/python -m tests.benchmarks.bench_landing
    .venv/bin/python -m tests.benchmarks.bench_landing --shapes routes forms --megabytes 1000 --rounds 3

DuckDB copies cells; landing judges every cell, keys every record, hides texts and writes a row a cell. The
ratio of the two says how far landing is from the speed of merely reading. Each step runs in a process of its own, the two
in turns, after both ran over a few rows, so that all modules are compiled as in an installation that is in
use; of several rounds the quickest counts. Beside the clock stand the seconds of the processor, which
say more on a machine that does other things too. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks import form_export

FEW_ROWS = 3000  # enough for blocks
ROUTES: dict[str, Any] = form_export.SHARED | {
    "contract": "routes",
    "grain": "route_report",
    "delivery": {"mode": "full", "cadence": "yearly", "key": "Ref"},
    "format": {"kind": "csv"},
    "fields": {
        "event_on": "Date",
        "person_count": {"column": "Cases", "maximum": 500},
        "place(origin).place_text": {"column": "From", "basis": "home"},
        "place(transit).list": {"column": "Through", "split": [">"]},
        "place(intended_destination).place_text": "To",
        "transport_mode": "How",
        "exploitation_type": "Type",
    },
}
BYTES_IN_A_ROW = {"routes": 77, "forms": 860}
CONTRACTS: dict[str, dict[str, Any]] = {
    "routes": ROUTES,
    "forms": form_export.CONTRACT,
}


class Seconds(NamedTuple):
    clock: float
    processor: float


def write(shape: str, rows: int, path: Path) -> None:
    if shape == "routes":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_routes(rows))
    else:
        form_export.write(rows, path)


def _routes(rows: int) -> Iterator[list[object]]:
    dice = random.Random(7)  # noqa: S311
    yield ["Ref", "Date", "Cases", "From", "Through", "To", "How", "Type"]
    for at in range(rows):
        day = f"2024-{dice.randint(1, 9):02}-{dice.randint(1, 28):02}"
        first, second, third = dice.choices(form_export.PLACES, k=3)
        many = f"{dice.randint(1, 40)}-{dice.randint(41, 90)}"
        how, kind = dice.choice(["bus", "on foot", "matatu, bus"]), dice.choice(["forced labour", "sexual"])
        yield [f"R{at:07}", day, many, first, f"{second} > {third}", "Nairobi", how, kind]


def land(shape: str, source: Path, target: Path) -> None:
    from orchestration.contracts import Contract
    from orchestration.core import Keys
    from orchestration.intake import RecordReader, open_source
    from orchestration.intake.landing.hidden_texts import HiddenTexts
    from orchestration.intake.landing.landing import write_cells

    period = {"period": {"from": "2020-01-01", "to": "2026-12-31"}}
    contract = Contract.model_validate(CONTRACTS[shape] | period)
    keys = Keys(record_key=b"k" * 32, stewards_recipient="")
    with open_source(source, contract) as opened:
        hidden = HiddenTexts(contract, keys)
        write_cells(target, RecordReader(contract, keys, source.name).landed_tables(opened), hidden.hide)


def copy(_: str, source: Path, target: Path) -> None:
    import duckdb

    with duckdb.connect() as con:
        con.execute(
            f"copy (select * from read_csv('{source}', all_varchar = true)) to '{target}' (format parquet)"
        )


STEPS: dict[str, Callable[[str, Path, Path], None]] = {"land": land, "copy": copy}


def run(step: str, shape: str, folder: Path, compiled: Path) -> Seconds:
    """One step in a fresh process, what it imports included."""
    command = [sys.executable, "-m", __spec__.name, "--step", step, "--shapes", shape, "--folder", folder]
    surroundings = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled)}
    start = time.perf_counter()
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings)
    return Seconds(time.perf_counter() - start, float(ran.stdout))


def measure(shape: str, megabytes: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="njia-landing-") as name:
        folder, few, compiled = (Path(name) / part for part in ("full", "few", "compiled"))
        folder.mkdir()
        few.mkdir()
        write(shape, FEW_ROWS, few / "source.csv")
        for step in STEPS:
            run(step, shape, few, compiled)
        source = folder / "source.csv"
        write(shape, megabytes * 1_000_000 // BYTES_IN_A_ROW[shape], source)
        size = source.stat().st_size / 1e6
        ran: dict[str, list[Seconds]] = {step: [] for step in STEPS}
        for _ in range(rounds):
            for step, times in ran.items():
                times.append(run(step, shape, folder, compiled))
    landed, copied = (Seconds(*map(min, zip(*ran[step], strict=True))) for step in STEPS)
    print(
        f"{shape:<7} {size:,.0f} MB: landing {size / landed.clock:,.1f} MB/s, DuckDB "
        f"{size / copied.clock:,.1f} MB/s, ratio {copied.clock / landed.clock:.3f} by the clock "
        f"(processor: {landed.processor:.1f} s and {copied.processor:.1f} s, ratio "
        f"{copied.processor / landed.processor:.3f})",
        flush=True,
    )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--shapes", nargs="+", choices=CONTRACTS, default=list(CONTRACTS))
    given.add_argument("--megabytes", type=int, default=100)
    given.add_argument("--rounds", type=int, default=1)
    given.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    given.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.step:
        STEPS[asked.step](
            asked.shapes[0], asked.folder / "source.csv", asked.folder / f"{asked.step}.parquet"
        )
        print(time.process_time())
        return
    for shape in asked.shapes:
        measure(shape, asked.megabytes, asked.rounds)


if __name__ == "__main__":
    main()
