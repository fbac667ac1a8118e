"""Another key in the place of one that was lost, seen, or is old: stewards' key, link key, release key.

The new key waits beside the old one (`.next`) while everything that hangs on it is made anew beside what is
there. The rename of the key is the commit point: a kill before it leaves all as it was, a kill after it is
finished by whatever takes the lock of refreshes next. The record key is never rotated: WHY_NO_RECORD_KEY.

What does not belong here: making the first keys (`keys`, `release_key`).
"""

from orchestration.rotation.link import Codes, rotate_link
from orchestration.rotation.settling import finish_rotations
from orchestration.rotation.signing import rotate_release
from orchestration.rotation.stewards import Resealed, rotate_stewards

WHY_NO_RECORD_KEY = (
    "The record key is not rotated. Every record's id is made with it from the partner's reference, which is "
    "kept nowhere: with another key each record would get another id, so decisions, marks of forgotten "
    "records and the ids in what members hold would point at nothing, and forgotten records would come back. "
    "If it was seen: guesses at a reference can be confirmed with it, nothing else; keep the partner edition "
    "from whoever saw it. For a new key, begin a new home and have every extract sent again."
)

__all__ = [
    "WHY_NO_RECORD_KEY",
    "Codes",
    "Resealed",
    "finish_rotations",
    "rotate_link",
    "rotate_release",
    "rotate_stewards",
]
