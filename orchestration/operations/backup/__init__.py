"""Backups of a home: make one while everything runs, verify it, restore from it.

In reading order: `store` (the folder of a backup), `moment` (what of a home is durable, and one moment of
it), `making`, `restoring`. Not here: which records are forgotten and how they are erased
(`operations.forget`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.operations.backup.making import Made, make_backup
    from orchestration.operations.backup.restoring import Plan, check_objects, choose, plan, put_back
    from orchestration.operations.backup.store import BackupDamaged, FileList, Store, Verified, verify

offer_when_asked(__name__)
