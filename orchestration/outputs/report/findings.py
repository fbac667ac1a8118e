"""Sentences on changes and places that stand out, each with the condition under which it holds."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.outputs.claims import PANEL, ROLES, Size, claim, size_in_words, uncontradicted
from orchestration.outputs.published import NO_PLACE, Row, number
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Paragraph
from orchestration.outputs.report.view import COUNTED, View, capital
from orchestration.outputs.texts import Slot, Spans, Value, listed


def title(view: View) -> Spans:
    """Return the strongest finding: a pair of changed shares, one, a lead or a place that stands out."""
    say = view.say
    if headline := _headline(view):
        of = [ends(view, row) for row in headline]
        if headline[1:]:
            return say("title.pair", riser=of[0], faller=of[1])
        return say(f"title.{rules.group_of(headline[0])}", corridor=of[0])
    corridors = view.listed("corridors")
    if rules.how_many_lead([row["movement_count"] for row in corridors[:4]], view.noise) == 1:
        return say(
            "title.leads", corridor=ends(view, corridors[0]), count=view.count("corridors", corridors[0])
        )
    if hotspots := clear_hotspots(view):
        return capital(above(view, hotspots[:1]))
    return say("title.total", count=view.total, period=view.period)


def deck(view: View) -> Spans:
    """Return the claim behind the title, and its numbers."""
    headline = _headline(view)
    if not headline:
        tally = changes_title(view)
        return joined(
            [view.say("deck.total", count=view.total, period=view.period), *([stop(tally)] if tally else [])]
        )
    if headline[1:]:
        claims = [stop(displacement(view, *headline))]
        claims.append(view.say("deck.pair", period=view.period, earlier=view.period_before))
    else:
        claims = [stop(change(view, headline[0], is_named=False))]
    return joined([*claims, *(numbers(view, row) for row in headline[::-1])])


def _headline(view: View) -> tuple[Row, ...]:
    """Return the changes of the title: a corridor that rose and one that fell as a pair, or one alone."""
    changed = [row for row in view.shifts() if rules.is_change(row)]
    first = sorted(changed, key=lambda row: row["status"] in rules.FELL)[:1]
    return next(iter(rules.pairs(changed)), tuple(first))


def change(view: View, row: Row, is_named: bool = True) -> Spans:
    """Return the claim on a corridor whose share was judged; its name may stand before it."""
    status = uncontradicted(row, view.is_public)
    slots: dict[str, Slot] = {
        "name": ends(view, row) if is_named else view.say("claim.this"),
        "earlier": view.window(row, "earlier_period_id"),
        "period": view.window(row, "period_id"),
    }
    size, value = Size.of(row), _value(view, "shifts", row)
    return claim(view.say, "shifts", status, size, row["evidence"], value, **slots)


def displacement(view: View, rise: Row, fall: Row) -> Spans:
    """Return the claim on a pair of corridors."""
    names: dict[str, Slot] = {"riser": ends(view, rise), "faller": ends(view, fall)}
    return claim(view.say, "displacement", "displaced_from", **names)


def above(view: View, rows: list[Row], names: Spans | None = None) -> Spans:
    """Return the claim on hotspots in short, with the size that holds for each of them."""
    least = min(rows, key=lambda row: row["at_least_times"] or 0)
    size = Size(at_least_times=least["at_least_times"])
    names = names or view.say.together(row["place"] for row in rows[:3])
    value = _value(view, "hotspots", least | {"ratio": None})
    return claim(view.say, "above", "hotspot", size, PANEL, value, name=names)


def size_of(view: View, shift: Row) -> Spans:
    """Return the size of a change, for a table; empty where it has none."""
    words = size_in_words(view.say, "shifts", shift["status"], Size.of(shift))
    return (_value(view, "shifts", shift)(words),) if words else ()


def _value(view: View, table: str, row: Row) -> Callable[[str], Value]:
    """Return the words of a size with the cell that they come from."""
    of_public = "factor_band" if table == "shifts" else "at_least_times"
    column = of_public if row["ratio"] is None else "ratio"
    return lambda text: view.published.cell(table, row, column, text)


def numbers(view: View, shift: Row, is_named: bool = True) -> Spans:
    """Return the count of a corridor in this year, and the year before as its comparison allows it.

    A corridor of several directions, such as through Kenya and outside it, has a sum, which is not compared.
    """
    what = view.say("counts.of", name=ends(view, shift)) if is_named else view.say("counts.this")
    rows = view.directions_of(shift)
    if not rows:
        return view.say("counts.unlisted", what=what, period=view.period)
    if len(rows) == 1:
        now, compared = view.count("corridors", rows[0]), view.against("corridors", rows[0])
    else:
        where = {"period_id": view.now, **{end: shift[end] for end in ("start_place_id", "end_place_id")}}
        which = "&".join(f"{name}={value}" for name, value in where.items())
        total = number(sum(row["movement_count"] for row in rows))
        now, compared = view.published.of_rows("corridors", which, total, "movement_count"), (".",)
    return (*view.say("counts.now", what=what, now=now, period=view.period), *compared)


def each_change(view: View) -> list[Paragraph]:
    """Return a paragraph for each of the largest changes of a share."""
    shifts = view.shifts()
    changed = [row for row in shifts if rules.is_change(row)]
    rows = sorted(changed, key=lambda row: row["status"] not in rules.ROSE)[:4]
    rows += [row for row in view.shifts(is_via=True) if rules.is_change(row)][:3]
    return [_change_paragraph(view, row) for row in rows]


def changes_title(view: View) -> Spans:
    """Return what rose and fell by name, then how many held; where none changed, that all held, if any."""
    say, shifts = view.say, view.shifts()
    held = sum(shift["status"] == "stable" for shift in shifts)
    number, count = "one" if held == 1 else "more", rules.in_words(view.say, held)
    if pairs := rules.pairs(shifts):
        first = say("changes.pair", riser=ends(view, pairs[0][0]), faller=ends(view, pairs[0][1]))
    else:
        changed = [shift for shift in shifts if rules.is_change(shift)][:2]
        first = say.together(
            say(f"changes.{rules.group_of(row)}", corridor=ends(view, row)) for row in changed
        )
    if first:
        return (*capital(first), *(say(f"changes.and_held.{number}", count=count) if held else ()))
    return say(f"changes.all_held.{number}", count=count) if held else ()


def unjudged(view: View) -> Spans:
    """Return how many corridors the edition lists, of which only some can be judged."""
    unlisted = [f"{end}!={place}" for end in ("start_place_id", "end_place_id") for place in NO_PLACE]
    which = "&".join([f"period_id={view.now}", *unlisted])
    listed = view.published.of_rows(
        "corridors", which, rules.in_words(view.say, len(view.listed("corridors")))
    )
    return view.say(f"changes.unjudged.{view.published.name}", listed=listed, period=view.period)


def leading_corridors(view: View) -> Spans:
    """Return `Two corridors lead: …` where a clear gap follows them, else a plain title."""
    say, rows = view.say, view.listed("corridors")
    lead = rules.how_many_lead([row["movement_count"] for row in rows[:4]], view.noise)
    if not lead:
        return say("map.title", period=view.period)
    named = [
        say("map.corridor", corridor=ends(view, row), count=view.count("corridors", row))
        for row in rows[:lead]
    ]
    return say("map.leads", corridors=say.together(named))


def from_title(view: View) -> Spans:
    """Return counties of start that stand out, with a size that holds for each."""
    hotspots = clear_hotspots(view)
    return above(view, hotspots) if hotspots else view.say("from.title")


def stand_out(view: View, plainly: str) -> Spans:
    """Return the places that stand out most, of two roles; without any the text `plainly`."""
    found = [of for role in ROLES if role != "intended_destination" and (of := clear_hotspots(view, role))]
    largest = sorted(found, key=lambda of: -min(row["at_least_times"] for row in of))[:2]
    parts = [
        view.say(f"standing.{of[0]['role']}", places=view.say.together(row["place"] for row in of[:3]))
        for of in largest
    ]
    return (
        above(view, [row for of in largest for row in of], view.say.together(parts))
        if parts
        else view.say(plainly)
    )


def through_title(view: View) -> Spans:
    """Return the county that most cases name on the way."""
    rows = view.counties("passings")
    if not _leads(view, "passings", rows):
        return view.say("through.title")
    return view.say("through.names", count=view.count("passings", rows[0]), place=rows[0]["place"])


def end_of(view: View, row: Row, key: str = "ends.in") -> Spans:
    """Return `cases end in Nairobi: 875 exploited there, …`, as far as the edition counts the parts."""
    parts = [
        view.say(f"ends.{part}", count=view.published.cell("ends", row, f"{part}_count"))
        for part in ("exploited", "last_known", "intended")
        if row[f"{part}_count"]
    ]
    said = view.say(key, place=row["place"], count=view.count("ends", row))
    if not parts:
        return said
    there = [listed(parts[:-1])] if row["intended_count"] else [listed(parts)]
    promised = parts[-1:] if row["intended_count"] else []
    return (*said, ": ", *listed([part for part in (*there, *promised) if part], "; "))


def abroad_title(view: View, rows: list[Row]) -> Spans:
    """Return the country where most cases end, if one leads."""
    if _leads(view, "ends", rows):
        return view.say("abroad.leads", place=rows[0]["place"])
    return view.say("abroad.title")


def border_title(view: View, rows: list[Row]) -> Spans:
    if _leads(view, "border_points", rows):
        return view.say("border.leads", place=rows[0]["place"])
    return view.say("border.title")


def children_title(view: View) -> Spans:
    """Return the fraction of children, and the county where it is clearly larger."""
    say, children, total = view.say, view.row("traits", trait="age_group", code="child"), view.all_cases
    if children is None or not total:
        return say("children.title")
    whole = children["trait_count"] / total
    share = view.published.cell("traits", children, "trait_count", rules.fraction(say, whole, 1))
    first = capital(say("children.fraction", fraction=share))
    parts = [
        (row["child_count"] / row["movement_count"], row)
        for row in view.counties("starts")
        if row["child_count"] and row["movement_count"] >= rules.LEAST_BASE
    ]
    best = max(parts, key=lambda part: part[0], default=None)
    if best is None or best[0] < whole + 0.15:
        return first
    more = view.published.cell("starts", best[1], "child_count", rules.fraction(say, best[0], 1))
    return (*first, *say("children.from", place=best[1]["place"], fraction=more))


def leading_trait(view: View, trait: str) -> Spans:
    """Return `Domestic servitude is named in two in five of 2,453 cases`, if it leads."""
    say, rows, total = view.say, view.traits(trait), view.all_cases
    if not total or not _leads(view, "traits", rows):
        return say(f"traits.{trait}")
    share = view.published.cell(
        "traits", rows[0], "trait_count", rules.fraction(say, rows[0]["trait_count"], total)
    )
    label = view.published.cell("traits", rows[0], "label")
    return say(f"traits.{trait}.leads", code=label, fraction=share, total=view.total)


def ends(view: View, row: Row) -> Spans:
    """Return `Busia to Nairobi`."""
    place = view.published.place
    return view.say("ends", start=place(row["start_place_id"]), end=place(row["end_place_id"]))


def stop(sentence: Spans) -> Spans:
    """Return the sentence with its full stop."""
    return (*sentence, ".")


def joined(sentences: list[Spans]) -> Spans:
    """Return sentences as one paragraph."""
    return listed(sentences, " ")


def _change_paragraph(view: View, row: Row) -> Paragraph:
    """Return the claim on a change; counts and a sign stand with it where it is of the whole corridor."""
    text = stop(change(view, row, is_named=False))
    if row["via_place_id"] or row["period_id"] != view.now:
        return Paragraph(text, view.published.corridor(row))
    counted = joined([text, numbers(view, row, is_named=False)])
    return Paragraph(counted, view.published.corridor(row), TURNS[rules.group_of(row)])


TURNS = {"rose": "up", "fell": "down"}


def turn(view: View, row: Row) -> str:
    """Return up or down where several partners show that the share of a corridor rose or fell."""
    ends = {name: row[name] for name in ("start_place_id", "end_place_id")}
    changed = (shift for shift in view.shifts() if rules.is_change(shift) and ends.items() <= shift.items())
    return next((TURNS[rules.group_of(shift)] for shift in changed), "")


def clear_hotspots(view: View, role: str = "origin") -> list[Row]:
    """Return hotspots at least twice what coverage would lead one to expect, for titles."""
    return [row for row in view.hotspots(role) if (row["at_least_times"] or 0) >= 2]


def _leads(view: View, table: str, rows: list[Row]) -> bool:
    """Whether the first of some rows is clearly larger than the second."""
    column = COUNTED.get(table, "movement_count")
    counts = [row[column] for row in rows[:2]] + [None, None]
    return rules.leads(counts[0], counts[1], view.noise)
