"""The few sentences a reader takes away. None is said where the edition prints nothing to say it of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestration.outputs.printed import (
    CHANGED,
    NOT_KNOWN,
    PERIOD_KINDS,
    TOTAL,
    YEARLY,
    Printed,
    Row,
    between_known,
    is_firm,
    is_headline,
    ranked,
)
from orchestration.outputs.report.chapters.part_shown import Where, part_shown
from orchestration.outputs.words import Sentence, Slot

GRAIN = "case"
MOST_NAMED = 5


def findings(printed: Printed) -> list[Sentence]:
    return [
        *_persons(printed),
        *_strongest_corridor(printed),
        *_hotspots(printed),
        *_shifts(printed),
        *_risk(printed),
        *_unknown(printed),
    ]


def named(printed: Printed, place_ids: list[str]) -> Sentence:
    """Their names, and that there are more where they are many."""
    names = [printed.place(one) for one in dict.fromkeys(place_ids)]
    if len(names) <= MOST_NAMED + 1:
        return printed.words.together(names)
    return printed.words("list.more", names=", ".join(names[:MOST_NAMED]))


def _persons(printed: Printed) -> Iterator[Sentence]:
    words = printed.words
    period = printed.newest_whole("ends", PERIOD_KINDS, record_grain=GRAIN)
    if period is None:
        return
    given = {"record_grain": GRAIN, "period_id": period}
    for row in printed.rows("ends", **given, role="any", place_id=TOTAL):
        yield words(
            "finding.persons", period=printed.period(period), count=printed.cell("ends", row, "person_count")
        )
    for role in ("origin", "destination"):
        most = [row for row in ranked(printed.rows("ends", **given, role=role)) if _is_known(row["place_id"])]
        most = surely_first(printed, role, given, most) or most[:3]
        if most:
            counted = [
                words(
                    "finding.place_and_count",
                    place=printed.place(row["place_id"]),
                    count=printed.cell("ends", row, "person_count"),
                )
                for row in most
            ]
            said = words(f"finding.{role}s", places=words.together(counted), period=printed.period(period))
            yield (*said, *how_much_is_shown(printed, role, given, most))
        for place in NOT_KNOWN:
            for row in ranked(printed.rows("ends", **given, role=role, place_id=place)):
                count = printed.cell("ends", row, "person_count")
                yield words(f"finding.{role}.{place}", count=count, period=printed.period(period))


def surely_first(printed: Printed, of: str, given: Where, most: Sequence[Row]) -> list[Row]:
    """Up to three of the largest, as far as none that is not shown can be larger: the others would be named
    before one that most readers would miss."""
    part = part_shown(printed, of, given)
    return [row for row in most[:3] if part is not None and row["person_count"] >= part.others]


def how_much_is_shown(printed: Printed, of: str, given: Where, named: Sequence[Row]) -> Sentence:
    """Which part of all persons the places or corridors shown hold, and whether a hidden one may be larger.

    Both follow from printed cells by adding up, so nobody learns more than the tables tell.
    """
    words = printed.words
    part = part_shown(printed, of, given)
    if part is None:
        return (" ", *words("part.unsaid"))
    may = (" ", *words("part.may")) if part.others > named[-1]["person_count"] else ()
    return (" ", *part.said, *may)


def _is_known(place_id: str) -> bool:
    return place_id not in (*NOT_KNOWN, TOTAL)


def _strongest_corridor(printed: Printed) -> Iterator[Sentence]:
    period = printed.newest_whole("corridors", record_grain=GRAIN, is_shown=True)
    shown = printed.rows("corridors", record_grain=GRAIN, period_id=period, is_shown=True)
    for row in ranked(between_known(shown))[:1]:
        said = printed.words(
            "finding.corridor",
            corridor=printed.corridor(row),
            count=printed.cell("corridors", row, "person_count"),
            period=printed.period(row["period_id"]),
        )
        given = {"record_grain": GRAIN, "period_id": row["period_id"]}
        yield (*said, *how_much_is_shown(printed, "corridor", given, [row]))


def _hotspots(printed: Printed) -> Iterator[Sentence]:
    period = printed.newest_whole("hotspots", YEARLY, record_grain=GRAIN)
    for role in ("origin", "transit", "intended_destination", "exploitation"):
        given = {"record_grain": GRAIN, "period_id": period, "role": role, "label": "hotspot"}
        if period is not None and (found := printed.rows("hotspots", **given)):
            yield printed.words(
                f"finding.hotspots.{role}",
                places=named(printed, [row["place_id"] for row in found]),
                period=printed.period(period),
            )


def _shifts(printed: Printed) -> Iterator[Sentence]:
    for status in CHANGED:
        firm = [row for row in printed.rows("corridor_shifts", status=status) if is_firm(printed, row)]
        found = between_known([row for row in firm if is_headline(printed, row)])
        for windows in dict.fromkeys((row["baseline_window"], row["current_window"]) for row in found):
            changed = [row for row in found if (row["baseline_window"], row["current_window"]) == windows]
            slots: dict[str, Slot] = {
                "corridors": printed.words.together([printed.corridor(row) for row in changed[:MOST_NAMED]]),
                "baseline": printed.period(windows[0]),
                "current": printed.period(windows[1]),
            }
            yield printed.words(f"finding.{status}", **slots)


def _risk(printed: Printed) -> Iterator[Sentence]:
    period = printed.newest_whole("regional_risk", YEARLY, record_grain=GRAIN)
    high = printed.rows("regional_risk", record_grain=GRAIN, period_id=period, band="much_higher")
    if period is not None and high:
        places = named(printed, [row["place_id"] for row in high])
        yield printed.words("finding.risk", places=places, period=printed.period(period))


def _unknown(printed: Printed) -> Iterator[Sentence]:
    period = printed.newest_whole("completeness", record_grain=GRAIN)
    rare = printed.rows("completeness", record_grain=GRAIN, period_id=period, known_share_band="under_half")
    if period is not None and rare:
        fields = printed.words.together([printed.words(f"field.{row['field']}") for row in rare])
        yield printed.words("finding.unknown", fields=fields, period=printed.period(period))
