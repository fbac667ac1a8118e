"""What the report says on one page, in the language of its words."""

from __future__ import annotations

from orchestration.outputs.printed import ENDS, NOT_KNOWN, TOTAL, YEARLY, Printed, between_known
from orchestration.outputs.report.chapters.findings import GRAIN, findings
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Fact, Facts, Paragraph


def summary(printed: Printed) -> Chapter:
    words = printed.words
    said = findings(printed)
    blocks: list[Block] = [Paragraph(words("summary.lead"), "lead")]
    if facts := _facts(printed):
        blocks.append(Facts(facts))
    if said:
        blocks.append(Bullets(said))
    blocks.append(Paragraph(words("summary.caution"), "note"))
    language = words.language
    name = "summary" if language == "en" else f"summary-{language}"
    return Chapter(name, words.text("chapter.summary"), blocks, language)


def _facts(printed: Printed) -> list[Fact]:
    words, facts = printed.words, []
    period = printed.newest_whole("ends", record_grain=GRAIN)
    if period is not None:
        for row in printed.rows("ends", record_grain=GRAIN, period_id=period, role="any", place_id=TOTAL):
            count = printed.cell("ends", row, "person_count")
            facts.append(Fact((count,), words("fact.persons", period=printed.period(period))))
    period = printed.newest_whole("corridors", record_grain=GRAIN, is_shown=True)
    shown = {"record_grain": GRAIN, "period_id": period, "is_shown": True}
    if period is not None and between_known(printed.rows("corridors", **shown)):
        count = printed.count("corridors", dict.fromkeys(ENDS, NOT_KNOWN), **shown)
        facts.append(Fact((count,), words("fact.corridors", period=printed.period(period))))
    period = printed.newest_whole("hotspots", YEARLY, record_grain=GRAIN)
    if period is not None:
        count = printed.count(
            "hotspots",
            record_grain=GRAIN,
            period_id=period,
            place_level="county",
            role="origin",
            label="hotspot",
        )
        facts.append(Fact((count,), words("fact.hotspots", period=printed.period(period))))
    return facts
