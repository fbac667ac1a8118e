"""Check a home: what each kind of file in it is, whether it is whole, and what mends it."""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.operations.check.checking import Fault, Found, check, kept_files
    from orchestration.operations.check.kinds import KINDS, Kind

offer_when_asked(__name__)
