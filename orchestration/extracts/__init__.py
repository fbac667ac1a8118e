"""From a partner's file to landed, then typed, values: read, rename, minimise, land, type.

Belongs here: contracts, and everything that touches a partner's own layout, columns or spelling.
Does not: what a place name means (`places`), whether an extract is fit to enter (`gates`), rules
across fields of a row (the dbt project). Reading order: contract, contract_loading, reading, header,
shown_names, non_records, merged_cells, rename, permission, points, minimise, acceptance, tabs, opening,
child_copies, records, sealing, landing, take_in, agreements; `check` runs the same road without a home. A
large CSV takes a quicker one to the same cells: regular_csv, reading_csv_blocks, block, ordinary_rows,
block_slots, block_cells, records_in_blocks. Back out of all this leads `erasing`, with `resealing`.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.extracts.agreements import EndingAgreement, agreements_ending, with_changes
    from orchestration.extracts.check import ContractReport, check_contract
    from orchestration.extracts.contract import Contract, Locale
    from orchestration.extracts.contract_fields import FieldSpec
    from orchestration.extracts.contract_loading import (
        PARTNER_CODE,
        ContractFault,
        Contracts,
        load_contract,
        load_contracts,
        partners_without_contract,
    )
    from orchestration.extracts.detectors import contact_in_prose
    from orchestration.extracts.draft import Draft, draft_contract
    from orchestration.extracts.draft_text import as_yaml as draft_text
    from orchestration.extracts.drift_report import drift_items
    from orchestration.extracts.erasing import (
        HeldOfForgotten,
        erase_forgotten,
        erase_in_originals,
        finish_erasing,
        held_of_forgotten,
        records_in_row,
    )
    from orchestration.extracts.inbox import (
        LeftAlone,
        add_samples,
        add_to_inbox,
        files_ready,
        files_waiting,
        fitted_by_no_contract,
        left_alone,
    )
    from orchestration.extracts.known_records import known_records
    from orchestration.extracts.landed_rows import file_of, rows_of
    from orchestration.extracts.landed_untold import NEVER, with_untold
    from orchestration.extracts.landing import read_register
    from orchestration.extracts.original_rows import OriginalRow, original_row, suffix_of
    from orchestration.extracts.outcomes import TakenExtract
    from orchestration.extracts.remaking_codes import extracts_with_codes, remake_codes
    from orchestration.extracts.sealing import identities_of, opened, seal, sealed_path
    from orchestration.extracts.take_in import take_in
    from orchestration.extracts.typed import TYPED_TABLES, TypedSummary, TypingFailure, type_extracts

__all__ = [
    "NEVER",
    "PARTNER_CODE",
    "TYPED_TABLES",
    "Contract",
    "ContractFault",
    "ContractReport",
    "Contracts",
    "Draft",
    "EndingAgreement",
    "FieldSpec",
    "HeldOfForgotten",
    "LeftAlone",
    "Locale",
    "OriginalRow",
    "TakenExtract",
    "TypedSummary",
    "TypingFailure",
    "add_samples",
    "add_to_inbox",
    "agreements_ending",
    "check_contract",
    "contact_in_prose",
    "draft_contract",
    "draft_text",
    "drift_items",
    "erase_forgotten",
    "erase_in_originals",
    "extracts_with_codes",
    "file_of",
    "files_ready",
    "files_waiting",
    "finish_erasing",
    "fitted_by_no_contract",
    "held_of_forgotten",
    "identities_of",
    "known_records",
    "left_alone",
    "load_contract",
    "load_contracts",
    "opened",
    "original_row",
    "partners_without_contract",
    "read_register",
    "records_in_row",
    "remake_codes",
    "rows_of",
    "seal",
    "sealed_path",
    "suffix_of",
    "take_in",
    "type_extracts",
    "with_changes",
    "with_untold",
]

offer_when_asked(__name__)
