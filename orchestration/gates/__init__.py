"""The two gates: is an extract fit to enter, is a candidate fit to publish.

Each gate first makes a profile (numbers per extract, per table and per release) and then judges it. Here are
profiles, judging, verdicts and what follows from them: which extracts are in force, and the candidate's
verdict file. What is expected, and why, is in `expectations`; deciding to waive or accept is `stewardship`;
acting on a verdict is `release`.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.gates.candidate import (
        CheckOutcome,
        ReleaseVerdict,
        as_facts,
        judge_candidate,
        verdict_of_facts,
    )
    from orchestration.gates.deliveries import Delivery, deliveries, next_due
    from orchestration.gates.earlier_checks import BUILDS, IN_FORCE, check_results
    from orchestration.gates.in_force import (
        ExtractFate,
        InForce,
        decided_by_clock,
        put_in_force,
        read_fates,
        read_in_force,
    )
    from orchestration.gates.inputs import agreements_ended, contract_hashes, inputs_hash
    from orchestration.gates.landed import Landed, landed_extracts
    from orchestration.gates.printed_fates import input_parts, printed_fates
    from orchestration.gates.quarantine_rules import quarantine_rules
    from orchestration.gates.retention import past_retention
    from orchestration.gates.trial import would_fail
    from orchestration.gates.verdicts import ExtractVerdicts, Verdict, judge_extracts, read_verdicts

offer_when_asked(__name__)
