"""Render templates to pages; everything is escaped."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from orchestration.stewardship.desk.words import words_of


def page(template: str, status: int, context: dict[str, Any]) -> HTMLResponse:
    return HTMLResponse(
        _templates(context["language"]).get_template(f"{template}.html.j2").render(context), status
    )


@cache
def _templates(language: str = "en") -> Environment:
    words = words_of(language)
    found = Environment(
        loader=PackageLoader("orchestration.stewardship.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "number": _number,
        "size": size,
        "code": _code,
        "day": words.day,
        "moment": words.moment,
        "spoken": words.spoken,
        "seen": seen,
    }
    return found


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def size(count: int) -> str:
    """Return a number of bytes as kB or MB."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def seen(observed: str) -> str:
    """Return what a check observed, rounded to four digits."""
    try:
        return f"{float(observed):,.4g}"
    except ValueError:
        return observed or "–"


def _code(sentence: str) -> Markup:
    """Mark words between backticks as code; escape all else."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704
