"""How the numbers were made, what may not be printed, what was waived, how to cite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from orchestration.outputs.licence import licence_of
from orchestration.outputs.printed import PERIOD_KINDS, Printed, Row
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Heading, Paragraph, Table
from orchestration.outputs.words import Sentence

LIMITS = (
    "least_persons", "least_records", "least_partners", "dominance_percent", "attribute_share", "lag_days",
    "finest_place", "finest_period", "children_tables",
)  # fmt: skip
# What a limit is where it limits nothing.
NO_LIMIT = {"least_records": "1", "least_partners": "1", "dominance_percent": "0"}
METHODS = ("counts", "grains", "effort", "hotspots", "shifts", "rounds", "risk", "linkage", "places")


def methods(printed: Printed, credits: str) -> Chapter:
    words = printed.words
    blocks: list[Block] = [
        Paragraph(words("methods.lead"), "lead"),
        Bullets(
            [
                words("term", term=words(f"methods.{one}.term"), meaning=words(f"methods.{one}"))
                for one in METHODS
            ]
        ),
        Heading(words.text("methods.hiding")),
        Paragraph(words(f"methods.edition.{printed.edition.name}")),
        Paragraph(words("hidden.legend", symbol=printed.hidden, least=printed.policy("least_persons"))),
        *_rules(printed),
        Heading(words.text("methods.waivers")),
        Paragraph(_waivers(printed)),
        *_waivers_in_full(printed),
        Heading(words.text("methods.cite")),
        Paragraph(_citation(printed)),
        Paragraph(words("methods.files")),
        Heading(words.text("methods.licence")),
        Paragraph((licence_of(printed.edition.name).statement,)),
        Heading(words.text("methods.credits")),
        Paragraph(words("methods.credits_text", credits=printed.of_release("boundaries", credits))),
    ]
    return Chapter("methods", words.text("chapter.methods"), blocks)


def limits(printed: Printed) -> Chapter | None:
    """The limits that bind in this edition as numbers, with the reasons that the policy gives."""
    words = printed.words
    lines: list[list[Sentence]] = []
    for name, row in _binding(printed).items():
        unit = row["unit"].removesuffix("s") if row["value"] == "1" else row["unit"]
        value: Sentence = (printed.cell("policy", row, "value"), f" {unit}")
        if row["unit"] in ("yes or no", "place level", "period level"):
            value = (printed.cell("policy", row, "value"),)
        lines.append([words(f"policy.{name}"), value, (printed.cell("policy", row, "why"),)])
    if not lines:
        return None
    columns = [words("column.rule"), words("column.value"), words("column.why")]
    table = Table(words("limits.table"), columns, lines, widths=(1.5, 0.8, 2.8))
    return Chapter("limits", words.text("chapter.limits"), [Paragraph(words("limits.lead"), "lead"), table])


def _binding(printed: Printed) -> dict[str, Row]:
    """Rows of the policy by the rule's name, without those that no table of this edition comes up against."""
    rows = {row["name"]: row for row in printed.rows("policy")}
    named = {one: rows.get(f"{printed.edition.name}_{one}") for one in LIMITS}
    reached = {
        "finest_place": {row["kind"] for row in printed.rows("places")},
        "finest_period": {row["period_kind"] for row in printed.rows("periods")},
    }
    return {
        one: row
        for one, row in named.items()
        if row is not None
        and row["value"] != NO_LIMIT.get(one)
        and (one not in reached or row["value"] in reached[one])
    }


def _rules(printed: Printed) -> list[Block]:
    """The same in sentences, for who wants to know what a missing number means."""
    words, binding = printed.words, _binding(printed)
    cell = {name: printed.cell("policy", row, "value") for name, row in binding.items()}
    said: list[Sentence] = []
    if {"least_persons", "least_partners"} <= set(cell):
        key = "rules.records" if "least_records" in cell else "rules.partners"
        said.append(words(key, **{name: cell[name] for name in cell if name.startswith("least_")}))
    if "dominance_percent" in cell:
        said.append(words("rules.dominance", percent=cell["dominance_percent"]))
    if "attribute_share" in cell:
        row = binding["attribute_share"]
        share = printed.cell("policy", row, "value", f"{float(row['value']):.0%}".replace("%", " %"))
        said.append(words("rules.attribute", share=share))
    if "lag_days" in cell:
        said.append(words("rules.lag", days=cell["lag_days"]))
    said += [words("rules.places"), *_counted_by(printed)]
    if "children_tables" in cell:
        said.append(words(f"rules.children.{cell['children_tables'].text}"))
    return [Bullets(said)]


def _counted_by(printed: Printed) -> Iterator[Sentence]:
    """By which periods each kind of record is counted, and which shorter ones have labels only."""
    words = printed.words
    for grain in printed.grains("ends"):
        counted, told = (
            dict.fromkeys(
                printed.period_kind(row["period_id"]) for row in printed.rows(table, record_grain=grain)
            )
            for table in ("ends", "hotspots")
        )
        slots = {"grain": words(f"grain.{grain}"), "kinds": _kinds(printed, counted)}
        yield words("rules.counted", **slots)
        if labels := [one for one in told if one not in counted]:
            yield words("rules.labels", grain=slots["grain"], kinds=_kinds(printed, labels))


def _kinds(printed: Printed, kinds: Iterable[str]) -> Sentence:
    return printed.words.together(
        [printed.words(f"period_kind.{one}") for one in PERIOD_KINDS if one in kinds]
    )


def _waivers(printed: Printed) -> Sentence:
    """Their ids, which the manifest of each edition names; the rest is for members alone."""
    waivers = list(printed.manifest.get("waivers", []))
    if not waivers:
        return printed.words("methods.no_waiver")
    named = printed.words.together([printed.of_release("waivers", one) for one in waivers])
    return printed.words("methods.waived", waivers=named)


def _waivers_in_full(printed: Printed) -> list[Block]:
    words = printed.words
    lines: list[list[Sentence]] = []
    for row in sorted(printed.rows("waivers"), key=lambda row: str(row["decision_id"])):
        until = (
            printed.cell("waivers", row, one, printed.day(row[one])) for one in ("decided_on", "expires")
        )
        of_check: Sentence = (
            printed.cell("waivers", row, "check_name"),
            " · ",
            printed.cell("waivers", row, "scope"),
        )
        reason, author = (printed.cell("waivers", row, one) for one in ("reason", "author"))
        lines.append([of_check, (reason,), (author,), *((day,) for day in until)])
    columns = [words(f"column.{one}") for one in ("check", "reason", "author", "decided", "expires")]
    return (
        [Table(words("methods.waivers_table"), columns, lines, widths=(1.6, 2.2, 1, 1, 1))] if lines else []
    )


def _citation(printed: Printed) -> Sentence:
    made = datetime.fromisoformat(printed.manifest["as_of"]).date()
    return printed.words(
        "methods.citation",
        edition=printed.words(f"edition.{printed.edition.name}"),
        release=printed.of_release("release_id"),
        day=printed.of_release("as_of", printed.day(made)),
    )
