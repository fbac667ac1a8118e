"""Disclosure: what may be printed, and what an attacker can work out of what is printed.

Belongs here: the policy, which cells are hidden, the attack on all printed numbers together, the ledger of
what was ever printed, and the uniqueness of records. Does not belong here: counting for the marts (dbt), who
may see what (`extracts.agreements`), and the verdict on a release (`gates`).
"""

from orchestration.disclosure.audit import Audit, PrintedTable, audit, printed_small
from orchestration.disclosure.carrying import small_changes
from orchestration.disclosure.described import described_tables, read_description
from orchestration.disclosure.ledger import Ledger, append_to_ledger, read_ledger
from orchestration.disclosure.nobody import opened
from orchestration.disclosure.policy import DisclosurePolicy, EditionPolicy, load_disclosure_policy
from orchestration.disclosure.presence import presence_cells
from orchestration.disclosure.printed_counts import (
    WHOLE,
    audit_counts,
    printed_cells,
    rounds_of_other_days,
    systems_before,
    wrong_cells,
)
from orchestration.disclosure.printed_reporting import WHOLE_PERIOD, reporting_cells
from orchestration.disclosure.printed_tables import (
    AGGREGATES,
    DESCRIPTIONS,
    Disclosed,
    disclose,
    printing_of,
    words_of,
)
from orchestration.disclosure.printing import (
    KIND_OF_GRAIN,
    NO_COUNTS,
    Periods,
    Printing,
    Zeros,
    days_of,
    overlap,
)
from orchestration.disclosure.programs import Contradiction
from orchestration.disclosure.protect import protect
from orchestration.disclosure.protected import Protected, ProtectedTable
from orchestration.disclosure.tables import TOTAL, CountTable, tabulate
from orchestration.disclosure.uniqueness import Uniqueness, uniqueness
from orchestration.disclosure.zeros import (
    news_cells,
    news_of,
    together,
    zeros_of_news,
    zeros_of_shifts,
)

__all__ = [
    "AGGREGATES",
    "DESCRIPTIONS",
    "KIND_OF_GRAIN",
    "NO_COUNTS",
    "TOTAL",
    "WHOLE",
    "WHOLE_PERIOD",
    "Audit",
    "Contradiction",
    "CountTable",
    "Disclosed",
    "DisclosurePolicy",
    "EditionPolicy",
    "Ledger",
    "Periods",
    "PrintedTable",
    "Printing",
    "Protected",
    "ProtectedTable",
    "Uniqueness",
    "Zeros",
    "append_to_ledger",
    "audit",
    "audit_counts",
    "days_of",
    "described_tables",
    "disclose",
    "load_disclosure_policy",
    "news_cells",
    "news_of",
    "opened",
    "overlap",
    "presence_cells",
    "printed_cells",
    "printed_small",
    "printing_of",
    "protect",
    "read_description",
    "read_ledger",
    "reporting_cells",
    "rounds_of_other_days",
    "small_changes",
    "systems_before",
    "tabulate",
    "together",
    "uniqueness",
    "words_of",
    "wrong_cells",
    "zeros_of_news",
    "zeros_of_shifts",
]
