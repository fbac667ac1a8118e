"""Landed values to typed tables: dates, counts, ages, codes, routes, by today's contract.

`type_extracts` is the step; `rows` reads the cells of a row, `assembly` makes a record of them, `tables` has
the columns. Does not belong here: rules across fields of a record, which the dbt project judges.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.typing.ages import read_age
    from orchestration.typing.counts import read_count
    from orchestration.typing.landed_records import records_in_memory
    from orchestration.typing.table_rows import Tables, typed_batches
    from orchestration.typing.tables import SCHEMAS, TYPED_TABLES
    from orchestration.typing.type_extracts import READ_BY, TypedSummary, TypingFailure, type_extracts

offer_when_asked(__name__)
