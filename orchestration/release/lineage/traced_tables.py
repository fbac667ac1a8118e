"""The tables that can be traced: key, lineage queries, and the numbers that must follow from the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestration.core import UsageError
from orchestration.release.lineage import queries
from orchestration.release.lineage.queries import BuildQuery
from orchestration.release.lineage.result import LineageResult
from orchestration.release.staging.published_models import PUBLISHED

Numbers = Callable[[LineageResult, Mapping[str, Any]], dict[str, Any]]
SEPARATOR, ROWS = "|", "rows:"
# Facts in a report that rest on no partner's row, and where they come from.
FACTS = {
    "policy": "A rule of the publication policy: seeds/reference/publication_policy.csv, by its name.",
    "waivers": "A steward's decision (`njia decide list`). No partner's row stands behind it.",
    "release": "A fact of the release itself: its manifest.json. No partner's row stands behind it.",
}


@dataclass(frozen=True)
class Traced:
    """A table that can be traced.

    `records`, `watched` and `reporting` build the queries for the parts of a LineageResult. `comes_to` gives
    the row's numbers and labels that follow from it.
    """

    key: tuple[str, ...]
    records: BuildQuery | None
    is_published: bool = False
    of_movement: bool = False
    note: str = ""
    watched: BuildQuery | None = None
    reporting: BuildQuery | None = None
    comes_to: Numbers = LineageResult.counts

    @property
    def counts_records(self) -> bool:
        """Whether only counted records stand behind a row."""
        return not self.of_movement and self.comes_to is not LineageResult.completeness


def table_and_key(arguments: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return a table's name and a row's key: one value for each column, '' for null.

    `arguments` are separate or joined by `|`, as in the report. Rows that a report counted have the key
    `rows`. Raises UsageError for an unknown table or an incomplete key.
    """
    named, *values = [part.strip() for part in SEPARATOR.join(arguments).split(SEPARATOR)]
    schema, _, table = named.rpartition(".")
    if table in FACTS and len(values) == 1:
        return table, {"name": values[0]}
    traced = TRACED.get(table)
    if traced is None or schema not in ("", PUBLISHED if traced.is_published else "marts"):
        raise UsageError(f"{named or 'Nothing'} cannot be traced. Tables: {', '.join(sorted(TRACED))}.")
    if len(values) == 1 and values[0].startswith(ROWS):
        return table, {"rows": values[0].removeprefix(ROWS)}
    if len(values) < len(traced.key):
        raise UsageError(
            f"A row of {table} is named by {len(traced.key)} value(s), in this order: "
            f"{SEPARATOR.join(traced.key)}. Given: {SEPARATOR.join(values) or 'none'}."
        )
    # The last value may contain the separator, as `line_id` does.
    last = len(traced.key) - 1
    return table, dict(zip(traced.key, (*values[:last], SEPARATOR.join(values[last:])), strict=True))


_AT = ("place_id", "period_id", "record_grain")
_IN_ROLE = ("place_id", "role", "period_id", "record_grain", "population")
_CORRIDOR = ("level", "corridor_id", "period_id", "record_grain", "population")
_CODE = (
    "subject", "role", "place_id", "corridor_id", "domain", "code", "period_id", "record_grain", "population",
)  # fmt: skip
_COMPLETENESS = ("field", "period_id", "record_grain")
_ITEM = ("item_kind", "item", "role", "round", "record_grain")
_MEASURED = "The measure compares them with reports of the same partners on other places and times."
_ALERTED = (
    "Baseline: the twelve months that ended three months before the first. Counted are records up to the "
    "newest month, of partners that report other corridors in both; the measure compares the two."
)
_COVERAGE = "A watched month is in a contract's declared coverage and an extract's period, even without rows."
_NEW = "New: named in no earlier round. Earlier reports with the same coverage make that more certain."
_CONTEXT = "A number of others, as the file has it: no movement stands behind it."
_CONTEXT_COUNT = (
    "record_grain", "publication", "publication_url", "period_from", "period_to", "origin_place_id",
    "counted_at_place_id", "destination_place_id", "destination_basis", "form_label", "nationality", "sex",
    "age_band",
)  # fmt: skip
_PERIOD = "A calendar period, or the period that the extracts of a round declare."


def _mart_of_items(comes_to: Numbers) -> Traced:
    return Traced(_ITEM, queries.novelty, note=_NEW, reporting=queries.reporting, comes_to=comes_to)


def _mart_of_movement(*key: str, comes_to: Numbers = LineageResult.named) -> Traced:
    return Traced(key, queries.movement, of_movement=True, comes_to=comes_to)


def _of_calendar(*key: str, query: BuildQuery, note: str, comes_to: Numbers) -> Traced:
    return Traced(key, None, note=note, watched=query, comes_to=comes_to)


_MART_PLACES = Traced(
    _IN_ROLE, queries.hotspot, note=_MEASURED, watched=queries.watched, comes_to=LineageResult.of_place
)
_SHIFT = ("comparison", "baseline", "current", "record_grain", "level", "corridor_id")
_MART_SHIFT = ("level", "corridor_id", "record_grain", "baseline_window", "current_window")
_ALERT = ("corridor_id", "direction", "first_month")
_REPORTED = ("period_id", "record_grain")
_MARTS = {
    "mart_corridors": Traced(_CORRIDOR, queries.corridor_records, comes_to=LineageResult.counts_and_partners),
    "mart_places": _MART_PLACES,
    "mart_hotspots": _MART_PLACES,
    "mart_corridor_shifts": Traced(_MART_SHIFT, queries.shift, note=_MEASURED),
    "mart_alerts": Traced(_ALERT, queries.alert, note=_ALERTED, comes_to=LineageResult.named),
    "mart_regional_risk": Traced(_AT, queries.risk, note=_MEASURED),
    "mart_coverage": Traced(
        _AT, queries.month_makers, note=_COVERAGE, watched=queries.watched, comes_to=LineageResult.coverage
    ),
    "mart_completeness": Traced(_COMPLETENESS, queries.completeness, comes_to=LineageResult.completeness),
    "mart_reported_periods": _of_calendar(
        *_REPORTED, query=queries.watched_anywhere, note=_COVERAGE, comes_to=LineageResult.watched
    ),
    "mart_novelty": _mart_of_items(LineageResult.novelty),
    "mart_not_seen_again": _mart_of_items(LineageResult.absence),
    "mart_context_counts": _of_calendar(
        "partner_code",
        *_CONTEXT_COUNT,
        query=queries.of_context,
        note=_CONTEXT,
        comes_to=LineageResult.watched,
    ),
    "fct_movements": _mart_of_movement("movement_id", comes_to=LineageResult.of_movement),
    "movements": _mart_of_movement("movement_id", comes_to=LineageResult.of_movement),
    "fct_movement_legs": _mart_of_movement("movement_id", "leg_number"),
    "bridge_movement_codes": _mart_of_movement("movement_id", "domain", "code"),
}
_PUBLISHED = {
    "corridors": Traced(_CORRIDOR, queries.corridor, comes_to=LineageResult.movement_counts),
    "places": Traced(_IN_ROLE, queries.place, comes_to=LineageResult.movement_counts),
    "codes": Traced(_CODE, queries.code, comes_to=LineageResult.movement_counts),
    "shifts": Traced(_SHIFT, queries.shift, note=_MEASURED, comes_to=LineageResult.shift_counts),
    "alerts": Traced(_ALERT, queries.alert, note=_ALERTED, comes_to=LineageResult.named),
    "hotspots": replace(_MART_PLACES, comes_to=LineageResult.hotspot_count),
    "risk": Traced(_AT, queries.risk, note=_MEASURED, comes_to=LineageResult.named),
    "coverage": _of_calendar(
        *_REPORTED, query=queries.watched_anywhere, note=_COVERAGE, comes_to=LineageResult.watching_partners
    ),
    "completeness": _MARTS["mart_completeness"],
    "novelty": replace(
        _MARTS["mart_novelty"], key=("period_id", "record_grain", "item_kind", "item", "role")
    ),
    "routes": Traced(("period_id", "line", "line_id"), queries.route, comes_to=LineageResult.report_count),
    "context_counts": _of_calendar(
        *_CONTEXT_COUNT, query=queries.of_context, note=_CONTEXT, comes_to=LineageResult.watched
    ),
    "periods": _of_calendar(
        "period_id", query=queries.of_round, note=_PERIOD, comes_to=LineageResult.nothing
    ),
}
TRACED: dict[str, Traced] = _MARTS | {
    name: replace(table, is_published=True) for name, table in _PUBLISHED.items()
}
