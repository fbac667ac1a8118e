"""Releases: stage a candidate, publish it, and what is asked of what was published.

What does not belong here: whether a candidate is fit to publish (the gates write that into its
`verdict.json`), and other outputs than the evidence base and its Parquet (the outputs room).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.release.candidate import Candidate, discard, read_candidate
    from orchestration.release.current import (
        EVIDENCE_BASE,
        MEMBERS,
        PUBLIC_EVIDENCE_BASE,
        Release,
        current_release,
        edition_folder,
        erasure_of,
        find_release,
        list_releases,
        open_readonly,
        switching,
    )
    from orchestration.release.diff import ReleaseDiff, compare, diff
    from orchestration.release.erasing import erase_editions, still_held
    from orchestration.release.identity import release_id
    from orchestration.release.lineage.files import forget_in_lineage, sweep_lineage, write_lineage
    from orchestration.release.lineage.trace import Trace, trace
    from orchestration.release.lineage.traced_rows import Rows
    from orchestration.release.manifest import MANIFEST, VERDICT, hash_file, hash_files
    from orchestration.release.never_current import never_current
    from orchestration.release.opening import open_edition
    from orchestration.release.publish import Published, publish
    from orchestration.release.query import Answer, run_query
    from orchestration.release.rollback import fit_to_return, is_left_behind, is_rolled_back, rollback
    from orchestration.release.signature import resign, settle_signatures, why_not_signed
    from orchestration.release.since import extracts_since, tables_since
    from orchestration.release.staging.carried import EPOCHS, Carried, carry
    from orchestration.release.staging.content_hash import content_hash
    from orchestration.release.staging.county_counts import county_counts
    from orchestration.release.staging.published_models import MEMBERS_SCHEMAS, published_tables
    from orchestration.release.staging.stage import CHECK_RESULTS, stage
    from orchestration.release.summary import Outcome, refresh_summary
    from orchestration.release.uniqueness import Uniqueness, uniqueness
    from orchestration.release.verdict import read_verdict
    from orchestration.release.verifying import Verification, verify
    from orchestration.release.waiting import waits_for_readers
    from orchestration.release.waiver_effect import WaiverEffect, waiver_effect

offer_when_asked(__name__)
