"""What rounds and windows tell that is new or gone: items, and corridors, whose other side is nobody.

An item is named only where it is large enough in its round; that it was seen before only where it was large
enough then as well. What tells of nobody is attacked first (`nobody`), all of one system together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from orchestration.disclosure.nobody import Cell, is_safe_beside
from orchestration.disclosure.printed_counts import ENDS
from orchestration.disclosure.printed_lines import LINES
from orchestration.disclosure.printing import Printing
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.tables import TOTAL, tabulate

NOVELTY, GONE_OR_NEW = "novelty", "od_of_nobody"
_NEW, _AGAIN, _FIRST = ("panel_confirmed", "new_source"), "seen_before", "baseline"
_NOBODY_BEFORE, _NOBODY_NOW = ("emerging", "new_source"), ("abandoned",)
_HOME = "KEN"
_SYSTEM = ["record_grain", "period_id"]
System = tuple[str, str]


@dataclass(frozen=True)
class _Line:
    """A line that may be told, and the cells of earlier or other days that it tells to be empty."""

    table: str
    role: str
    id: str
    period: str
    grain: str
    zeros: tuple[tuple[System, Cell], ...] = ()


def told_news(
    frames: Mapping[str, pd.DataFrame], counts: pd.DataFrame, lines: pd.DataFrame, printing: Printing
) -> pd.DataFrame:
    """The columns of LINES. `frames`: int_told, int_movement_forms, mart_novelty, mart_corridor_shifts."""
    printed = _cells_of(counts)
    found = [
        *_items(frames, printed, lines, printing),
        *(_corridors(frames["mart_corridor_shifts"], printed) if printing.edition == "partner" else ()),
    ]
    open_systems = _open(found, printed, frames["int_told"], printing)
    rows = [
        (printing.edition, one.table, one.role, one.id, one.period, one.grain, False)
        for one in found
        if not any(system in open_systems for system, _ in one.zeros)
    ]
    return pd.DataFrame(rows, columns=LINES.names).drop_duplicates(ignore_index=True)


def item_id(kind: object, item: object) -> str:
    return f"{kind}:{item}"


def _cells_of(counts: pd.DataFrame) -> dict[System, dict[Cell, int]]:
    found: dict[System, dict[Cell, int]] = {}
    for row in counts[counts["population"] == "all"].to_dict("records"):
        system = str(row["record_grain"]), str(row["period_id"])
        found.setdefault(system, {})[str(row[ENDS[0]]), str(row[ENDS[1]])] = int(row["person_count"])
    return found


def _items(
    frames: Mapping[str, pd.DataFrame],
    printed: dict[System, dict[Cell, int]],
    lines: pd.DataFrame,
    printing: Printing,
) -> Iterable[_Line]:
    forms = _forms_told(frames["int_told"], frames["int_movement_forms"], printing)
    of_transit = lines.loc[lines["counting_role"] == "transit", [*_SYSTEM, "counting_id"]]
    passed = set(of_transit.itertuples(index=False, name=None))
    news = frames["mart_novelty"]
    days = printing.periods.days
    news = news.assign(period_id="round-" + news["round"].astype(str))
    news = news[news["period_id"].isin(days.keys())]
    large: set[tuple[str, str, str, str]] = set()
    found = []
    in_order = news.assign(opened=news["period_id"].map({name: one[0] for name, one in days.items()}))
    for row in in_order.sort_values("opened", kind="stable").to_dict("records"):
        system = str(row["record_grain"]), str(row["period_id"])
        kind, item, role = str(row["item_kind"]), str(row["item"]), str(row["role"])
        cell = _cell_of(kind, item, role)
        if kind == "form":
            is_large = (*system, item) in forms
        elif role == "transit":
            is_large = (*system, item) in passed
        else:
            is_large = cell is not None and cell in printed.get(system, {})
        key = (system[0], kind, item, role)
        was_large = key in large
        if not is_large:
            continue
        large.add(key)
        zeros: tuple[tuple[System, Cell], ...] = ()
        if row["evidence_class"] in _NEW:
            before = [one for one in printed if one[0] == system[0] and days[one[1]] < days[system[1]]]
            zeros = tuple((one, cell) for one in before) if cell else ()
        elif row["evidence_class"] != _FIRST and not (row["evidence_class"] == _AGAIN and was_large):
            continue
        found.append(_Line(NOVELTY, role, item_id(kind, item), system[1], system[0], zeros))
    return found


def _cell_of(kind: str, item: str, role: str) -> Cell | None:
    if kind == "corridor":
        start, _, end = item.partition(">")
        return start, end
    if kind == "form" or item == _HOME:
        return None
    return {"origin": (item, TOTAL), "destination": (TOTAL, item)}.get(role)


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


def _corridors(shifts: pd.DataFrame, printed: dict[System, dict[Cell, int]]) -> Iterable[_Line]:
    """Corridors that came or went: one window is printed, the other is nobody's."""
    for row in shifts[shifts["level"] == "od"].to_dict("records"):
        then = str(row["record_grain"]), str(row["baseline_window"])
        now = str(row["record_grain"]), str(row["current_window"])
        if row["status"] in _NOBODY_BEFORE:
            empty, full = then, now
        elif row["status"] in _NOBODY_NOW:
            empty, full = now, then
        else:
            continue
        cell = _cell_of("corridor", str(row["corridor_id"]), "any")
        if cell and empty in printed and cell in printed.get(full, {}):
            yield _Line(
                "corridors", GONE_OR_NEW, str(row["corridor_id"]), empty[1], empty[0], ((empty, cell),)
            )


def _open(
    found: Iterable[_Line], printed: dict[System, dict[Cell, int]], told: pd.DataFrame, printing: Printing
) -> set[System]:
    """Systems whose hidden cells their zeros would open."""
    zeros: dict[System, set[Cell]] = {}
    for line in found:
        for system, cell in line.zeros:
            zeros.setdefault(system, set()).add(cell)
    places_of = told.groupby(_SYSTEM)
    is_open = set()
    for system, cells in sorted(zeros.items()):
        rows = places_of.get_group(system) if system in places_of.groups else told.head(0)
        places = {end: set(rows[end].astype(str)) for end in ENDS}
        if cells & printed[system].keys() or not is_safe_beside(
            printed[system], cells, places, printing.rules.least_persons
        ):
            is_open.add(system)
    return is_open
