"""HTML pages: how their templates are filled, and where the pages of an edition lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

REPORT_PAGE = "report/index.html"
MAP_PAGE = "report/map.html"
NAIROBI = timezone(timedelta(hours=3))


def pages_of(edition: Path) -> list[Path]:
    """Return the report and the map page in the folder of an edition, as far as they exist."""
    return [path for page in (REPORT_PAGE, MAP_PAGE) if (path := edition / page).is_file()]


@cache
def template(name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of the folder `templates`. A name in it that has no value is an error."""
    pages = Environment(
        loader=PackageLoader("orchestration.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"number": "{:,}".format, "share": "{:.0%}".format, "code": _as_code, **filters}
    return pages.get_template(name)


def _as_code(sentence: str) -> Markup:
    """Show text between backticks as code and escape the rest."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704
