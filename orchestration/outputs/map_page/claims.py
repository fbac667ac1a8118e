"""The claims of the map page: one text for each kind of finding; the page fills in names and periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.outputs.claims import PANEL, Size, claim, uncontradicted
from orchestration.outputs.edition import Edition
from orchestration.outputs.texts import LANGUAGES, Slot, Texts, plain

_NAMES = ("name", "earlier", "period", "riser", "faller", "month", "until", "count", "low", "high")
_BRACES: dict[str, Slot] = {one: f"{{{one}}}" for one in _NAMES}
_NONE = (None, "0")


def claims(edition: Edition) -> tuple[dict[str, dict[str, str]], dict[str, list[int]]]:
    """Return the texts of each language by key, and the number in the key of each row, by table.

    The key is `meaning.claim.` and the number; `meaning.claim.pair` is the claim on two corridors.
    """
    numbers: dict[tuple[str, ...], int] = {}
    columns: dict[str, list[int]] = {}
    for table, said in (("hotspots", _of_hotspot), ("shifts", _of_shift), ("alerts", _of_alert)):
        rows = edition.arrow(table).to_pylist()
        made = [tuple(said(Texts(language), row) for language in LANGUAGES) for row in rows]
        columns[table] = [numbers.setdefault(one, len(numbers)) for one in made]
    pair = tuple(plain(claim(Texts(one), "displacement", "displaced_from", **_BRACES)) for one in LANGUAGES)
    keys = [*((str(number), made) for made, number in numbers.items()), ("pair", pair)]
    texts = {
        language: {f"meaning.claim.{key}": f"{made[at]}." for key, made in keys}
        for at, language in enumerate(LANGUAGES)
    }
    return texts, columns


def _of_hotspot(say: Texts, row: Mapping[str, Any]) -> str:
    at = say(f"claim.at.{row['role']}", name="{name}")
    records = say.text(f"grain.{row['record_grain']}")
    return plain(claim(say, "hotspots", row["label"], Size.of(row), PANEL, at=at, records=records))


def _of_shift(say: Texts, row: Mapping[str, Any]) -> str:
    before, now = (row[f"{side}_count_text"] not in _NONE for side in ("baseline", "current"))
    status = uncontradicted(row["status"], before, now)
    return plain(claim(say, "shifts", status, Size.of(row), row["evidence"], **_BRACES))


def _of_alert(say: Texts, row: Mapping[str, Any]) -> str:
    status = row["direction"] if row["record_count_text"] is None else "seen"
    records = say.text("grain.case")
    return plain(claim(say, "alerts", status, None, row["evidence"], records=records, **_BRACES))
