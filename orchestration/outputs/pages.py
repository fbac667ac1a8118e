"""HTML pages: where those of an edition lie, and how templates are filled."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import templates

if TYPE_CHECKING:
    from jinja2 import Template

REPORT_PAGE = "report/index.html"
MAP_PAGE = "report/map.html"
LINK_PICTURE = "report/picture.png"  # of both, where a link to them is shared


def pages_of(edition: Path) -> list[Path]:
    """Return the report and the map page in the folder of an edition, as far as they exist."""
    return [path for page in (REPORT_PAGE, MAP_PAGE) if (path := edition / page).is_file()]


@cache
def template(name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of the folder `templates`."""
    filters = {"number": "{:,}".format, "share": "{:.0%}".format, **filters}
    return templates("orchestration.outputs", **filters).get_template(name)
