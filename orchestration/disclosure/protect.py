"""From counts to what an edition prints: roll up, hide, hide more, attack, and again until no reader learns.

`protect` takes all tables of an edition at once, because readers do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import pandas as pd

from orchestration.disclosure.ledger import Printed
from orchestration.disclosure.policy import EDITIONS, DisclosurePolicy, EditionPolicy
from orchestration.disclosure.protected import Protected
from orchestration.disclosure.tables import CountTable, Groups
from orchestration.disclosure.universe import Universe, ladder
from orchestration.errors import NjiaError

NOTHING_PRINTED: Printed = {}


def protect(
    tables: Sequence[CountTable],
    policy: DisclosurePolicy,
    edition: str = "public",
    groups: Groups | None = None,
    printed: Printed = NOTHING_PRINTED,
    own: Mapping[str, pd.DataFrame] | None = None,
) -> Protected:
    """What an edition prints of these tables.

    `printed`: every value ever printed of each cell (`Ledger.printed`, and for the partner edition what the
    public one prints): such a cell stays printed, changes by `least_persons` or more or is carried, and
    counts as known to the attackers. A table that cannot be made safe is rolled up to its `coarser` one, or
    left out. `own`: of universes what each partner knows by itself of the finest cross (`own_unknowns`).

    Raises NjiaError for a table finer than the edition may tell, Contradiction for counts that do not add up.
    """
    rules = policy.edition(edition)
    for table in chain.from_iterable(ladder(table) for table in tables):
        _refuse_too_fine(table, policy, rules)
    names = [table.name for table in tables]
    if len(set(names)) < len(names):
        raise NjiaError("Two tables have the same name. Name each table of an edition apart.")
    # A cell that both editions hide is guessed to be below what the other one prints from.
    others = min(policy.edition(one).least_persons for one in EDITIONS)
    smaller = others if others < rules.least_persons else None
    found = []
    for universe in sorted({table.universe for table in tables}):
        linked = [table for table in tables if table.universe == universe]
        work = Universe(universe, linked, rules, groups or {}, printed, smaller, (own or {}).get(universe))
        work.protect()
        found.append(work.told())
    order = {name: at for at, name in enumerate(names)}
    printed_tables = sorted(chain.from_iterable(one for one, _ in found), key=lambda one: order[one.name])
    return Protected(
        edition, policy.version, rules.least_persons, printed_tables, [told for _, told in found]
    )


def _refuse_too_fine(table: CountTable, policy: DisclosurePolicy, rules: EditionPolicy) -> None:
    if table.of_children and not rules.children_tables:
        raise NjiaError(
            f"Table {table.name} tells of children only, which the {rules.edition} edition does not until a "
            "steward signs for it (children_tables in the disclosure policy). Leave it out."
        )
    for dimension, level in (table.levels or {}).items():
        for steps, levels in (("place", policy.place_ladder), ("period", policy.period_ladder)):
            if level in levels and policy.is_too_fine(rules.edition, steps, level, table.of_children):
                finest = policy.finest(rules.edition, steps, table.of_children)
                raise NjiaError(
                    f"Table {table.name} tells {dimension} by {level}; the {rules.edition} edition tells it "
                    f"by {finest} or coarser. Roll it up before it is protected."
                )
