"""Which published tables can be traced, by which key, what stands behind a row and what that must come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.errors import UsageError
from orchestration.release import lineage_questions as ask
from orchestration.release.found import Found
from orchestration.release.lineage_questions import Ask, Asked, Key

ComesTo = Callable[[Found, Mapping[str, Any]], dict[str, Any]]
SEPARATOR, ROWS = "|", "rows:"
# What a printed table's schema is, and the edition it belongs to.
EDITIONS = {"public": "public", "report": "partner"}
_LEVELS = ("county", "border_point", "country")
# What a report says that no row of a partner stands behind, and where it was decided.
FACTS = {
    "policy": "A rule of the disclosure policy: seeds/reference/disclosure_policy.csv, by its name.",
    "waivers": "A steward's decision (`njia decide list`). No partner's row stands behind it.",
    "release": "A fact of the release itself: its manifest.json. No partner's row stands behind it.",
}


@dataclass(frozen=True)
class Traced:
    """A table that can be traced.

    `ask` gives the readings of a key, the likeliest first; `watched` and `reporting`, where they are part
    of the answer, one question each. `comes_to`: what is found must come to these numbers and words.
    `mart`: the table of the marts whose figures a table of words was made of.
    """

    key: tuple[str, ...]
    ask: Ask | None
    is_printed: bool = False
    of_movement: bool = False
    note: str = ""
    watched: Callable[[Key], Asked] | None = None
    reporting: Callable[[Key], Asked] | None = None
    comes_to: ComesTo = Found.counts
    mart: str | None = None

    @property
    def counts_victims(self) -> bool:
        """Else records are told whether they count as victims or not: a movement, what a field rests on."""
        return not self.of_movement and self.comes_to is not Found.completeness


def table_and_key(words: Sequence[str]) -> tuple[str, dict[str, str], str | None]:
    """The table's name, its key and, where the name says so, the edition. Of counted rows the key is `rows`.

    `words` are apart or joined by `|`, as the report marks its numbers. Raises UsageError for what is none.
    """
    named, *values = [word.strip() for word in SEPARATOR.join(words).split(SEPARATOR)]
    schema, _, name = named.rpartition(".")
    prefix, _, short = name.partition("_")
    edition = EDITIONS.get(prefix) if short in TRACED else None
    table = short if edition else name
    if table in FACTS and len(values) == 1:
        return table, {"name": values[0]}, None
    if table not in TRACED or (schema and schema not in ("marts", *EDITIONS)):
        raise UsageError(f"{named or 'Nothing'} is not traced. What is: {', '.join(sorted(TRACED))}.")
    if len(values) == 1 and values[0].startswith(ROWS):
        return table, {"rows": values[0].removeprefix(ROWS)}, edition
    key = TRACED[table].key
    if table == "hotspots" and len(values) == len(key) + 1 and values[1] in _LEVELS:
        del values[1]  # the report names it, too
    if len(values) != len(key) or not all(values):
        raise UsageError(
            f"A row of {table} is named by {len(key)} value(s), in this order: {SEPARATOR.join(key)}. Given: "
            f"{SEPARATOR.join(values) or 'none'}."
        )
    return table, dict(zip(key, values, strict=True)), edition


_GRAIN_AND_PERIOD = ("record_grain", "period_id")
_ENDS = ("origin_place_id", "destination_place_id")
_WINDOWS = ("corridor_id", "record_grain", "baseline_window", "current_window")
_IN_ROLE = ("place_id", "role", "period_id", "record_grain")
_AT = ("place_id", "period_id", "record_grain")
_ITEM = ("item_kind", "item", "role", "round", "record_grain")
_MEASURED = "A measure compares them with what the same partners report elsewhere and earlier."
_COVERAGE = "Watched is what a contract declares (`coverage`) and an extract reports of, be it nothing."
_NEW = "New is what no round before named; who reported then, and watched the same, says how sure that is."
_PERIOD = "A period of the calendar; of a round, what the extracts declare that were collected in it."


def _named(found: Found, told: Mapping[str, Any]) -> dict[str, Any]:
    """A row without a number says that somebody tells it."""
    return {"is_told": bool(found.records)}


def _nothing(found: Found, told: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _watched(found: Found, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"is_told": bool(found.watches)}


def _place_in_role(*key: str, is_printed: bool) -> Traced:
    return Traced(key, ask.hotspot, is_printed, note=_MEASURED, watched=ask.watched, comes_to=Found.of_place)


def _coverage(is_printed: bool) -> Traced:
    return Traced(
        _AT,
        ask.month_makers,
        is_printed,
        note=_COVERAGE,
        watched=ask.watched,
        comes_to=Found.coverage,
        mart="mart_coverage",
    )


def _completeness(is_printed: bool) -> Traced:
    key = ("field", "period_id", "record_grain")
    return Traced(key, ask.completeness, is_printed, comes_to=Found.completeness, mart="mart_completeness")


def _reported(is_printed: bool) -> Traced:
    """Whether partners reported all of a period: in which months each of them did."""
    key = ("period_id", "record_grain")
    return Traced(key, None, is_printed, note=_COVERAGE, watched=ask.watched_anywhere, comes_to=_watched)


def _items(comes_to: ComesTo, is_printed: bool = False, mart: str | None = None) -> Traced:
    return Traced(
        _ITEM, ask.novelty, is_printed, note=_NEW, reporting=ask.reporting, comes_to=comes_to, mart=mart
    )


TRACED: dict[str, Traced] = {
    "mart_corridors": Traced(
        ("level", "corridor_id", "period_id", "record_grain", "population"),
        ask.corridor,
        comes_to=Found.counts_and_partners,
    ),
    "mart_places": _place_in_role(*_IN_ROLE, "population", is_printed=False),
    "mart_hotspots": _place_in_role(*_IN_ROLE, "population", is_printed=False),
    "mart_corridor_shifts": Traced(("level", *_WINDOWS), ask.shift, note=_MEASURED),
    "mart_regional_risk": Traced(_AT, ask.risk, note=_MEASURED),
    "mart_coverage": _coverage(is_printed=False),
    "mart_completeness": _completeness(is_printed=False),
    "mart_reported_periods": _reported(is_printed=False),
    "mart_novelty": _items(Found.novelty),
    "mart_not_seen_again": _items(Found.absence),
    "fct_movements": Traced(("movement_id",), ask.movement, of_movement=True, comes_to=Found.of_movement),
    "movements": Traced(("movement_id",), ask.movement, of_movement=True, comes_to=Found.of_movement),
    "fct_movement_legs": Traced(
        ("movement_id", "leg_number"), ask.movement, of_movement=True, comes_to=_named
    ),
    "bridge_movement_codes": Traced(
        ("movement_id", "domain", "code"), ask.movement, of_movement=True, comes_to=_named
    ),
    "corridors": Traced((*_GRAIN_AND_PERIOD, *_ENDS), ask.counts("all"), is_printed=True),
    "ends": Traced((*_GRAIN_AND_PERIOD, "role", "place_id"), ask.counts("all"), is_printed=True),
    "children": Traced((*_GRAIN_AND_PERIOD, "role", "place_id"), ask.counts("children"), is_printed=True),
    "routes": Traced(
        (*_GRAIN_AND_PERIOD, "origin_place_id", "via_place_id", "destination_place_id"),
        ask.route,
        is_printed=True,
        comes_to=_named,
    ),
    "corridor_codes": Traced(
        (*_GRAIN_AND_PERIOD, *_ENDS, "domain", "code"), ask.code, is_printed=True, comes_to=_named
    ),
    "hotspots": _place_in_role(*_IN_ROLE, is_printed=True),
    "corridor_shifts": Traced(_WINDOWS, ask.shift, is_printed=True, note=_MEASURED),
    "regional_risk": Traced(_AT, ask.risk, is_printed=True, note=_MEASURED),
    "coverage": _coverage(is_printed=True),
    "completeness": _completeness(is_printed=True),
    "novelty": _items(Found.novelty, is_printed=True, mart="mart_novelty"),
    "reported_periods": _reported(is_printed=True),
    "periods": Traced(
        ("period_id",), None, is_printed=True, watched=ask.of_round, note=_PERIOD, comes_to=_nothing
    ),
}
