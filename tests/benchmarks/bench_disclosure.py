"""How well protected counts protect, and how much they show: figures of a home's closed years beside their gates.

Run: python -m tests.benchmarks.bench_disclosure HOME   (a home with a built work folder, e.g. after `make refresh`)

The attacks are those of `tests/attacks.py`, written without the product's code. Nothing in HOME is written.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from orchestration import release
from orchestration.core import SAMPLE_PARTNERS, Settings, read_artifact, sha256_of
from orchestration.warehouse import Part
from tests import attacks
from tests.attacks import Public

SMALL, LINEAR_TRIED, INTEGER_TRIED, DRAWS, SEED = 5, 60, 12, 50, 20
WITHDRAWN = (1, 5, 20)
PROTECTION = (
    "int_cell_members",
    "int_window_periods",
    "int_cells",
    "int_protected_cells",
    "int_public_cells",
    "int_shown_cells",
)
Numbers = npt.NDArray[np.int64]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Say the home: python -m tests.benchmarks.bench_disclosure HOME")
    home = Path(sys.argv[1])
    with duckdb.connect(str(home / "work" / "warehouse.duckdb"), read_only=True) as con:
        years = [year for (year,) in con.execute(
            "select distinct period_id from intermediate.int_protected_cells order by 1").fetchall()]  # fmt: skip
        for year in years:
            print(f"\n{year}")
            _one_record(con, year)
            _programs(con, year)
            _utility(con, year)
        print("\nall closed years")
        _carried(con, years)
        _planted(con, years)
    _seconds(home)


def _numbers(con: duckdb.DuckDBPyConnection, query: str, year: str) -> dict[str, Numbers]:
    """The columns of a query for a year, all of whole numbers."""
    found = con.execute(query, [year]).fetchnumpy()
    return {name: np.asarray(values, dtype=np.int64) for name, values in found.items()}


def _line(figure: str, found: float, gate: str) -> None:
    print(f"  {figure:<62} {found:>8.3f}   {gate}")


def _one_record(con: duckdb.DuckDBPyConnection, year: str) -> None:
    """J of each movement, and what one learns of it who knows all the others, over many draws of the noise."""
    rows = _numbers(
        con,
        """
        select members.movement_id, cells.number, max(cast(cells.population = 'children' as integer)) over (
            partition by members.movement_id) as is_child
        from (
            select *, row_number() over (order by table_name, cell_id) - 1 as number
            from intermediate.int_protected_cells where period_id = ?
        ) as cells
        inner join intermediate.int_cell_members as members
            on members.cell_id = cells.cell_id
            and cells.table_name = members.table_name || '|' || cells.population
        inner join intermediate.int_movements as movements
            on movements.movement_id = members.movement_id and movements.record_grain = 'case'
            and 'year-' || movements.event_year = cells.period_id
            and (cells.population = 'all' or movements.is_child)
        order by members.movement_id
        """,
        year,
    )
    cells = _numbers(
        con,
        """select true_count, cast(is_shown as integer) as is_shown from intermediate.int_protected_cells
        where period_id = ? order by table_name, cell_id""",
        year,
    )
    counts, number = cells["true_count"], rows["number"]
    starts = np.flatnonzero(np.diff(rows["movement_id"], prepend=rows["movement_id"][0] - 1))
    assert len(rows["number"]) == counts.sum(), "every movement of every cell"
    variance = np.array([attacks.row_of(count)[1] for count in counts.tolist()])
    budget = np.add.reduceat((cells["is_shown"] / variance)[number], starts)
    _line("mean J", float(budget.mean()), "<= 1")
    _line("largest J", float(budget.max()), "<= 1.6")
    dice, sure = np.random.default_rng(SEED), []
    for _ in range(DRAWS):
        with np.errstate(over="ignore"):
            evidence = np.add.reduceat(_evidence(counts, dice)[number], starts)
            sure.append(1 / (1 + np.exp(-evidence)))
    beliefs, is_child = np.array(sure), rows["is_child"][starts].astype(bool)
    _line("all but one known: more than nine tenths sure", float((beliefs > 0.9).mean()), "<= .05")
    _line("  of children", float((beliefs[:, is_child] > 0.9).mean()), "<= .06")
    _line("all but one known: 99th percentile", float(np.quantile(beliefs, 0.99)), "<= .95")
    _line("all but one known: certain", float((beliefs >= 1).mean()), "0")


def _evidence(counts: Numbers, dice: np.random.Generator) -> npt.NDArray[np.float64]:
    """Of each cell, drawn anew: how much likelier what is published is with its last record than without."""
    found = np.zeros(len(counts))
    for at, count in enumerate(counts.tolist()):
        values, chances = attacks.distribution(count)
        published = count + int(dice.choice(values, p=chances))
        with_it, without = (attacks.published_probability(true, published) for true in (count, count - 1))
        found[at] = np.log(with_it) - np.log(without) if without else np.inf
    return found


def _programs(con: duckdb.DuckDBPyConnection, year: str) -> None:
    counts: Counter[tuple[str, str]] = Counter(
        {(origin, destination): number for origin, destination, number in con.execute(
            """select start_place_id, end_place_id, movement_count from intermediate.int_cells
            where table_name = 'corridors' and level = 'od' and period_id = ? and record_grain = 'case'
                and population = 'all'""", [year]).fetchall()}
    )  # fmt: skip
    public = _public(con, year)
    origins = sorted({origin for origin, _ in counts})
    destinations = sorted({destination for _, destination in counts})
    small = sorted(pair for pair, count in counts.items() if count < SMALL)
    widths = attacks.linear_widths(public, origins, destinations, small[:LINEAR_TRIED])
    _line("linear programs: narrowest range of a count under 5", min(widths), ">= 7")
    narrow = [small[at] for at in np.argsort(widths)[:INTEGER_TRIED]]
    whole = attacks.widths_of_ranges(public, origins, destinations, narrow)
    _line("integer programs: narrowest range of a count under 5", min(whole), ">= 7")
    averaged = attacks.averaged(public, origins, destinations)
    exact = float(np.mean([averaged[pair] == counts[pair] for pair in small]))
    guess = Counter(counts[pair] for pair in small).most_common(1)[0][1] / len(small)
    _line("averaging: counts under 5 found exactly", exact, f"<= {guess + 0.05:.3f} (guess {guess:.3f})")


def _public(con: duckdb.DuckDBPyConnection, year: str) -> Public:
    places = con.execute(
        """select role, place_id, movement_count from published.places
        where edition = 'public' and period_id = ? and population = 'all' and place_id <> 'KEN'""", [year]
    ).fetchall()  # fmt: skip
    corridors = con.execute(
        """select start_place_id, end_place_id, movement_count from published.corridors
        where edition = 'public' and period_id = ? and level = 'od'""", [year]
    ).fetchall()  # fmt: skip
    total = con.execute(
        """select movement_count from published.codes
        where edition = 'public' and period_id = ? and domain = 'total' and population = 'all'""", [year]
    ).fetchone()  # fmt: skip
    # Movements with an unknown end are in totals and in no corridor: the attack takes totals of ends as they are.
    return Public(
        {(origin, destination): count for origin, destination, count in corridors},
        {place: count for role, place, count in places if role == "origin"},
        {place: count for role, place, count in places if role == "destination"},
        None if total is None else int(total[0]),
    )


def _utility(con: duckdb.DuckDBPyConnection, year: str) -> None:
    rows = _numbers(
        con,
        """select true_count, protected_count, cast(is_shown as integer) as is_shown
        from intermediate.int_protected_cells
        where period_id = ? and table_name = 'corridors|all' and cell_id like 'od|%'""",
        year,
    )
    true, shown = rows["true_count"], rows["is_shown"] == 1
    found = np.where(shown, rows["protected_count"], 0)
    _line("movements in shown corridors", float(true[shown].sum() / true.sum()), ">= .90")
    error = np.abs(found - true)[shown].sum() / true[shown].sum()
    _line("weighted error of shown corridors", float(error), "<= .05")
    large = true >= 10
    near = np.abs(found - true)[large] <= 0.2 * true[large]
    _line("corridors of 10 and more within 20 %", float(near.mean()), ">= .88")
    overlap = len(set(np.argsort(-true)[:20]) & set(np.argsort(-found)[:20])) / 20
    _line("overlap of the twenty strongest", overlap, ">= .9")
    correlation = spearmanr(true[shown], found[shown]).statistic
    _line("rank correlation of shown corridors", float(correlation), ">= .96")


def _carried(con: duckdb.DuckDBPyConnection, years: list[str]) -> None:
    """Withdraw records, carry the closed years as the next release does, and compare; and what is spared."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(Path(scratch), Path(scratch), Path(scratch) / "keys")
        before = _release(con, settings)
        for number in WITHDRAWN:
            # The work file without them is not even asked: carried rows are copied from the release.
            release.carry(settings, ())
            changed = sum(
                _rows(con, settings.carried / f"{table}.parquet") != rows for table, rows in before.items()
            )
            _line(f"tables of closed years changed, {number} records withdrawn", changed, "0")
            moved = con.execute(
                """select count(distinct (cells.table_name, cells.cell_id, cells.period_id))
                from (
                    select movement_id, 'year-' || event_year as period_id
                    from intermediate.int_movements
                    where is_counted and record_grain = 'case' and list_contains(?, 'year-' || event_year)
                    order by hash(movement_id) limit ?
                ) as withdrawn
                inner join intermediate.int_cell_members as members using (movement_id)
                inner join intermediate.int_protected_cells as cells
                    on cells.cell_id = members.cell_id and cells.period_id = withdrawn.period_id
                    and cells.table_name = members.table_name || '|all'
                where cells.is_shown""", [years, number]
            ).fetchone()  # fmt: skip
            assert moved
            _line("  public counts that would be drawn anew", float(moved[0]), "")


def _release(con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """A release with the public rows of this work file; and these rows by table."""
    folder = settings.releases / "20260101T000000Z-00000000"
    parquet = folder / "public" / "parquet"
    parquet.mkdir(parents=True)
    tables = {}
    for (table,) in con.execute(
        "select table_name from duckdb_tables() where schema_name = 'published' order by 1"
    ).fetchall():
        file = parquet / f"published.{table}.parquet"
        con.execute(f"copy (from published.{table} where edition = 'public') to '{file}' (format parquet)")
        tables[table] = _rows(con, file)
    note = {"epoch": 0, "first_release": folder.name, "carried_from": None, "republished_by": []}
    periods = [row[0] for row in con.execute(
        "select period_id from published.periods where edition = 'public'").fetchall()]  # fmt: skip
    files = {path.relative_to(folder).as_posix(): {"sha256": sha256_of(path)} for path in parquet.iterdir()}
    manifest = {
        "sequence": 1,
        "previous_release": None,
        "files": files,
        "periods": dict.fromkeys(periods, note),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    settings.current.symlink_to(folder)
    return tables


def _rows(con: duckdb.DuckDBPyConnection, file: Path) -> list[tuple[object, ...]]:
    return con.execute(f"from '{file}' order by all").fetchall()


def _planted(con: duckdb.DuckDBPyConnection, years: list[str]) -> None:
    truth = json.loads((SAMPLE_PARTNERS / "truth.json").read_text(encoding="utf-8"))
    shifts = {row[0] for row in con.execute(
        "select corridor_id from published.shifts where edition = 'public' and status <> 'stable'").fetchall()}  # fmt: skip
    planted = {shift["corridor_id"] for shift in truth["shifts"]}
    _line("planted shifts that public tables show", len(planted & shifts) / len(planted), "1")
    _line("changes shown that are not planted", len(shifts - planted), "0")
    spots = set(con.execute(
        """select place_id, role from published.hotspots where edition = 'public' and label = 'hotspot'
        and period_id = ?""", [years[-1]]).fetchall())  # fmt: skip
    wanted = {(spot["place_id"], spot["role"]) for spot in truth["hotspots"]}
    _line("planted hotspots that the last year shows", len(wanted & spots) / len(wanted), "1")


def _seconds(home: Path) -> None:
    """What dbt took to build the tables of protection and publication, on one thread."""
    parts = [read_artifact(home / "work", part) for part in Part]
    models = [one for part in parts if part for one in part.facts["nodes"]]
    made = [one["seconds"] for one in models if one["name"] in PROTECTION]
    listed = [one["seconds"] for one in models if one["name"].startswith("published_")]
    _line("seconds for cells and protected counts", sum(made), "")
    _line("seconds for published tables", sum(listed), "")


if __name__ == "__main__":
    main()
