"""The resolver over the committed gazetteer, loaded once for all tests of places."""

from __future__ import annotations

from orchestration.core import REFERENCE_SEEDS
from orchestration.places.gazetteer import load_gazetteer
from orchestration.places.outcome import Mention, Outcome
from orchestration.places.resolve import Resolver

GAZETTEER = load_gazetteer(REFERENCE_SEEDS)
RESOLVER = Resolver(GAZETTEER)


def resolve(place: str | None = None, **columns: object) -> Outcome:
    return RESOLVER.resolve(Mention(place, **columns))  # type: ignore[arg-type]
