"""The report of each edition: `report/index.html`, `report/report.pdf` and `report/figures/`.

Belongs here: chapters of generated sentences, and how they are laid out. Does not: numbers of its own (they
come from printed tables alone, through `outputs.printed`) and drawing (`outputs.figures`). Reading order:
parts, chapters, compose, html, pdf, write, picture.
"""

from orchestration.outputs.report.picture import corridor_map
from orchestration.outputs.report.write import write_reports

__all__ = ["corridor_map", "write_reports"]
