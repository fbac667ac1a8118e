"""Flat files to counts, written by hand, on other engines: what the same work costs without Njia.

    make bench-engines SIZES="1m 10m"
    .venv/bin/python -m tests.benchmarks.bench_engines 1m --engines duckdb duckdb-parquet --keep /tmp/engines
    .venv/bin/python -m tests.benchmarks.bench_engines 1m --spark .venv-spark/bin/python --njia /tmp/bench/1m/home

Each engine reads the files of `flat_files` and runs the statements of `by_hand`, in a process of its own. CPU is that of the process and of all that it
started, servers included; memory is the sum over them, read each fifth of a second. The check values must be equal.
`--njia HOME` compares them with a home that refreshed the same rows (`bench_refresh --flat --keep`).

PostgreSQL is the newest under /usr/lib/postgresql: the benchmark starts a cluster of its own in the folder, as the
user `nobody` where it runs as root, and stops it. Spark runs where `--spark` names an interpreter
that has it; without it, it is left out, with a sentence.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.benchmarks.by_hand import CHECKS, COLUMNS, DUCKDB, POSTGRES, SPARK, Dialect, statements

ENGINES = ("duckdb", "duckdb-parquet", "postgres", "spark")
MEMORY = "6GB"
LOOKUPS = {
    "codes": ("field", "spelling", "code"),
    "places": ("spelling", "place_id", "counting_place_id", "country_place_id"),
    "partners": ("partner", "layout", "grain", "role"),
    "months": ("month",),
    "periods": ("period_id", "first_month", "last_month"),
}
BINARIES = Path("/usr/lib/postgresql")


def write_calendar(folder: Path) -> None:
    """Months, and quarters, years and twelve months ending with a quarter, as Njia's calendar has them."""
    months = [(year, month) for year in range(2023, 2027) for month in range(1, 13)]
    periods = []
    for year, month in months:
        first, last = f"{year}-{month:02}-01", (year, month + 2)
        if month % 3 == 1:
            quarter, ends = f"{year}-Q{month // 3 + 1}", f"{last[0]}-{last[1]:02}-01"
            before = (year, month - 9) if month > 9 else (year - 1, month + 3)
            periods += [
                (quarter, first, ends),
                (f"{quarter}-12m", f"{before[0]}-{before[1]:02}-01", ends),
            ]
        if month == 1:
            periods.append((f"year-{year}", first, f"{year}-12-01"))
    for name, headings, rows in (
        ("months", ("month",), [(f"{year}-{month:02}-01",) for year, month in months]),
        ("periods", LOOKUPS["periods"], periods),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([headings, *rows])


def write_files(folder: Path) -> None:
    """The CSV files by layout and whether they hold names: (files, layout, is_named)."""
    from tests.benchmarks.flat_files import HEADINGS, NAMED_HEADINGS

    groups: dict[tuple[int, bool], list[str]] = {}
    for file in sorted(folder.glob("partners/*/extracts/*.csv")):
        with file.open(encoding="utf-8") as lines:
            heading = lines.readline()
        layout = next(number for number, headings in enumerate(HEADINGS) if heading.startswith(headings[0]))
        groups.setdefault((layout, NAMED_HEADINGS[0] in heading), []).append(str(file))
    found = [(files, *kind) for kind, files in groups.items()]
    (folder / "lookups/files.json").write_text(json.dumps(found), encoding="utf-8")


def files_of(folder: Path) -> list[tuple[list[str], int, bool]]:
    return json.loads((folder / "lookups/files.json").read_text(encoding="utf-8"))


def on_duckdb(folder: Path, *, parquet: bool = False) -> dict[str, Any]:
    import duckdb

    from tests.benchmarks.flat_files import HEADINGS, NAMED_HEADINGS

    target = folder / "by_hand.duckdb"
    target.unlink(missing_ok=True)
    con = duckdb.connect(
        str(target), config={"memory_limit": MEMORY, "temp_directory": str(folder / "spill")}
    )
    con.execute("set preserve_insertion_order = false")
    parts = []
    for files, layout, is_named in files_of(folder):
        cells = ", ".join(
            f'"{heading}" as {name}' for heading, name in zip(HEADINGS[layout], COLUMNS, strict=True)
        )
        if parquet:
            paths = [
                str(folder / "parquet" / Path(file).parts[-3] / f"{Path(file).stem}.parquet")
                for file in files
            ]
            source = f"read_parquet({paths}, filename = true)"
        else:
            # Without guessing: a look at each file for its form would cost more than reading it.
            headings = (*HEADINGS[layout], *(NAMED_HEADINGS if is_named else ()))
            columns = ", ".join(f"'{heading}': 'varchar'" for heading in headings)
            form = (
                f"""auto_detect = false, header = true, delim = '{",;"[layout]}', quote = '"', escape = '"'"""
            )
            source = f"read_csv({files}, columns = {{{columns}}}, {form}, filename = true)"
        name = "regexp_extract(filename, '([a-z]+_[0-9]+)_[0-9]+[.]', 1)"
        year = "cast(regexp_extract(filename, '_([0-9]+)[.]', 1) as integer)"
        parts.append(f"select {name} as partner, {year} as year, {cells} from {source}")
    con.execute("create view raw as " + " union all ".join(parts))
    for name in LOOKUPS:
        types = ", types = {'spelling': 'varchar', 'code': 'varchar'}" if name == "codes" else ""
        con.execute(
            f"create table {name} as select * from read_csv('{folder / 'lookups' / name}.csv'{types})"
        )
    return _run_all(DUCKDB, lambda sql: con.execute(sql).fetchall())


def on_postgres(folder: Path) -> dict[str, Any]:
    """A cluster of its own, started and stopped here. Its processes are children, so that their CPU is counted."""
    binaries = sorted(BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
    home = folder / "postgres"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    as_other: dict[str, Any] = {}
    if os.getuid() == 0:  # PostgreSQL does not run as root
        shutil.chown(home, "nobody", "nogroup")
        as_other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    data = home / "data"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home}
    initdb = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "bench",
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    subprocess.run(initdb, check=True, **quiet, **as_other)
    settings = {
        "listen_addresses": "", "unix_socket_directories": home, "fsync": "off", "synchronous_commit": "off",
        "shared_buffers": "1GB", "work_mem": "512MB", "maintenance_work_mem": "512MB", "max_wal_size": "8GB",
        "max_parallel_workers_per_gather": os.cpu_count() or 2, "wal_level": "minimal", "max_wal_senders": 0,
        "autovacuum": "off", "jit": "off", "from_collapse_limit": 24, "join_collapse_limit": 1,
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([binaries / "postgres", "-D", data, *options], **quiet, **as_other)

    def execute(sql: str) -> list[list[str]]:
        command = [
            binaries / "psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-F",
            "\t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            home,
            "-U",
            "bench",
            "postgres",
        ]
        ran = subprocess.run(command, input=sql, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(ran.stderr[-2000:])
        return [line.split("\t") for line in ran.stdout.splitlines()]

    try:
        _wait_until(lambda: (home / ".s.PGSQL.5432").exists())
        _wait_until(lambda: not subprocess.run([binaries / "pg_isready", "-q", "-h", home]).returncode)
        for name, headings in LOOKUPS.items():
            types = {"layout": "int", "month": "date", "first_month": "date", "last_month": "date"}
            columns = ", ".join(f"{column} {types.get(column, 'text')}" for column in headings)
            execute(f"create table {name} ({columns})")
            execute(f"\\copy {name} from '{folder / 'lookups' / name}.csv' with (format csv, header)")
        execute("create index on places (spelling); analyze;")
        columns = ", ".join(f"{column} text" for column in COLUMNS)
        started = time.monotonic()
        execute(
            f"create unlogged table raw ({columns}, given text, surname text, phone text, born text, partner text, year int)"
        )
        for files, layout, is_named in files_of(folder):
            taken = ", ".join((*COLUMNS, *(("given", "surname", "phone", "born") if is_named else ())))
            for file in files:
                partner, year = Path(file).stem.rsplit("_", 1)
                execute(f"""alter table raw alter partner set default '{partner}', alter year set default {year};
                    \\copy raw ({taken}) from '{file}' with (format csv, header, delimiter '{",;"[layout]}')""")
        read = time.monotonic() - started
        found = _run_all(POSTGRES, execute)
        return found | {"seconds": {"raw": read} | found["seconds"]}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def _wait_until(is_so: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("PostgreSQL did not start within a minute.")
        time.sleep(0.1)


def on_spark(folder: Path) -> dict[str, Any]:
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "5g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(folder / "spark"))
        .config("spark.local.dir", str(folder / "spill"))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.legacy.allowNonEmptyLocationInCTAS", "true")
        .getOrCreate()
    )
    shutil.rmtree(folder / "spark", ignore_errors=True)
    for name in LOOKUPS:
        table = spark.read.option("header", True).csv(str(folder / "lookups" / f"{name}.csv"))
        table.selectExpr(
            *("cast(layout as int) as layout" if one == "layout" else one for one in table.columns)
        ).createTempView(name)
    parts = []
    for number, (files, layout, _) in enumerate(files_of(folder)):
        view = spark.read.option("header", True).option("delimiter", ",;"[layout]).csv(files)
        view.toDF(*COLUMNS, *view.columns[len(COLUMNS) :]).selectExpr(
            *COLUMNS, "_metadata.file_name as file_name"
        ).createTempView(f"raw_{number}")
        parts.append(
            "select regexp_extract(file_name, '([a-z]+_[0-9]+)_[0-9]+[.]', 1) as partner,"
            f" cast(regexp_extract(file_name, '_([0-9]+)[.]', 1) as int) as year, {', '.join(COLUMNS)} from raw_{number}"
        )
    spark.sql("create temporary view raw as " + " union all ".join(parts))
    try:
        return _run_all(SPARK, lambda sql: [tuple(row) for row in spark.sql(sql).collect()])
    finally:
        spark.stop()
        shutil.rmtree(folder / "spark", ignore_errors=True)


def _run_all(engine: Dialect, execute: Any) -> dict[str, Any]:
    seconds = {}
    for table, select in statements(engine):
        started = time.monotonic()
        execute(engine.create.format(table, select))
        seconds[table] = time.monotonic() - started
    return {"checks": {name: int(value) for name, value in execute(CHECKS)}, "seconds": seconds}


def measure(engine: str, folder: Path, python: str) -> dict[str, Any] | None:
    """What the engine's process said, with CPU seconds, seconds and the largest memory of its processes together."""
    command = [python, "-m", __spec__.name, "--process", engine, "--keep", str(folder), "1"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, peak, seen = time.monotonic(), 0.0, 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        said: list[tuple[str, str]] = []
        reader = threading.Thread(target=lambda: said.append(process.communicate()))
        reader.start()
        while reader.is_alive():
            peak = max(peak, _memory_mb(process.pid))
            seen = max(seen, _cpu_seconds(process.pid))
            reader.join(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        print(f"{engine}: the process ended with {process.returncode}.\n{said[0][1][-3000:]}", flush=True)
        return None
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return json.loads(said[0][0].splitlines()[-1]) | {
        "cpu": max(cpu, seen),  # no process waits for Spark's Java: its time is what was seen last
        "wall": time.monotonic() - started,
        "peak_mb": peak,
    }


def _memory_mb(pid: int) -> float:
    """Of a process and all below it; what they share counts once."""
    total = 0.0
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        total += sum(_memory_mb(int(child)) for child in children)
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
    return total


def _cpu_seconds(pid: int) -> float:
    """Of a process, of those below it, and of those that they waited for."""
    total = 0.0
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        total += sum(_cpu_seconds(int(child)) for child in children)
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return total


def checks_of_njia(home: Path) -> dict[str, int]:
    """The same values of a home that refreshed the rows: of its records, before linkage joins those of one person."""
    import duckdb

    with duckdb.connect(str(home / "work/warehouse.duckdb"), read_only=True) as con:
        con.execute("""
            create temp view fct_movements as select * from intermediate.int_movements;
            create temp view fct_movement_legs as select * from intermediate.int_movement_legs;
            create temp view mart_corridors as select * from marts.mart_corridors;
            -- Njia counts an origin Busia or Mandera at the border point too; by hand, at the county only.
            create temp view mart_places as select * from marts.mart_places
                where place_level <> 'border_point' or role = 'transit';
            create temp view bridge_movement_codes as select * from intermediate.int_movement_codes
                where domain in ('exploitation_type', 'transport_mode')
        """)
        return {name: int(value) for name, value in con.execute(CHECKS).fetchall()}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("sizes", nargs="+", help="movements: `100k`, `1m`, `10m`")
    given.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    given.add_argument(
        "--spark", default="", help="an interpreter with pyspark (`make test-spark` makes one)"
    )
    given.add_argument("--njia", type=Path, help="compare with this home, which refreshed the same rows")
    given.add_argument("--nodes", type=int, default=0, help="also the slowest tables, so many")
    given.add_argument("--keep", type=Path, help="work in this folder, and leave the files there")
    given.add_argument("--process", help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.process:
        ways = {
            "duckdb": on_duckdb,
            "duckdb-parquet": lambda folder: on_duckdb(folder, parquet=True),
            "postgres": on_postgres,
            "spark": on_spark,
        }
        print(json.dumps(ways[asked.process](asked.keep)))
        return
    for size in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="njia-bench-") as scratch:
            compare(size, asked.keep or Path(scratch), asked)


def compare(size: str, folder: Path, asked: argparse.Namespace) -> None:
    from tests.benchmarks.flat_files import count_of, write_flat

    folder.chmod(0o755)
    if not (folder / "partners").exists():
        write_flat(folder, count_of(size), parquet="duckdb-parquet" in asked.engines)
    write_calendar(folder / "lookups")
    write_files(folder)
    checks = {"njia": checks_of_njia(asked.njia)} if asked.njia else {}
    print(f"\n{size}\n{'engine':<16} {'CPU s':>8} {'wall s':>8} {'peak MB':>8}", flush=True)
    for engine in asked.engines:
        python = asked.spark if engine == "spark" else sys.executable
        if not python:
            print(f"{engine:<16} left out: name an interpreter that has it", flush=True)
        elif found := measure(engine, folder, python):
            print(
                f"{engine:<16} {found['cpu']:>8.1f} {found['wall']:>8.1f} {found['peak_mb']:>8,.0f}",
                flush=True,
            )
            for table, seconds in sorted(found["seconds"].items(), key=lambda node: -node[1])[: asked.nodes]:
                print(f"    {table:<30} {seconds:>6.1f} s of wall")
            checks[engine] = found["checks"]
    for name in next(iter(checks.values()), {}):
        values = {engine: found.get(name) for engine, found in checks.items()}
        is_equal = len({value for value in values.values() if value is not None}) == 1
        print(
            f"{name:<24} {next(iter(values.values())):>14,}"
            if is_equal
            else f"{name:<24} DIFFERENT: {values}"
        )


if __name__ == "__main__":
    main()
