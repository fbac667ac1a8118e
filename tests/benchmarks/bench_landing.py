"""Landing a CSV beside DuckDB's own `read_csv(all_varchar)` to Parquet, in megabytes a second of the CSV.

    .venv/bin/python -m tests.benchmarks.bench_landing
    .venv/bin/python -m tests.benchmarks.bench_landing --rows 10000000

DuckDB copies cells; landing judges every cell, keys every record and writes a row a cell. The ratio of the
two says how far landing is from the speed of merely reading. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.extracts.contract import Contract
from orchestration.extracts.landing import write_cells
from orchestration.extracts.reading import open_source
from orchestration.extracts.records import RecordReader
from orchestration.keys import Keys
from tests.benchmarks.bench_memory import CONTRACTS, write

KEYS = Keys(record_key=b"k" * 32, stewards_recipient="")


def land(source: Path, target: Path) -> None:
    contract = Contract.model_validate(
        CONTRACTS["csv"] | {"period": {"from": "2020-01-01", "to": "2026-12-31"}}
    )
    with open_source(source, contract) as opened:
        write_cells(target, RecordReader(contract, KEYS, source.name).landed_cells(opened))


def copy(source: Path, target: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * from read_csv('{source}', all_varchar = true)) to '{target}' (format parquet)"
        )


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rows", type=int, default=200_000)
    rows = given.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "routes.csv"
        write("csv", rows, source)
        size = source.stat().st_size / 1e6
        landed = seconds(lambda: land(source, folder / "landed.parquet"))
        copied = seconds(lambda: copy(source, folder / "copied.parquet"))
        print(
            f"{size:,.0f} MB: landing {size / landed:,.1f} MB/s, DuckDB {size / copied:,.1f} MB/s, "
            f"ratio {copied / landed:.3f}"
        )


if __name__ == "__main__":
    main()
