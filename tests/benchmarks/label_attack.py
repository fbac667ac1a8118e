"""What public labels say of one record to someone who knows all the others: for `bench_disclosure`.

Labels of places rest on refits of the model without each record (one a partner, place and window; the catchments of
partners, which all quarters together give, are kept). Those of corridors rest on derivatives from the finished table: a
record changes the log odds by its part of the count, the error by the dispersion, and the leave-one-out range by one of
the others.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from orchestration.core import load_publication_policy
from orchestration.statistics.catchments import catchment
from orchestration.statistics.comparisons import with_month_numbers
from orchestration.statistics.hotspots import of_window
from orchestration.statistics.policy import load_policy
from orchestration.statistics.tables import AGGREGATES
from orchestration.statistics.windows import SharedWaves, by_period, pools, windows, with_distance
from tests import attacks

Floats = npt.NDArray[np.float64]
Z = 1.959964
POLICY = load_publication_policy()
OF_PLACES, OF_SHIFTS, OF_SHARES = (
    POLICY[name] / 100 for name in ("hotspot_label_scale", "shift_label_scale", "completeness_scale")
)
MARKS = np.log([1, 1.25, 1.5, 2, 3, 5, 10, 20])
EXACT_MARKS = np.log([1, 1.25, *range(2, 60)])
# A margin with one record fewer: the place's or corridor's own (of the largest partner or not), or any other.
OWN, OWN_OF_LARGEST, ANY = "own", "own_of_largest", "any"


@dataclass
class Label:
    """Chances of each outcome with all records and without one, by what the record is; and whether exact labels differ."""

    inside: Floats
    without: dict[str, Floats]
    exact: dict[str, bool] = field(default_factory=dict)

    def drawn(self, dice: np.random.Generator) -> dict[str, float]:
        outcome = int(dice.choice(len(self.inside), p=self.inside / self.inside.sum()))
        return {kind: attacks.label_evidence(self.inside, out, outcome) for kind, out in self.without.items()}


def _label(
    margin: float, changed: dict[str, float], marks: Floats, others: int | None, scale: float
) -> Label:
    less = None if others is None else others - 1
    counted = {OWN: less, OWN_OF_LARGEST: others, ANY: others}
    return Label(
        _chances(margin, others, marks, scale),
        {kind: _chances(value, counted[kind], marks, scale) for kind, value in changed.items()},
    )


@dataclass
class Window:
    """One comparison of places: chances of each outcome by shown place, with all records and by cell without one of it."""

    inside: list[Floats]
    without: dict[tuple[str, str], list[Floats]]  # by partner and place
    proven: set[tuple[str, str]]  # cells a record of which changes a label of exact counts


def windows_of_places(
    con: duckdb.DuckDBPyConnection, year: str, marks: Floats = MARKS
) -> dict[tuple[str, str, str], Window]:
    """By level, role and population. Only places whose public count allows a label are attacked."""
    frames = [
        con.execute(f"select {', '.join(AGGREGATES[f'intermediate.{name}'])} from intermediate.{name}").df()
        for name in ("int_place_counts", "int_place_effort", "int_periods", "int_source_months")
    ]
    counts, effort, periods, months = (
        frame.astype(dict.fromkeys(frame.select_dtypes(["object", "string"]).columns, object))
        for frame in frames
    )
    counts, months = with_month_numbers(counts), with_month_numbers(months)
    waves = SharedWaves(counts, months, periods)
    counts = by_period(counts, months, periods)
    policy, partners = load_policy(), sorted({*counts["source"], *effort["source"]})
    effort = with_distance(effort)
    pooled = [pool.counts for pool in pools(counts, effort, periods, partners) if pool.key[0] == "case"]
    where = catchment(pooled, len(partners))
    shown = set(con.execute(
        f"""select place_id, unnest(case table_name
            when 'starts' then ['origin'] when 'ends' then ['exploitation', 'intended_destination']
            when 'passings' then ['transit'] when 'border_points' then ['transit'] else [] end) as role,
            case column_name when 'child_count' then 'children' else 'all' end
        from intermediate.int_public_cells where public_count >= {POLICY["public_least_label_count"]}
            and column_name in ('movement_count', 'child_count', 'passing_count') and period_id = ?""", [year]
    ).fetchall())  # fmt: skip
    found = {}
    for window in windows(counts, effort, periods, partners):
        level, role, period, grain, people = window.key
        at = [one for one, place in enumerate(window.place_ids) if (place, role, people) in shown]
        if (period, grain) != (year, "case") or not at:
            continue
        records = window.counts.records
        names = [partners[number] for number in window.counts.partner]
        shared = waves.variance(window)
        base, known = _refit(window, records, where, policy, shared, at, marks)
        made = Window(base, {}, set())
        for row, column in np.argwhere(records > 0):
            less = records.copy()
            less[row, column] -= 1
            chances, exact = _refit(window, less, where, policy, shared, at, marks)
            cell = names[row], window.place_ids[column]
            made.without[cell] = chances
            if exact != known:
                made.proven.add(cell)
        found[level, role, people] = made
    return found


def _refit(
    window: Any, records: Floats, where: Any, policy: Any, shared: Floats, at: list[int], marks: Floats
) -> tuple[list[Floats], list[object]]:
    """Chances of the outcomes at these places, and what labels of exact counts would say."""
    fit = of_window(window.place_ids, replace(window.counts, records=records), where, policy, shared)
    low = fit["log_ratio"] - Z * np.hypot(fit["log_error"], np.sqrt(2) * OF_PLACES)
    low = np.minimum(low, 10 * np.log(fit["expected_witness_count"] / policy.hotspot_minimum_expected))
    others = records.sum(axis=0) - records.max(axis=0)
    exact = [
        (str(fit["label"][one]), *(np.searchsorted(EXACT_MARKS, np.log(fit[name][one])) for name in ("ratio_low", "activity_ratio")))
        if fit["label"][one] in ("hotspot", "elevated") else None
        for one in at
    ]  # fmt: skip
    return [_chances(low[one], int(others[one]), marks, OF_PLACES) for one in at], exact


def _chances(margin: float, others: int | None, marks: Floats, scale: float) -> Floats:
    """Chances of no label and of each mark; without a margin there is none."""
    if not np.isfinite(margin):
        return np.eye(1, len(marks) + 1)[0]
    shown = 1.0 if others is None else attacks.enough_others(others, POLICY["label_least_others"])
    return attacks.label_chances(margin / scale, marks / scale, shown)


def shift_labels(con: duckdb.DuckDBPyConnection, home: Path, year: str, side: str) -> dict[str, list[Label]]:
    """Of each corridor whose public count allows a label: the change and `stable`. `side`: the year is current or baseline."""
    named = {"current": "current_window", "baseline": "baseline_window"}[side]
    found: dict[str, list[Label]] = defaultdict(list)
    for row in con.execute(
        f"""
        select shifts.corridor_id, ln(share_odds_ratio) as ratio, ln(ratio_high / ratio_low) / 2 / {Z} as error,
            case when share_odds_ratio > 1 then ln(leave_one_out_low) else -ln(leave_one_out_high) end as without_one,
            witness_count_baseline as baseline, witness_count_current as current, dispersion, others,
            sum(witness_count_{side}) over () as total
        from read_parquet('{home}/work/statistics/corridor_shifts.parquet') as shifts
        inner join (
            select corridor_id, period_id, sum(count) - max(count) as others from (
                select start_place_id || '>' || end_place_id as corridor_id, years.period_id, source, sum(cells.movement_count) as count
                from intermediate.int_source_cells as cells
                inner join intermediate.int_cells using (table_name, column_name, cell_id, period_id)
                inner join (
                    select distinct current_window as period_id, unnest([baseline_window, current_window]) as counted
                    from read_parquet('{home}/work/statistics/corridor_shifts.parquet') where comparison = 'years'
                ) as years on years.counted = cells.period_id
                where table_name = 'corridors' and column_name = 'movement_count' group by all
            ) group by all
        ) as others on others.corridor_id = shifts.corridor_id and others.period_id = current_window
        inner join (
            select start_place_id || '>' || end_place_id as corridor_id, period_id, sum(public_count) as shown
            from intermediate.int_public_cells where table_name = 'corridors' group by all
            having shown >= {POLICY["public_least_label_count"]}
        ) as shown on shown.corridor_id = shifts.corridor_id and shown.period_id in (current_window, baseline_window)
        where comparison = 'years' and level = 'od' and record_grain = 'case' and ratio is not null and {named} = ?
        qualify row_number() over (partition by shifts.corridor_id) = 1
        """,
        [year],
    ).df().to_dict("records"):  # fmt: skip
        for label in _of_corridor(row, side):
            found[str(row["corridor_id"])].append(label)
    return found


def _of_corridor(row: dict[str, Any], side: str) -> list[Label]:
    count, sign = max(float(row[side]), 1.0), np.sign(row["ratio"])
    one = float(np.log((count - 0.5) / (count + 0.5))) * (1 if side == "current" else -1)
    wider = float(np.sqrt(row["error"] ** 2 + row["dispersion"] / max(count * (count - 1), 1)))
    without_one = row["without_one"] if np.isfinite(row["without_one"]) else -9.0
    records = row["baseline"] + row["current"]
    errors = POLICY.numbers["shift_label_errors"]

    def change(ratio: float, error: float, alone: float, number: float, jitter: float = OF_SHIFTS) -> float:
        return min(
            sign * ratio - errors * np.hypot(error, np.sqrt(2) * jitter), sign * ratio - np.log(1.25),
            alone - np.log(1.25), np.log(max(number, 1) / 25),
        )  # fmt: skip

    def stable(ratio: float, error: float) -> float:
        return float(np.log(2) - abs(ratio) - Z * error)

    other = (-1 if side == "baseline" else 1) / row["total"]
    fewer = max(row["others"], 1)
    inputs = {
        OWN: (row["ratio"] + one, wider, without_one + sign * one * count / fewer, records - 1),
        OWN_OF_LARGEST: (row["ratio"] + one, wider, without_one, records - 1),
        ANY: (row["ratio"] + other, row["error"], without_one + sign * other, records),
    }
    now = (row["ratio"], row["error"], without_one, records)
    marks = np.array([0.0])
    changes = {kind: change(*values) for kind, values in inputs.items()}
    stables = {kind: stable(*values[:2]) for kind, values in inputs.items()}
    made = [
        _label(change(*now), changes, marks, int(row["others"]), OF_SHIFTS),
        _label(stable(*now[:2]), stables, marks, None, OF_SHIFTS),
    ]
    # Exact: q < .05 of a change lies near 2.5 standard errors.
    made[1].exact = {kind: (value > 0) != (stable(*now[:2]) > 0) for kind, value in stables.items()}
    return made


def share_labels(con: duckdb.DuckDBPyConnection, year: str) -> dict[str, tuple[Label, Label]]:
    """Of each field: shares to five percent without a record that states it, and without one that does not."""
    marks = np.arange(0.025, 1, 0.05)
    found = {}
    for name, known, records in con.execute(
        """select field, known_count, record_count from marts.mart_completeness
        where record_grain = 'case' and period_id = ?""",
        [year],
    ).fetchall():
        pair = []
        for left in (known - 1, known):
            value = left / (records - 1)
            label = _label(known / records, {OWN: value}, marks, None, OF_SHARES)
            label.exact = {
                OWN: bool(np.searchsorted(marks, value) != np.searchsorted(marks, known / records))
            }
            pair.append(label)
        found[name] = (pair[0], pair[1])
    return found


def evidence_of_labels(
    con: duckdb.DuckDBPyConnection,
    home: Path,
    year: str,
    movements: npt.NDArray[np.int64],
    draws: int,
    seed: int,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Draws × movements: how much likelier the year's labels are with the movement; and which exact labels would prove."""
    number = {movement: at for at, movement in enumerate(movements.tolist())}
    records = con.execute(
        "select movement_id, source, coalesce(is_child, false) from intermediate.int_movements "
        "where 'year-' || event_year = ? and record_grain = 'case' and is_counted",
        [year],
    ).fetchall()
    source = {movement: partner for movement, partner, _ in records}
    child = {movement for movement, _, is_child in records if is_child}
    dice = np.random.default_rng(seed)
    evidence, proven = np.zeros((draws, len(movements))), np.zeros(len(movements), bool)
    stops: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for movement, level, role, place in con.execute(
        "select movement_id, place_level, place_role, place_id from intermediate.int_stop_places"
    ).fetchall():
        if movement in number:
            stops[level, role].append((movement, place))
    for (level, role, people), window in windows_of_places(con, year).items():
        of_cells: dict[tuple[str, str], list[int]] = defaultdict(list)
        for movement, place in stops[level, role]:
            if people == "all" or movement in child:
                of_cells[source[movement], place].append(number[movement])
        outcomes = np.array(
            [dice.choice(len(chances), size=draws, p=chances / chances.sum()) for chances in window.inside]
        )
        for cell, at in of_cells.items():
            for place, out in enumerate(window.without.get(cell, ())):
                with np.errstate(divide="ignore", invalid="ignore"):
                    told = np.log(window.inside[place]) - np.log(out)
                evidence[:, at] += told[outcomes[place]][:, None]
            proven[at] |= cell in window.proven
    groups: list[tuple[Label, dict[str, list[int]]]] = []  # each label, and which movements are what to it
    corridor = dict(
        con.execute(
            "select movement_id, corridor_id from intermediate.int_corridor_movements where corridor_level = 'od'"
        ).fetchall()
    )
    for side in ("current", "baseline"):
        for name, labels in shift_labels(con, home, year, side).items():
            mine_ = [at for one, at in number.items() if corridor.get(one) == name]
            rest = [at for one, at in number.items() if corridor.get(one) != name]
            # Whether a record is of the largest partner is not looked up: the worse for it is taken.
            groups += [(label, {OWN: mine_, ANY: rest}) for label in labels]
    stated = defaultdict(set)
    for movement, name in con.execute(
        "select movement_id, field from intermediate.int_stated_fields where is_known = 1"
    ).fetchall():
        stated[name].add(movement)
    for name, (knows, lacks) in share_labels(con, year).items():
        for label, is_stated in ((knows, True), (lacks, False)):
            groups.append(
                (label, {OWN: [at for one, at in number.items() if (one in stated[name]) == is_stated]})
            )
    for label, kinds in groups:
        for kind, at in kinds.items():
            proven[at] |= label.exact.get(kind, False)
        for draw in range(draws):
            drawn = label.drawn(dice)
            for kind, at in kinds.items():
                evidence[draw, at] += drawn[kind]
    return evidence, proven


def evidence_of_comparisons(
    con: duckdb.DuckDBPyConnection,
    year: str,
    movements: npt.NDArray[np.int64],
    scale: float,
    draws: int,
    seed: int,
) -> tuple[Floats, dict[str, float]]:
    """What `comparison` and `change` would say of the later year, were they drawn for the public edition; and tell.

    Margins: log of 20 % over the larger part of either count that partners who changed hold; and of a change the log ratio
    of the like-for-like counts less two errors, or its smallest value without one source less log 1.25.
    """
    cells = con.execute(
        """select row_number() over (order by table_name, cell_id) - 1 as cell, * from (
            select table_name, column_name, cell_id from intermediate.int_public_cells
            where period_id = ? and public_count >= 20 and column_name in ('movement_count', 'passing_count')
                and table_name not in ('total', 'traits', 'mentions')
        )""",
        [year],
    ).df()  # fmt: skip
    con_cells = cells
    earlier = f"year-{int(year.removeprefix('year-')) - 1}"
    counts = con.execute(
        """select cell, source, period_id = $year as is_now, movement_count,
            case when period_id = $year then like_count else like_later_count end as like_count
        from intermediate.int_source_cells inner join con_cells using (table_name, column_name, cell_id)
        where period_id in ($year, $earlier)""",
        {"year": year, "earlier": earlier},
    ).df()  # fmt: skip
    members = con.execute(
        """select cell, movement_id, movements.source, coalesce(is_like, 0) as is_like
        from intermediate.int_cell_members inner join con_cells using (table_name, column_name, cell_id)
        inner join intermediate.int_movements as movements using (movement_id)
        left join intermediate.int_matched_windows as matched
            on matched.source = movements.source and matched.window_id = movements.window_id
        where 'year-' || event_year = ?""",
        [year],
    ).df()  # fmt: skip
    assert len(con_cells)
    number = {movement: at for at, movement in enumerate(movements.tolist())}
    dice, evidence = np.random.default_rng(seed), np.zeros((draws, len(movements)))
    told = dict.fromkeys(("cells", "more_or_fewer", "drawn_more_or_fewer", "drawn_otherwise"), 0.0)
    marks = np.array([0.0])
    for cell, of_cell in members.groupby("cell"):
        mine = counts[counts["cell"] == cell]
        sources = sorted(set(mine["source"]))
        at = {source: row for row, source in enumerate(sources)}
        table = np.zeros((len(sources), 2, 2))  # by source: now or before, all or like for like
        for source, is_now, everything, like in mine[
            ["source", "is_now", "movement_count", "like_count"]
        ].itertuples(index=False):
            table[at[source], 0 if is_now else 1] = everything, like
        base = _comparison_margins(table)
        inside = [_chances(margin, None, marks, scale) for margin in base]
        outcomes = [dice.choice(2, size=draws, p=chances) for chances in inside]
        told["cells"] += 1
        told["more_or_fewer"] += base[1] > 0
        told["drawn_more_or_fewer"] += inside[1][1]
        told["drawn_otherwise"] += inside[1][int(base[1] <= 0)] + inside[0][int(base[0] <= 0)]
        for (source, is_like), same in of_cell.groupby(["source", "is_like"]):
            less = table.copy()
            less[at[source], 0] -= (1, is_like)
            for chances, margin, outcome in zip(inside, _comparison_margins(less), outcomes, strict=True):
                with np.errstate(divide="ignore", invalid="ignore"):
                    ratio = np.log(chances) - np.log(_chances(margin, None, marks, scale))
                rows = [number[one] for one in same["movement_id"] if one in number]
                evidence[:, rows] += ratio[outcome][:, None]
    return evidence, told


def _comparison_margins(table: Floats) -> tuple[float, float]:
    """Of same reporting, and of more or fewer; `table`: source × (now, before) × (all, like for like)."""
    total = np.maximum(table.sum(axis=0), 0.5)
    changed = np.maximum((total[:, 0] - total[:, 1]) / total[:, 0], 0.5 / total[:, 0]).max()
    same = float(np.log(0.2 / changed))
    like = total[:, 1]
    ratio = float(np.log(like[0] / like[1]))
    without = np.maximum(table.sum(axis=0)[None, :, 1] - table[:, :, 1], 0.5)
    one_out = np.log(without[:, 0] / without[:, 1]) * np.sign(ratio)
    change = min(abs(ratio) - 2 * np.sqrt(1.5 * (1 / like).sum()), float(one_out.min()) - np.log(1.25))
    return same, float(change) if like.max() >= 20 and len(table) > 1 else -1.0
