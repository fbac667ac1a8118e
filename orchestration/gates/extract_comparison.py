"""Compare an extract with what its partner sent before under the same contract, record by record.

Records that were sent before should say the same. New ones should differ from the earlier ones by no more
than these differ among themselves: their total variation distance (the share of records that would have to
change their value to make both mixes alike) is held against that of blocks of the history, cut by month, as
large as the new part. Where a file brings few new records, those of the files before it are added until they
are enough. Shares run from 0 to 1; a measure is absent where there are too few records for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from expectations import thresholds
from orchestration.gates.compared_records import FIELDS, NAMES, PLACES, UNKNOWN, Records

# A case moves on: a suspicion is confirmed. Whether it counts as a victim's does not change for many at once.
_MAY_CHANGE = frozenset({"trafficking_status", "day of the month"})
# New records are of new months, and of the days and places that the world brings.
_FROM_THE_WORLD = frozenset({"month", "day of the month", *PLACES})
COMPARISON_MEASURES = (
    "changed_records", "changed_of", "changed_share", "replaced_records", "gone_records", "gone_share",
    "months_gone", "months_missing", "new_records", "late_share", "late_usual", "late_beyond_usual",
    "equal_share", "equal_usual", "equal_beyond_usual", "compared_records", "moved_share", "moved_usual",
    "moved_beyond_usual", "stated_share", "stated_before", "stated_usual", "stated_beyond_usual",
    "values_gone",
)  # fmt: skip
COMPARISON_TEXTS = (
    "changed_field", "gone_months", "missing_months", "moved_field", "moved_values", "stated_field",
    "gone_field", "gone_values",
)  # fmt: skip
OF_FIELDS = ("changed_field", "moved_field", "stated_field", "gone_field")


class History:
    """What a partner has sent under one contract: of each record the newest version.

    `values`: the text of each code, by field. New records are pending until there are enough of them to be
    compared with all earlier ones.
    """

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values
        self._records: Records | None = None
        self._pending = np.zeros(0, np.int64)
        self._usual_late = 0.0
        self._held_months = np.zeros(0, np.int64)

    def taken_over(self) -> History:
        """Return a history that begins with these records, under another contract."""
        other = History(self._values)
        other._records, other._usual_late = self._records, self._usual_late
        return other

    def shared_with(self, records: Records) -> int:
        """Return how many of the records were sent before."""
        return len(self.beside(records)[1])

    def hold(self, records: Records) -> None:
        """Note the months of an extract that is held: they are not missing."""
        self._held_months = np.union1d(self._held_months, records.months)

    def add(self, records: Records, found: Mapping[str, Any]) -> None:
        """Add an extract that is not held; `found`: what `compare` measured."""
        self._usual_late = max(self._usual_late, found.get("late_share") or 0.0)
        old = self._records
        if old is None:
            self._records = records
            return
        if found.get("compared_records"):
            self._pending = self._pending[:0]
        elif len(old) - len(self._pending) >= thresholds.MIX_MIN:
            self._pending = np.union1d(self._pending, np.setdiff1d(records.ids, old.ids))
        self._records = old.only(~np.isin(old.ids, records.ids)).with_others(records)

    def compare(self, records: Records, is_full: bool = True) -> dict[str, Any]:
        """Measure an extract's records beside the earlier ones; empty without any."""
        old, before, now, new = self.beside(records)
        if not len(old):
            return {}
        found = _changed(before, now, before)
        # A partner that sends only what is new sends again what it corrected: a part of its months, unless
        # most of what it sends again says something else.
        is_most = found.get("changed_share", 0) >= thresholds.SENT_AGAIN_CHANGED
        if not is_full and not (is_most and found["changed_records"] >= thresholds.MIX_MIN):
            found = _changed(before, now, old.only(np.isin(old.months, before.months)))
        found |= {"new_records": len(new)} | self._missing_months(old, new)
        if min(len(old), len(new)) >= thresholds.SMALL_EXTRACT:
            found |= self._late(old, new) | _equal(old, new)
        if len(new) and len(self._pending):
            is_pending = np.isin(old.ids, self._pending)
            old, new = old.only(~is_pending), old.only(is_pending).with_others(new)
        if min(len(old), len(new)) >= thresholds.MIX_MIN:
            found |= {"compared_records": len(new)} | self._mixes(old, new)
        return found

    def beside(self, records: Records) -> tuple[Records, Records, Records, Records]:
        """Return all earlier records; those of them that were sent again, as before and now; the new ones."""
        old = self._records
        if old is None or not len(old):
            none = records.only(slice(0))
            return none, none, none, records
        order = np.argsort(old.ids, kind="stable")
        at = np.minimum(np.searchsorted(old.ids, records.ids, sorter=order), len(old) - 1)
        is_common = old.ids[order[at]] == records.ids
        return old, old.only(order[at[is_common]]), records.only(is_common), records.only(~is_common)

    def _late(self, old: Records, new: Records) -> dict[str, Any]:
        """Measure how many new records are of earlier months that the history has, beside what is usual."""
        dated = new.months[new.months > 0]
        if not len(dated):
            return {}
        late = float((np.isin(dated, old.months) & (dated < old.months.max())).mean())
        usual = max(thresholds.LATE_RECORDS_MAX, self._usual_late + thresholds.LATE_MARGIN)
        return {"late_share": late, "late_usual": usual, "late_beyond_usual": round(late - usual, 9)}

    def _missing_months(self, old: Records, new: Records) -> dict[str, Any]:
        """Find months without a record between the newest of the history and the newest of the new ones."""
        newest, last = int(old.months.max()), int(new.months.max(initial=0))
        known = np.union1d(new.months, self._held_months)
        missing = np.setdiff1d(np.arange(newest + 1, last), known)
        usual = [int((old.months == month).sum()) for month in range(newest - 11, newest + 1)]
        is_sure = min(usual) > 0 and len(missing) * np.mean(usual) >= thresholds.SURE_COUNT
        return {
            "months_missing": len(missing) if is_sure else 0,
            "missing_months": _named(missing) if is_sure else "",
        }

    def _mixes(self, old: Records, new: Records) -> dict[str, Any]:
        """Compare the values of each field; the field that differs most speaks for all."""
        blocks = [old.only(block) for block in _blocks(old, len(new))]
        moved: dict[str, tuple[float, float]] = {}  # by field: how far it moved, and how far is usual
        stated: dict[str, tuple[float, float]] = {}
        gone: dict[str, list[str]] = {}
        for at, name in enumerate(FIELDS):
            counts = [
                np.bincount(part.codes[:, at], minlength=len(self._values[name]))
                for part in (old, new, *blocks)
            ]
            before, now, *scatter = (np.array([each[UNKNOWN], each[1:].sum()]) for each in counts)
            if now[1] / len(new) < before[1] / len(old):
                stated[name] = _distance(before, now), _usual(before, now, scatter) + thresholds.STATED_MARGIN
            before, now, *scatter = (each[1:] for each in counts)  # of those that state it
            if name == "month" or min(before.sum(), now.sum()) < thresholds.SMALL_EXTRACT:
                continue
            margin = thresholds.PLACES_MARGIN if name in PLACES else thresholds.MIX_MARGIN
            moved[name] = _distance(before, now), _usual(before, now, scatter) + margin
            if name not in _FROM_THE_WORLD:
                vanished = [self._values[name][1:][code] for code in _vanished(before, now, scatter)]
                gone |= {name: vanished} if vanished else {}
        found: dict[str, Any] = {"values_gone": sum(map(len, gone.values()))}
        if gone:
            field = next(iter(gone))
            found |= {"gone_field": field, "gone_values": ", ".join(gone[field])}
        for which, distances in (("moved", moved), ("stated", stated)):
            if distances:
                field = max(distances, key=lambda name: distances[name][0] - distances[name][1])
                distance, usual = distances[field]
                found |= {f"{which}_field": field, f"{which}_share": distance, f"{which}_usual": usual}
                found[f"{which}_beyond_usual"] = round(distance - usual, 9)
        if moved:
            found["moved_values"] = self._moved(found["moved_field"], old, new)
        if stated:
            before, now = ((part.of_field(found["stated_field"]) != UNKNOWN).mean() for part in (old, new))
            found |= {"stated_before": float(before), "stated_share": float(now)}
            found["stated_usual"] *= 100  # points
        return found

    def _moved(self, field: str, old: Records, new: Records) -> str:
        """Name the values of a field that rose and fell most."""
        values = self._values[field][1:]
        counts = [np.bincount(part.of_field(field), minlength=len(values) + 1)[1:] for part in (old, new)]
        before, now = (100 * each / each.sum() for each in counts)
        order = np.argsort(now - before, kind="stable")
        named = [code for code in (order[-1], order[0]) if before[code] != now[code]]
        return ", ".join(f"{values[code]} {before[code]:.0f} → {now[code]:.0f} %" for code in named)


def gone_from(replaced: Records, records: Records) -> dict[str, Any]:
    """Measure which records of the extract that this one replaces as a whole are missing from it."""
    if not len(replaced):
        return {}
    is_gone = ~np.isin(replaced.ids, records.ids)
    months, of_record = np.unique(replaced.months, return_inverse=True)
    sizes = np.bincount(of_record)
    is_lost = np.bincount(of_record, is_gone) >= thresholds.MONTH_GONE * sizes
    is_lost &= (sizes >= thresholds.MONTH_MIN) & (months > 0)
    is_sure = sizes[is_lost].sum() >= thresholds.SURE_COUNT
    return {
        "replaced_records": len(replaced),
        "gone_records": int(is_gone.sum()),
        "gone_share": float(is_gone.mean()),
        "months_gone": int(is_lost.sum()) if is_sure else 0,
        "gone_months": _named(months[is_lost]) if is_sure else "",
    }


def _changed(before: Records, now: Records, whole: Records) -> dict[str, Any]:
    """Compare records that were sent before with their earlier version, in the field that changed most.

    `whole`: the earlier records of which they are a part.
    """
    known = (whole.codes != UNKNOWN).sum(axis=0)
    changed = ((before.codes != UNKNOWN) & (before.codes != now.codes)).sum(axis=0)
    shares = {
        name: changed[at] / known[at]
        for at, name in enumerate(FIELDS)
        if name not in _MAY_CHANGE and known[at] >= thresholds.SMALL_EXTRACT
    }
    if not shares:
        return {}
    field = max(shares, key=lambda name: shares[name])
    at = NAMES.index(field)
    return {
        "changed_field": field,
        "changed_records": int(changed[at]),
        "changed_of": int(known[at]),
        "changed_share": float(shares[field]),
    }


def _equal(old: Records, new: Records) -> dict[str, Any]:
    """Measure how many new records equal another one, beside the earlier ones."""
    share = _share_equal(new)
    blocks = [_share_equal(old.only(block)) for block in _blocks(old, len(new))]
    usual = _largest_usual(blocks or [_share_equal(old)]) + thresholds.EQUAL_RECORDS_MAX
    return {"equal_share": share, "equal_usual": usual, "equal_beyond_usual": round(share - usual, 9)}


def _share_equal(records: Records) -> float:
    _, copies = np.unique(records.likeness, return_counts=True)
    return float(copies[copies > 1].sum() / len(records))


def _blocks(old: Records, size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the newest records of the history in blocks, by month; none where there are too few."""
    size = max(size, thresholds.SMALL_EXTRACT)
    number = min(len(old) // size, thresholds.BLOCKS_MAX)
    order = np.argsort(-old.months, kind="stable")
    for at in range(number if number >= thresholds.BLOCKS_MIN else 0):
        yield order[at * size : (at + 1) * size]


Counts = npt.NDArray[np.int64]


def _usual(before: Counts, now: Counts, blocks: Sequence[Counts]) -> float:
    """Return how far two mixes of this history are from each other by themselves."""
    if blocks:
        return _largest_usual([_distance(before - block, block) for block in blocks])
    # half as much again as two samples of one mix differ on average (mean absolute deviations)
    shares = (before + now) / (before + now).sum()
    variances = shares * (1 - shares) * (1 / before.sum() + 1 / now.sum())
    return 1.5 * math.fsum(np.sqrt(variances / (2 * np.pi)))


def _largest_usual(of_blocks: Sequence[float]) -> float:
    """Return the largest; of many blocks the second, because one may be damaged itself."""
    return sorted(of_blocks)[-2 if len(of_blocks) >= thresholds.BLOCKS_MANY else -1]


def _distance(one: Counts, other: Counts) -> float:
    return math.fsum(np.abs(one / max(one.sum(), 1) - other / max(other.sum(), 1))) / 2


def _vanished(before: Counts, now: Counts, blocks: Sequence[Counts]) -> Iterator[int]:
    """Yield the codes that each block of the history has, and of which many were to be expected now."""
    is_gone = (before / before.sum() * now.sum() >= thresholds.SURE_COUNT) & (now == 0)
    for block in blocks:
        is_gone &= block > 0
    yield from (int(code) for code in np.flatnonzero(is_gone))


def _named(months: npt.NDArray[np.int64]) -> str:
    """Name months in order; several that follow each other as `first – last`."""
    runs = np.split(np.sort(months), np.flatnonzero(np.diff(np.sort(months)) != 1) + 1) if len(months) else []
    texts = [[f"{month // 12}-{month % 12 + 1:02d}" for month in run] for run in runs]
    return ", ".join(text[0] if len(text) == 1 else f"{text[0]} – {text[-1]}" for text in texts)
