"""Sentences on changes and places that stand out, each with the condition under which it holds."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.outputs.claims import PANEL, ROLES, Size, claim, size_in_words, uncontradicted
from orchestration.outputs.published import Row
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Paragraph
from orchestration.outputs.report.view import GRAIN, View, capital
from orchestration.outputs.texts import Slot, Spans, Value, plain


def title(view: View) -> Spans:
    """Return the strongest finding: a displacement, a rise, a fall, a lead or a place that stands out."""
    say = view.say
    if headline := _headline(view):
        claimed = displacement(view, *headline) if headline[1:] else change(view, headline[0])
        return _counted_title(view, headline) or claimed
    corridors = view.corridors()
    if rules.how_many_lead([row["movement_count"] for row in corridors[:4]], view.noise) == 1:
        return say(
            "title.leads", corridor=ends(view, corridors[0]), count=view.count("corridors", corridors[0])
        )
    if hotspots := clear_hotspots(view):
        return capital(above(view, hotspots[:1]))
    if (total := view.total()) is not None:
        return say("title.total", count=view.count("codes", total), period=view.period)
    return say(
        "title.corridors", count=view.count("corridors", corridors[0]), corridor=ends(view, corridors[0])
    )


def deck(view: View) -> Spans:
    """Return the evidence behind the title, or its numbers where the title has none."""
    headline, sentences = _headline(view), []
    if headline and _counted_title(view, headline):
        periods = {"period": view.period, "earlier": view.period_before}
        pair = claim(view.say, "displacement", "both", **periods) if headline[1:] else ()
        sentences = [stop(pair or change(view, headline[0]))]
        sentences += [counts(view, row) for row in headline if view.is_public and is_new(view, row)]
    elif headline:
        sentences = [counts(view, row) for row in headline[::-1]]
    else:
        if (total := view.total()) is not None:
            sentences = [view.against("deck.total", "codes", total, view.total_before())]
        if tally := changes_title(view):
            sentences.append(stop(tally))
    if not view.is_public:
        new = [row for row in view.shifts("odv") if row["status"] == "emerging" and rules.is_change(row)]
        sentences += [stop(change(view, row)) for row in new[:1]]
    return joined(sentences)


def _headline(view: View) -> tuple[Row, ...]:
    """Return the changes of the title: a corridor that rose and one that fell as a pair, or one alone."""
    changed = [row for row in view.shifts() if rules.is_change(row)]
    first = sorted(changed, key=lambda row: row["status"] in rules.FELL)[:1]
    return next(iter(rules.pairs(changed)), tuple(first))


def _counted_title(view: View, headline: tuple[Row, ...]) -> Spans:
    """Return the changes with their counts; empty where a count moved less clearly than its share."""
    moves = [_moved(view, row) for row in headline]
    if not all(moves):
        return ()
    if len(headline) == 1:
        return claim(view.say, "shifts", "counted", name=name(view, headline[0]), moved=moves[0])
    rise, fall = headline
    shared, other = "end_place_id", "start_place_id"
    if rise[shared] != fall[shared]:
        shared, other = other, shared
    places = {"end": fall[shared], "faller": fall[other], "riser": rise[other]}
    slots: dict[str, Slot] = {slot: view.published.place(place) for slot, place in places.items()}
    slots |= {"rose": moves[0], "fell": moves[1]}
    return claim(view.say, "displacement", shared.removesuffix("_place_id"), **slots)


def _moved(view: View, row: Row) -> Spans:
    """Return `rose from 12 to 117`; empty unless the counts moved as the share did, beyond their noise."""
    sides, way = {"before": before(view, row), "now": now(view, row)}, "fell"
    more, less = sides.values()
    if row["status"] in rules.ROSE:
        more, less, way = less, more, "rose"
    if not rules.leads(number_in(more), number_in(less), view.noise):
        return ()
    if not less and view.is_public:
        return view.say(f"moved.{way}.unlisted", count=more)
    return view.say(
        f"moved.{way}", **{side: count or view.say.text("moved.none") for side, count in sides.items()}
    )


def number_in(count: Value | str) -> int | None:
    """Return a shown count as a number; None for a small or unlisted one."""
    text = plain(count).replace(",", "")
    return int(text) if text.isdecimal() else None


def change(view: View, row: Row, is_named: bool = True) -> Spans:
    """Return the claim on a corridor whose share was judged; its name may stand before it."""
    status = uncontradicted(row["status"], bool(before(view, row)), bool(now(view, row)))
    slots: dict[str, Slot] = {
        "name": name(view, row) if is_named else view.say("claim.this"),
        "earlier": view.period_before,
        "period": view.period,
    }
    size, value = Size.of(row), _value(view, "shifts", row)
    return claim(view.say, "shifts", status, size, row["evidence"], value, **slots)


def displacement(view: View, rise: Row, fall: Row) -> Spans:
    """Return the claim on a pair of corridors."""
    names: dict[str, Slot] = {"riser": name(view, rise), "faller": name(view, fall)}
    return claim(view.say, "displacement", "displaced_from", **names)


def hotspot(view: View, row: Row) -> Spans:
    """Return the claim on a place with a label."""
    slots: dict[str, Slot] = {
        "at": view.say(f"claim.at.{row['role']}", name=row["place"]),
        "records": view.say.text(f"grain.{row['record_grain']}"),
    }
    size, value = Size.of(row), _value(view, "hotspots", row)
    return claim(view.say, "hotspots", row["label"], size, PANEL, value, **slots)


def above(view: View, rows: list[Row], names: Spans | None = None) -> Spans:
    """Return the claim on hotspots in short, with the size that holds for each of them."""
    least = min(rows, key=lambda row: row["at_least_times"] or 0)
    size = Size(at_least_times=least["at_least_times"])
    names = names or view.say.together(row["place"] for row in rows[:3])
    value = _value(view, "hotspots", least | {"ratio": None})
    return claim(view.say, "above", "hotspot", size, PANEL, value, name=names)


def size_of(view: View, table: str, row: Row) -> Spans:
    """Return the size of a change or of a place that stands out, for a table; empty where it has none."""
    status = row["status" if table == "shifts" else "label"]
    words = size_in_words(view.say, table, status, Size.of(row))
    return (_value(view, table, row)(words),) if words else ()


def _value(view: View, table: str, row: Row) -> Callable[[str], Value]:
    """Return the words of a size with the cell that they come from."""
    of_public = "factor_band" if table == "shifts" else "at_least_times"
    column = of_public if row["ratio"] is None else "ratio"
    return lambda text: view.published.cell(table, row, column, text)


def counts(view: View, row: Row, is_named: bool = True) -> Spans:
    """Return the counts of a corridor in both periods."""
    none = view.say.text("dots.unlisted" if view.is_public else "dots.none")
    sides = {"before": before(view, row) or none, "now": now(view, row) or none}
    what = view.say("counts.of", name=name(view, row)) if is_named else view.say("counts.this")
    return view.say("counts.both", what=what, earlier=view.period_before, period=view.period, **sides)


def beside_the_dots(view: View) -> list[Paragraph]:
    """Return the paragraphs beside the plot of changes."""
    shifts = view.shifts()
    changed = [row for row in shifts if rules.is_change(row)]
    rows = sorted(changed, key=lambda row: row["status"] not in rules.ROSE)[:4]
    rows += [row for row in view.shifts("odv") if rules.is_change(row)][:3]
    rows += [row for row in shifts if row["status"] == "stable" and view.mark(row)][:1]
    return [_change_paragraph(view, row) for row in rows]


def changes_title(view: View) -> Spans:
    """Return how many corridors rose, fell and neither doubled nor halved; empty without any."""
    shifts = view.shifts()
    changed = [row for row in shifts if rules.is_change(row)]
    groups = {
        "rose": [row for row in changed if row["status"] in rules.ROSE],
        "fell": [row for row in changed if row["status"] in rules.FELL],
        "held": [row for row in shifts if row["status"] == "stable"],
    }
    if not any(groups.values()):
        return ()
    numbers = {group: _counted(view, rows) for group, rows in groups.items()}
    return view.say("changes.tally", **numbers)


def unjudged(view: View) -> Spans:
    """Return how many corridors the edition lists, of which only some can be judged."""
    rows = view.published.rows("corridors", view.now, record_grain=GRAIN, population="all", level="od")
    where = {"period_id": view.now, "record_grain": GRAIN, "population": "all", "level": "od"}
    listed = view.published.how_many("corridors", f"{len(rows):,}", **where)
    return view.say("changes.unjudged", listed=listed, period=view.period)


def _counted(view: View, rows: list[Row]) -> Value | str:
    """Return a number of corridors as a word, with the rows of `shifts` that it counts as its source."""
    if not rows:
        return rules.in_words(0)
    names = ("comparison", "baseline", "current", "record_grain", "level", "status", "evidence")
    where = {column: rows[0][column] for column in names}
    return view.published.how_many("shifts", rules.in_words(len(rows)), **where)


def leading_corridors(view: View) -> Spans:
    """Return `Two corridors lead: …` where a clear gap follows them, else a plain title."""
    say, rows = view.say, view.corridors()
    lead = rules.how_many_lead([row["movement_count"] for row in rows[:4]], view.noise)
    if not lead:
        return say("map.title", period=view.period)
    named = [
        say("map.corridor", corridor=(*ends(view, row), view.mark(row)), count=view.count("corridors", row))
        for row in rows[:lead]
    ]
    return say("map.leads", corridors=say.together(named))


def from_title(view: View) -> Spans:
    """Return counties of origin that stand out, with a size that holds for each."""
    hotspots = clear_hotspots(view)
    return above(view, hotspots) if hotspots else view.say("from.title")


def stand_out(view: View) -> Spans:
    """Return places that stand out, by role; a plain title without any."""
    rows, parts = [], []
    for role in ROLES:
        if hotspots := clear_hotspots(view, role):
            rows += hotspots
            names = view.say.together([row["place"] for row in hotspots[:3]])
            parts.append(view.say(f"standing.{role}", places=names))
    return above(view, rows, view.say.together(parts[:2])) if rows else view.say("contents.hotspots")


def through_title(view: View) -> Spans:
    """Return the main transit place; `at least one in k`, because many cases name no transit place."""
    say, total, rows = view.say, view.total(), view.places("transit")
    known = view.one("completeness", field="transit")
    if total is None or not total["movement_count"] or not _leads(view, rows):
        return say("through.title")
    row = rows[0]
    if known is None or (known["known_share"] or 0) >= rules.LEAST_KNOWN:
        return say("through.leads", place=row["place"])
    in_k = rules.one_in(row["movement_count"], total["movement_count"])
    number = view.published.cell("places", row, "movement_count", rules.in_words(in_k))
    return say("through.one_in", number=number, place=row["place"])


def to_title(view: View) -> Spans:
    """Return the main destination, and how many times the next."""
    say, rows = view.say, view.places("destination")
    if not _leads(view, rows):
        return say("to.title")
    second = rows[1]["movement_count"] if len(rows) > 1 else None
    more = rules.times(rows[0]["movement_count"], second) if second else None
    if more is None:
        return say("to.leads", place=rows[0]["place"])
    times = view.published.cell("places", rows[0], "movement_count", more)
    return say("to.times", place=rows[0]["place"], times=times, next=rows[1]["place"])


def abroad_title(view: View, rows: list[Row]) -> Spans:
    """Return the main country of destination, if one leads."""
    if _leads(view, rows):
        return view.say("abroad.leads", place=view.published.place(rows[0]["end_place_id"]))
    return view.say("abroad.title")


def border_title(view: View, rows: list[Row]) -> Spans:
    """Return a border point that is new on the list, or one that leads."""
    say = view.say
    if view.is_public and view.before:
        listed = {row["place_id"] for row in view.places("any", ("border_point",), period=view.before)}
        new = [row["place"] for row in rows if row["place_id"] not in listed]
        if listed and new:
            return say("border.joins", places=say.together(new[:3]))
    if _leads(view, rows):
        return say("border.leads", place=rows[0]["place"])
    return say("border.title")


def children_title(view: View) -> Spans:
    """Return the fraction of children, and the county where it is clearly larger."""
    say, total, children = view.say, view.total(), view.total("children")
    if total is None or children is None or not total["movement_count"] or not children["movement_count"]:
        return say("children.title")
    whole = children["movement_count"] / total["movement_count"]
    text = rules.fraction(children["movement_count"], total["movement_count"])
    share = view.published.cell("codes", children, "movement_count", text)
    first = capital(say("children.fraction", fraction=share))
    best: tuple[float, Row] | None = None
    for row in view.places("origin", population="children"):
        base = view.place(row["place_id"], "origin")
        if base is None or not row["movement_count"] or (base["movement_count"] or 0) < rules.LEAST_BASE:
            continue
        part = row["movement_count"] / base["movement_count"]
        if part >= whole + 0.15 and (best is None or part > best[0]):
            best = (part, row)
    if best is None:
        return first
    text = rules.fraction(best[0], 1)
    more = view.published.cell("places", best[1], "movement_count", text)
    return (*first, *say("children.from", place=best[1]["place"], fraction=more))


def leading_code(view: View, domain: str) -> Spans:
    """Return `Domestic servitude is named in two in five cases`, if it leads."""
    say, rows, total = view.say, view.codes(domain), view.total()
    if total is None or not total["movement_count"] or not _leads(view, rows):
        return say(f"codes.{domain}")
    text = rules.fraction(rows[0]["movement_count"], total["movement_count"])
    share = view.published.cell("codes", rows[0], "movement_count", text)
    return say(f"codes.{domain}.leads", code=view.published.cell("codes", rows[0], "label"), fraction=share)


def ends(view: View, row: Row) -> Spans:
    """Return `Busia to Nairobi`."""
    place = view.published.place
    return view.say("ends", start=place(row["start_place_id"]), end=place(row["end_place_id"]))


def name(view: View, row: Row) -> Spans:
    """Return `Busia to Nairobi`, with the transit place if there is one."""
    if not row["via_place_id"]:
        return ends(view, row)
    return view.say("name.via", ends=ends(view, row), via=view.published.place(row["via_place_id"]))


def stop(sentence: Spans) -> Spans:
    """Return the sentence with its full stop."""
    return (*sentence, ".")


def joined(sentences: list[Spans]) -> Spans:
    """Return sentences as one paragraph."""
    parts: list[str | Value] = []
    for sentence in sentences:
        parts += [*([" "] if parts else []), *sentence]
    return tuple(parts)


def is_new(view: View, row: Row) -> bool:
    """Whether no table has a count of the period before."""
    return not before(view, row)


def now(view: View, row: Row) -> Value | str:
    """Return the count of a corridor in this period; empty where it is none or not listed."""
    return _side(view, row, "current", view.now)


def before(view: View, row: Row) -> Value | str:
    """Return the count of a corridor in the period before; empty where it is none or not listed."""
    return _side(view, row, "baseline", view.before or "")


def _side(view: View, row: Row, side: str, period: str) -> Value | str:
    """Return the count from `corridors` if it is there, so that a page shows one number for one fact."""
    if (counted := view.corridor(row["corridor_id"], row["level"], period)) is not None:
        return view.count("corridors", counted)
    return "" if row[f"{side}_count_text"] in (None, "0") else view.published.count("shifts", row, side)


def _change_paragraph(view: View, row: Row) -> Paragraph:
    """Return the claim on a change with its counts."""
    tone = "plain" if row["status"] == "stable" else "up" if row["status"] in rules.ROSE else "down"
    text = joined([stop(change(view, row, is_named=False)), counts(view, row, is_named=False)])
    return Paragraph(text, view.published.corridor(row), tone)


def clear_hotspots(view: View, role: str = "origin") -> list[Row]:
    """Return hotspots at least twice what coverage would lead one to expect, for titles."""
    return [row for row in view.hotspots(role) if (row["at_least_times"] or 0) >= 2]


def _leads(view: View, rows: list[Row]) -> bool:
    """Whether the first of some rows is clearly larger than the second."""
    counts = [row["movement_count"] for row in rows[:2]] + [None, None]
    return rules.leads(counts[0], counts[1], view.noise)
