"""Extracts and records as stewards name them: whether they exist, and the rules that set a record aside."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated

from orchestration import intake
from orchestration.contracts import place_parts
from orchestration.core import Settings, UsageError, catalogue, record_of, say, seed_rows, shown_record
from orchestration.stewardship import review
from orchestration.stewardship.kinds.decision import HEX, matching

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ExtractId = Annotated[str, matching("[0-9a-f]{16}", f"16 {HEX}, such as 4df327af7418fa78")]
MOST_NAMED = 5


@dataclass(frozen=True)
class Landed:
    """Ids of the landed extracts by partner, with those whose rereading was interrupted."""

    extracts: dict[str, list[str]]

    @classmethod
    def read(cls, settings: Settings) -> Landed:
        extracts: dict[str, list[str]] = {}
        for suffix in ("json", "earlier"):
            for path in sorted(settings.landing.glob(f"*/[!.]*.{suffix}")):
                extracts.setdefault(path.parent.name, []).append(path.stem)
        return cls(extracts)

    def partners_of(self, extract_id: str) -> list[str]:
        return [partner for partner, ids in self.extracts.items() if extract_id in ids]

    def why_unknown(self, partner: str, extract_id: str) -> str | None:
        """Say that the partner has no such extract, with the nearest names; None where it has."""
        if extract_id in self.extracts.get(partner, ()):
            return None
        if owners := self.partners_of(extract_id):
            sentence = "Partner {partner} has no landed extract {extract}; {owners} has."
            return say(sentence, partner=partner, extract=extract_id, owners=", ".join(owners))
        return self.why_unknown_partner(partner) or say(
            "Partner {partner} has no landed extract {extract}. {near} `njia status` and "
            "review/failed_checks.csv name the extracts.",
            partner=partner,
            extract=extract_id,
            near=nearest(extract_id, self.extracts[partner]),
        )

    def why_unknown_partner(self, partner: str) -> str | None:
        """Say that no extract of the partner has landed, with the nearest names; None where one has."""
        if partner in self.extracts:
            return None
        return say(
            "No extract of a partner {partner} has landed. {near} `njia status --all` lists the partners.",
            partner=partner,
            near=nearest(partner, self.extracts),
        )

    def why_ambiguous(self, extract_id: str) -> str | None:
        """Say that none or several partners landed an extract that is named without its partner."""
        owners = self.partners_of(extract_id)
        if not owners:
            return say(
                "No landed extract has the id {extract}. {near} `njia status` names the extracts.",
                extract=extract_id,
                near=nearest(extract_id, {one for ids in self.extracts.values() for one in ids}),
            )
        if len(owners) == 1:
            return None
        return say(
            "Several partners landed the extract {extract}. Say which: {choices}.",
            extract=extract_id,
            choices=" or ".join(f"--scope {owner}/{extract_id}" for owner in owners),
        )


def nearest(given: str, known: Collection[str]) -> str:
    """Suggest the known names most like the given one, or list them."""
    near: list[str] = get_close_matches(given, known, n=3)
    if near:
        return say("Did you mean {names}?", names=", ".join(near))
    if not known:
        return "There is none yet."
    names = ", ".join(sorted(known)[:MOST_NAMED])
    if len(known) <= MOST_NAMED:
        return say("There are: {names}.", names=names)
    return say("There are: {names} and {number} more.", names=names, number=len(known) - MOST_NAMED)


def called(name: str) -> str:
    """Return what people call a field of a contract or movement, a fate, a table or a count."""
    if parts := place_parts(name):
        return say("{what} ({place})", what=called(parts[1]), place=parts[0].replace("_", " "))
    row = catalogue().get(f"desk.changed.{name}")
    return row["en"] if row else name.removesuffix("_place_id").replace("_", " ").capitalize()


def row_called(extract: str, sheet: str, row: str) -> str:
    """Return where a partner finds a row."""
    if sheet:
        return say("{extract}, sheet {sheet}, row {row}", extract=extract, sheet=sheet, row=row)
    return say("{extract}, row {row}", extract=extract, row=row)


def record_called(settings: Settings, given: str) -> str:
    """Return `r-…` of a record named so, or by EXTRACT_ID:ROW or EXTRACT_ID:SHEET:ROW; raises UsageError."""
    extract_id, _, where = given.partition(":")
    if not where:
        return given
    sheet, _, row = where.rpartition(":")
    if not row.isdecimal():
        raise UsageError(
            f"{given!r} names no row. Give EXTRACT_ID:ROW, or EXTRACT_ID:SHEET:ROW, as in "
            "review/quarantined_rows.csv."
        )
    import pyarrow.compute as pc

    table = intake.known_records(settings)
    at = pc.and_(pc.equal(table["extract_id"], extract_id), pc.equal(table["row_number"], int(row)))
    rows = table.filter(at).to_pylist()
    records = {(found["sheet"], found["record_id"]) for found in rows if sheet in ("", found["sheet"])}
    if len(records) == 1:
        return shown_record(records.pop()[1])
    if records:
        sheets = ", ".join(sorted(f"{extract_id}:{name}:{row}" for name, _ in records))
        raise UsageError(f"Several sheets have a record in row {row}. Say which: {sheets}.")
    raise UsageError(
        f"Extract {extract_id} has no record that begins in row {row}. A record of several rows is called by "
        "its first; rows that did not land stand in the receipt only."
    )


def rules_by_record(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Return the rules for which the last refresh set each record aside; read once for many decisions."""
    return _rules_by_record(settings, review.stamp_of(settings, review.QUARANTINED_ROWS))


@lru_cache(maxsize=1)
def _rules_by_record(settings: Settings, stamp: tuple[int, ...]) -> Mapping[str, tuple[str, ...]]:
    rules: dict[str, set[str]] = {}
    for row in review.read(settings, review.QUARANTINED_ROWS):
        rules.setdefault(row.get("record", ""), set()).add(row["rule_code"])
    return {record: tuple(sorted(codes)) for record, codes in rules.items()}


@cache
def releasable_rules() -> dict[str, str]:
    """Return the rules that a record may be let in from, with what stays unknown of it."""
    return {row["rule_code"]: row["what_stays_unknown"] for row in seed_rows("releasable_rules")}


def is_typed(settings: Settings, record: str) -> bool:
    """Return whether some typed extract holds a record `r-…`."""
    import numpy as np

    ids = _known_ids(settings, _stamps(settings))
    at = int(np.searchsorted(ids, wanted := record_of(record)))
    return at < len(ids) and int(ids[at]) == wanted


def _stamps(settings: Settings) -> tuple[tuple[str, int], ...]:
    """Return what changes whenever a file that `known_records` reads changes; asked for each decision."""
    folders = [settings.typed / "records", *settings.landing.glob("*/")]
    files = [file for folder in folders if folder.is_dir() for file in os.scandir(folder)]
    parquet = (file for file in files if file.name.endswith(".parquet"))
    return tuple(sorted((file.path, file.stat().st_mtime_ns) for file in parquet))


@lru_cache(maxsize=1)
def _known_ids(settings: Settings, stamps: tuple[tuple[str, int], ...]) -> npt.NDArray[np.int64]:
    """Return all record ids in order, read once for a list of decisions, whose lock is short."""
    import numpy as np

    return np.unique(intake.known_records(settings)["record_id"].to_numpy())
