"""Decisions that release an alert to the public: its corridor, direction and first month, no counts.

Alerts are for members, because a fresh warning also warns traffickers. The public gets none without such a
decision (`gates.public_rows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from orchestration import places
from orchestration.core import Settings, UsageError, say
from orchestration.stewardship import review
from orchestration.stewardship.kinds.decision import (
    NOT_RECORDED,
    Decision,
    Form,
    Group,
    Payload,
    matching,
)

Corridor = Annotated[str, matching("[^>]+>[^>]+", "origin and destination as ids, such as KE009>KE047")]
_SAYS = {
    "rise": "the public sees an alert: {corridor}, more records than expected since {month}",
    "fall": "the public sees an alert: {corridor}, fewer records than expected since {month}",
}
_SHOWN = "The public sees this of it and no more, no count and no range: {corridor}, {what}, since {month}."
_WHAT = {"rise": "more records than expected", "fall": "fewer records than expected"}
_WARNS = "A fresh warning also warns traffickers: they may change their way once it is public."
_COPIED = "Once it is taken back, the next release has it no more. Copies of earlier public releases keep it."


class AlertRelease(Decision):
    """The public edition shows one alert, while it is in force."""

    corridor: Corridor
    direction: Literal["rise", "fall"]
    first_month: Annotated[date, Field(description="first day of the month in which the change began")]

    decides: ClassVar[tuple[str, ...]] = ("key",)
    repeated: ClassVar[str] = "Decision {id} has released this alert."

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        """Each `alert` is corridor, direction and first month."""
        for alert in form.all("alert"):
            yield dict(zip(("corridor", "direction", "first_month"), alert.split(), strict=False))

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        """Add direction and first month of the corridor's alert; places may be named by id or name."""
        if payload.get("direction") and payload.get("first_month"):
            return payload
        corridor = str(payload.get("corridor"))
        listed = review.read(settings, review.ALERTS)
        found = [row for row in listed if _is_between(row["corridor_id"], corridor)]
        if len(found) != 1:
            raise UsageError(say(NOT_RECORDED, fault=_no_alert(corridor)))
        [row] = found
        added = {name: row[name] for name in ("direction", "first_month")}
        return payload | added | {"corridor": row["corridor_id"]}

    def completed_fields(self) -> list[tuple[str, str]]:
        return [("alert", " ".join(self.key))]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.corridor, self.direction, self.first_month.isoformat()

    def sentence(self) -> str:
        return say(_SAYS[self.direction], **self._named())

    def shown(self) -> str:
        return say(_SHOWN, what=_WHAT[self.direction], **self._named())

    def notes(self, settings: Settings) -> Iterator[str]:
        yield from (self.shown(), _WARNS, _COPIED)

    def _named(self) -> dict[str, str]:
        return {"corridor": corridor_name(self.corridor), "month": f"{self.first_month:%Y-%m}"}

    def why_no_effect(self, settings: Settings) -> str | None:
        if self.key in map(key_of, review.read(settings, review.ALERTS)):
            return None
        return _no_alert(self.corridor)


def key_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return corridor, direction and first month of a listed alert, as a decision names it."""
    return row["corridor_id"], row["direction"], row["first_month"]


def corridor_name(corridor: str) -> str:
    """Return `Marsabit → Nairobi`."""
    names = places.place_names()
    return " → ".join(names.get(place, place) for place in corridor.split(">"))


def _is_between(corridor_id: str, asked: str) -> bool:
    """Whether a corridor has these ends, each written as its id or its name."""
    names, ids, ends = places.place_names(), corridor_id.split(">"), asked.casefold().split(">")
    return len(ids) == len(ends) and all(
        end in (place.casefold(), names.get(place, place).casefold())
        for place, end in zip(ids, ends, strict=True)
    )


def _no_alert(corridor: str) -> str:
    return say(
        "{corridor} has no such alert in force. The desk lists the alerts under Alerts, and "
        "marts.mart_alerts has them; every refresh measures them anew.",
        corridor=corridor_name(corridor),
    )


GROUP = Group({"alert_release": AlertRelease})
