"""Linkage: the same person known to several partners, and the same route reported by several.

Belongs here: keyed codes of what identifies, how likely two records are one person, what is decided of a
pair, how many persons are expected, which route reports are equal. Not: what may be kept of a record and when
codes are made (`intake`), what stewards ruled (`stewardship`), counting (dbt).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.linkage.codes import CODES_VERSION, Coder
    from orchestration.linkage.decisions import clustered
    from orchestration.linkage.step import (
        CODE,
        LINK,
        destroy_codes,
        link_records,
        relinked,
        rulings_of,
    )
    from orchestration.linkage.tables import (
        COMPARED,
        NAME_CODES,
        ONE_PERSON,
        QUESTION_COLUMNS,
        QUESTIONS,
        REFERENCES,
    )

offer_when_asked(__name__)
