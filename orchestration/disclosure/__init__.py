"""Disclosure: what may be printed, and what an attacker can work out of what is printed.

Belongs here: the policy, which cells are hidden, the attack on all printed numbers together, the ledger of
what was ever printed, and the uniqueness of records. Does not belong here: counting for the marts (dbt), who
may see what (`extracts.agreements`), and the verdict on a release (`gates`).
"""

from orchestration.disclosure.ledger import Ledger, append_to_ledger, read_ledger
from orchestration.disclosure.policy import DisclosurePolicy, EditionPolicy, load_disclosure_policy
from orchestration.disclosure.programs import Contradiction
from orchestration.disclosure.protect import protect
from orchestration.disclosure.protected import Protected, ProtectedTable
from orchestration.disclosure.public_tables import (
    AGGREGATES,
    DESCRIPTIONS,
    Disclosed,
    disclose,
    printed_cells,
)
from orchestration.disclosure.tables import TOTAL, CountTable, tabulate

__all__ = [
    "AGGREGATES", "DESCRIPTIONS", "TOTAL", "Contradiction", "CountTable", "Disclosed", "DisclosurePolicy",
    "EditionPolicy", "Ledger", "Protected", "ProtectedTable", "append_to_ledger", "disclose",
    "load_disclosure_policy", "printed_cells", "protect", "read_ledger", "tabulate",
]  # fmt: skip
