"""Releases: stage a candidate, publish it, roll back, compare, trace, query and verify.

Not here: whether a candidate is fit to publish (the `gates` write its `verdict.json`), and what people read
besides the evidence base and its Parquet files (`outputs`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.release.candidate import discard_candidate, last_verdict, read_candidate, release_id
    from orchestration.release.changes import (
        diff,
        extracts_since,
        tables_since,
        unpublished_movements,
        write_changes,
    )
    from orchestration.release.comparison import RECORD_FIELDS, Line, add_lineages, changed_lines
    from orchestration.release.earlier import (
        Carried,
        carried_tables,
        carry,
        erase_editions,
        fit_to_return,
        is_left_behind,
        is_rolled_back,
        last_with_periods,
        rollback,
        still_held,
    )
    from orchestration.release.lineage import (
        forget_in_lineage,
        forgotten_in_lineage,
        lineage_of,
        movements_by_partner,
        sweep_lineage,
        write_lineage,
    )
    from orchestration.release.published_tables import (
        CHECK_RESULTS,
        MEMBERS_SCHEMAS,
        key_of,
        read_published_models,
    )
    from orchestration.release.publishing import Outcome, publish, refresh_summary
    from orchestration.release.query import run_query
    from orchestration.release.releases import (
        EVIDENCE_BASE,
        EXTRACT_FIELDS,
        MANIFEST,
        PUBLIC_EVIDENCE_BASE,
        VERDICT,
        Release,
        alert_count,
        alerts_of,
        current_release,
        edition_in_force,
        erasure_of,
        find_release,
        hash_files,
        list_releases,
        open_edition,
        switching,
    )
    from orchestration.release.signature import (
        resign,
        settle_signatures,
        verify,
        why_not_signed,
    )
    from orchestration.release.staging import stage
    from orchestration.release.tracing import Trace, trace

offer_when_asked(__name__)
