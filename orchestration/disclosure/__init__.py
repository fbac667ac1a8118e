"""Disclosure: what an attacker can work out of published tables, hidden cells above all.

Belongs here: the attack on numbers that are about to be published (`attack`), and what follows from it: which
cells are hidden, and whether that is enough. Does not belong here: counting (dbt), who may see what
(`extracts.agreements`), and the verdict on a release (`gates`).
"""

from orchestration.disclosure.attack import Attacked, attack
from orchestration.disclosure.feasible import Published, intervals

__all__ = ["Attacked", "Published", "attack", "intervals"]
