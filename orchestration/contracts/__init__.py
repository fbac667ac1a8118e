"""Contracts: how to read a partner's extracts, and under which agreement.

The model of a contract, loading and checking, and the spellings of codes. `intake` reads files by a contract;
`drafting` drafts one.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.contracts.agreements import agreements_ending, covers_receipt, with_changes
    from orchestration.contracts.cells import (
        ABOUT,
        LONGEST_CELL,
        MONTHS,
        RANGE_TURNED_DATE,
        SHEET_ERRORS,
        TO,
        Cell,
        age_between,
        clean,
        day_of,
        error_code,
        is_blank,
        is_missing,
        looks_like_a_day,
        month_of_sheet,
        norm,
        number_in_words,
        number_text,
        repaired,
        same,
        split_time,
        text_cell,
        tidy,
        valid_day,
        year_of,
    )
    from orchestration.contracts.codes import (
        AGE_BAND,
        NATIONALITY,
        SEEDS,
        UNKNOWN,
        CodeReader,
        ReadCode,
        ReadCodes,
        Vocabulary,
        joined_or_flags,
        load_vocabulary,
    )
    from orchestration.contracts.contract import LONGEST_TEXT, Contract
    from orchestration.contracts.fields import (
        AGES,
        AROUND_POINT,
        CANONICAL_FIELDS,
        COUNTS,
        DATES,
        ENDS,
        MANY_CODES,
        SINGLE_CODES,
        STATED_BASES,
        FieldSpec,
        is_text_of_a_place,
        place_parts,
        role_and_basis,
    )
    from orchestration.contracts.format import (
        MONTH_SHEETS,
        CsvFormat,
        JsonFormat,
        JsonRepeat,
        Layout,
        OdkZipFormat,
        XlsxFormat,
    )
    from orchestration.contracts.loading import (
        PARTNER_CODE,
        TODO,
        ContractFault,
        Contracts,
        contract_files,
        contract_for,
        load_contract,
        load_contracts,
        partners_without_contract,
    )
    from orchestration.contracts.source import AnySource
    from orchestration.contracts.terms import CONTENT, SHEET, STATISTICS, AcceptIf, Period, SubmissionId

offer_when_asked(__name__)
