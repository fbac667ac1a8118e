"""What rounds and windows tell that is new or gone: items, and corridors, whose other side is nobody.

An item is named only where it is large enough in its round; that it was seen before only where it was large
enough then as well. Where some large item can be told neither, none of the round is told new beside it: by
the word that is missing it would be known as seen before, by a few. Nor is one thing told new alone: else the
silence of one alone would tell as much. What tells of nobody is attacked first
(`nobody`), all of one system together. The public
is told of a round once: whatever is reported later, the same is told again, so that nobody who comes or goes
shows by a word that comes or goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pandas as pd
import pyarrow as pa

from orchestration.disclosure.nobody import opened
from orchestration.disclosure.printed_lines import LINES
from orchestration.disclosure.printing import ENDS, Cell, Days, Printing, overlap
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.tables import tabulate
from orchestration.disclosure.zeros import (
    NEW,
    NOBODY_BEFORE,
    News,
    cell_of,
    closed_rounds,
    empty_window,
    together,
    told_before,
    zeros_of_news,
    zeros_of_shifts,
)

GONE_OR_NEW = "od_of_nobody"
NEWS = pa.schema(
    [
        ("edition", pa.string()),
        ("record_grain", pa.string()),
        ("period_id", pa.string()),
        ("round", pa.string()),
        ("role", pa.string()),
        ("item_kind", pa.string()),
        ("item", pa.string()),
        ("place_id", pa.string()),
        ("evidence_class", pa.string()),
    ]
)
_AGAIN, _FIRST = "seen_before", "baseline"
_PLACES = ("country", "county", "place")
_WHOLES = ("county", "country")
_ROUND = "round-"
_SYSTEM = ["record_grain", "period_id"]
# With fewer, that none is told new would tell which it was.
_LEAST_NEW = 2
System = tuple[str, str]
# What tells of the same things of a round: its grain, its days, and of what kind they are.
Beside = tuple[str, Days, str]


def told_news(
    frames: Mapping[str, pd.DataFrame], counts: pd.DataFrame, lines: pd.DataFrame, printing: Printing
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns of NEWS, of rounds; and those of LINES, of corridors that came or went.

    `frames`: int_told, int_movement_forms, mart_novelty, mart_corridor_shifts; `counts`: the columns of
    COUNTS as this edition prints them.
    """
    printed = _cells_of(counts)
    items = _items(frames, printed, lines, printing)
    shifts = _corridors(frames["mart_corridor_shifts"], printed, printing)
    shifts = _as_in_news(shifts, items, printing)
    told = frames["int_told"]
    by_news, by_shifts = zeros_of_news(items, printing.periods), zeros_of_shifts(shifts, printing.periods)
    is_open = opened(told, counts, printing, together(by_news, by_shifts))
    opening = [one for one in items if is_open & zeros_of_news([one], printing.periods).keys()]
    rows = _without_new(items, {_beside(one) for one in opening})
    shifts = _as_in_news(shifts, rows, printing)
    is_told = [
        not is_open & zeros_of_shifts(shifts.iloc[[at]], printing.periods).keys() for at in range(len(shifts))
    ]
    return _news([*told_before(printing.ledger), *rows], printing), _nobodys(shifts[is_told], printing)


def _beside(one: News) -> Beside:
    """What tells of the same things of a round. Ways and ends do: where an end is new, so are its ways."""
    things = "form" if one.kind == "form" else "transit" if one.role == "transit" else "way"
    return one.grain, one.days, things


def _without_new(items: Iterable[News], beside: Collection[Beside]) -> list[News]:
    """Those of which nothing new is told beside these."""
    return [one for one in items if one.evidence not in NEW or _beside(one) not in beside]


def _news(told: Iterable[News], printing: Printing) -> pd.DataFrame:
    rows = []
    for one in told:
        if period := _round_of(one.days, printing):
            named = period, period.removeprefix(_ROUND), one.role, one.kind, one.item
            place = one.item if one.kind in _PLACES else None
            rows.append((printing.edition, one.grain, *named, place, one.evidence))
    return pd.DataFrame(rows, columns=NEWS.names).drop_duplicates(ignore_index=True)


def _round_of(days: Days, printing: Printing) -> str | None:
    """The name that a round has now; None where there is none of these days."""
    periods = printing.periods
    rounds = (one for one, kind in periods.kinds.items() if kind == "round" and periods.days[one] == days)
    return min(rounds, default=None)


def _cells_of(counts: pd.DataFrame) -> dict[System, dict[Cell, int]]:
    found: dict[System, dict[Cell, int]] = {}
    for row in counts[counts["population"] == "all"].to_dict("records"):
        system = str(row["record_grain"]), str(row["period_id"])
        found.setdefault(system, {})[str(row[ENDS[0]]), str(row[ENDS[1]])] = int(row["person_count"])
    return found


def _items(
    frames: Mapping[str, pd.DataFrame],
    printed: Mapping[System, Mapping[Cell, int]],
    lines: pd.DataFrame,
    printing: Printing,
) -> list[News]:
    """What may be told of rounds that nothing was told of yet, if their zeros withstand the attack."""
    forms = _forms_told(frames["int_told"], frames["int_movement_forms"], printing)
    of_transit = lines.loc[lines["counting_role"] == "transit", [*_SYSTEM, "counting_id"]]
    passed = set(of_transit.itertuples(index=False, name=None))
    closed, days = closed_rounds(printing.ledger), printing.periods.days
    now = set(days.values())
    news = frames["mart_novelty"]
    news = news.assign(period_id=_ROUND + news["round"].astype(str))
    news = news[news["period_id"].isin(days.keys())]
    wholes = set(news.loc[news["item_kind"].isin(_WHOLES), "item"])
    large: dict[tuple[str, str, str, str], Days] = {}  # since when
    for one in sorted(told_before(printing.ledger), key=lambda one: one.days):
        large.setdefault((one.grain, one.kind, one.item, one.role), one.days)
    told, untold = list[News](), set[Beside]()
    in_order = news.assign(opened=news["period_id"].map({name: one[0] for name, one in days.items()}))
    for row in in_order.sort_values("opened", kind="stable").to_dict("records"):
        system = str(row["record_grain"]), str(row["period_id"])
        kind, item, role = str(row["item_kind"]), str(row["item"]), str(row["role"])
        cell = cell_of(kind, item, role)
        if kind == "place" and item in wholes:
            continue  # a county of which nothing finer was named: the printed cell counts its towns as well
        if kind == "form":
            is_large = (*system, item) in forms
        elif role == "transit":
            is_large = (*system, item) in passed
        else:
            is_large = cell is not None and cell in printed.get(system, {})
        if not is_large:
            continue
        one = News(system[0], days[system[1]], role, kind, item, str(row["evidence_class"]))
        key = one.grain, kind, item, role
        was_large = key in large and large[key] < one.days
        large.setdefault(key, one.days)
        if _is_closed(one.grain, one.days, closed, now):
            continue
        if one.evidence in (*NEW, _FIRST) or (one.evidence == _AGAIN and was_large):
            told.append(one)
        else:
            untold.add(_beside(one))
    told = _without_new(told, untold)
    return _without_new(told, {beside for beside, many in _things_new(told).items() if many < _LEAST_NEW})


def _things_new(items: Iterable[News]) -> dict[Beside, int]:
    """How many things are new beside each other. A way from or to a new end, and a place in a new county or
    country, are new with it and no further thing."""
    new: dict[Beside, list[News]] = {}
    for one in items:
        if one.evidence in NEW:
            new.setdefault(_beside(one), []).append(one)
    return {beside: _apart(of_group) for beside, of_group in new.items()}


def _apart(new: Iterable[News]) -> int:
    new = list(new)
    wholes = {(one.role, one.item) for one in new if one.kind in _WHOLES}
    roles = {role for role, _ in wholes}
    return sum(
        not {("origin", one.item.partition(">")[0]), ("destination", one.item.partition(">")[2])} & wholes
        if one.kind == "corridor"
        else one.kind != "place" or one.role not in roles
        for one in new
    )


def _is_closed(grain: str, days: Days, closed: Collection[tuple[str, Days]], now: Collection[Days]) -> bool:
    """Whether nothing further is told of a round: its days, or others that it once had, were printed."""
    return any(
        of_grain == grain and (told == days or (told not in now and overlap(told, days)))
        for of_grain, told in closed
    )


def _forms_told(told: pd.DataFrame, forms: pd.DataFrame, printing: Printing) -> set[tuple[str, str, str]]:
    rounds = printing.periods.counted.get("route_report", frozenset())
    rows = told[told["period_id"].isin(rounds)].merge(forms, on="movement_id")
    rows = rows.rename(columns={"person_count": "persons", "record_count": "records"})
    if rows.empty:
        return set()
    keys = ("record_grain", "period_id", "form_label")
    # A movement may have several forms, and counts in each.
    rows = rows.assign(movement_id=rows["movement_id"].astype(str) + " " + rows["form_label"].astype(str))
    cells = tabulate("forms", rows, keys, margins=False).cells
    cells = cells[primary(cells, printing.rules) == PRINTED]
    return set(cells[[*keys]].itertuples(index=False, name=None))


def _corridors(
    shifts: pd.DataFrame, printed: Mapping[System, Mapping[Cell, int]], printing: Printing
) -> pd.DataFrame:
    """Corridors that came or went: one window is printed, the other is nobody's. For members alone."""
    if printing.edition != "partner":
        return shifts.head(0)
    is_told = []
    for row in shifts.to_dict("records"):
        empty = empty_window(str(row["status"]))
        full = {"baseline_window": "current_window", "current_window": "baseline_window"}.get(empty or "")
        cell = cell_of("corridor", str(row["corridor_id"]), "any")
        grain = str(row["record_grain"])
        is_told.append(
            row["level"] == "od" and empty is not None and full is not None
            and (grain, str(row[empty])) in printed
            and cell in printed.get((grain, str(row[full])), {})
        )  # fmt: skip
    return shifts[pd.Series(is_told, index=shifts.index, dtype=bool)]


def _as_in_news(shifts: pd.DataFrame, news: Iterable[News], printing: Printing) -> pd.DataFrame:
    """Without those that tell of a round that nobody went there before, unless the round's news do."""
    periods = printing.periods
    new = {(one.grain, one.days, one.item) for one in news if one.evidence in NEW and one.kind == "corridor"}
    is_told = [
        str(row["status"]) not in NOBODY_BEFORE
        or periods.kinds[str(row["current_window"])] != "round"
        or (str(row["record_grain"]), periods.days[str(row["current_window"])], str(row["corridor_id"]))
        in new
        for row in shifts.to_dict("records")
    ]
    return shifts[pd.Series(is_told, index=shifts.index, dtype=bool)]


def _nobodys(shifts: pd.DataFrame, printing: Printing) -> pd.DataFrame:
    rows = [
        (printing.edition, "corridors", GONE_OR_NEW, str(row["corridor_id"]),
         str(row[str(empty_window(str(row["status"])))]), str(row["record_grain"]), False)
        for row in shifts.to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=LINES.names).drop_duplicates(ignore_index=True)
