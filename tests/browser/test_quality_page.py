"""The quality report as it is read: on a desk, on a phone, in the dark, and on paper."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.outputs.quality_report import (
    ExtractRows,
    Finding,
    QualityReport,
    RuleCount,
)
from orchestration.outputs.quality_report import page as page_of

LONG = "a_partner_whose_folder_has_a_very_long_name_indeed"


def report() -> QualityReport:
    """Every part of the page, with the longest words it has to hold."""
    findings = [
        Finding("row_volume_is_plausible", "extract_gate", f"{LONG}/0123456789abcdef", "hold", outcome, waiver, 0.31,
                "0.8 ≤ full_rows_vs_last ≤ 4 and incremental_rows_vs_last ≤ 10", "A lost sheet withdraws.",
                "Ask the partner: `njia decide accept-extract`.", link="http://127.0.0.1:3030/items/x")
        for outcome, waiver in (("failed", None), ("waived", "abcdefabcdef"), ("passed", None))
    ]  # fmt: skip
    findings.append(
        Finding("keys_are_unique", "warehouse", "marts.fct_movements", "refuse", "passed", None, 0,
                "0 failing rows", "A key twice counts twice.", "Tell the maintainers.")
    )  # fmt: skip
    fates = dict.fromkeys(("current", "superseded", "quarantined", "withdrawn", "held", "embargoed"), 12345)
    return QualityReport(
        title="Quality report of a refresh", made=datetime(2026, 11, 25, 2, tzinfo=UTC), outcome="refused",
        headline="Refused", verdict="The new release was not published, because 1 check failed.",
        findings=findings, rules=[RuleCount("date_missing", "No date", "Ask.", 3, [(LONG, 3, "http://x")])],
        extracts=[ExtractRows(LONG, "0123456789abcdef", "in force", 99999, 9, 74070, fates)],
        notes=("A note.",), desk="http://127.0.0.1:3030/",
    )  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_the_page_fits_asks_for_nothing_and_can_be_read_by_everybody(
    browser: Any, tmp_path: Path, width: int, scheme: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "quality_report.html"
    path.write_text(page_of(report()), encoding="utf-8")
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"]) for one in found] == []
    page.close()
