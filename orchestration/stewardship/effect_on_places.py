"""What an alias of a place would change: asked once, when it is made.

What does not belong here: whether its place exists (`effect`), and how names are read (`places`).
"""

from __future__ import annotations

from orchestration import places
from orchestration.stewardship.decision_kinds import PlaceAlias
from orchestration.stewardship.said import say


def why_alias_misled(alias: PlaceAlias, is_override: bool = False) -> str | None:
    """A sentence if it contradicts its country, changes nothing, or moves a name whose meaning is certain.

    The last is let pass as an override. `alias.place_id` is a place of the gazetteer.
    """
    lies_in = places.country_of_place(alias.place_id)
    if alias.country and lies_in and lies_in != alias.country:
        return say(
            "{place} lies in {lies_in}, and --country asks for mentions that name {country}. Give a place "
            "there, or leave the country out.",
            place=places.described(alias.place_id),
            lies_in=places.described(lies_in),
            country=places.described(alias.country),
        )
    (found,) = places.resolve_names([alias.text], alias.country)
    means = found["place_id"]
    # One letter off is read and flagged: a decision makes it certain.
    if found["status"] != "resolved" or found["method"] == "fuzzy" or not means:
        return None
    if means == alias.place_id:
        return say(
            "This name means {id}, {place}, already: there is nothing to decide.",
            id=means,
            place=places.described(means),
        )
    if is_override:
        return None
    return say(
        "This name means {id}, {place}, today, in every partner's records. If all of them mean {other_id}, "
        "{other}, say so with --override; if one partner does, mend its contract.",
        id=means,
        place=places.described(means),
        other_id=alias.place_id,
        other=places.described(alias.place_id),
    )
