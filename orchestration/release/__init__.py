"""Releases: stage a candidate, publish it, roll back, compare, trace, query and verify.

Not here: whether a candidate is fit to publish (the `gates` write its `verdict.json`), and what people read
besides the evidence base and its Parquet files (`outputs`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.release.candidate import Candidate, discard_candidate, read_candidate, release_id
    from orchestration.release.changes import write_changes
    from orchestration.release.comparing import ReleaseDiff, compare, diff, extracts_since, tables_since
    from orchestration.release.comparison import RECORD_FIELDS, Line, changed_lines, open_both
    from orchestration.release.current import (
        EVIDENCE_BASE,
        MEMBERS,
        PUBLIC_EVIDENCE_BASE,
        Release,
        current_release,
        edition_in_force,
        erasure_of,
        find_release,
        list_releases,
        open_edition,
        switch_current,
        switching,
    )
    from orchestration.release.erasing import erase_editions, still_held
    from orchestration.release.lineage import (
        forget_in_lineage,
        forgotten_in_lineage,
        lineage_of,
        movements_by_partner,
        sweep_lineage,
        write_lineage,
    )
    from orchestration.release.manifest import (
        CANDIDATE,
        MANIFEST,
        VERDICT,
        alert_count,
        hash_file,
        hash_files,
    )
    from orchestration.release.publishing import Published, publish
    from orchestration.release.query import Answer, run_query
    from orchestration.release.rollbacks import (
        fit_to_return,
        is_left_behind,
        is_rolled_back,
        never_current,
        rollback,
    )
    from orchestration.release.signature import resign, settle_signatures, why_not_signed
    from orchestration.release.staging.added_tables import CHECK_RESULTS
    from orchestration.release.staging.carried import EPOCHS, Carried, carried_tables, carry
    from orchestration.release.staging.published_models import MEMBERS_SCHEMAS
    from orchestration.release.staging.write_candidate import stage
    from orchestration.release.summary import Outcome, alerts_of, refresh_summary
    from orchestration.release.tracing import Rows, Trace, trace
    from orchestration.release.unpublished import unpublished_changes
    from orchestration.release.verdict import last_verdict
    from orchestration.release.verifying import Verification, verify
    from orchestration.release.waiver_effects import WaiverEffect, waiver_effect

offer_when_asked(__name__)
