"""The extract gate and the release gate.

Each gate measures a profile (numbers per extract, per table and per release) and judges it. Verdicts decide
which extracts are in force and whether a candidate passes. Expectations and their reasons are in
`expectations`, waivers in `stewardship`; `release` acts on the verdict.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.gates.candidate import (
        CheckOutcome,
        ReleaseVerdict,
        check_results,
        judge_candidate,
        verdict_of_facts,
    )
    from orchestration.gates.differences import Differences, differences
    from orchestration.gates.in_force import (
        IN_FORCE,
        ExtractFate,
        InForce,
        input_parts,
        manifest_extracts,
        past_retention,
        put_in_force,
        read_fates,
        read_in_force,
        refused_rows,
    )
    from orchestration.gates.inputs import agreements_ended, contract_hashes
    from orchestration.gates.landed import Delivery, Landed, deliveries, landed_extracts, next_due
    from orchestration.gates.verdicts import (
        Verdict,
        judge_extracts,
        newest_numbers,
        read_verdicts,
        unread_columns,
        would_fail,
    )

offer_when_asked(__name__)
