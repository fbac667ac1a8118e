"""How well protected counts protect, and how much they show: figures of a home's closed years beside their gates.

Run: python -m tests.benchmarks.bench_disclosure HOME   (a home with a built work folder, e.g. after `make refresh`)

The attacks are those of `tests/attacks.py`, written without the product's code; labels are attacked with
`label_attack.py`. Nothing in HOME is written. Exit 1 where a year of 1,000 cases and more misses a gate.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import spearmanr

from orchestration import release
from orchestration.core import SAMPLE_PARTNERS, Settings, load_publication_policy, read_artifact, sha256_of
from orchestration.release.releases import SCHEMA_VERSION
from orchestration.statistics import fit_leaves
from orchestration.warehouse import Part
from tests import attacks
from tests.attacks import Public
from tests.benchmarks.label_attack import evidence_of_comparisons, evidence_of_labels

SMALL, LINEAR_TRIED, INTEGER_TRIED, DRAWS, SEED = 5, 60, 12, 50, 20
LEAF = ["start_place_id", "end_place_id", "direction"]
WITHDRAWN = (1, 5, 20)
JUDGED_FROM = 1000
# Of comparison and change, were they drawn for the public edition.
COMPARISON_SCALES = (0.05, 0.2)
# Figures that miss their gate, of years that are judged.
BROKEN: list[str] = []
PROTECTION = (
    "int_cell_members",
    "int_window_periods",
    "int_cells",
    "int_protected_cells",
    "int_public_cells",
    "int_edition_cells",
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
            cases = con.execute(
                "select max(true_count) from intermediate.int_protected_cells where period_id = ?", [year]
            ).fetchone()
            is_judged = cases is not None and cases[0] >= JUDGED_FROM
            print(f"\n{year}" + ("" if is_judged else " (too few cases to be judged)"))
            before = len(BROKEN)
            _one_record(con, home, year)
            _programs(con, year)
            _draws(con, year)
            _utility(con, year)
            BROKEN[before:] = [f"{year}: {figure}" for figure in BROKEN[before:] if is_judged]
        print("\nall closed years")
        _carried(con, years)
        _planted(con, years)
        _labels(con, years[-1])
    _seconds(home)
    if BROKEN:
        sys.exit("Gates missed: " + "; ".join(BROKEN))


def _numbers(con: duckdb.DuckDBPyConnection, query: str, year: str) -> dict[str, Numbers]:
    """The columns of a query for a year, all of whole numbers."""
    found = con.execute(query, [year]).fetchnumpy()
    return {name: np.asarray(values, dtype=np.int64) for name, values in found.items()}


def _line(figure: str, found: float, gate: str) -> None:
    print(f"  {figure:<62} {found:>8.3f}   {gate}")
    if number := re.match(r"(<=|>=|) ?([\d.]+)", gate):
        sign, wanted = number[1], float(number[2])
        if not {"<=": found <= wanted, ">=": found >= wanted, "": round(found, 3) == wanted}[sign]:
            BROKEN.append(figure.strip())


# Cells of a year by number, with what the public edition shows of each.
CELLS = """
select cells.*, shown.public_count, shown.public_count is not null as is_shown, row_number() over (order by table_name, column_name, cell_id) - 1 as number
from intermediate.int_protected_cells as cells
left join intermediate.int_public_cells as shown using (table_name, column_name, cell_id, period_id)
where period_id = ?
"""


def _one_record(con: duckdb.DuckDBPyConnection, home: Path, year: str) -> None:
    """J of each movement, and what one learns of it who knows all the others, over many draws of the noise."""
    rows = _numbers(
        con,
        f"""
        select members.movement_id, cells.number, cast(coalesce(movements.is_child, false) as integer) as is_child
        from ({CELLS}) as cells
        inner join intermediate.int_cell_members as members using (table_name, column_name, cell_id)
        inner join intermediate.int_movements as movements
            on movements.movement_id = members.movement_id and 'year-' || movements.event_year = cells.period_id
        order by members.movement_id
        """,
        year,
    )
    cells = _numbers(
        con,
        f"""select true_count, cast(is_shown as integer) as is_shown,
            cast(table_name = 'corridors' as integer) as is_leaf,
            cast(column_name = 'child_count' as integer) as is_of_children from ({CELLS}) order by number""",
        year,
    )
    counts, number = cells["true_count"], rows["number"]
    starts = np.flatnonzero(np.diff(rows["movement_id"], prepend=rows["movement_id"][0] - 1))
    assert len(rows["number"]) == counts.sum(), "every movement of every cell"
    variance = np.array([attacks.row_of(count)[1] for count in counts.tolist()])
    for which, counted in (
        ("", cells["is_shown"]),
        (" with hidden corridors, which the fit reads", cells["is_shown"] | cells["is_leaf"]),
    ):
        budget = np.add.reduceat((counted / variance)[number], starts)
        _line(f"mean J{which}", float(budget.mean()), "<= 1")
        _line(f"largest J{which}", float(budget.max()), "<= 1.6")
    policy, dice = load_publication_policy(), np.random.default_rng(SEED)
    least = np.where(
        cells["is_of_children"], policy["public_least_label_count"], policy["public_least_count"]
    )
    largest = []
    for _ in range(DRAWS):
        drawn = np.array([count + _noise(count, dice) for count in counts.tolist()])
        largest.append(np.add.reduceat(((drawn >= least) / variance)[number], starts).max())
    _line("largest J, other noise: part of the draws above 1.6", float((np.array(largest) > 1.6).mean()), "")
    dice = np.random.default_rng(SEED)
    of_counts = np.array([np.add.reduceat(_evidence(counts, dice)[number], starts) for _ in range(DRAWS)])
    of_labels, proven = evidence_of_labels(con, home, year, rows["movement_id"][starts], DRAWS, SEED)
    is_child = rows["is_child"][starts].astype(bool)
    for what, evidence in (("counts", of_counts), ("counts and labels", of_counts + of_labels)):
        with np.errstate(over="ignore"):
            beliefs = 1 / (1 + np.exp(-evidence))
        is_alone = what == "counts"
        sure = float((beliefs > 0.9).mean())
        _line(f"all but one known, by {what}: more than nine tenths sure", sure, "<= .05")
        _line("  of children", float((beliefs[:, is_child] > 0.9).mean()), "<= .06" if is_alone else "")
        _line("  99th percentile", float(np.quantile(beliefs, 0.99)), "<= .95" if is_alone else "")
        _line("  certain", float(np.isposinf(evidence).mean()), "0")
    _line("  largest log odds of labels alone", float(of_labels.max()), "")
    if con.execute("select 1 from published.periods where period_id = ?", [_year_before(year)]).fetchone():
        for scale in COMPARISON_SCALES:
            of_comparisons, told = evidence_of_comparisons(
                con, year, rows["movement_id"][starts], scale, DRAWS, SEED
            )
            sure = of_counts + of_labels + of_comparisons > np.log(9)
            _line(f"with comparison and change, noise of {scale}: nine tenths sure", float(sure.mean()), "")
            for what, number_told in told.items():
                _line(f"  {what}", number_told, "")
    _line("movements that labels of exact counts would prove", float(proven.sum()), "")


def _year_before(year: str) -> str:
    return f"year-{int(year.removeprefix('year-')) - 1}"


def _evidence(counts: Numbers, dice: np.random.Generator) -> npt.NDArray[np.float64]:
    """Of each cell, drawn anew: how much likelier what is published is with its last record than without."""
    found = np.zeros(len(counts))
    for at, count in enumerate(counts.tolist()):
        if count == 0:
            continue
        published = count + _noise(count, dice)
        with_it, without = (attacks.published_probability(true, published) for true in (count, count - 1))
        found[at] = np.log(with_it) - np.log(without) if without else np.inf
    return found


def _programs(con: duckdb.DuckDBPyConnection, year: str) -> None:
    counts: Counter[tuple[str, str]] = Counter(
        {(start, end): number for start, end, number in con.execute(
            """select start_place_id, end_place_id, sum(true_count) from intermediate.int_protected_cells
            where table_name = 'corridors' and true_count > 0 and period_id = ? group by all""", [year]).fetchall()}
    )  # fmt: skip
    public = Public(*(
        {tuple(key) if len(key) > 1 else key[0]: number for *key, number in con.execute(
            f"""select {key}, sum(movement_count) from published.{table}
            where edition = 'public' and period_id = ? group by all""", [year]).fetchall()}
        for table, key in (("corridors", "start_place_id, end_place_id"), ("starts", "place_id"), ("ends", "place_id"))
    ))  # fmt: skip
    starts, ends = (sorted({pair[side] for pair in counts} | {"unknown"}) for side in (0, 1))
    small = sorted(pair for pair, count in counts.items() if count < SMALL)
    widths = attacks.linear_widths(public, starts, ends, small[:LINEAR_TRIED])
    _line("linear programs: narrowest range of a count under 5", min(widths), ">= 7")
    narrow = [small[at] for at in np.argsort(widths)[:INTEGER_TRIED]]
    whole = attacks.widths_of_ranges(public, starts, ends, narrow)
    _line("integer programs: narrowest range of a count under 5", min(whole), ">= 7")
    averaged = attacks.averaged(public, starts, ends)
    exact = float(np.mean([averaged[pair] == counts[pair] for pair in small]))
    guess = Counter(counts[pair] for pair in small).most_common(1)[0][1] / len(small)
    _line(
        "averaging and rows fewer: counts under 5 found exactly",
        exact,
        f"<= {guess + 0.05:.3f} (guess {guess:.3f})",
    )


def _draws(con: duckdb.DuckDBPyConnection, year: str) -> None:
    """Errors of protected and of fitted counts; and what the rest of a start or end says of a record alone in it."""
    cells, dice = (
        con.execute(f"{CELLS} and column_name = 'movement_count'", [year]).df(),
        np.random.default_rng(SEED),
    )
    squares: dict[str, list[float]] = {}
    rests: dict[int, Counter[int]] = {0: Counter(), 1: Counter()}
    alone = 0
    for _ in range(DRAWS):
        true = cells["true_count"].to_numpy()
        protected = cells.assign(protected_count=[count + _noise(count, dice) for count in true.tolist()])
        columns = {
            name: protected[name].astype(object).where(protected[name].notna(), None)
            for name in (*LEAF, "period_id", "table_name", "column_name")
        }
        leaves = fit_leaves(
            pa.table({**columns, "protected_count": protected["protected_count"]})
        ).to_pandas()
        leaves = protected[protected["table_name"] == "corridors"].merge(leaves, on=["period_id", *LEAF])
        for table, key in (
            ("total", ["period_id"]),
            ("directions", ["direction"]),
            ("starts", LEAF[:1]),
            ("ends", LEAF[1:2]),
            ("corridors", LEAF),
        ):
            sums = leaves.groupby(key)[["fitted_count", "true_count"]].sum().query("true_count > 0")
            before = protected[(protected["table_name"] == table) & (protected["true_count"] > 0)]
            squares.setdefault(f"{table}, fitted", []).append(
                float(((sums["fitted_count"] - sums["true_count"]) ** 2).mean())
            )
            squares.setdefault(f"{table}, protected", []).append(
                float(((before["protected_count"] - before["true_count"]) ** 2).mean())
            )
        is_hidden = leaves["fitted_count"] < attacks.LEAST_SHOWN
        hidden = leaves.assign(
            rest=leaves["fitted_count"] * is_hidden, true_rest=leaves["true_count"] * is_hidden
        )
        for key in ("start_place_id", "end_place_id", "direction"):
            sums = hidden.groupby(key)[["rest", "true_rest", "fitted_count"]].sum()
            sums = sums[(sums["fitted_count"] >= attacks.LEAST_SHOWN) & (sums["true_rest"] <= 1)]
            for rest, true_rest in sums[["rest", "true_rest"]].itertuples(index=False):
                rests[int(true_rest)][int(rest)] += 1
        alone = max(alone, sum(rests[1].values()))
    for name, values in squares.items():
        _line(f"rms error of {name}", float(np.sqrt(np.mean(values))), "")
    total = max(cells["true_count"])
    share = {rest: count / max(sum(rests[1].values()), 1) for rest, count in rests[1].items()}
    none = {rest: count / max(sum(rests[0].values()), 1) for rest, count in rests[0].items()}
    sure = sum(part for rest, part in share.items() if part / (part + none.get(rest, 0)) > 0.9)
    _line("records alone in the rest of a start, end or direction", alone / DRAWS / total, "")
    _line("  whose presence the rest proves with nine tenths", sure, "")


def _noise(count: int, dice: np.random.Generator) -> int:
    if count == 0:
        return 0
    values, chances = attacks.distribution(count)
    return int(dice.choice(values, p=chances))


def _utility(con: duckdb.DuckDBPyConnection, year: str) -> None:
    rows = _numbers(
        con,
        f"""select true_count, coalesce(public_count, 0) as public_count, cast(is_shown as integer) as is_shown
        from ({CELLS})
        where table_name = 'corridors' and true_count > 0 and 'unknown' not in (start_place_id, end_place_id)""",
        year,
    )
    true, shown = rows["true_count"], rows["is_shown"] == 1
    found = rows["public_count"]
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
                """select count(distinct (cells.table_name, cells.column_name, cells.cell_id, cells.period_id))
                from (
                    select movement_id, 'year-' || event_year as period_id
                    from intermediate.int_movements
                    where is_counted and record_grain = 'case' and list_contains(?, 'year-' || event_year)
                    order by hash(movement_id) limit ?
                ) as withdrawn
                inner join intermediate.int_cell_members as members using (movement_id)
                inner join intermediate.int_public_cells as cells
                    on cells.cell_id = members.cell_id and cells.period_id = withdrawn.period_id
                    and cells.table_name = members.table_name and cells.column_name = members.column_name""", [years, number]
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
        "select table_name from duckdb_columns() where schema_name = 'published' and column_name = 'period_id'"
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
        "schema_version": SCHEMA_VERSION,
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


def _labels(con: duckdb.DuckDBPyConnection, year: str) -> None:
    """How many labels of a year the noise changes, of those that stand by the measured numbers."""
    labels = dict(con.execute(
        """select coalesce(members.label, '') = coalesce(listed.label, '') as is_same, count(*) from (
            select * from published.hotspots where edition = 'public' and period_id = $year
        ) as listed
        full join (
            select place_id, role, population as people, label from marts.mart_hotspots as spots
            where record_grain = 'case' and label in ('hotspot', 'elevated') and period_id = $year and exists (
                from intermediate.int_public_cells as counts
                where counts.place_id = spots.place_id and counts.period_id = spots.period_id
                    and (counts.column_name = 'child_count') = (population = 'children')
                    and public_count >= 20 and table_name = case when spots.place_id like 'bp-%' then 'border_points'
                        when role = 'origin' then 'starts' when role = 'transit' then 'passings' else 'ends' end
            )
        ) as members using (place_id, role, people) group by all""", {"year": year}).fetchall())  # fmt: skip
    _line("labels of places that the noise keeps", labels.get(True, 0), "")
    _line("  changes, adds or takes away", labels.get(False, 0), "")
    stable = con.execute(
        """select count(*), count(*) filter (exists (
            from published.shifts as listed where edition = 'public' and listed.period_id = shifts.current_window
            and listed.corridor_id = shifts.corridor_id and listed.status = 'stable'
        )) from marts.mart_corridor_shifts as shifts where status = 'stable' and comparison = 'years' and level = 'od'
        and record_grain = 'case' and current_window = ? and exists (
            from published.corridors as counted where edition = 'public' and period_id = current_window
            and counted.start_place_id = shifts.start_place_id and counted.end_place_id = shifts.end_place_id
            and movement_count >= 20
        )""", [year]).fetchone()  # fmt: skip
    assert stable
    _line("stable corridors of members with 20 or more in public", stable[0], "")
    _line("  shown as stable", stable[1], "")


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
