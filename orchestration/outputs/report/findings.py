"""Sentences on changes and places that stand out, each with the condition under which it holds."""

from __future__ import annotations

from orchestration.outputs.published import Row
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Paragraph
from orchestration.outputs.report.view import View, capital
from orchestration.outputs.texts import Sentence, Value


def title(view: View) -> Sentence:
    """Return the strongest finding: a displacement, a rise, a fall, a lead or a place that stands out."""
    say, shifts = view.say, view.shifts()
    if pairs := rules.pairs(shifts):
        return taking_over(view, *pairs[0])
    changed = [row for row in shifts if rules.is_change(row)]
    if changed:
        rises = [row for row in changed if row["status"] in rules.ROSE]
        row = max(rises, key=lambda row: row["current_count"] or 0) if rises else changed[0]
        slots = {"corridor": ends(view, row), "now": now(view, row), "period": view.period}
        return say(f"title.{_case(view, row)}", **slots)
    corridors = view.corridors()
    if rules.how_many_lead([row["movement_count"] for row in corridors[:4]], view.noise) == 1:
        return say(
            "title.leads", corridor=ends(view, corridors[0]), count=view.count("corridors", corridors[0])
        )
    if hotspots := _clear_hotspots(view):
        return say("title.hotspot", place=hotspots[0]["place"], times=at_least(view, hotspots[0]))
    if (total := view.total()) is not None:
        return say("title.total", count=view.count("codes", total), period=view.period)
    return say(
        "title.corridors", count=view.count("corridors", corridors[0]), corridor=ends(view, corridors[0])
    )


def deck(view: View) -> Sentence:
    """Return the numbers behind the title, and what the other corridors did."""
    say, shifts = view.say, view.shifts()
    if pairs := rules.pairs(shifts):
        rise, fall = pairs[0]
        sentences = [change(view, fall), _beside(view, rise, fall), say("deck.displacement")]
    else:
        sentences = [change(view, row) for row in shifts if rules.is_change(row)][:2]
    if not sentences and (total := view.total()) is not None:
        sentences = [view.against("deck.total", "codes", total, view.total_before())]
    if held := [row for row in shifts if row["status"] == "stable"]:
        sentences.append(say.counted("deck.held", _counted(view, held[0], len(held))))
    if not view.is_public:
        sentences += _new_routes(view)[:1]
    return joined(sentences)


def taking_over(view: View, rise: Row, fall: Row) -> Sentence:
    """Return `To Nairobi, Mandera is taking over from Marsabit`."""
    place, say = view.published.place, view.say
    key = "title.taken_over" if fall["status"] == "abandoned" else "title.taking_over"
    if rise["destination_place_id"] == fall["destination_place_id"]:
        shared = say("title.to", place=place(rise["destination_place_id"]))
        names = place(rise["origin_place_id"]), place(fall["origin_place_id"])
    elif rise["origin_place_id"] == fall["origin_place_id"]:
        shared = say("title.from", place=place(rise["origin_place_id"]))
        names = place(rise["destination_place_id"]), place(fall["destination_place_id"])
    else:
        shared, names = (), (view.published.corridor(rise), view.published.corridor(fall))
    return (*shared, *say(key, riser=names[0], faller=names[1]))


def change(view: View, row: Row) -> Sentence:
    """Return a sentence on a corridor that rose or fell."""
    return view.say(
        f"change.{_case(view, row)}",
        corridor=ends(view, row),
        period=view.period,
        earlier=view.period_before,
        now=now(view, row),
        before=before(view, row),
    )


def _beside(view: View, rise: Row, fall: Row) -> Sentence:
    """Return a sentence on the rise, to follow the sentence on the fall."""
    if rise["destination_place_id"] == fall["destination_place_id"]:
        side = view.say("side.from", place=view.published.place(rise["origin_place_id"]))
    elif rise["origin_place_id"] == fall["origin_place_id"]:
        side = view.say("side.to", place=view.published.place(rise["destination_place_id"]))
    else:
        return change(view, rise)
    slots = {"now": now(view, rise), "before": before(view, rise), "earlier": view.period_before}
    return view.say(f"beside.{_case(view, rise)}", side=side, **slots)


def _new_routes(view: View) -> list[Sentence]:
    """Return sentences on transit places that are new between an origin and a destination."""
    return [
        view.say(
            "change.new_route",
            ends=ends(view, row),
            via=view.published.place(row["via_place_id"]),
            now=now(view, row),
        )
        for row in view.shifts("odv")
        if row["status"] == "emerging" and rules.is_change(row)
    ]


def beside_the_dots(view: View) -> list[Paragraph]:
    """Return the paragraphs beside the plot of changes."""
    say, shifts, paragraphs = view.say, view.shifts(), []
    changed = [row for row in shifts if rules.is_change(row)]
    for row in sorted(changed, key=lambda row: row["status"] not in rules.ROSE)[:4]:
        paragraphs.append(_change_paragraph(view, row))
    if pairs := rules.pairs(shifts):
        rise, fall = pairs[0]
        is_shared = rise["destination_place_id"] == fall["destination_place_id"]
        end = rise["destination_place_id"] if is_shared else rise["origin_place_id"]
        key = "pair.same_end" if is_shared else "pair.same_start"
        paragraphs.append(Paragraph(say(key, place=view.published.place(end))))
    by_transit = [row for row in view.shifts("odv") if rules.is_change(row)]
    paragraphs += [_change_paragraph(view, row) for row in by_transit[:3]]
    for row in [row for row in shifts if rules.held_while_doubled(row)][:1]:
        counts = {"now": now(view, row), "before": before(view, row)}
        paragraphs.append(Paragraph(say("change.doubled_yet_held", **counts), view.published.corridor(row)))
    return paragraphs


def changes_title(view: View) -> Sentence:
    """Return how many corridors rose, fell and held their share."""
    say, shifts = view.say, view.shifts()
    changed = [row for row in shifts if rules.is_change(row)]
    up, down = (sum(row["status"] in group for row in changed) for group in (rules.ROSE, rules.FELL))
    held = [row for row in shifts if row["status"] == "stable"]
    parts: list[Sentence] = []
    for key, count, statuses in (("rose", up, rules.ROSE), ("fell", down, rules.FELL)):
        if count:
            row = next(row for row in changed if row["status"] in statuses)
            parts.append(say.counted(f"changes.{key}", _counted(view, row, count)))
    changes = capital(say.together(parts)) if parts else ()
    if not held:
        return changes
    others = _counted(view, held[0], len(held))
    if not changes:
        return capital(say.counted("changes.held", others))
    return (*changes, "; ", *say.counted("changes.others_held", others))


def _counted(view: View, row: Row, count: int) -> Value:
    """Return a number of corridors as a word, with the rows of `shifts` that it counts as its source."""
    where = {
        name: row[name] for name in ("comparison", "baseline", "current", "record_grain", "level", "status")
    }
    return view.published.how_many("shifts", rules.in_words(count), **where)


def leading_corridors(view: View) -> Sentence:
    """Return `Two corridors lead: …` where a clear gap follows them, else a plain title."""
    say, rows = view.say, view.corridors()
    lead = rules.how_many_lead([row["movement_count"] for row in rows[:4]], view.noise)
    if not lead:
        return say("map.title", period=view.period)
    named = [
        say("map.corridor", corridor=ends(view, row), count=view.count("corridors", row))
        for row in rows[:lead]
    ]
    key = "map.leads.one" if lead == 1 else "map.leads.more"
    return say(key, number=rules.in_words(lead).capitalize(), corridors=say.together(named))


def from_title(view: View) -> Sentence:
    """Return counties of origin that stand out, with the smallest multiple of a typical county."""
    say, hotspots = view.say, _clear_hotspots(view)
    if not hotspots:
        return say("from.title")
    least = min(hotspots, key=lambda row: row["at_least_times"])
    names = say.together([row["place"] for row in hotspots[:3]])
    return say.counted("from.stand_out", _number(len(hotspots)), places=names, times=at_least(view, least))


def stand_out(view: View) -> Sentence:
    """Return places that stand out, by role; a plain title without any."""
    parts = []
    for role in ("origin", "transit", "exploitation", "intended_destination"):
        if hotspots := view.hotspots(role):
            names = view.say.together([row["place"] for row in hotspots[:3]])
            parts.append(view.say(f"standing.{role}", places=names))
    if not parts:
        return view.say("hotspots.title")
    return view.say("hotspots.found", places=view.say.together(parts[:2]))


def through_title(view: View) -> Sentence:
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


def to_title(view: View) -> Sentence:
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


def abroad_title(view: View, rows: list[Row]) -> Sentence:
    """Return the main country of destination, if one leads."""
    if _leads(view, rows):
        return view.say("abroad.leads", place=view.published.place(rows[0]["destination_place_id"]))
    return view.say("abroad.title")


def border_title(view: View, rows: list[Row]) -> Sentence:
    """Return a border point that is new on the list, or one that leads."""
    say = view.say
    if view.is_public and view.before:
        listed = {row["place_id"] for row in view.places("any", ("border_point",), period=view.before)}
        new = [row["place"] for row in rows if row["place_id"] not in listed]
        if listed and new:
            return say.counted("border.joins", _number(len(new)), places=say.together(new[:3]))
    if _leads(view, rows):
        return say("border.leads", place=rows[0]["place"])
    return say("border.title")


def children_title(view: View) -> Sentence:
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


def leading_code(view: View, domain: str) -> Sentence:
    """Return `Domestic servitude is named in two in five cases`, if it leads."""
    say, rows, total = view.say, view.codes(domain), view.total()
    if total is None or not total["movement_count"] or not _leads(view, rows):
        return say(f"codes.{domain}")
    text = rules.fraction(rows[0]["movement_count"], total["movement_count"])
    share = view.published.cell("codes", rows[0], "movement_count", text)
    return say(f"codes.{domain}.leads", code=view.published.cell("codes", rows[0], "label"), fraction=share)


def ends(view: View, row: Row) -> Sentence:
    """Return `Busia to Nairobi`."""
    place = view.published.place
    return view.say("ends", start=place(row["origin_place_id"]), end=place(row["destination_place_id"]))


def joined(sentences: list[Sentence]) -> Sentence:
    """Return sentences as one paragraph."""
    parts: list[str | Value] = []
    for sentence in sentences:
        parts += [*([" "] if parts else []), *sentence]
    return tuple(parts)


def is_new(view: View, row: Row) -> bool:
    """Whether no table has a count of the period before."""
    return not before(view, row)


def is_gone(view: View, row: Row) -> bool:
    """Whether no table has a count of this period."""
    return not now(view, row)


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


def _case(view: View, row: Row) -> str:
    """Return the key of the sentence for a change, by its status and whether each count is listed."""
    if row["status"] in rules.ROSE:
        return "rose" if not is_new(view, row) else "unlisted_before" if view.is_public else "none_before"
    if is_gone(view, row):
        return "unlisted_now" if view.is_public else "none_now"
    return "halved" if rules.is_half(row) else "fell"


def _change_paragraph(view: View, row: Row) -> Paragraph:
    """Return a change as a paragraph that leads with the name of its corridor."""
    counts = {"now": now(view, row), "before": before(view, row)}
    text = view.say(f"after.{_case(view, row)}", period=view.period, earlier=view.period_before, **counts)
    return Paragraph(text, view.published.corridor(row), "up" if row["status"] in rules.ROSE else "down")


def _clear_hotspots(view: View) -> list[Row]:
    """Return hotspots of origin with at least twice the cases of a typical county."""
    return [row for row in view.hotspots("origin") if (row["at_least_times"] or 0) >= 2]


def _leads(view: View, rows: list[Row]) -> bool:
    """Whether the first of some rows is clearly larger than the second."""
    counts = [row["movement_count"] for row in rows[:2]] + [None, None]
    return rules.leads(counts[0], counts[1], view.noise)


def at_least(view: View, row: Row) -> Value:
    """Return the smallest multiple of a typical county, as text."""
    return view.published.cell("hotspots", row, "at_least_times", rules.multiple(row["at_least_times"]))


def _number(count: int) -> Value:
    return Value(str(count), "", "")
