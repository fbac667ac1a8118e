"""The landed extracts, by partner: whether one that a decision names exists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from orchestration.core import Settings, say
from orchestration.stewardship.kinds.decision import HEX, matching

ExtractId = Annotated[str, matching("[0-9a-f]{16}", f"16 {HEX}, such as 4df327af7418fa78")]
MOST_NAMED = 5


@dataclass(frozen=True)
class Landed:
    """Ids of the landed extracts by partner, with those whose rereading was interrupted."""

    extracts: dict[str, list[str]]

    @classmethod
    def read(cls, settings: Settings) -> Landed:
        extracts: dict[str, list[str]] = {}
        for suffix in ("json", "earlier"):
            for path in sorted(settings.landing.glob(f"*/[!.]*.{suffix}")):
                extracts.setdefault(path.parent.name, []).append(path.stem)
        return cls(extracts)

    def partners_of(self, extract_id: str) -> list[str]:
        return [partner for partner, ids in self.extracts.items() if extract_id in ids]

    def why_unknown(self, partner: str, extract_id: str) -> str | None:
        """Say that the partner has no such extract, with the nearest names; None where it has."""
        if extract_id in self.extracts.get(partner, ()):
            return None
        if owners := self.partners_of(extract_id):
            return say(
                "Partner {partner} has no landed extract {extract}; {owners} has.",
                partner=partner,
                extract=extract_id,
                owners=", ".join(owners),
            )
        return self.why_unknown_partner(partner) or say(
            "Partner {partner} has no landed extract {extract}. {near} `njia status` and "
            "review/failed_checks.csv name the extracts.",
            partner=partner,
            extract=extract_id,
            near=nearest(extract_id, self.extracts[partner]),
        )

    def why_unknown_partner(self, partner: str) -> str | None:
        """Say that no extract of the partner has landed, with the nearest names; None where one has."""
        if partner in self.extracts:
            return None
        return say(
            "No extract of a partner {partner} has landed. {near} `njia status --all` lists the partners.",
            partner=partner,
            near=nearest(partner, self.extracts),
        )

    def why_ambiguous(self, extract_id: str) -> str | None:
        """Say that none or several partners landed an extract that is named without its partner."""
        owners = self.partners_of(extract_id)
        if not owners:
            return say(
                "No landed extract has the id {extract}. {near} `njia status` names the extracts.",
                extract=extract_id,
                near=nearest(extract_id, {one for ids in self.extracts.values() for one in ids}),
            )
        if len(owners) == 1:
            return None
        return say(
            "Several partners landed the extract {extract}. Say which: {choices}.",
            extract=extract_id,
            choices=" or ".join(f"--scope {owner}/{extract_id}" for owner in owners),
        )


def nearest(given: str, known: Collection[str]) -> str:
    """Suggest the known names most like the given one, or list them."""
    near: list[str] = get_close_matches(given, known, n=3)
    if near:
        return say("Did you mean {names}?", names=", ".join(near))
    if not known:
        return "There is none yet."
    names = ", ".join(sorted(known)[:MOST_NAMED])
    if len(known) <= MOST_NAMED:
        return say("There are: {names}.", names=names)
    return say("There are: {names} and {number} more.", names=names, number=len(known) - MOST_NAMED)
