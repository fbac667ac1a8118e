"""Care of an installation: backups, check, forgetting, retention, what is kept of the past, keys, status.

Does not belong here: what a refresh does (`refresh`), and what stewards decide (`stewardship`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.operations.backup import make_backup, restore
    from orchestration.operations.check.checking import (
        Fault,
        Found,
        are_lists_whole,
        check_files,
        kept_files,
        note_damage,
    )
    from orchestration.operations.check.kinds import KINDS, Kind, kind_of
    from orchestration.operations.check.proofs import sqlite_answer
    from orchestration.operations.forget_proof import prove
    from orchestration.operations.health_warnings import warnings
    from orchestration.operations.history import trim_history
    from orchestration.operations.retention import erase_past_retention
    from orchestration.operations.rotation import (
        WHY_NO_RECORD_KEY,
        finish_rotations,
        refuse_unfit_key,
        rotate,
    )
    from orchestration.operations.status import read_status

offer_when_asked(__name__)
