"""Tables that can be traced: the key of a row, what stands behind it, and what that must come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.core import UsageError
from orchestration.release.lineage import questions as ask
from orchestration.release.lineage.found import Found
from orchestration.release.lineage.questions import Ask, Asked, Key
from orchestration.release.staging.published_models import PUBLISHED

ComesTo = Callable[[Found, Mapping[str, Any]], dict[str, Any]]
SEPARATOR, ROWS = "|", "rows:"
# What a report says that no row of a partner stands behind, and where it was decided.
FACTS = {
    "policy": "A rule of the publication policy: seeds/reference/publication_policy.csv, by its name.",
    "waivers": "A steward's decision (`njia decide list`). No partner's row stands behind it.",
    "release": "A fact of the release itself: its manifest.json. No partner's row stands behind it.",
}
# Tables of version 0.1.0 (`public_…`, `report_…`) whose name is another now.
RENAMED = {
    "ends": "places",
    "children": "places",
    "corridor_codes": "codes",
    "corridor_shifts": "shifts",
    "regional_risk": "risk",
    "reported_periods": "periods",
}


@dataclass(frozen=True)
class Traced:
    """A table that can be traced.

    `ask`: the records behind a row; `watched` and `reporting`, where they are part of the answer.
    `comes_to`: numbers and words that follow from what is found.
    """

    key: tuple[str, ...]
    ask: Ask | None
    is_published: bool = False
    of_movement: bool = False
    note: str = ""
    watched: Callable[[Key], Asked] | None = None
    reporting: Callable[[Key], Asked] | None = None
    comes_to: ComesTo = Found.counts

    @property
    def counts_victims(self) -> bool:
        """Else records stand behind a row whether they count as victims or not."""
        return not self.of_movement and self.comes_to is not Found.completeness


def table_and_key(words: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The table's name and its key: a value a column, '' for null. Of counted rows the key is `rows`.

    `words` are apart or joined by `|`, as the report marks its numbers. Raises UsageError for what is none.
    """
    named, *values = [word.strip() for word in SEPARATOR.join(words).split(SEPARATOR)]
    schema, _, table = named.rpartition(".")
    if table in FACTS and len(values) == 1:
        return table, {"name": values[0]}
    _refuse_old_name(named, table)
    traced = TRACED.get(table)
    if traced is None or schema not in ("", PUBLISHED if traced.is_published else "marts"):
        raise UsageError(f"{named or 'Nothing'} is not traced. What is: {', '.join(sorted(TRACED))}.")
    if len(values) == 1 and values[0].startswith(ROWS):
        return table, {"rows": values[0].removeprefix(ROWS)}
    if len(values) < len(traced.key):
        raise UsageError(
            f"A row of {table} is named by {len(traced.key)} value(s), in this order: "
            f"{SEPARATOR.join(traced.key)}. Given: {SEPARATOR.join(values) or 'none'}."
        )
    # The last one may hold a separator of its own, as `line_id` does.
    last = len(traced.key) - 1
    return table, dict(zip(traced.key, (*values[:last], SEPARATOR.join(values[last:])), strict=True))


def _refuse_old_name(named: str, table: str) -> None:
    short = table.removeprefix("public_").removeprefix("report_")
    if short == table and short not in RENAMED:
        return
    new = RENAMED.get(short, short)
    if new in TRACED:
        key = SEPARATOR.join(TRACED[new].key)
        raise UsageError(f"{named} is now {PUBLISHED}.{new}: njia trace current '{PUBLISHED}.{new}|{key}'")


_AT = ("place_id", "period_id", "record_grain")
_IN_ROLE = ("place_id", "role", "period_id", "record_grain", "population")
_CORRIDOR = ("level", "corridor_id", "period_id", "record_grain", "population")
_CODE = (
    "subject", "role", "place_id", "corridor_id", "domain", "code", "period_id", "record_grain", "population",
)  # fmt: skip
_COMPLETENESS = ("field", "period_id", "record_grain")
_ITEM = ("item_kind", "item", "role", "round", "record_grain")
_MEASURED = "A measure compares them with what the same partners report elsewhere and earlier."
_COVERAGE = "Watched is what a contract declares (`coverage`) and an extract reports of, be it nothing."
_NEW = "New is what no round before named; who reported then, and watched the same, says how sure that is."
_PERIOD = "A period of the calendar; of a round, what the extracts declare that were collected in it."


def _mart_of_places() -> Traced:
    return Traced(_IN_ROLE, ask.hotspot, note=_MEASURED, watched=ask.watched, comes_to=Found.of_place)


def _mart_of_items(comes_to: ComesTo) -> Traced:
    return Traced(_ITEM, ask.novelty, note=_NEW, reporting=ask.reporting, comes_to=comes_to)


def _mart_of_movement(*key: str, comes_to: ComesTo = Found.named) -> Traced:
    return Traced(key, ask.movement, of_movement=True, comes_to=comes_to)


TRACED: dict[str, Traced] = {
    "mart_corridors": Traced(_CORRIDOR, ask.corridor_records, comes_to=Found.counts_and_partners),
    "mart_places": _mart_of_places(),
    "mart_hotspots": _mart_of_places(),
    "mart_corridor_shifts": Traced(
        ("level", "corridor_id", "record_grain", "baseline_window", "current_window"),
        ask.shift,
        note=_MEASURED,
    ),
    "mart_regional_risk": Traced(_AT, ask.risk, note=_MEASURED),
    "mart_coverage": Traced(
        _AT, ask.month_makers, note=_COVERAGE, watched=ask.watched, comes_to=Found.coverage
    ),
    "mart_completeness": Traced(_COMPLETENESS, ask.completeness, comes_to=Found.completeness),
    "mart_reported_periods": Traced(
        ("period_id", "record_grain"),
        None,
        note=_COVERAGE,
        watched=ask.watched_anywhere,
        comes_to=Found.watched,
    ),
    "mart_novelty": _mart_of_items(Found.novelty),
    "mart_not_seen_again": _mart_of_items(Found.absence),
    "fct_movements": _mart_of_movement("movement_id", comes_to=Found.of_movement),
    "movements": _mart_of_movement("movement_id", comes_to=Found.of_movement),
    "fct_movement_legs": _mart_of_movement("movement_id", "leg_number"),
    "bridge_movement_codes": _mart_of_movement("movement_id", "domain", "code"),
    "corridors": Traced(_CORRIDOR, ask.corridor, is_published=True, comes_to=Found.movement_counts),
    "places": Traced(_IN_ROLE, ask.place, is_published=True, comes_to=Found.movement_counts),
    "codes": Traced(
        _CODE,
        ask.code,
        is_published=True,
        comes_to=Found.movement_counts,
    ),
    "shifts": Traced(
        ("comparison", "baseline", "current", "record_grain", "level", "corridor_id"),
        ask.shift,
        is_published=True,
        note=_MEASURED,
        comes_to=Found.shift_counts,
    ),
    "hotspots": Traced(
        _IN_ROLE,
        ask.hotspot,
        is_published=True,
        note=_MEASURED,
        watched=ask.watched,
        comes_to=Found.hotspot_count,
    ),
    "risk": Traced(_AT, ask.risk, is_published=True, note=_MEASURED, comes_to=Found.named),
    "coverage": Traced(
        ("period_id", "record_grain"),
        None,
        is_published=True,
        note=_COVERAGE,
        watched=ask.watched_anywhere,
        comes_to=Found.watching_partners,
    ),
    "completeness": Traced(_COMPLETENESS, ask.completeness, is_published=True, comes_to=Found.completeness),
    "novelty": Traced(
        ("period_id", "record_grain", "item_kind", "item", "role"),
        ask.novelty,
        is_published=True,
        note=_NEW,
        reporting=ask.reporting,
        comes_to=Found.novelty,
    ),
    "routes": Traced(
        ("period_id", "line", "line_id"), ask.route, is_published=True, comes_to=Found.report_count
    ),
    "periods": Traced(
        ("period_id",),
        None,
        is_published=True,
        note=_PERIOD,
        watched=ask.of_round,
        comes_to=Found.nothing,
    ),
}
