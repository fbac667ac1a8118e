"""The work file `work/warehouse.duckdb`: dbt builds stale tables of it and its tests run as queries.

The SQL is in `dbt_project`; `refresh` decides when each part is built.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.warehouse.manifest import manifest_nodes, manifest_path
    from orchestration.warehouse.parts import NodeOutcome, Part, build, read_tables

offer_when_asked(__name__)
