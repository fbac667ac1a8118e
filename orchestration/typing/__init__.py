"""Type landed values (dates, counts, ages, codes, routes) by today's contract.

`step` types extracts; `landed_cells` brings their cells by record, `row_reader` reads the cells of a row,
each distinct one once, `assembly` makes the record, `corrections` applies those of stewards, `tables` has
the columns, `views` shows the files to SQL. Rules across fields do not belong here: dbt judges them.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.typing.ages import read_age
    from orchestration.typing.corrections import correctable, read_as, record_cells, written_in_rows
    from orchestration.typing.counts import read_count
    from orchestration.typing.dates import read_date
    from orchestration.typing.landed_cells import LandedCells, cells_of
    from orchestration.typing.mentions import Mention
    from orchestration.typing.step import READ_BY, TypingFailure, type_extracts
    from orchestration.typing.table_rows import (
        Tables,
        tables_of_extract,
        tables_of_record,
        together,
        typed_tables,
    )
    from orchestration.typing.tables import SCHEMAS, TYPED_TABLES
    from orchestration.typing.views import NOT_KEPT, add_views, files_of_extracts, has_typed, open_views

offer_when_asked(__name__)
