"""Statistics: small aggregates → measures with their uncertainty, or a label where there is too little.

Belongs here: pure functions over small arrays, the numbers they are judged by (`policy`), and the tables
handed back to dbt (`tables`). Does not belong here: counting records (dbt's `intermediate` models), what
readers see of a measure (its mart), and reading or writing the work file (`defs`, `warehouse`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.statistics.leaves import fit, fit_leaves, wrong_leaves
    from orchestration.statistics.measure import measure
    from orchestration.statistics.policy import alert_detection
    from orchestration.statistics.tables import AGGREGATES, CELLS, CODE, LEAVES

offer_when_asked(__name__)
