"""Care of an installation: backups, check, forgetting, retention, keys, status.

Does not belong here: what a refresh does (`refresh`), and what stewards decide (`stewardship`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.operations.backup import make_backup, restore
    from orchestration.operations.check import (
        Checked,
        are_lists_whole,
        check_files,
        files_not_read,
        note_damage,
    )
    from orchestration.operations.forget import erase_past_retention, trim_history
    from orchestration.operations.proofs import sqlite_answer
    from orchestration.operations.rotation import (
        WHY_NO_RECORD_KEY,
        finish_rotations,
        refuse_unfit_key,
        rotate,
    )
    from orchestration.operations.status import read_partners, read_status, warnings

offer_when_asked(__name__)
