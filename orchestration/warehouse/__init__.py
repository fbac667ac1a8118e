"""The work file: what dbt builds in `work/warehouse.duckdb`, what of it still stands, what its tests found.

Does not belong here: the SQL (`dbt_project`), and when which part is built (`refresh`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.warehouse.manifest import manifest_nodes, manifest_path
    from orchestration.warehouse.parts import NodeOutcome, Part, build, read_tables

offer_when_asked(__name__)
