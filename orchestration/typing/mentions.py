"""Place mentions of a record: role, order and basis, with origin and destination trimmed from transit."""

from __future__ import annotations

from typing import NamedTuple

from orchestration.contracts import AROUND_POINT, STATED_BASES, Contract, norm, role_and_basis
from orchestration.typing.routes import trimmed
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
    by_role: dict[str, list[tuple[str, Place]]] = {}
    for places in (row.places, *(places for _, places in children)):
        for name, place in places.items():
            if place.is_named:
                by_role.setdefault(role_and_basis(name)[0], []).append((contract.basis_of(name), place))
    legs = [place for _, place in by_role.pop("transit", ()) if place.child]
    mentions = [
        _mention(role, seq, basis, place)
        for role, named in by_role.items()
        for seq, (basis, place) in enumerate(_strongest_first(role, named), start=1)
    ]
    transit, count = _transit(row, legs, contract)
    return mentions + transit, count


def _strongest_first(role: str, named: list[tuple[str, Place]]) -> list[tuple[str, Place]]:
    """Order the places of a role by the strength of their bases; those of one basis keep their order."""
    order = STATED_BASES.get(role, ())
    return sorted(named, key=lambda place: order.index(place[0]) if order else 0)


def _transit(row: Row, legs: list[Place], contract: Contract) -> tuple[list[Mention], int | None]:
    """Return the stops between origin and destination, in order, and their number."""
    own = row.places.get("transit", Place())
    if any(part in own.texts for part in AROUND_POINT):
        return _around_point(row, own, contract), None
    stops = [
        Place({"place_text": stop.place_text, **({"country_text": country} if country else {})})
        for stop in row.route.stops
        for country in [stop.country_text]
    ]
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
        named = [place.texts.get("place_text") or place.texts.get("admin_text") or "" for place in stops]
        kept, was_trimmed = trimmed(named, *_ends(row, contract))
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
    ends = (*_ends(row, contract), _text(row, "transit", contract))
    others = {norm(text) for text in ends if text}
    before, after = (own.texts.get(part) for part in AROUND_POINT)
    stops = [(Place({"place_text": before}), "reported")] if before and norm(before) not in others else []
    stops += [(point, contract.basis_of("transit"))] if point.is_named else []
    stops += [(Place({"place_text": after}), "reported")] if after and norm(after) not in others else []
    return [_mention("transit", seq, basis, place) for seq, (place, basis) in enumerate(stops, start=1)]


def _mention(role: str, seq: int | None, basis: str, place: Place) -> Mention:
    texts = Texts(**{part: text for part, text in place.texts.items() if part in Texts._fields})
    mode = place.transport[0] if len(place.transport) == 1 else None
    return Mention(role, seq, basis, mode, texts, place.child)


def _ends(row: Row, contract: Contract) -> tuple[str | None, str | None]:
    end = _text(row, "exploitation", contract) or _text(row, "intended_destination", contract)
    return _text(row, "origin", contract), end


def _text(row: Row, role: str, contract: Contract) -> str | None:
    """Return the text of a role's place; of several, the one with the strongest basis."""
    named = [
        (contract.basis_of(name), place)
        for name, place in row.places.items()
        if role_and_basis(name)[0] == role
    ]
    texts = (
        place.texts.get("place_text") or place.texts.get("admin_text")
        for _, place in _strongest_first(role, named)
    )
    return next(filter(None, texts), None)
