"""Render templates to pages; everything is escaped."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

NAIROBI = timezone(timedelta(hours=3))


def page(template: str, status: int, context: dict[str, Any]) -> HTMLResponse:
    return HTMLResponse(_templates().get_template(f"{template}.html.j2").render(context), status)


@cache
def _templates() -> Environment:
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
        "day": _day,
        "moment": moment,
        "spoken": spoken,
        "seen": seen,
    }
    return found


def spoken(name: str) -> str:
    """Return the name of a check or a rule as words."""
    return name.replace("_", " ")


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


def _day(value: date | str | None) -> str:
    return str(value)[:10] if value else "–"


def moment(value: datetime | str | None) -> str:
    """Return a time in Nairobi's zone, with its name: commands say UTC."""
    if not value:
        return "–"
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return time.astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M EAT")
