"""Releases: stage a candidate, publish it, and what is asked of what was published.

What does not belong here: whether a candidate is fit to publish (the gates write that into its
`verdict.json`), and other outputs than the evidence base and its Parquet (the outputs room).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.release.candidate import Candidate, discard, read_candidate
    from orchestration.release.carried import EPOCHS, Carried, carry
    from orchestration.release.content_hash import content_hash
    from orchestration.release.county_counts import county_counts
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
    from orchestration.release.lineage import forget_in_lineage, sweep_lineage, write_lineage
    from orchestration.release.never_current import never_current
    from orchestration.release.opening import open_edition
    from orchestration.release.publish import Published, publish
    from orchestration.release.published_models import MEMBERS_SCHEMAS, published_tables
    from orchestration.release.query import Answer, run_query
    from orchestration.release.rollback import fit_to_return, is_left_behind, is_rolled_back, rollback
    from orchestration.release.signature import resign, settle_signatures, why_not_signed
    from orchestration.release.since import extracts_since, tables_since
    from orchestration.release.stage import CHECK_RESULTS, stage
    from orchestration.release.summary import Outcome, refresh_summary
    from orchestration.release.trace import Trace, trace
    from orchestration.release.traced_rows import Rows
    from orchestration.release.verdict import read_verdict
    from orchestration.release.verifying import Verification, verify
    from orchestration.release.waiting import waits_for_readers
    from orchestration.release.waiver_effect import WaiverEffect, waiver_effect

__all__ = [
    "CHECK_RESULTS",
    "EPOCHS",
    "EVIDENCE_BASE",
    "MEMBERS",
    "MEMBERS_SCHEMAS",
    "PUBLIC_EVIDENCE_BASE",
    "Answer",
    "Candidate",
    "Carried",
    "Outcome",
    "Published",
    "Release",
    "ReleaseDiff",
    "Rows",
    "Trace",
    "Verification",
    "WaiverEffect",
    "carry",
    "compare",
    "content_hash",
    "county_counts",
    "current_release",
    "diff",
    "discard",
    "edition_folder",
    "erase_editions",
    "erasure_of",
    "extracts_since",
    "find_release",
    "fit_to_return",
    "forget_in_lineage",
    "is_left_behind",
    "is_rolled_back",
    "list_releases",
    "never_current",
    "open_edition",
    "open_readonly",
    "publish",
    "published_tables",
    "read_candidate",
    "read_verdict",
    "refresh_summary",
    "release_id",
    "resign",
    "rollback",
    "run_query",
    "settle_signatures",
    "stage",
    "still_held",
    "sweep_lineage",
    "switching",
    "tables_since",
    "trace",
    "verify",
    "waits_for_readers",
    "waiver_effect",
    "why_not_signed",
    "write_lineage",
]

offer_when_asked(__name__)
