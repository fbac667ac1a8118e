"""The tables that count the same persons, worked on as one system: hide, hide more, attack, and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from orchestration.disclosure.attack import (
    GUESSES_SMALL,
    Attacked,
    Known,
    Want,
    attack,
    attack_both,
    attack_from_inside,
)
from orchestration.disclosure.carrying import derived_changes, nearest
from orchestration.disclosure.ledger import Printed
from orchestration.disclosure.policy import EditionPolicy
from orchestration.disclosure.programs import Contradiction
from orchestration.disclosure.protected import ProtectedTable, UniverseReport, full_key
from orchestration.disclosure.suppression import (
    DROPPED,
    PRIMARY,
    PRINTED,
    Reasons,
    complement,
    hide_beside,
    hide_splits,
    primary,
)
from orchestration.disclosure.system import (
    Floats,
    Mask,
    Places,
    System,
    Told,
    build,
    keys_of,
    own_counts,
    own_unknowns,
)
from orchestration.disclosure.tables import CountTable, Groups


@dataclass
class _Round:
    """Where the work on one system stands: why each cell is hidden, and what its attackers found so far."""

    system: System
    persons: Floats
    reasons: Reasons
    pinned: Mask
    values: Floats  # what is printed; of a carried cell the old value
    ceiling: Floats
    seen: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)
    attacks: list[Attacked] = field(default_factory=list)


class Universe:
    """The tables that count the same persons, on their way through the rounds."""

    def __init__(
        self, name: str, tables: Sequence[CountTable], rules: EditionPolicy, groups: Groups, printed: Printed,
        smaller_guess: int | None = None, own: pd.DataFrame | None = None,
    ) -> None:  # fmt: skip
        """`smaller_guess`: below how many persons others guess a cell that is hidden here; `own`: as for
        `own_unknowns`."""
        self.name, self.rules, self.groups, self.printed = name, rules, groups, printed
        self.asked: dict[str, CountTable] = {table.name: table for table in tables}
        self.active: dict[str, CountTable | None] = dict(self.asked)
        self.smaller_guess, self.own = smaller_guess, own
        self.report = UniverseReport(name)
        self.now: _Round | None = None  # None where no table could be made safe

    def protect(self) -> None:
        """Work until no reader learns too much, or nothing is left."""
        self.now = None
        while any(self.active.values()):
            now = self._start()
            failing = self._rounds(now)
            if not failing:
                self.now = now
                return
            self._roll_up(self._worst(now, failing))

    def told(self) -> tuple[list[ProtectedTable], UniverseReport]:
        if self.now is not None:
            return self._told(self.now), self.report
        found = [_left_out(self.name, asked) for asked in self.asked.values()]
        self.report.count(found)
        return found, self.report

    # --- one system -------------------------------------------------------------------------------------

    def _counted(self) -> tuple[System, Floats, Reasons]:
        """The tables as one system, the persons of each cell, and why it is hidden for itself."""
        told = [Told(table.name, table.dimensions, table.cells) for table in self.active.values() if table]
        system = build([*told, *self._printed_elsewhere()], self.groups)
        return system, *self._counts(system)

    def _splits(self, system: System, persons: Floats, reasons: Reasons, pinned: Mask) -> Floats:
        """Hide what one cell of a line nearly fills, and tell how low each such part must reach."""
        attributes = {
            one
            for table in self.active.values()
            if table
            for one in (table.dimensions if table.attributes is None else table.attributes)
        }
        return hide_splits(system, persons, reasons, pinned, attributes, self.rules.attribute_share)

    def _start(self) -> _Round:
        system, persons, reasons = self._counted()
        values, pinned = persons.copy(), np.zeros(system.size, dtype=bool)
        for key, cell in system.named.items():
            value = nearest(
                self.printed.get(full_key(self.name, key), ()), persons[cell], self.rules.least_persons
            )
            if value is not None:
                values[cell], pinned[cell] = value, True
        reasons[pinned] = PRINTED
        ceiling = self._splits(system, persons, reasons, pinned)
        return _Round(system, persons, reasons, pinned, values, ceiling)

    def _printed_elsewhere(self) -> Iterable[Told]:
        """Cells printed before that stand in a table rolled up or left out now: known all the same."""
        for name, asked in self.asked.items():
            for step, table in enumerate(ladder(asked)):
                if table is self.active[name] or not self.printed:
                    continue
                keys = [full_key(self.name, key) for key in _keys(table)]
                rows = table.cells[[key in self.printed for key in keys]]
                if len(rows):
                    yield Told(f"{name} before, step {step}", table.dimensions, rows, is_whole=False)

    def _counts(self, system: System) -> tuple[Floats, Reasons]:
        """Persons of each cell and why it is hidden for itself; tables that tell one cell must agree on
        it."""
        persons = np.full(system.size, -1.0)
        reasons = np.full(system.size, PRINTED, dtype=object)
        for name, cells in system.cells.items():
            rows, counts = system.rows[name], cells["persons"].fillna(0).to_numpy(dtype=float)
            before = persons[rows]
            if ((before >= 0) & (before != counts)).any():
                key = system.keys[rows[np.flatnonzero((before >= 0) & (before != counts))[0]]]
                raise Contradiction(f" (table {name} and another one differ in the cell {key})")
            persons[rows] = counts
            why = primary(cells, self.rules)
            reasons[rows] = np.where(reasons[rows] == PRINTED, why, reasons[rows])
        return persons, reasons

    def _rounds(self, now: _Round) -> list[int]:
        """Hide until nothing fails; the failing cells if the rounds did not suffice."""
        failing: list[int] = []
        for _ in range(self.rules.repair_rounds + 1):
            complement(now.system, now.persons, now.reasons, now.pinned, now.values != now.persons)
            failing = self._failing(now)
            self.report.rounds += 1
            if not failing or not hide_beside(now.system, failing, now.persons, now.reasons, now.pinned):
                break
        return failing

    def _failing(self, now: _Round) -> list[int]:
        if not (now.reasons == PRINTED).any():
            return []  # a reader of nothing knows nothing
        known = self._known(now)
        asked = np.flatnonzero((now.reasons != PRINTED) & (now.persons > 0))
        want = self._want(now)
        now.attacks = attack_both(now.system.members, known, asked, want, self.rules.least_persons, now.seen)
        if self.smaller_guess and all(one.is_safe.all() for one in now.attacks):
            now.attacks.append(self._guessed_smaller(now, known, asked, self.smaller_guess))
        self.report.lost_before = []
        failing = self._not_lost_before(now, now.attacks)
        if not failing:
            inside = self._from_inside(now, known, asked)
            now.attacks += inside
            failing = self._not_lost_before(now, inside)
        return failing + self._small_changes(now)

    def _small_changes(self, now: _Round) -> list[int]:
        """Cells of which this release and earlier ones together tell a change of 1 to `least_persons` - 1."""
        known = {
            cell: now.values[cell] - earlier[-1]
            for key, cell in now.system.named.items()
            if now.reasons[cell] == PRINTED
            and now.values[cell] == now.persons[cell]  # what a carried cell changed by is not told
            and (earlier := self.printed.get(full_key(self.name, key)))
        }
        changes = derived_changes(now.system.lines, known) if any(known.values()) else {}
        return [cell for cell, change in changes.items() if 0 < abs(change) < self.rules.least_persons]

    def _want(self, now: _Round) -> Want:
        k = self.rules.least_persons
        return replace(Want.of(now.system.size, k - 1, k), ceiling=now.ceiling)

    def _known(self, now: _Round, shown: Mask | None = None) -> Known:
        """A printed cell is known; a carried one to less than `least_persons` either way."""
        is_shown = now.reasons == PRINTED if shown is None else shown
        slack = np.where(now.values != now.persons, self.rules.least_persons - 1.0, 0.0)
        return Known(
            low=np.where(is_shown, np.maximum(now.values - slack, 0), 0.0),
            high=np.where(is_shown, now.values + slack, np.inf),
            true=now.persons,
            is_small=np.isin(now.reasons, PRIMARY) & (now.persons < self.rules.least_persons),
            grand_total=float(now.persons.max(initial=0)),
        )

    def _guessed_smaller(self, now: _Round, known: Known, asked: Places, k: int) -> Attacked:
        """What a reader finds who guesses that each of them is below `k`, right where it is."""
        guess = replace(known, is_small=known.is_small & (now.persons < k))
        want = replace(Want.of(now.system.size, k - 1), ceiling=now.ceiling)
        key = f"{GUESSES_SMALL} below {k}"
        found, now.seen[key] = attack(
            now.system.members, guess, asked, want, k, GUESSES_SMALL, now.seen.get(key)
        )
        return found

    def _from_inside(self, now: _Round, known: Known, asked: Places) -> list[Attacked]:
        told = [(one.dimensions, one.of_partners) for one in self.active.values() if one]
        own = own_counts(now.system, told)
        if not own:
            return []
        finest = None if self.own is None else own_unknowns(now.system, self.own)
        width = self.rules.insider_least_width
        return attack_from_inside(now.system.members, known, own, asked, width, finest)

    def _not_lost_before(self, now: _Round, attacks: Sequence[Attacked]) -> list[int]:
        """Cells that a reader narrows down too far, without those that what was printed before gives away to
        the same reader as closely: nothing hidden now brings them back."""
        failing = _narrow(attacks)
        if not failing:
            return []
        if not now.pinned.any():
            return sorted({cell for _, cell in failing})
        known, asked = self._known(now, now.pinned), np.unique([cell for _, cell in failing])
        want = self._want(now)
        found = attack_both(now.system.members, known, asked, want, self.rules.least_persons, {})
        before = _narrow([*found, *self._from_inside(now, known, asked)])
        lost = {
            one
            for one, (low, high) in failing.items()
            if one in before and before[one][0] >= low and before[one][1] <= high
        }
        named = {now.system.keys[cell] for _, cell in lost}
        self.report.lost_before = sorted(named.union(self.report.lost_before))
        return sorted({cell for _, cell in failing.keys() - lost})

    # --- between systems --------------------------------------------------------------------------------

    def _worst(self, now: _Round, failing: list[int]) -> str:
        """The table with the most failing cells, ties by name."""
        failing_cells = np.array(failing)
        counts = {
            name: int(np.isin(now.system.rows[name], failing_cells).sum())
            for name, table in self.active.items()
            if table is not None
        }
        return max(sorted(counts), key=lambda name: counts[name])

    def _roll_up(self, name: str) -> None:
        before = self.active[name]
        self.active[name] = before.coarser if before else None
        (self.report.rolled_up if self.active[name] else self.report.dropped).append(name)

    def _told(self, now: _Round) -> list[ProtectedTable]:
        bounds = _narrowest(now)
        found = []
        for name, asked in self.asked.items():
            table = self.active[name]
            if table is None:
                found.append(_left_out(self.name, asked))
                continue
            rows = now.system.rows[name]
            cells = now.system.cells[name].copy()
            cells["persons"] = now.persons[rows].astype("int64")
            cells["reason"] = now.reasons[rows]
            is_shown = now.reasons[rows] == PRINTED
            cells["value"] = pd.array(now.values[rows].astype("int64"), dtype="Int64")
            cells.loc[~is_shown, "value"] = pd.NA
            cells["is_carried"] = is_shown & (now.values[rows] != now.persons[rows])
            for column, values in bounds.items():
                cells[column] = values[rows]
            found.append(ProtectedTable(name, self.name, table.dimensions, cells, levels=table.levels or {}))
        self.report.count(found)
        return found


def _narrow(attacks: Iterable[Attacked]) -> dict[tuple[str, int], tuple[float, float]]:
    """Reader and cell → the bounds that are too close."""
    return {
        (one.attacker, int(cell)): (float(low), float(high))
        for one in attacks
        for cell, low, high, is_safe in zip(one.cells, one.low, one.high, one.is_safe, strict=True)
        if not is_safe
    }


def _left_out(universe: str, asked: CountTable) -> ProtectedTable:
    cells = asked.cells.assign(reason=DROPPED, is_carried=False)
    cells["value"] = pd.array([pd.NA] * len(cells), dtype="Int64")
    return ProtectedTable(asked.name, universe, asked.dimensions, cells, is_dropped=True)


def _narrowest(now: _Round) -> dict[str, Floats]:
    """What the best attacker finds of each hidden cell: at least so wide. NaN for printed and empty cells."""
    low, high = np.full((2, now.system.size), np.nan)
    for one in now.attacks:
        narrower = np.isnan(low[one.cells]) | (one.high - one.low < high[one.cells] - low[one.cells])
        cells = one.cells[narrower]
        low[cells], high[cells] = one.low[narrower], one.high[narrower]
    return {"low": low, "high": high}


def _keys(table: CountTable) -> list[str]:
    return keys_of(table.dimensions, table.cells)


def ladder(table: CountTable | None) -> Iterable[CountTable]:
    """The table and its coarser forms."""
    while table is not None:
        yield table
        table = table.coarser
