"""dbt's documentation as one file, in a browser: it says what it is of, and nothing is wrong in its console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestration.outputs.exports.lineage_page import lineage_page
from orchestration.warehouse import manifest_path
from tests.evidence_base import new_evidence_base


def test_the_page_names_its_release_and_complains_of_nothing(browser: Any, tmp_path: Path) -> None:
    project = manifest_path(new_evidence_base(tmp_path / "dbt").settings)
    path = tmp_path / "lineage.html"
    path.write_text(lineage_page(project, "20261126T020000Z-5eed5eed"), encoding="utf-8")
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.get_by_role("heading", name="What the tables are made from").wait_for()
    assert page.title() == "Njia: what the tables of release 20261126T020000Z-5eed5eed are made from"
    icons = page.locator("use").evaluate_all("(all) => all.map((one) => one.href.baseVal)")
    assert icons and all(icon.startswith("#icn-") for icon in icons if icon)
    page.close()
    assert complaints == []
