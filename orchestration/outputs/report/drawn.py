"""What the figures of the brief show: lines of the map, pairs abroad, rows of the plot, alternative texts."""

from __future__ import annotations

from orchestration.outputs.figures.abroad import reaches
from orchestration.outputs.figures.changes import Change
from orchestration.outputs.figures.corridors import Line
from orchestration.outputs.published import KENYA, Row, is_county
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.view import View
from orchestration.outputs.words import Words, plain

MOST_LINES, MOST_LABELS, LEAST_DRAWN, MOST_DOTS = 60, 16, 10, 24
NEIGHBOURS = ("UGA", "TZA", "ETH", "SOM", "SSD", "RWA", "BDI")


def lines(view: View) -> list[Line]:
    """The corridors of the map: those with both ends in its reach, the strongest with a label."""
    rows = [row for row in view.corridors() if (row["movement_count"] or 0) >= LEAST_DRAWN][:MOST_LINES]
    changed = {row["corridor_id"]: row for row in view.shifts() if rules.is_change(row)}
    hub = next(iter(hubs(view)), "")
    labelled = {row["corridor_id"] for row in [row for row in rows if _is_near(row)][:MOST_LABELS]} | set(
        changed
    )
    drawn = [_line(view, row, hub, changed.get(row["corridor_id"]), labelled) for row in rows]
    gone = [row for name, row in changed.items() if name not in {line["corridor_id"] for line in rows}]
    return [
        *drawn,
        *(
            Line(
                row["origin_place_id"], row["destination_place_id"], "held", None, row["origin"], "down",
                view.words.text("map.before").format(
                    before=plain(findings.before(view, row)), earlier=view.earlier
                ),
                faded=True,
            )
            for row in gone
            if row["status"] in rules.FELL
        ),
    ]  # fmt: skip


def _line(view: View, row: Row, hub: str, shift: Row | None, labelled: set[str]) -> Line:
    label, before = "", ""
    if row["corridor_id"] in labelled:
        count = view.count("corridors", row).text
        label = _label(view, row, hub).format(count=count)
    if shift is not None:
        is_new = findings.is_new(view, shift)
        key = ("map.unlisted" if view.is_public else "map.none") if is_new else "map.before"
        counted = findings.before(view, shift)
        before = view.words.text(key).format(
            before=counted if isinstance(counted, str) else counted.text, earlier=view.earlier
        )
    change = "" if shift is None else "up" if shift["status"] in rules.ROSE else "down"
    return Line(
        row["origin_place_id"], row["destination_place_id"], row["direction"], row["movement_count"], label,
        change, before,
    )  # fmt: skip


def _label(view: View, row: Row, hub: str) -> str:
    """A name without an arrow goes to the hub."""
    origin, destination = (view.published.place(row[f"{end}_place_id"]) for end in ("origin", "destination"))
    if row["direction"] == "out_of":
        return f"{view.words.text('map.to').format(place=destination)}  {{count}}"
    if not is_county(row["origin_place_id"]):
        origin = view.words.text("map.from").format(place=origin)
    return (
        f"{origin}  {{count}}"
        if row["destination_place_id"] == hub
        else f"{origin} → {destination}  {{count}}"
    )


def _is_near(row: Row) -> bool:
    """Drawn on the map of Kenya: farther countries stand on the map of countries abroad."""
    return is_county(row["destination_place_id"]) or row["destination_place_id"] in NEIGHBOURS


def hubs(view: View) -> dict[str, str]:
    """The two counties where most cases end, by id."""
    return {row["place_id"]: row["place"] for row in view.places("destination")[:2]}


def shown_abroad(view: View) -> list[Row]:
    """Pairs of Kenya and a country farther away that the map abroad reaches."""
    return [row for row in out_of(view) if reaches(row["destination_place_id"])]


def out_of(view: View) -> list[Row]:
    return [
        row
        for row in view.corridors("country")
        if row["origin_place_id"] == KENYA
        and row["destination_place_id"] not in NEIGHBOURS
        and (row["movement_count"] or 0) >= LEAST_DRAWN
    ]


def dots(view: View) -> list[Change]:
    """Corridors that rose or fell, then those that held, the largest first."""
    words, shifts, sides = view.words, view.shifts(), (findings.before, findings.now)
    found = []
    order = {**dict.fromkeys(rules.ROSE, 0), **dict.fromkeys(rules.FELL, 1)}
    changed = sorted((row for row in shifts if rules.is_change(row)), key=lambda row: order[row["status"]])
    held = [row for row in shifts if row["status"] == "stable"]
    for row in [*changed, *held][:MOST_DOTS]:
        kind = "held" if row["status"] == "stable" else "up" if row["status"] in rules.ROSE else "down"
        before, now = (plain(side(view, row)) for side in sides)
        unlisted = words.text("dots.unlisted" if view.is_public else "dots.none")
        found.append(
            Change(
                view.published.corridor(row),
                kind,
                _drawn(before),
                _drawn(now),
                before or unlisted,
                now or unlisted,
            )
        )
    return found


def _drawn(text: str) -> int | None:
    """Where a count stands; a small one at two."""
    return None if not text else 2 if text.startswith("<") else int(text.replace(",", ""))


def alts(view: View, words: Words) -> dict[str, str]:
    """What each figure shows, for who cannot see it."""
    top = [f"{view.published.corridor(row)} {row['movement_count_text']}" for row in view.corridors()[:5]]
    changed = [one for one in dots(view) if one.kind != "held"]
    named = [f"{one.name}: {one.before_text}, {one.now_text}" for one in changed]
    return {
        "corridors": words.text("alt.corridors").format(corridors="; ".join(top)),
        "abroad": words.text("alt.abroad").format(
            places="; ".join(
                f"{view.published.place(row['destination_place_id'])} {row['movement_count_text']}"
                for row in shown_abroad(view)
            )
        ),
        "changes": words.text("alt.changes").format(
            changed="; ".join(named), count=len(dots(view)) - len(changed)
        ),
        "legend": words.text("alt.legend"),
    }
