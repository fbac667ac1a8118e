"""A refresh: its steps in order, each over the artifacts of those before it, and how it ends.

Belongs here: what each step is given, when it may be skipped, what a run reads once, and what is written down
at its end. What a step does is its room's (`intake`, `places`, `gates`, `linkage`, `statistics`,
`release`, `outputs`); how Dagster shows it is `defs`.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.refresh.run import Run, Runs

offer_when_asked(__name__)
