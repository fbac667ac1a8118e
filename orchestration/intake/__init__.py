"""From the inbox to the landing: claim a file, read it, rename its columns, minimise its cells, land it.

In reading order: `pulling` (from a partner's server into the inbox); `claim` and `taking_in`; `reading`
(bytes to cells of sheets), `records` (rows to records), `minimising` (what may be kept), `landing` (what is
kept, and erasing it), `drift` (changes in a partner's columns). Not here: dates, counts and codes (`typing`),
the meaning of a place name (`places`), and whether an extract is fit to enter (`gates`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.intake.drift.codes import find_new_codes, is_shown_choice
    from orchestration.intake.drift.column_words import (
        DEFAULT_PART,
        SURELY_DENIED,
        Reading,
        basis_of_heading,
        denial_in,
        place_of,
        readings,
    )
    from orchestration.intake.drift.report import drift_item, drift_items, last_extract, new_codes_of
    from orchestration.intake.inbox import (
        add_samples,
        add_to_inbox,
        files_ready,
        files_waiting,
        fitted_by_no_contract,
        left_alone,
        marks_of_files_ready,
        names_in_inbox,
        partner_folders,
        still_written,
    )
    from orchestration.intake.landing.erasing import (
        erase_forgotten,
        erase_in_originals,
        held_of_forgotten,
        records_in_row,
        refuse_shut_originals,
    )
    from orchestration.intake.landing.hidden_texts import texts_of
    from orchestration.intake.landing.landing import (
        CELLS,
        EXTRACT_ID_LENGTH,
        account,
        file_of,
        has_its_cells,
        known_records,
        read_register,
        rows_of,
    )
    from orchestration.intake.landing.rewriting import (
        copies_of,
        extracts_with_codes,
        remake_codes,
        row_groups,
        settle_landing,
    )
    from orchestration.intake.landing.sealing import identities_of, opened, seal, sealed_path
    from orchestration.intake.minimising.detectors import (
        EMAIL,
        ID_NUMBER,
        PERSON,
        PHONE,
        contact_in_prose,
        identifies,
    )
    from orchestration.intake.minimising.keyed_codes import SUBMISSION_KEY
    from orchestration.intake.minimising.minimise import (
        NEAR_A_LINE,
        POINT,
        SWAPPED,
        SYSTEM,
        SYSTEM_NEAR_A_LINE,
        ZERO,
    )
    from orchestration.intake.outcomes import ExtractHeld, ExtractStopped, TakenExtract
    from orchestration.intake.pulling.pull import pull
    from orchestration.intake.pulling.state import (
        PulledSource,
        failed_pulls,
        pull_lock,
        pulled_sources,
        read_sources,
        with_source,
    )
    from orchestration.intake.reading.any_file import DOCUMENTS, NAMES, ZIPS, kind_of, open_source, suffix_of
    from orchestration.intake.reading.block import Block, SourceRow, blocks_of, first_rows, rows_in
    from orchestration.intake.reading.original_rows import OriginalRow, original_row
    from orchestration.intake.reading.sheets import Merge, SourceSheet
    from orchestration.intake.records.header import Header, Sought, read_header
    from orchestration.intake.records.non_records import (
        AFTER_END,
        LIKE_TOTALS,
        RowJudge,
        begins_with,
        says_total,
    )
    from orchestration.intake.records.records import LIKE_NAMES, RecordReader
    from orchestration.intake.records.references import COPY, copy_name
    from orchestration.intake.records.rename import DISAGREES, FLAG_SET, ColumnPlan
    from orchestration.intake.records.tally import LandedCell, Tally
    from orchestration.intake.shown_names import may_be_shown, names_somebody, shown_file
    from orchestration.intake.taking_in import NEVER, take_in, with_unreported

offer_when_asked(__name__)
