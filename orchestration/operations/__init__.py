"""Care of an installation: forgetting records, retention, key rotation, status, next run, health warnings.

Does not belong here: what a refresh does (`refresh`), and what stewards decide (`stewardship`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.operations.forget_proof import prove
    from orchestration.operations.health_warnings import warnings
    from orchestration.operations.retention import erase_past_retention
    from orchestration.operations.rotation import WHY_NO_RECORD_KEY, finish_rotations
    from orchestration.operations.status import read_status

offer_when_asked(__name__)
