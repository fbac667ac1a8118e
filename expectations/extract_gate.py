"""Expectations of a landed extract. `hold` keeps it out; the partner's last good one stays in force."""

from __future__ import annotations

from expectations import Expectation, Limit, thresholds

_ORDER = "day and month stand in another order"
_SIGN = "numbers have another decimal sign"
_TURNED = "a spreadsheet has turned ranges into dates"
_WORDS = "the words are not known"
_FORMULAS = "formulas have no result"
# Problems of a cell that cannot be read at all, and their likeliest cause where they are most of a column.
UNREAD_CAUSES = {
    "date_ambiguous": _ORDER,
    "date_order_conflict": _ORDER,
    "date_invalid": _ORDER,
    "date_unparsed": "dates have another layout",
    "date_calendar_unknown": "dates are of another calendar",
    "embargo_unreadable": "dates have another layout",
    "count_invalid": _SIGN,
    "count_is_date": _TURNED,
    "count_unparsed": _WORDS,
    "age_is_date": _TURNED,
    "age_is_year": "years of birth stand there",
    "age_invalid": "another column stands there",
    "age_unparsed": _WORDS,
    "code_unmapped": "the answers are not in the contract",
    "cell_error": _FORMULAS,
    "formula_no_value": _FORMULAS,
}
EXTRACT_GATE: tuple[Expectation, ...] = (
    Expectation(
        name="partner_has_a_contract",
        limits=(Limit("contract_present", minimum=1, empty_fails=True),),
        severity="hold",
        says_its_cause=True,
        why="The contract holds the agreement: without its file nothing allows the use of what the partner "
        "sent.",
        steward_action="If the partner has left, nothing. Otherwise put its contract back into the partners "
        "folder, or have the operator see that NJIA_PARTNERS names the right one.",
        waivable=False,
    ),
    Expectation(
        name="agreement_is_valid",
        limits=(Limit("agreement_valid", minimum=1, empty_fails=True),),
        severity="hold",
        says_its_cause=True,
        why="Without an agreement on the day it was received there is no ground to use what a partner sent.",
        steward_action="Ask the partner for the signed agreement; enter its dates in the contract.",
        waivable=False,
    ),
    Expectation(
        name="agreement_covers_statistics",
        limits=(Limit("statistics_agreed", minimum=1, empty_fails=True),),
        severity="hold",
        says_its_cause=True,
        why="Data may be used only for purposes in the agreement; Njia makes statistics.",
        steward_action="Agree with the partner on statistics as a purpose and enter it under "
        "`agreement.purposes` in the contract; until then nothing of it is used.",
        waivable=False,
    ),
    Expectation(
        name="agreement_is_current",
        limits=(Limit("agreement_current", minimum=1),),
        severity="warn",
        why="Extracts received under the agreement stay; extracts after its end are held.",
        steward_action="Renew the agreement with the partner, or enter its new end in the contract.",
    ),
    Expectation(
        name="required_columns_present",
        limits=(
            Limit(
                "required_columns_missing",
                maximum=0,
                empty_fails=True,
                message="{required_columns_missing} required column(s) are missing",
            ),
        ),
        severity="hold",
        why="A required column that is gone turns every row of the extract into a quarantined one.",
        steward_action="Compare the header with the contract: if the column was renamed, edit the contract; "
        "if it was lost, ask the partner to send the extract again.",
    ),
    Expectation(
        name="required_columns_are_filled",
        limits=(
            Limit(
                "required_columns_empty",
                maximum=0,
                message="{required_columns_empty} required column(s) have no value",
            ),
        ),
        severity="hold",
        why="A required column without a single value was emptied on the way: by a changed form, an export "
        "of other questions, or merged cells.",
        steward_action="Compare the file with the partner's last one. If the column is no longer asked, take "
        "`required` out of the contract; otherwise ask for the extract again.",
    ),
    Expectation(
        name="every_line_is_accounted_for",
        limits=(
            Limit(
                "rows_unexplained",
                minimum=0,
                maximum=0,
                message="{rows_unexplained} line(s) of the file are not accounted for",
            ),
        ),
        severity="hold",
        says_its_cause=True,
        why="Every line of the file is a row of its table, or is explained (header, title, blank at the end, "
        "sheet not read). Where the sum differs, rows have vanished.",
        steward_action="This is a fault of the program: report it with the extract id and what kind of file "
        "it is.",
        waivable=False,
    ),
    Expectation(
        name="rows_fit_their_header",
        limits=(
            Limit(
                "row_shape_share",
                maximum=thresholds.ROW_SHAPE_MAX,
                message="{row_shape_share} of {rows_read} rows have more or fewer cells than the header",
                shares=("row_shape_share",),
            ),
        ),
        severity="hold",
        says_its_cause=True,
        why="A row with more or fewer cells than the header is refused, because its cells may stand in wrong "
        "columns. Many of them mean that the export does not quote its texts.",
        steward_action="Ask the partner to export again with texts in quotation marks. If rows honestly end "
        "before the last column, set `format.trailing_cells: optional` in the contract.",
        share_of="rows_read",
    ),
    Expectation(
        name="no_records_below_the_end",
        limits=(
            Limit(
                "rows_after_end",
                maximum=0,
                message="{rows_after_end} row(s) below the end of the table look like records",
            ),
        ),
        severity="hold",
        says_its_cause=True,
        why="The contract ends the table at a row such as TOTAL; rows below it are not read. Here some look "
        "like records.",
        steward_action="Look at the rows below that row. If they are records, remove the word from "
        "`format.stop_at`; if they are another table, ask the partner to send it on a sheet of its own.",
    ),
    Expectation(
        name="child_rows_find_their_record",
        limits=(
            Limit(
                "orphan_share",
                maximum=thresholds.ORPHANS_MAX,
                message="{orphan_share} of the rows of a child sheet have no record",
                shares=("orphan_share",),
            ),
        ),
        severity="hold",
        says_its_cause=True,
        why="Rows of a child sheet without their record are lost: the stops of every journey, where the "
        "contract joins them by the wrong column.",
        steward_action="Check `parent` and `matches` of the repeat in the contract; ask the partner whether "
        "rows of the main sheet were deleted.",
        share_of="child_rows_read",
    ),
    Expectation(
        name="every_row_is_typed",
        limits=(
            Limit(
                "untyped_rows",
                minimum=0,
                maximum=0,
                empty_fails=True,
                message="{untyped_rows} landed row(s) have no typed record",
            ),
        ),
        severity="hold",
        says_its_cause=True,
        why="A landed row without a typed record would vanish without a reason.",
        steward_action="Run `njia check`: it names landed cells that are damaged, and what mends them. If "
        "they are whole, this is a fault of the program or of a contract that no longer fits what landed: "
        "run `njia contract check` on the file, then report it with the extract id.",
        waivable=False,
    ),
    Expectation(
        name="row_volume_is_plausible",
        limits=(
            Limit(
                "full_rows_vs_last",
                minimum=thresholds.FULL_ROWS_VS_LAST_MIN,
                maximum=thresholds.FULL_ROWS_VS_LAST_MAX,
                message="{rows_landed} rows; the extract before had {rows_last_time}",
            ),
            Limit(
                "incremental_rows_vs_last",
                maximum=thresholds.INCREMENTAL_ROWS_VS_LAST_MAX,
                message="{rows_landed} rows; the extract before had {rows_last_time}",
            ),
        ),
        severity="hold",
        why="A full extract replaces the one before: a lost sheet would withdraw real records.",
        steward_action="Ask the partner whether rows were really removed. If so: "
        "`njia decide accept-extract`; otherwise ask for the whole extract again.",
    ),
    Expectation(
        name="columns_are_readable",
        limits=(
            Limit(
                "readable_date_share",
                minimum=thresholds.READABLE_DATES_MIN,
                message="{readable_date_share} of {records} records have a readable date",
                shares=("readable_date_share",),
            ),
            Limit(
                "unread_share",
                maximum=thresholds.UNREAD_CELLS_MAX,
                message="{unread_column}: {unread_share} of {filled_cells} filled cells cannot be read. "
                "Probably {unread_cause}",
                shares=("unread_share",),
                holds_small=True,
            ),
        ),
        severity="hold",
        why="Unreadable values are never guessed; many at once mean that the export or the contract changed.",
        steward_action="Compare some cells with the contract: `locale.dates`, `locale.decimal`, the column's "
        "`values` and words. Correct the contract, or ask the partner.",
        share_of="records",
    ),
    Expectation(
        name="places_are_known",
        limits=(
            Limit(
                "place_resolved_share",
                minimum=thresholds.PLACES_KNOWN_MIN,
                message="{place_resolved_share} of {place_mentions} mentions of places are known",
                shares=("place_resolved_share",),
            ),
        ),
        severity="hold",
        why="A movement needs places; many unknown ones mean a swapped column or new spellings.",
        steward_action="Say which places the unresolved names mean (`njia decide place-alias`), or mend "
        "the columns in the contract.",
        share_of="place_mentions",
    ),
    Expectation(
        name="counties_are_known",
        limits=(
            Limit(
                "county_share",
                minimum=thresholds.COUNTIES_KNOWN_MIN,
                message="{county_share} of {home_mentions} places in Kenya are known to the county",
                shares=("county_share",),
            ),
        ),
        severity="warn",
        why="County tables and maps can only show what is known to the county.",
        steward_action="Ask whether the partner can ask for the county; record aliases for known towns.",
        share_of="home_mentions",
    ),
    Expectation(
        name="codes_are_mapped",
        limits=(
            Limit(
                "code_mapped_share",
                minimum=thresholds.CODES_MAPPED_MIN,
                message="{code_mapped_share} of {coded_records} answers of one field are in the contract",
                shares=("code_mapped_share",),
            ),
        ),
        severity="hold",
        why="A changed list of choices silently turns answers into `unknown`.",
        steward_action="Compare the partner's choices with `values` in the contract and add the new ones: "
        "`review/drift.json` lists them, with the lines to merge into the contract.",
        share_of="coded_records",
    ),
    Expectation(
        name="quarantine_is_not_flooded",
        limits=(
            Limit(
                "quarantine_share",
                maximum=thresholds.QUARANTINE_MAX,
                message="{quarantined_records} of {records} records have unreadable values or no known place",
            ),
        ),
        severity="hold",
        why="With so many unfit rows, the fault is in the extract or its contract, and the other rows are in "
        "doubt too.",
        steward_action="Sort the quarantined rows in review by rule; the first rule usually names the cause.",
        share_of="records",
    ),
    Expectation(
        name="something_is_usable",
        limits=(
            Limit(
                "usable_records",
                minimum=1,
                message="{usable_records} of {records} records are usable",
            ),
        ),
        severity="hold",
        why="A full extract with every row quarantined would replace good records by nothing, whatever its "
        "size.",
        steward_action="Sort the quarantined rows in review by rule; mend the contract, "
        "or ask for the extract again.",
    ),
    Expectation(
        name="record_refs_are_unique",
        limits=(
            Limit(
                "repeated_ref_share",
                maximum=thresholds.REPEATED_REFS_MAX,
                message="{repeated_ref_share} of {referenced_records} records share their reference",
                shares=("repeated_ref_share",),
            ),
        ),
        severity="hold",
        why="Rows that share a reference count as one record: a wrong key melts different people into one.",
        steward_action="Check `delivery.key` in the contract (a number that starts anew on every sheet needs "
        "`[sheet, column]`); ask the partner about double entries.",
        share_of="referenced_records",
    ),
    Expectation(
        name="submissions_are_its_own",
        limits=(
            Limit(
                "shared_submission_share",
                maximum=thresholds.SHARED_SUBMISSIONS_MAX,
                message="{shared_submission_share} of the submissions of {partner} are those that "
                "{shared_with} sent first",
                shares=("shared_submission_share",),
                names_others=True,
            ),
        ),
        severity="hold",
        why="Two partners that send one form's submissions are one source; taken for two, they seem to "
        "confirm each other.",
        steward_action="Ask both partners which of them owns the form, and end the other's agreement in its "
        "contract. If both are right: `njia decide accept-extract`; what they share counts once. If many "
        "records have one id, name another column in `submission_id`.",
    ),
    Expectation(
        name="few_rows_are_refused",
        limits=(
            Limit(
                "refused_share",
                maximum=thresholds.REFUSED_ROWS_MAX,
                message="{rows_refused} of {rows_read} rows were refused",
            ),
        ),
        severity="warn",
        why="Consent, totals and blanks explain some refusals; mostly refused rows deserve a look.",
        steward_action="Read the reasons of the refusals; check `consent`, `accept_if` and `stop_at`.",
        share_of="rows_read",
    ),
    Expectation(
        name="first_delivery_is_recent",
        limits=(
            Limit(
                "first_delivery_years",
                maximum=thresholds.FIRST_DELIVERY_YEARS_MAX,
                message="the first delivery reaches {first_delivery_years} years back",
            ),
        ),
        severity="warn",
        why="Records that had gathered before a partner joined say nothing of its delays and are left out of "
        "what is still to come. Years in which it recorded otherwise would look like a rise or fall.",
        steward_action="Ask since when the partner records as it does today, and declare in `coverage` from "
        "when on it watches its places.",
    ),
    Expectation(
        name="columns_are_as_last_time",
        limits=(
            Limit(
                "new_unmapped_columns",
                maximum=0,
                message="{new_unmapped_columns} new column(s) are not in the contract",
            ),
        ),
        severity="warn",
        why="An unmapped column is dropped; it may be a renamed one, or worth mapping.",
        steward_action="Map the new columns in the contract, or name them under `deny`.",
    ),
    Expectation(
        name="sent_records_say_the_same",
        limits=(
            Limit(
                "changed_share",
                maximum=thresholds.CHANGED_RECORDS_MAX,
                message="{changed_field} changed or is missing in {changed_records} of {changed_of} "
                "records that were sent before",
            ),
        ),
        severity="hold",
        why="Records that a partner sent before stay as they were, but for corrections. Many that change at "
        "once come from a moved column, a swapped list, another date layout or slipped references.",
        steward_action="Compare a few records of both files with the partner. If it corrected them: "
        "`njia decide accept-extract`; otherwise ask for the whole extract again.",
        share_of="changed_of",
    ),
    Expectation(
        name="no_records_vanish",
        limits=(
            Limit(
                "gone_share",
                maximum=thresholds.GONE_RECORDS_MAX,
                message="{gone_records} of the {replaced_records} records that it replaces are missing",
            ),
            Limit(
                "months_gone",
                maximum=0,
                message="{gone_records} of the {replaced_records} records that it replaces are missing, "
                "among them nearly all of {gone_months}",
            ),
        ),
        severity="hold",
        why="A full extract replaces the one before: a filter left on, a lost sheet or new references would "
        "take real records out of the evidence base.",
        steward_action="Ask the partner whether these records were removed on purpose. If so: "
        "`njia decide accept-extract`; otherwise ask for the whole extract again.",
        share_of="replaced_records",
    ),
    Expectation(
        name="no_month_is_missing",
        limits=(Limit("months_missing", maximum=0, message="There is no record of {missing_months}"),),
        severity="hold",
        why="A month without a record, between months that have some, is a lost part of the file more often "
        "than a calm month.",
        steward_action="Ask the partner whether nothing happened in these months. If so: "
        "`njia decide accept-extract`; otherwise ask for what is missing.",
    ),
    Expectation(
        name="new_records_are_new",
        limits=(
            Limit(
                "late_beyond_usual",
                maximum=0,
                message="{late_share} of {new_records} new records are older than the newest month sent "
                "before; up to {late_usual} is usual here",
                shares=("late_share", "late_usual"),
            ),
            Limit(
                "equal_beyond_usual",
                maximum=0,
                message="{equal_share} of {new_records} new records equal another one in date, places and "
                "answers; up to {equal_usual} is usual here",
                shares=("equal_share", "equal_usual"),
            ),
        ),
        severity="hold",
        why="Many old or equal records under new references are a wrong year, rows sent twice, or entries of "
        "a training.",
        steward_action="Ask the partner whether it entered old cases, or many of one raid. If so: "
        "`njia decide accept-extract`; otherwise ask for the whole extract again.",
        share_of="new_records",
    ),
    Expectation(
        name="new_records_resemble_earlier_ones",
        limits=(
            Limit(
                "moved_beyond_usual",
                maximum=0,
                message="{moved_field}: {moved_share} of the {compared_records} newest records would need "
                "another value to look like the earlier ones ({moved_values}); up to {moved_usual} is usual "
                "here",
                shares=("moved_share", "moved_usual"),
            ),
            Limit(
                "stated_beyond_usual",
                maximum=0,
                message="{stated_field} is stated for {stated_share} of the {compared_records} newest "
                "records, {stated_before} before; up to {stated_usual} points less is usual here",
                shares=("stated_share", "stated_before"),
            ),
            Limit(
                "values_gone",
                maximum=0,
                message="{gone_field}: none of the {compared_records} newest records has {gone_values}",
            ),
        ),
        severity="hold",
        why="Answers change with the world, but not all at once: a sudden change comes from a new form, a "
        "filter, a swapped column or a lost list of choices. The average of a release would hide it.",
        steward_action="Ask the partner whether its form, its work or its export changed. If the world did: "
        "`njia decide accept-extract`; otherwise mend the contract or ask for the extract again.",
        share_of="compared_records",
    ),
)
