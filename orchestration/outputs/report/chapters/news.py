"""What is new since the last release: what its same edition printed, beside what this one prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestration.outputs.printed import CHANGED, KEYS, YEARLY, Printed, Row, is_headline
from orchestration.outputs.report.chapters.findings import GRAIN, named
from orchestration.outputs.report.parts import Bullets, Chapter, Paragraph
from orchestration.outputs.words import Sentence, Slot, sentence

ENDS = ("origin_place_id", "destination_place_id")
# Tables that print something of a period; the others only say which periods there are.
BY_PERIOD = tuple(
    table for table, key in KEYS.items() if "period_id" in key and not table.endswith("periods")
)
MOST_NAMED = 8


def news(printed: Printed, earlier: Printed | None) -> Chapter:
    words = printed.words
    title = words.text("chapter.news")
    if earlier is None:
        key = "news.first" if printed.manifest.get("previous_release") is None else "news.no_earlier"
        return Chapter("news", title, [Paragraph(words(key))])
    since = words(
        "news.since",
        release=printed.of_release("previous_release", str(earlier.manifest["release_id"])),
    )
    said = [*_periods(printed, earlier), *_corridors(printed, earlier), *_hotspots(printed, earlier)]
    said += _shifts(printed, earlier)
    told = [Bullets(said)] if said else []
    return Chapter("news", title, [Paragraph(since, "lead"), *told, Paragraph(words("news.caution"), "note")])


def _periods(printed: Printed, earlier: Printed) -> Iterator[Sentence]:
    """Of any table: one may be counted by windows that moved, another by years that did not."""
    now, before = (
        {row["period_id"] for table in BY_PERIOD for row in one.rows(table)} for one in (printed, earlier)
    )
    for kind in dict.fromkeys(row["period_kind"] for row in printed.rows("periods")):
        new = [one for one in printed.sorted_periods(now - before) if printed.period_kind(one) == kind]
        if new:
            listed = _listed(printed, [printed.period(one) for one in new])
            yield printed.words("news.periods", periods=listed)


def _corridors(printed: Printed, earlier: Printed) -> Iterator[Sentence]:
    """Pairs of places shown for the first time in any period."""
    before = {_ends(row) for row in earlier.rows("corridors", is_shown=True)}
    new = {_ends(row): row for row in printed.rows("corridors", is_shown=True) if _ends(row) not in before}
    if new:
        shown = [printed.corridor(new[one]) for one in sorted(new)]
        yield printed.words("news.corridors", corridors=_listed(printed, shown))


def _hotspots(printed: Printed, earlier: Printed) -> Iterator[Sentence]:
    for role in ("origin", "transit", "intended_destination", "exploitation"):
        now, before = (_standing_out(one, role) for one in (printed, earlier))
        if now is None or before is None:
            continue
        if now - before:
            slots = {"role": printed.words(f"role.{role}"), "places": named(printed, sorted(now - before))}
            yield printed.words("news.hotspots", **slots)


def _standing_out(printed: Printed, role: str) -> set[str] | None:
    """None where the newest period says nothing of this role."""
    period = printed.newest_whole("hotspots", YEARLY, record_grain=GRAIN)
    told = printed.rows("hotspots", record_grain=GRAIN, role=role, period_id=period)
    return {row["place_id"] for row in told if row["label"] == "hotspot"} if told else None


def _shifts(printed: Printed, earlier: Printed) -> Iterator[Sentence]:
    before = {(row["corridor_id"], row["status"]) for row in earlier.rows("corridor_shifts")}
    for status in CHANGED:
        new = [
            printed.corridor(row)
            for row in printed.rows("corridor_shifts", status=status)
            if is_headline(printed, row) and (row["corridor_id"], status) not in before
        ]
        if new:
            slots: dict[str, Slot] = {
                "status": printed.words.text(f"status.{status}").lower(),
                "corridors": _listed(printed, new),
            }
            yield printed.words("news.shifts", **slots)


def _listed(printed: Printed, names: Sequence[Slot]) -> Sentence:
    if len(names) <= MOST_NAMED:
        return printed.words.together(names)
    first, *others = (sentence(name) for name in names[:MOST_NAMED])
    return printed.words("list.more", names=first + tuple(part for one in others for part in (", ", *one)))


def _ends(row: Row) -> tuple[str, str]:
    return row["origin_place_id"], row["destination_place_id"]
