"""What an alias of a place would change: asked once, when it is made.

What does not belong here: whether its place exists (`effect`), and how names are read (`places`).
"""

from __future__ import annotations

from orchestration import places
from orchestration.stewardship.decision_kinds import PlaceAlias


def why_alias_misled(alias: PlaceAlias, is_override: bool = False) -> str | None:
    """A sentence if it contradicts its country, changes nothing, or moves a name whose meaning is certain.

    The last is let pass as an override. `alias.place_id` is a place of the gazetteer.
    """
    lies_in = places.country_of_place(alias.place_id)
    if alias.country and lies_in and lies_in != alias.country:
        return (
            f"{places.described(alias.place_id)} lies in {places.described(lies_in)}, and --country asks for "
            f"mentions that name {places.described(alias.country)}. Give a place there, or leave the country "
            "out."
        )
    (found,) = places.resolve_names([alias.text], alias.country)
    means = found["place_id"]
    # One letter off is read and flagged: a decision makes it certain.
    if found["status"] != "resolved" or found["method"] == "fuzzy" or not means:
        return None
    if means == alias.place_id:
        return f"This name means {means}, {places.described(means)}, already: there is nothing to decide."
    if is_override:
        return None
    return (
        f"This name means {means}, {places.described(means)}, today, in every partner's records. If all of "
        f"them mean {alias.place_id}, {places.described(alias.place_id)}, say so with --override; if one "
        "partner does, mend its contract."
    )
