"""Synthetic sample partners: one described world, seen by invented partners, written in real layouts.

Here belong the world (places, routes, forms), who sees what of it, and the writers of the layouts that
partners really send. Here does not belong anything that reads extracts: no reading room knows a partner
of this room, and nothing here is true of any person, place or organisation.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from seeds.build.partners.write import SynthSummary, generate

offer_when_asked(__name__)
