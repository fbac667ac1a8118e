"""Check a home: what each kind of file in it is, whether it is whole, and what mends it."""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.operations.check.checking import (
        Fault,
        Found,
        are_lists_whole,
        check_files,
        kept_files,
        note_damage,
    )
    from orchestration.operations.check.kinds import KINDS, Kind, kind_of

offer_when_asked(__name__)
