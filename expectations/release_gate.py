"""Expectations of a candidate release. `refuse` keeps it from readers; the current release stays."""

from __future__ import annotations

from expectations import Expectation, Limit, thresholds

WHOLE = "release"  # the subject of a check that judges the release, and the scope of its waiver

RELEASE_GATE: tuple[Expectation, ...] = (
    Expectation(
        name="reconciliation_is_exact",
        limits=(
            Limit(
                "reconciliation_difference",
                minimum=0,
                maximum=0,
                empty_fails=True,
                message="{reconciliation_difference} row(s) are not accounted for",
            ),
        ),
        severity="refuse",
        why="Read = refused + landed, and every landed row has exactly one fate: nothing disappears.",
        steward_action="Report it with review/last_verdict.json: "
        "this is a fault of the program, not of a partner; it cannot be waived.",
        waivable=False,
    ),
    Expectation(
        name="tables_are_complete",
        limits=(
            Limit(
                "tables_missing", maximum=0, empty_fails=True, message="{tables_missing} table(s) are missing"
            ),
        ),
        severity="refuse",
        why="Analysts' queries rest on every published table, release after release.",
        steward_action="See which model failed or was removed; a published table goes only after "
        "two releases' notice.",
    ),
    Expectation(
        name="columns_are_described",
        limits=(Limit("columns_undescribed", maximum=0, empty_fails=True),),
        severity="warn",
        why="A reader should never have to guess what a column means.",
        steward_action="Add the missing doc block to the dbt project.",
    ),
    Expectation(
        name="public_tables_are_complete",
        limits=(Limit("public_tables_missing", maximum=0, empty_fails=True),),
        severity="refuse",
        why="Readers' pages rest on every published table, release after release.",
        steward_action="See which published model failed or was removed; a table goes only after two "
        "releases' notice.",
        waivable=False,
    ),
    Expectation(
        name="publication_policy_is_signed",
        limits=(Limit("policy_waits_for_signature", maximum=0, empty_fails=True),),
        severity="refuse",
        why="Looser rules may identify a person, so a steward signs them before anything is published.",
        steward_action="Read seeds/reference/publication_policy.csv; then `njia decide sign-policy`, or put "
        "the shipped values back.",
        waivable=False,
    ),
    Expectation(
        name="public_counts_are_protected",
        limits=(Limit("public_counts_wrong", maximum=0, empty_fails=True),),
        severity="refuse",
        why="Each public number of a year published for the first time is fitted to the counts of the marts "
        "with their noise, recomputed from the noise key; another number could point at a person.",
        steward_action="Report it with review/last_verdict.json: this is a fault of the program. "
        "It cannot be waived.",
        waivable=False,
    ),
    Expectation(
        name="published_counts_agree",
        limits=(Limit("counts_that_contradict", maximum=0, empty_fails=True),),
        severity="refuse",
        why="Starts, ends, corridors and directions count the same cases, so their sums are equal; no part "
        "is larger than its whole.",
        steward_action="Report it with review/last_verdict.json: this is a fault of the program. "
        "It cannot be waived.",
        waivable=False,
    ),
    Expectation(
        name="closed_years_are_as_published",
        limits=(Limit("carried_rows_changed", maximum=0, empty_fails=True),),
        severity="refuse",
        why="A closed year that changed would show whose record came, went or was forgotten.",
        steward_action="Report it: carried years are rows of an earlier release. To publish a year anew: "
        "`njia decide republish YEAR`.",
        waivable=False,
    ),
    Expectation(
        name="public_years_show_enough",
        limits=(Limit("years_that_show_too_little", maximum=0, empty_fails=True),),
        severity="refuse",
        why="An evidence base must show something: of a large year, this share of case movements between "
        "known places must be in shown corridors.",
        steward_action="See which corridors are small and why (`published.corridors` of both editions); a "
        "network of many small corridors may waive it with its reason.",
    ),
    Expectation(
        name="members_see_what_the_public_sees",
        limits=(Limit("public_rows_unknown_to_members", maximum=0, empty_fails=True),),
        severity="refuse",
        why="Members hold the records: no number may reach the public that they are not shown.",
        steward_action="Report it: a published model gives members less than the public. It cannot be "
        "waived.",
        waivable=False,
    ),
    Expectation(
        name="movements_are_plausible",
        limits=(
            Limit("movements", minimum=1, empty_fails=True, message="There is no movement"),
            Limit(
                "movements_vs_last",
                minimum=thresholds.MOVEMENTS_VS_LAST_MIN,
                maximum=thresholds.MOVEMENTS_VS_LAST_MAX,
                message="{movements} movements; the current release has {movements_last}",
            ),
        ),
        severity="refuse",
        why="Movements that vanish or multiply overnight are usually a fault, not a real change.",
        steward_action="Compare `rows` in review/last_verdict.json with the current release's "
        "(`quality.reconciliation`); if extracts were withdrawn or a large partner joined, "
        "`njia decide waive-check` with the reason.",
    ),
    Expectation(
        name="quarantine_is_normal",
        limits=(
            Limit(
                "quarantine_share",
                maximum=thresholds.RELEASE_QUARANTINE_MAX,
                empty_fails=True,
                message="{quarantine_share} of the rows are set aside",
                shares=("quarantine_share",),
            ),
        ),
        severity="refuse",
        why="What is published must stand for what was sent.",
        steward_action="Sort `review/quarantined_rows.csv` by rule: the top rule names the cause.",
    ),
    Expectation(
        name="quarantine_is_as_last_time",
        limits=(
            Limit(
                "quarantine_change",
                maximum=thresholds.RELEASE_QUARANTINE_RISE_MAX,
                message="{quarantine_share} of the rows are set aside, {quarantine_share_last} in the "
                "current release",
                shares=("quarantine_share", "quarantine_share_last"),
            ),
        ),
        severity="refuse",
        why="A jump across all partners comes from a changed rule, seed or program, not from the partners.",
        steward_action="Compare `review/quarantined_rows.csv` with the current release's "
        "`quality.quarantine_summary`, rule by rule.",
    ),
    Expectation(
        name="last_release_is_compared",
        limits=(
            Limit(
                "lineages_missing",
                maximum=0,
                message="No record was compared with the last release: the lineage of one of the two is "
                "missing",
            ),
        ),
        severity="warn",
        why="What a contract, an alias or the program changes in old records shows only where both releases "
        "say which records they were made of.",
        steward_action="After a restored backup this happens once. If it comes again, have the "
        "operator look into the folder lineage/; until then compare the new release with the last one "
        "yourself: `njia diff`.",
    ),
    Expectation(
        name="movements_have_counties",
        limits=(Limit("county_resolved_share", minimum=thresholds.RELEASE_COUNTY_MIN),),
        severity="warn",
        why="County tables should not describe a minority of the movements.",
        steward_action="Work through the unresolved names in review, most frequent first.",
    ),
    Expectation(
        name="partners_are_in_force",
        limits=(Limit("partners_in_force", minimum=1, empty_fails=True),),
        severity="refuse",
        why="A release that no partner's extract feeds is empty.",
        steward_action="See why every extract is held or withdrawn: `njia status`.",
    ),
    Expectation(
        name="partners_are_as_last_time",
        limits=(Limit("partners_vs_last", minimum=thresholds.PARTNERS_VS_LAST_MIN),),
        severity="warn",
        why="With fewer partners the same world looks quieter.",
        steward_action="Name the lost partners in the report; see `njia status` for why.",
    ),
    Expectation(
        name="no_partner_is_stale",
        limits=(Limit("partners_stale", maximum=0, empty_fails=True),),
        severity="warn",
        why="A partner whose newest extract is held is shown as of its last good one.",
        steward_action="Work through that extract's failed checks.",
    ),
    Expectation(
        name="no_partner_is_held",
        limits=(Limit("partners_held", maximum=0, empty_fails=True),),
        severity="warn",
        why="A partner with no good extract at all is missing from the release.",
        steward_action="Work through the failed checks of its newest extract first.",
    ),
    Expectation(
        name="no_partner_is_overdue",
        limits=(Limit("partners_overdue", maximum=0, empty_fails=True),),
        severity="warn",
        why="Silence of a partner must not be read as calm.",
        steward_action="Ask the partner for its next extract, or change its cadence in the contract.",
    ),
)

# Judged once for each part that changed (the check's subject): a partner, a county, a corridor. Each has its
# own waiver.
PART_GATE: tuple[Expectation, ...] = (
    Expectation(
        name="partners_records_are_as_last_time",
        limits=(
            Limit(
                "changed_share",
                maximum=thresholds.CHANGED_RECORDS_MAX,
                message="{partner}: {field} changed or is missing in {changed_records} of "
                "{known_records} records",
                names_others=True,
            ),
        ),
        severity="refuse",
        why="In records that this partner did not send anew, many say something else than in the current "
        "release. A contract, a seed, a decision or the program changed them; a sum over all partners would "
        "hide it.",
        steward_action="Look for contracts, aliases and seeds that changed since the current release. If the "
        "change is right, `njia decide waive-check --scope release/PARTNER` with the reason.",
    ),
    Expectation(
        name="counties_keep_their_movements",
        limits=(
            Limit(
                "county_kept_share",
                minimum=thresholds.COUNTY_KEPT_MIN,
                message="{places}: {now} of {before} movements remain; {of_partner} of the lost ones were "
                "{partner}'s",
                names_others=True,
            ),
        ),
        severity="refuse",
        why="A county loses movements although nobody sent anything new: rankings would shift, and nothing "
        "in the world did.",
        steward_action="Look for changed place seeds, aliases and contracts; `njia place` shows what a name "
        "becomes. If it is right, `njia decide waive-check --scope release/COUNTY` with the reason.",
    ),
    Expectation(
        name="corridors_keep_their_movements",
        limits=(
            Limit(
                "corridor_kept_share",
                minimum=thresholds.CORRIDOR_KEPT_MIN,
                message="{places}: {now} of {before} movements remain; {of_partner} of the lost ones were "
                "{partner}'s",
                names_others=True,
            ),
        ),
        severity="refuse",
        why="A corridor loses movements although nobody sent anything new: it would look abandoned.",
        steward_action="Look for changed place seeds, aliases and contracts; `njia place` shows what a name "
        "becomes. If it is right, `njia decide waive-check --scope 'release/ORIGIN>DESTINATION'` with "
        "the reason.",
    ),
)

# Judged once for each partner, by what linkage found.
LINKAGE_GATE: tuple[Expectation, ...] = (
    Expectation(
        name="numbers_tell_cases_apart",
        limits=(
            Limit(
                "ignored_numbers",
                maximum=0,
                message="{partner}, {field}: {ignored_numbers} number(s) in {records} records are ignored",
                names_others=True,
            ),
        ),
        severity="warn",
        why="An incident number of more than a tenth of a source's records, or of more than a year, is used "
        "for everything; one that each record has alone is a case number; a referral number of more than "
        "three records of a partner is no person's. Those records count as if they had no number.",
        steward_action="Ask the partner what the column holds. Name the column with the number, or take the "
        "field out of `link` in the contract.",
    ),
    Expectation(
        name="partners_are_not_one",
        limits=(
            Limit(
                "shared_persons",
                maximum=thresholds.SHARED_PERSONS_MAX,
                message="{partner}: {other_partner} has the persons of {linked} of {records} records too",
                names_others=True,
            ),
        ),
        severity="warn",
        why="Two partners with the same persons are one source in two hands: their counts are not "
        "independent, and what both report is not confirmed by two.",
        steward_action="Ask both whether one passes its records on to the other. If so, agree on who sends "
        "them. If they pass on every person by a number of their own, take `referral_ref` out of `link`.",
    ),
)

# Judged once per published table (the check's subject is the table).
TABLE_GATE: tuple[Expectation, ...] = (
    Expectation(
        name="table_rows_are_plausible",
        limits=(
            Limit(
                "rows_vs_last",
                minimum=thresholds.TABLE_ROWS_VS_LAST_MIN,
                message="{subject}: {rows} rows; the current release has {rows_last}",
            ),
        ),
        severity="refuse",
        why="A table that lost half its rows lost an input, even where the movements are all there.",
        steward_action="Look for a held partner (`njia status`), and for a seed or model that changed.",
    ),
)
