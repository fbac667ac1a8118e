"""The fields of a form sent to the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from orchestration.core import UsageError

Payload = dict[str, Any]
NO_SUCH_FORM = "This form decides nothing that the desk knows. Go back and load its page again."


class Form:
    """Text fields by name; a name may stand several times."""

    def __init__(self, fields: Iterable[tuple[str, Any]]) -> None:
        self._fields = [(name, value.strip()) for name, value in fields if isinstance(value, str)]

    def text(self, name: str) -> str:
        """Return the field without the spaces around it; empty where it was not sent."""
        return next((value for given, value in reversed(self._fields) if given == name), "")

    def all(self, name: str) -> list[str]:
        """Return every different value of a field that may stand several times."""
        return list(dict.fromkeys(value for given, value in self._fields if given == name and value))

    def day(self, name: str) -> date | None:
        """Return the field as a day; raises UsageError for a text that is none."""
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise UsageError(f"{text!r} is not a date such as 2027-01-31.") from None
