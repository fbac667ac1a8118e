"""The report of each edition: `report/index.html`, `report/report.pdf` and `report/figures/`.

Belongs here: sentences made by rules from published tables, and how they are laid out. Does not: numbers
of its own, and drawing (`outputs.figures`). Reading order: parts, rules, view, findings, drawn, brief,
chapters, counties, annex, pictures, compose, html, pdf, write, picture.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.outputs.report.picture import corridor_map
    from orchestration.outputs.report.write import write_reports

offer_when_asked(__name__)
