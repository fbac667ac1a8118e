"""Place mentions of a record: role, order and basis, with origin and destination trimmed from transit."""

from __future__ import annotations

from typing import NamedTuple

from orchestration.contracts import AROUND_POINT, Contract, norm
from orchestration.typing.routes import Stop, trimmed
from orchestration.typing.row import Place, Row

Child = tuple[int, dict[str, Place]]


class Texts(NamedTuple):
    """Texts of one place as sent: names, or a code and its code system."""

    place_text: str | None = None
    admin_text: str | None = None
    country_text: str | None = None
    code_system: str | None = None
    place_code: str | None = None


class Mention(NamedTuple):
    """A place mention as sent; `child` is the sheet and row of a child sheet."""

    role: str
    seq: int | None
    basis: str
    transport_mode: str | None
    texts: Texts
    child: tuple[str, int] | None = None


def mentions_of(row: Row, children: list[Child], contract: Contract) -> tuple[list[Mention], int | None]:
    """Return the place mentions of a record and its number of transit stops, None where unknown."""
    mentions: list[Mention] = []
    for role, place in row.places.items():
        if role != "transit" and place.is_named:
            mentions.append(_mention(role, 1, contract.basis_of(role), place))
    by_role: dict[str, list[Place]] = {}
    for _, places in children:
        for role, place in places.items():
            if place.is_named:
                by_role.setdefault(role, []).append(place)
    for role, named in by_role.items():
        if role != "transit":
            start = sum(mention.role == role for mention in mentions) + 1
            mentions += [
                _mention(role, seq, contract.basis_of(role), place)
                for seq, place in enumerate(named, start=start)
            ]
    transit, count = _transit(row, by_role.get("transit", []), contract)
    return mentions + transit, count


def _transit(row: Row, legs: list[Place], contract: Contract) -> tuple[list[Mention], int | None]:
    """Return the stops between origin and destination, in order, and their number."""
    own = row.places.get("transit", Place())
    if any(part in own.texts for part in AROUND_POINT):
        return _around_point(row, own, contract), None
    stops = [_stop_place(stop) for stop in row.route.stops]
    if len(stops) == 1:
        for part, text in own.texts.items():
            if part in ("admin_text", "country_text"):
                stops[0].texts.setdefault(part, text)
    # Without a list, the transit columns name one stop, observed or reported.
    single = Place({} if stops else dict(own.texts), own.transport)
    single.texts |= {"place_text": own.texts["place_text"]} if "place_text" in own.texts else {}
    basis = contract.basis_of("transit")
    is_observed = single.is_named and basis == "observed"
    if single.is_named and not is_observed:
        stops.insert(0, single)
    stops += legs
    is_ordered = row.route.is_ordered
    kept = list(range(len(stops)))
    if is_ordered and stops:
        named = [
            Stop(place.texts.get("place_text") or place.texts.get("admin_text") or "") for place in stops
        ]
        kept, was_trimmed = trimmed(named, _text(row, "origin"), _destination(row))
        row.note("place(transit)", ("flag:transit_trimmed",) if was_trimmed else ())
    found = [
        _mention("transit", seq if is_ordered else None, "reported", stops[at])
        for seq, at in enumerate(kept, start=1)
    ]
    if is_observed:
        found.append(_mention("transit", None if found else 1, basis, single))
    return found, len(kept) if stops or row.route.is_known else None


def _around_point(row: Row, own: Place, contract: Contract) -> list[Mention]:
    """Return the stops before, at and after a point, without origin and destination."""
    point = Place({part: text for part, text in own.texts.items() if part not in AROUND_POINT}, own.transport)
    others = {norm(text) for text in (_text(row, "origin"), _destination(row), _text(row, "transit")) if text}
    before, after = (own.texts.get(part) for part in AROUND_POINT)
    stops = [(Place({"place_text": before}), "reported")] if before and norm(before) not in others else []
    stops += [(point, contract.basis_of("transit"))] if point.is_named else []
    stops += [(Place({"place_text": after}), "reported")] if after and norm(after) not in others else []
    return [_mention("transit", seq, basis, place) for seq, (place, basis) in enumerate(stops, start=1)]


def _stop_place(stop: Stop) -> Place:
    texts = {"place_text": stop.place_text}
    return Place(texts | ({"country_text": stop.country_text} if stop.country_text else {}))


def _mention(role: str, seq: int | None, basis: str, place: Place) -> Mention:
    texts = Texts(**{part: text for part, text in place.texts.items() if part in Texts._fields})
    mode = place.transport[0] if len(place.transport) == 1 else None
    return Mention(role, seq, basis, mode, texts, place.child)


def _destination(row: Row) -> str | None:
    return _text(row, "exploitation") or _text(row, "intended_destination")


def _text(row: Row, role: str) -> str | None:
    texts = row.places[role].texts if role in row.places else {}
    return texts.get("place_text") or texts.get("admin_text")
