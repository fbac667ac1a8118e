"""The work file `work/warehouse.duckdb`: dbt builds its tables in parts, and data tests run as queries.

The SQL is in `dbt_project`; `rebuilding` makes models of few records in memory; `refresh` runs linkage,
statistics and the fit between the parts.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.warehouse.builds import NodeOutcome, Part, build, part_of, read_tables
    from orchestration.warehouse.parsed_project import manifest_nodes, manifest_path, project_hash
    from orchestration.warehouse.rebuilding import LAST, Rebuild, is_rebuildable

offer_when_asked(__name__)
