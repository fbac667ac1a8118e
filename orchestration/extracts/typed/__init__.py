"""Landed cells → typed tables: dates, counts, ages, codes and routes, by contract.

Belongs here: pure functions over distinct values, and the step that writes the typed tables. Does
not: what a place name means (`places`), rules across extracts (dbt). Reading order: words, dates,
counts, ages, vocabulary, codes, routes; row, rows, pieces, copies, mentions, assembly; tables, table_rows,
landed_records, type_extracts.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.extracts.typed.tables import TYPED_TABLES
    from orchestration.extracts.typed.type_extracts import TypedSummary, TypingFailure, type_extracts

__all__ = ["TYPED_TABLES", "TypedSummary", "TypingFailure", "type_extracts"]

offer_when_asked(__name__)
