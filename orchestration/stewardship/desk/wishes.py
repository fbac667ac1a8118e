"""What a form wishes for, as decisions: one reader a kind. What no field may hold is refused here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from orchestration.core import UsageError
from orchestration.stewardship.said import say

Payload = dict[str, Any]
# Not kinds of decision: they are about a decision that stands, or act at once.
REVOKE, CONFIRM, ROLL_BACK = "revoke", "confirm", "rollback"
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Wish:
    """`payloads` are of one `kind`; for REVOKE and CONFIRM each holds an `id`."""

    kind: str
    payloads: tuple[Payload, ...]

    @property
    def wanted(self) -> list[tuple[str, Payload]]:
        return [(self.kind, payload) for payload in self.payloads]

    @property
    def ids(self) -> list[str]:
        return [str(payload["id"]) for payload in self.payloads]


def read_wish(form: FormData) -> Wish:
    """Raises UsageError where nothing was chosen or a field cannot be what it should."""
    kind = _text(form, "kind")
    if kind not in _READERS:
        raise UsageError(
            say("This form decides nothing that the desk knows. Go back and load its page again.")
        )
    payloads = tuple(_READERS[kind](form))
    if not payloads:
        raise UsageError(say("Nothing was chosen. Go back and choose what this is about."))
    if len(payloads) > MOST_AT_ONCE:
        raise UsageError(
            say(
                "These are {number}; at most {most} can be decided at once.",
                number=f"{len(payloads):,}",
                most=f"{MOST_AT_ONCE:,}",
            )
        )
    return Wish(kind, payloads)


def fields_of(form: FormData) -> Iterator[tuple[str, str]]:
    """What the form held, to be sent again by the page that asks whether it is meant."""
    for name, value in form.multi_items():
        if name not in ("csrf", "reason", "form") and isinstance(value, str):
            yield name, value


def _text(form: FormData, name: str) -> str:
    found = form.get(name)
    return found.strip() if isinstance(found, str) else ""


def _several(form: FormData, name: str) -> Iterable[str]:
    return dict.fromkeys(one.strip() for one in form.getlist(name) if isinstance(one, str) and one.strip())


def _day(form: FormData, name: str) -> date | None:
    text = _text(form, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is not a date such as 2027-01-31.") from None


def _waiver(form: FormData) -> Iterator[Payload]:
    expires = _day(form, "expires")
    if expires is None:
        raise UsageError("A waiver needs the last day on which it holds.")
    yield {"check": _text(form, "check"), "scope": _text(form, "scope") or "release", "expires": expires}


def _extracts(form: FormData) -> Iterator[Payload]:
    for one in _several(form, "extract"):
        partner, _, extract_id = one.partition("/")
        yield {"partner": partner, "extract_id": extract_id}


def _alias(form: FormData) -> Iterator[Payload]:
    if place_id := _text(form, "place_id"):
        text, country = _text(form, "text"), _text(form, "country") or None
        yield {"text": text, "country": country, "place_id": place_id}


def _links(form: FormData) -> Iterator[Payload]:
    for one in _several(form, "pair"):
        record_a, _, record_b = one.partition(" ")
        yield {"record_a": record_a, "record_b": record_b}


def _records(form: FormData) -> Iterator[Payload]:
    """A preview names the rules that a record is let in from: nothing else is decided than it said."""
    for one in _several(form, "record"):
        record, *rules = one.split()
        yield {"record": record, "rules": rules} if rules else {"record": record}


def _agreement(form: FormData) -> Iterator[Payload]:
    years = _text(form, "retention_years")
    if years and not years.isdecimal():
        raise UsageError("The years of retention are a whole number.")
    terms = {
        "valid_to": _day(form, "valid_to"),
        "finest_place": _text(form, "finest_place") or None,
        "retention_years": int(years) if years else None,
    }
    said = {name: value for name, value in terms.items() if value is not None}
    if said:
        yield {"partner": _text(form, "partner"), "contract": _text(form, "contract"), "terms": said}


def _assignments(form: FormData) -> Iterator[Payload]:
    for one in _several(form, "item"):
        yield {"item": one, "owner": _text(form, "owner"), "due": _day(form, "due")}


def _ids(form: FormData) -> Iterator[Payload]:
    for one in _several(form, "id"):
        yield {"id": one}


def _release(form: FormData) -> Iterator[Payload]:
    if release_id := _text(form, "release"):
        yield {"to_release": release_id, "from_release": _text(form, "from_release")}


_READERS: dict[str, Callable[[FormData], Iterator[Payload]]] = {
    "check_waiver": _waiver,
    "extract_accept": _extracts,
    "extract_withdraw": _extracts,
    "place_alias": _alias,
    "link_accept": _links,
    "link_reject": _links,
    "row_release": _records,
    "row_exclude": _records,
    "agreement_change": _agreement,
    "assignment": _assignments,
    REVOKE: _ids,
    CONFIRM: _ids,
    ROLL_BACK: _release,
}
