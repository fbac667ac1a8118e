"""What readers wait for: the ten questions of docs/sql.md, the size of an edition, and how long its pages take to open.

    .venv/bin/python -m tests.benchmarks.bench_queries /tmp/bench/1m/home [--raw /tmp/bench/1m/partners]

Each question is asked of the edition's DuckDB file, and of the same tables as Parquet sorted by what the questions filter
by, a file a table: the best of five, opening included, with two threads. `--raw`: the folder of the partners' files. Pages open in
Debian's Chromium, without a network, until their scripts have run. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path

import duckdb

from tests.pipeline.test_sql_answers import QUESTIONS

TIMES = 5
# What the questions filter by, in the order of how much it leaves out.
SORTED_BY = ("record_grain", "population", "period_id", "level", "place_level", "role", "direction", "rank")
PAGES = ("report/index.html", "report/map.html")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("home", type=Path)
    given.add_argument("--raw", type=Path, help="folder of the partners' files")
    asked = given.parse_args()
    release = (asked.home / "current").resolve()
    with tempfile.TemporaryDirectory() as scratch:
        _show_questions(release, Path(scratch))
    _show_sizes(release, asked.raw)
    _show_pages(release)


def _show_questions(release: Path, scratch: Path) -> None:
    print(f"{'question':<62} {'DuckDB ms':>10} {'Parquet ms':>11} {'ratio':>6}")
    sorted_tables = {edition: _sorted_parquet(release, edition, scratch) for edition in ("members", "public")}
    for question in QUESTIONS:
        file = release / question.edition / "evidence_base.duckdb"
        folder = sorted_tables[question.edition]
        on_parquet = re.sub(r"\b(published|marts|quality)\.(\w+)", rf"'{folder}/\1.\2.parquet'", question.sql)
        ours, theirs = _best(question.sql, file), _best(on_parquet, None)
        print(f"{question.title:<62} {ours * 1000:>10.1f} {theirs * 1000:>11.1f} {ours / theirs:>6.2f}")


def _sorted_parquet(release: Path, edition: str, scratch: Path) -> Path:
    folder = scratch / edition
    folder.mkdir()
    with duckdb.connect(str(release / edition / "evidence_base.duckdb"), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            columns = {name for name, *_ in con.execute(f"describe {schema}.{table}").fetchall()}
            order = ", ".join(name for name in SORTED_BY if name in columns) or "all"
            con.execute(
                f"copy (from {schema}.{table} order by {order}) to '{folder}/{schema}.{table}.parquet' "
                "(format parquet, compression zstd, row_group_size 20000)"
            )
    return folder


def _ask(sql: str, file: Path | None) -> None:
    with duckdb.connect(
        str(file) if file else ":memory:", read_only=bool(file), config={"threads": 2}
    ) as con:
        con.execute(sql).fetchall()


def _best(sql: str, file: Path | None) -> float:
    found = []
    for _ in range(TIMES):
        started = time.perf_counter()
        _ask(sql, file)
        found.append(time.perf_counter() - started)
    return min(found)


def _show_sizes(release: Path, raw: Path | None) -> None:
    print(f"\n{'size':<40} {'MB':>8}")
    if raw:
        print(f"{'files of the partners':<40} {_megabytes(raw):>8,.1f}")
    for part in ("members/evidence_base.duckdb", "members/parquet", "members/exports", "public", *_pages()):
        print(f"{part:<40} {_megabytes(release / part):>8,.1f}")


def _pages() -> list[str]:
    return [f"members/{page}" for page in PAGES]


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def _show_pages(release: Path) -> None:
    from playwright.sync_api import sync_playwright

    print(f"\n{'page':<40} {'opens in s':>10}")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for page in _pages():
            found = []
            for _ in range(3):
                tab = browser.new_page()
                started = time.perf_counter()
                tab.goto((release / page).as_uri(), wait_until="load")
                tab.evaluate("() => document.body.offsetHeight")
                found.append(time.perf_counter() - started)
                tab.close()
            print(f"{page:<40} {min(found):>10.2f}")
        browser.close()


if __name__ == "__main__":
    main()
