"""Contracts: how a partner's extracts are read, and under which agreement they were sent.

Belongs here: the model of a contract, loading and checking one, and how partners spell codes. Does not:
reading a file by it (`intake`), drafting one or trying it on a file (`drafting`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.contracts.agreements import EndingAgreement, agreements_ending, with_changes
    from orchestration.contracts.cells import LONGEST_CELL, Cell, number_text, same, text_cell, tidy
    from orchestration.contracts.codes import UNKNOWN, CodeReader, ReadCode, ReadCodes, joined_or_flags
    from orchestration.contracts.contract import LONGEST_TEXT, Contract, Locale, Period
    from orchestration.contracts.fields import (
        AGES,
        AROUND_POINT,
        CANONICAL_FIELDS,
        COUNTS,
        DATES,
        MANY_CODES,
        SINGLE_CODES,
        FieldSpec,
        place_parts,
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
        contract_for,
        load_contract,
        load_contracts,
        partners_without_contract,
    )
    from orchestration.contracts.months import MONTHS, month_of_sheet
    from orchestration.contracts.plain_days import age_between, day_of, looks_like_a_day, year_of
    from orchestration.contracts.terms import CONTENT, SHEET, STATISTICS, AcceptIf
    from orchestration.contracts.vocabulary import AGE_BAND, NATIONALITY, SEEDS, Vocabulary, load_vocabulary
    from orchestration.contracts.words import (
        ABOUT,
        RANGE_TURNED_DATE,
        SHEET_ERRORS,
        TO,
        clean,
        is_blank,
        is_missing,
        norm,
        number_in_words,
    )

offer_when_asked(__name__)
