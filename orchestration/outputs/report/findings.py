"""Sentences on what changed and what stands out, each under the condition that its numbers meet."""

from __future__ import annotations

from orchestration.outputs.published import Row
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Paragraph
from orchestration.outputs.report.view import View, capital
from orchestration.outputs.words import Said, Sentence


def title(view: View) -> Sentence:
    """The strongest finding that holds: a displacement, a rise, a fall, a lead, a place that stands out."""
    words, shifts = view.words, view.shifts()
    if pairs := rules.pairs(shifts):
        return taking_over(view, *pairs[0])
    changed = [row for row in shifts if rules.is_change(row)]
    rises = [row for row in changed if row["status"] in rules.ROSE]
    if rises:
        row = max(rises, key=lambda row: row["current_count"] or 0)
        return words(f"title.{_case(view, row)}", corridor=ends(view, row), now=now(view, row))
    if changed:
        row = changed[0]
        return words(
            f"title.{_case(view, row)}", corridor=ends(view, row), now=now(view, row), period=view.period
        )
    corridors = view.corridors()
    if rules.how_many_lead([row["movement_count"] for row in corridors[:4]], view.noise) == 1:
        return words(
            "title.leads", corridor=ends(view, corridors[0]), count=view.count("corridors", corridors[0])
        )
    if found := [row for row in view.hotspots("origin") if (row["at_least_times"] or 0) >= 2]:
        return words("title.hotspot", place=found[0]["place"], times=at_least(view, found[0]))
    if (total := view.total()) is not None:
        return words("title.total", count=view.count("codes", total), period=view.period)
    return words(
        "title.corridors", count=view.count("corridors", corridors[0]), corridor=ends(view, corridors[0])
    )


def deck(view: View) -> Sentence:
    """The numbers behind the title, and what the other corridors did."""
    words, shifts = view.words, view.shifts()
    said: list[Sentence] = []
    found = rules.pairs(shifts)
    if found:
        rise, fall = found[0]
        said = [change(view, fall), _beside(view, rise, fall), words("deck.displacement")]
    else:
        said = [change(view, row) for row in shifts if rules.is_change(row)][:2]
    if not said and (total := view.total()) is not None:
        said = [
            view.against(
                "deck.total", "codes", total, view.total(period=view.before) if view.before else None
            )
        ]
    if held := [row for row in shifts if row["status"] == "stable"]:
        said.append(words.counted("deck.held", _counted(view, held[0], len(held))))
    if not view.is_public and (way := next(iter(new_ways(view)), None)) is not None:
        said.append(way)
    return joined(said)


def taking_over(view: View, rise: Row, fall: Row) -> Sentence:
    """`To Nairobi, Mandera is taking over from Marsabit`: the shared end, and the two that differ."""
    place, words = view.published.place, view.words
    key = "title.taken_over" if fall["status"] == "abandoned" else "title.taking_over"
    if rise["destination_place_id"] == fall["destination_place_id"]:
        shared = words("title.to", place=place(rise["destination_place_id"]))
        names = place(rise["origin_place_id"]), place(fall["origin_place_id"])
    elif rise["origin_place_id"] == fall["origin_place_id"]:
        shared = words("title.from", place=place(rise["origin_place_id"]))
        names = place(rise["destination_place_id"]), place(fall["destination_place_id"])
    else:
        shared, names = (), (view.published.corridor(rise), view.published.corridor(fall))
    said = words(key, riser=names[0], faller=names[1])
    return (*shared, *said) if shared else said


def change(view: View, row: Row) -> Sentence:
    """One corridor that rose or fell, in one sentence."""
    return view.words(
        f"change.{_case(view, row)}",
        corridor=ends(view, row),
        period=view.period,
        earlier=view.period_before,
        now=now(view, row),
        before=before(view, row),
    )


def _beside(view: View, rise: Row, fall: Row) -> Sentence:
    """The rise after the sentence on the fall that it stands beside."""
    if rise["destination_place_id"] == fall["destination_place_id"]:
        side = view.words("side.from", place=view.published.place(rise["origin_place_id"]))
    elif rise["origin_place_id"] == fall["origin_place_id"]:
        side = view.words("side.to", place=view.published.place(rise["destination_place_id"]))
    else:
        return change(view, rise)
    slots = {"now": now(view, rise), "before": before(view, rise), "earlier": view.period_before}
    return view.words(f"beside.{_case(view, rise)}", side=side, **slots)


def new_ways(view: View) -> list[Sentence]:
    """Places on the way that are new between two ends."""
    return [
        view.words(
            "change.new_way",
            ends=ends(view, row),
            via=view.published.place(row["via_place_id"]),
            now=now(view, row),
        )
        for row in view.shifts("odv")
        if row["status"] == "emerging" and rules.is_change(row)
    ]


def beside_the_dots(view: View) -> list[Paragraph]:
    """The sentences beside the plot of changes."""
    words, shifts, said = view.words, view.shifts(), []
    changed = [row for row in shifts if rules.is_change(row)]
    for row in sorted(changed, key=lambda row: row["status"] not in rules.ROSE)[:4]:
        tone = "up" if row["status"] in rules.ROSE else "down"
        said.append(Paragraph(_alone(view, row), view.published.corridor(row), tone))
    if found := rules.pairs(shifts):
        rise, fall = found[0]
        is_shared = rise["destination_place_id"] == fall["destination_place_id"]
        end = rise["destination_place_id"] if is_shared else rise["origin_place_id"]
        key = "pair.same_end" if is_shared else "pair.same_start"
        said.append(Paragraph(words(key, place=view.published.place(end))))
    ways = [row for row in view.shifts("odv") if rules.is_change(row)]
    for row in ways[:3]:
        tone = "up" if row["status"] in rules.ROSE else "down"
        said.append(Paragraph(_alone(view, row), view.published.corridor(row), tone))
    for row in [row for row in shifts if rules.held_while_doubled(row)][:1]:
        counts = {"now": now(view, row), "before": before(view, row)}
        said.append(Paragraph(words("change.doubled_yet_held", **counts), view.published.corridor(row)))
    return said


def changes_title(view: View) -> Sentence:
    """How many rose, fell and held."""
    words, shifts = view.words, view.shifts()
    changed = [row for row in shifts if rules.is_change(row)]
    up, down = (sum(row["status"] in group for row in changed) for group in (rules.ROSE, rules.FELL))
    held = [row for row in shifts if row["status"] == "stable"]
    said: list[Sentence] = []
    for key, count, statuses in (("rose", up, rules.ROSE), ("fell", down, rules.FELL)):
        if count:
            row = next(row for row in changed if row["status"] in statuses)
            said.append(words.counted(f"changes.{key}", _counted(view, row, count)))
    parts = capital(words.together(said)) if said else ()
    if not held:
        return parts
    others = _counted(view, held[0], len(held))
    if not parts:
        return capital(words.counted("changes.held", others))
    return (*parts, "; ", *words.counted("changes.others_held", others))


def _counted(view: View, row: Row, count: int) -> Said:
    """A number of corridors in words; its source is how the tables count them."""
    where = {
        name: row[name] for name in ("comparison", "baseline", "current", "record_grain", "level", "status")
    }
    return view.published.how_many("shifts", rules.in_words(count), **where)


def leading_corridors(view: View) -> Sentence:
    """`Two corridors lead: …` where a gap stands behind them, else a plain title."""
    words, rows = view.words, view.corridors()
    lead = rules.how_many_lead([row["movement_count"] for row in rows[:4]], view.noise)
    if not lead:
        return words("map.title", period=view.period)
    named = [
        words("map.corridor", corridor=ends(view, row), count=view.count("corridors", row))
        for row in rows[:lead]
    ]
    key = "map.leads.one" if lead == 1 else "map.leads.more"
    return words(key, number=rules.in_words(lead).capitalize(), corridors=words.together(named))


def from_title(view: View) -> Sentence:
    """Counties of origin that stand out, with the least multiple of a typical county."""
    words = view.words
    found = [row for row in view.hotspots("origin") if (row["at_least_times"] or 0) >= 2]
    if not found:
        return words("from.title")
    least = min(found, key=lambda row: row["at_least_times"])
    names = words.together([row["place"] for row in found[:3]])
    return words.counted("from.stand_out", _number(len(found)), places=names, times=at_least(view, least))


def stand_out(view: View) -> Sentence:
    """Places that stand out, by role; a plain title where none does."""
    said = []
    for role in ("origin", "transit", "exploitation", "intended_destination"):
        if found := view.hotspots(role):
            names = view.words.together([row["place"] for row in found[:3]])
            said.append(view.words(f"standing.{role}", places=names))
    return (
        (*view.words.together(said[:2]), " ", view.words.text("standing.verb"))
        if said
        else view.words("hotspots.title")
    )


def through_title(view: View) -> Sentence:
    """`At least one in k` passes the place named most: many cases name no place on the way."""
    words, total, rows = view.words, view.total(), view.places("transit")
    known = view.one("completeness", field="transit")
    if not rows or total is None or not rows[0]["movement_count"] or not total["movement_count"]:
        return words("through.title")
    row, noise = rows[0], view.noise
    if not rules.leads(row["movement_count"], rows[1]["movement_count"] if len(rows) > 1 else None, noise):
        return words("through.title")
    if known is None or (known["known_share"] or 0) >= rules.LEAST_KNOWN:
        return words("through.leads", place=row["place"])
    in_k = rules.one_in(row["movement_count"], total["movement_count"])
    said = view.published.cell("places", row, "movement_count", rules.in_words(in_k))
    return words("through.one_in", number=said, place=row["place"])


def to_title(view: View) -> Sentence:
    """Who receives most, and how many times the next."""
    words, rows = view.words, view.places("destination")
    counts = [row["movement_count"] for row in rows[:2]] + [None, None]
    if not rows or not rules.leads(counts[0], counts[1], view.noise):
        return words("to.title")
    more = rules.times(counts[0], counts[1]) if counts[1] else None
    if more is None:
        return words("to.leads", place=rows[0]["place"])
    said = view.published.cell("places", rows[0], "movement_count", more)
    return words("to.times", place=rows[0]["place"], times=said, next=rows[1]["place"])


def abroad_title(view: View, rows: list[Row]) -> Sentence:
    """The first country of destination, where it leads."""
    counts = [row["movement_count"] for row in rows[:2]] + [None, None]
    if rows and rules.leads(counts[0], counts[1], view.noise):
        return view.words("abroad.leads", place=view.published.place(rows[0]["destination_place_id"]))
    return view.words("abroad.title")


def border_title(view: View, rows: list[Row]) -> Sentence:
    """A border point that is new on the list, or the first where it leads."""
    words = view.words
    if view.is_public and view.before:
        listed = {row["place_id"] for row in view.places("any", ("border_point",), period=view.before)}
        new = [row["place"] for row in rows if row["place_id"] not in listed]
        if listed and new:
            return words.counted("border.joins", _number(len(new)), places=words.together(new[:3]))
    counts = [row["movement_count"] for row in rows[:2]] + [None, None]
    if rules.leads(counts[0], counts[1], view.noise):
        return words("border.leads", place=rows[0]["place"])
    return words("border.title")


def children_title(view: View) -> Sentence:
    """Which fraction are children, and the county from where the fraction is clearly larger."""
    words, total, children = view.words, view.total(), view.total("children")
    if total is None or children is None or not total["movement_count"] or not children["movement_count"]:
        return words("children.title")
    whole = children["movement_count"] / total["movement_count"]
    share = view.published.cell(
        "codes",
        children,
        "movement_count",
        rules.fraction(children["movement_count"], total["movement_count"]),
    )
    said = capital(words("children.fraction", fraction=share))
    best: tuple[float, Row] | None = None
    for row in view.places("origin", population="children"):
        base = view.place(row["place_id"], "origin")
        if base is None or not row["movement_count"] or (base["movement_count"] or 0) < rules.LEAST_BASE:
            continue
        part = row["movement_count"] / base["movement_count"]
        if part >= whole + 0.15 and (best is None or part > best[0]):
            best = (part, row)
    if best is None:
        return said
    text = rules.fraction(best[0], 1)
    more = view.published.cell("places", best[1], "movement_count", text)
    return (*said, *words("children.from", place=best[1]["place"], fraction=more))


def leading_code(view: View, domain: str) -> Sentence:
    """`Domestic servitude is named in two in five cases`, where it leads."""
    words, rows, total = view.words, view.codes(domain), view.total()
    counts = [row["movement_count"] for row in rows[:2]] + [None, None]
    if total is None or not total["movement_count"] or not rules.leads(counts[0], counts[1], view.noise):
        return words(f"codes.{domain}")
    text = rules.fraction(counts[0] or 0, total["movement_count"])
    share = view.published.cell("codes", rows[0], "movement_count", text)
    return words(f"codes.{domain}.leads", code=view.published.cell("codes", rows[0], "label"), fraction=share)


def ends(view: View, row: Row) -> Sentence:
    """`Busia to Nairobi`."""
    place = view.published.place
    return view.words("ends", start=place(row["origin_place_id"]), end=place(row["destination_place_id"]))


def joined(said: list[Sentence]) -> Sentence:
    """Sentences as one paragraph."""
    parts: list[str | Said] = []
    for one in said:
        parts += [*([" "] if parts else []), *one]
    return tuple(parts)


def is_new(view: View, row: Row) -> bool:
    """No table has a count of the period before."""
    return not before(view, row)


def is_gone(view: View, row: Row) -> bool:
    """No table has a count of this period."""
    return not now(view, row)


def now(view: View, row: Row) -> Said | str:
    """The count of a judged corridor in this period; empty where it is none or not listed."""
    return _side(view, row, "current", view.now)


def before(view: View, row: Row) -> Said | str:
    """The count of a judged corridor in the period before; empty where it is none or not listed."""
    return _side(view, row, "baseline", view.before or "")


def _side(view: View, row: Row, side: str, period: str) -> Said | str:
    """From the table of corridors where it has the row, so that a page gives one number for one fact."""
    if (counted := view.corridor(row["corridor_id"], row["level"], period)) is not None:
        return view.count("corridors", counted)
    return "" if row[f"{side}_count_text"] in (None, "0") else view.published.count("shifts", row, side)


def _case(view: View, row: Row) -> str:
    """Which sentence a change takes: by its status, and whether each side is listed."""
    if row["status"] in rules.ROSE:
        return "rose" if not is_new(view, row) else "unlisted_before" if view.is_public else "none_before"
    if is_gone(view, row):
        return "unlisted_now" if view.is_public else "none_now"
    return "halved" if rules.is_half(row) else "fell"


def _alone(view: View, row: Row) -> Sentence:
    """A change as it goes on after the name of its corridor."""
    return view.words(
        f"after.{_case(view, row)}", period=view.period, earlier=view.period_before, now=now(view, row),
        before=before(view, row),
    )  # fmt: skip


def at_least(view: View, row: Row) -> Said:
    """The least multiple of a typical county, in words."""
    times = row["at_least_times"]
    text = "twice" if times == 2 else f"{rules.in_words(times)} times"
    return view.published.cell("hotspots", row, "at_least_times", text)


def _number(count: int) -> Said:
    return Said(str(count), "", "")
