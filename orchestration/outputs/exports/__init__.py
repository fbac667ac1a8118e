"""Exports of an edition: the tables that it prints, in the forms that other programs take.

Belongs here: writing `<edition>/exports/` from `outputs.edition` alone. Does not: what is printed (the dbt
models of the editions) and what it means (their descriptions, which are read back). The same rows and the
same time give the same bytes, and no file says who made it.
Reading order: printed, about, csv_tables, geojson, workbook, dictionary, data_package, citation,
lineage_page, checksums, write.
"""

from orchestration.outputs.exports.write import write_exports

__all__ = ["write_exports"]
