"""How the numbers were made, what may not be printed, what was waived, how to cite."""

from __future__ import annotations

from datetime import datetime

from orchestration.outputs.printed import Printed
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Heading, Paragraph, Table
from orchestration.outputs.words import Sentence

POLICY = (
    "least_persons", "least_records", "least_partners", "dominance_percent", "attribute_share", "lag_days",
    "finest_place", "finest_period", "children_tables",
)  # fmt: skip
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
        *_policy(printed),
        Heading(words.text("methods.waivers")),
        Paragraph(_waivers(printed)),
        *_waivers_in_full(printed),
        Heading(words.text("methods.cite")),
        Paragraph(_citation(printed)),
        Paragraph(words("methods.files")),
        Heading(words.text("methods.credits")),
        Paragraph(words("methods.credits_text", credits=printed.of_release("boundaries", credits))),
    ]
    return Chapter("methods", words.text("chapter.methods"), blocks)


def _policy(printed: Printed) -> list[Block]:
    words = printed.words
    names = {row["name"]: row for row in printed.rows("policy")}
    lines: list[list[Sentence]] = []
    for one in POLICY:
        if row := names.get(f"{printed.edition.name}_{one}"):
            unit = row["unit"].removesuffix("s") if row["value"] == "1" else row["unit"]
            value: Sentence = (printed.cell("policy", row, "value"), f" {unit}")
            if row["unit"] in ("yes or no", "place level", "period level"):
                value = (printed.cell("policy", row, "value"),)
            lines.append([words(f"policy.{one}"), value, (printed.cell("policy", row, "why"),)])
    columns = [words("column.rule"), words("column.value"), words("column.why")]
    return [Table(words("methods.policy"), columns, lines, widths=(1.5, 0.8, 2.8))] if lines else []


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
