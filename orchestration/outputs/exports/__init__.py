"""Exports of an edition: its published tables, in the forms that other programs take.

Belongs here: writing `<edition>/exports/` from the edition's own file alone. Does not: what is published (the
dbt models of schema `published`) and what it means (their descriptions, which are read back). The same rows
and the same time give the same bytes, and no file says who made it.
Reading order: tables, about, csv_tables, geojson, workbook, dictionary, data_package, citation,
lineage_page, checksums, write.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.outputs.exports.write import write_exports

offer_when_asked(__name__)
