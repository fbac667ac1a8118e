"""The `njia` command: parses arguments and calls the rooms. One file a group of commands, added to `root`.

Does not belong here: finding anything out, or laying out what is shown (`console`).
"""

from orchestration.cli import (
    asking,
    auditing,
    deciding,
    desk,
    files,
    forgetting,
    opening,
    refreshing,
    sealing,
    tracing,
)
from orchestration.cli.ending import main
from orchestration.cli.root import CONTEXT, cli

__all__ = [
    "CONTEXT",
    "asking",
    "auditing",
    "cli",
    "deciding",
    "desk",
    "files",
    "forgetting",
    "main",
    "opening",
    "refreshing",
    "sealing",
    "tracing",
]
