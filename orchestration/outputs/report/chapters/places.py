"""Where people come from, pass and go to: persons per place and year, children apart."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.outputs.printed import NOT_KNOWN, TOTAL, Printed, ranked
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.chapters.part_shown import part_shown
from orchestration.outputs.report.parts import Block, Chapter, Heading, Paragraph, Table
from orchestration.outputs.words import Said, Sentence, Slot

MOST_ROWS, MOST_PERIODS = 12, 4


def places(printed: Printed) -> Chapter:
    words = printed.words
    blocks = opening(printed, "places", "ends")
    for grain in printed.grains("ends"):
        blocks.append(Heading(words.text(f"places.grain.{grain}")))
        blocks += _of_grain(printed, "ends", grain)
    if printed.has("ends"):
        legend = words("hidden.legend", symbol=printed.hidden, least=printed.policy("least_persons"))
        blocks.append(Paragraph(legend, "note"))
    blocks += [Heading(words.text("places.transit")), *_transit(printed)]
    blocks.append(Heading(words.text("places.children")))
    if not printed.has("children"):
        blocks.append(Paragraph(words(_why_no_children(printed)), "note"))
    for grain in printed.grains("children"):
        blocks += _of_grain(printed, "children", grain)
    return Chapter("places", words.text("chapter.places"), blocks)


def _why_no_children(printed: Printed) -> str:
    policy = printed.rows("policy", name=f"{printed.edition.name}_children_tables")
    is_off = bool(policy) and policy[0]["value"] == "no"
    return "absent.children_off" if is_off else "absent.children"


def _of_grain(printed: Printed, table: str, grain: str) -> Iterator[Block]:
    words, periods = printed.words, printed.series(table, MOST_PERIODS, record_grain=grain)
    if not periods:
        return
    newest = [*periods, *printed.whole(periods, grain)][-1]
    whole = printed.rows(table, record_grain=grain, role="any", place_id=TOTAL, period_id=newest)
    slots: dict[str, Slot] = {"grain": words(f"grain.{grain}"), "period": printed.period(newest, grain)}
    for row in whole:
        yield Paragraph(
            words(f"places.whole.{table}", count=printed.cell(table, row, "person_count"), **slots)
        )
    for role in ("origin", "destination"):
        given = {"record_grain": grain, "role": role, "period_id": newest}
        part = part_shown(printed, role, {"record_grain": grain, "period_id": newest}, table)
        if part and printed.rows(table, **given):
            yield Paragraph(part.said)
        for place in NOT_KNOWN:
            for row in printed.rows(table, **given, place_id=place):
                count, who = printed.cell(table, row, "person_count"), words(f"places.who.{table}")
                yield Paragraph(words(f"places.{place}.{role}", count=count, who=who, **slots))
        for where, in_kenya in (("kenya", True), ("abroad", False)):
            rows = _lines(printed, table, grain, role, periods, in_kenya)
            if rows:
                caption = words(f"places.{table}.{role}.{where}", grain=words(f"grain.{grain}"))
                columns = [
                    words(f"column.{'county' if in_kenya else 'country'}"),
                    *((printed.heading(one, grain),) for one in periods),
                ]
                yield Table(caption, columns, rows, len(periods), is_narrow=len(periods) < MOST_PERIODS)
    if note := printed.partial_note(periods, grain):
        yield Paragraph(note, "note")


def _lines(
    printed: Printed, table: str, grain: str, role: str, periods: list[str], in_kenya: bool
) -> list[list[Sentence]]:
    """A line a place: persons in each period, or the symbol of a cell that is not shown."""
    told = {
        (row["place_id"], row["period_id"]): row
        for row in printed.rows(table, record_grain=grain, role=role, period_id=periods)
        if row["place_id"] not in (*NOT_KNOWN, TOTAL) and printed.is_in_kenya(row["place_id"]) == in_kenya
    }
    newest = [row["place_id"] for period in reversed(periods) for row in ranked([
        row for key, row in told.items() if key[1] == period
    ])]  # fmt: skip
    lines: list[list[Sentence]] = []
    for place in list(dict.fromkeys(newest))[:MOST_ROWS]:
        cells: list[Said] = [
            printed.cell(table, told[place, period], "person_count")
            if (place, period) in told
            else printed.hidden
            for period in periods
        ]
        lines.append([(printed.place(place),), *((cell,) for cell in cells)])
    return lines


def _transit(printed: Printed) -> Iterator[Block]:
    """Which places lie on the way, by the corridors whose records name them: no numbers."""
    words = printed.words
    if not printed.has("routes"):
        yield Paragraph(words("absent.routes"), "note")
        return
    for grain in printed.grains("routes"):
        period = printed.newest("routes", record_grain=grain)
        ways: dict[str, list[str]] = {}
        for row in printed.rows("routes", record_grain=grain, period_id=period):
            ways.setdefault(row["via_place_id"], []).append(printed.corridor(row))
        if period is None or not ways:
            continue
        lines = [
            [(printed.place(via),), ("; ".join(sorted(ways[via])),)]
            for via in sorted(ways, key=lambda one: (-len(ways[one]), printed.place(one)))[:MOST_ROWS]
        ]
        caption = words("places.routes", grain=words(f"grain.{grain}"), period=printed.period(period, grain))
        yield Table(caption, [words("column.via"), words("column.corridors")], lines, widths=(1, 2.6))
    yield Paragraph(words("places.routes_note"), "note")
