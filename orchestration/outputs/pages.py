"""Which pages of a release people read, and where they lie."""

from __future__ import annotations

from pathlib import Path

REPORT_PAGE = "report/index.html"
MAP_PAGE = "report/map.html"


def pages_of(edition: Path) -> list[Path]:
    """The report and the map page in the folder of an edition, those that there are, in this order."""
    return [path for page in (REPORT_PAGE, MAP_PAGE) if (path := edition / page).is_file()]
