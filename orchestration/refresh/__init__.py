"""The steps of a refresh in order, when a step may be skipped, and the record of how a run ended.

Does not belong here: what a step does, which is its room's (`intake`, `places`, `gates`, `linkage`,
`statistics`, `release`, `outputs`), and how Dagster shows it (`defs`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.refresh.run import Run, Runs, Step, artifact_of

offer_when_asked(__name__)
