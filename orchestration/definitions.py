"""The code location that Dagster loads."""

from pathlib import Path

import dagster as dg

from orchestration.core import collect_garbage_less_often

collect_garbage_less_often()  # runs that the UI starts load this, not the command


@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent / "defs")
