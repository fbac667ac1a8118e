"""What every room stands on: artifacts of steps and their fingerprints, and packages that are light to enter.

What a step does is not here.
"""

from typing import TYPE_CHECKING

from orchestration.core.lazy import offer_when_asked

if TYPE_CHECKING:
    from orchestration.core.artifacts import (
        Artifact,
        code_of,
        fingerprint_of,
        forget,
        keep,
        note,
        read,
        stands,
    )
    from orchestration.core.garbage import look_for_garbage_less_often

__all__ = [
    "Artifact",
    "code_of",
    "fingerprint_of",
    "forget",
    "keep",
    "look_for_garbage_less_often",
    "note",
    "offer_when_asked",
    "read",
    "stands",
]

offer_when_asked(__name__)
