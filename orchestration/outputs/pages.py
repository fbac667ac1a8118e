"""Which pages of a release people read, and where they lie."""

from __future__ import annotations

from pathlib import Path

REPORT_PAGE = "report/index.html"
MAP_PAGE = "report/map.html"


def pages_of(folder: Path, edition: str) -> list[Path]:
    """The report and the map page of an edition of a release, those that there are, in this order."""
    return [path for page in (REPORT_PAGE, MAP_PAGE) if (path := folder / edition / page).is_file()]
