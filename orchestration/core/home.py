"""NJIA_HOME: which programs may use it, its folders, and Dagster's own settings file.

`home.json` holds the layout of the home and the oldest program layouts that may read it and write it. Every
command and Dagster compare them with LAYOUT_VERSION before they touch the home.
"""

import json
import os
from importlib.metadata import version
from typing import Any

from orchestration.core import durable
from orchestration.core.disk import check_modes, machine_fault, restricted_folders
from orchestration.core.errors import Damaged, UsageError
from orchestration.core.policies import number_kept
from orchestration.core.settings import Settings
from orchestration.core.sums import read_json, write_json

# Raised by a change that does not fit the homes of before, which are then refused (until version 1).
LAYOUT_VERSION = 6
# The oldest program layouts that may read and write a home of this one, and where home.json says so.
OLDEST_PROGRAMS = {"oldest_reader": 6, "oldest_writer": 6}
OLDEST = {"read": "oldest_reader", "write to": "oldest_writer"}
HOME_JSON = "home.json"

# One run at a time: the warehouse has one writer. No telemetry. A run that starts while the code server
# restarts is retried. `max_runtime_seconds` is a last resort for a run whose process is gone;
# `defs/killed_runs.py` ends such a run within minutes. Output of steps is not kept: a library may quote a
# cell in it, and keeping it takes four processes a run.
DAGSTER_YAML = """\
telemetry: {enabled: false}
nux: {enabled: false}
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {max_concurrent_runs: 1, max_user_code_failure_retries: 5, user_code_failure_retry_delay: 30}
run_monitoring: {enabled: true, max_runtime_seconds: 43200}
compute_logs:
  module: dagster.core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
retention:
  schedule: {purge_after_days: %(ticks)d}
  sensor: {purge_after_days: %(ticks)d}
event_log_storage:
  module: orchestration.defs.history
  class: OpenEventLog
  config: {base_dir: %(runs)s}
"""


def check_home(settings: Settings, use: str = "read") -> dict[str, Any]:
    """Return what home.json says; empty for a home that was never used.

    `use`: `read` or `write to`. Raises UsageError for a home of an earlier layout and where this program is
    too old for that use, Damaged where home.json does not name the layout.
    """
    found = _read(settings)
    layout = found.get("layout_version", LAYOUT_VERSION)
    if layout < LAYOUT_VERSION:
        raise UsageError(
            f"{settings.home} has layout {layout}, and Njia {version('njia')} reads layout {LAYOUT_VERSION} "
            "alone: begin a new home and take the partners' original files in again; the version that wrote "
            f"layout {layout} still reads it (`njia unseal`, `njia restore`)."
        )
    needed = found.get(OLDEST[use], layout)
    if needed > LAYOUT_VERSION:
        by = f" It was last written by Njia {found['written_by']}." if "written_by" in found else ""
        raise UsageError(
            f"{settings.home} has layout {found['layout_version']}; to {use} it, Njia must know layout "
            f"{needed}. This is Njia {version('njia')}, which knows layout {LAYOUT_VERSION}.{by} Use the "
            "version that wrote it, or another home."
        )
    return found


def is_sample_home(settings: Settings) -> bool:
    """Return whether the home was begun with `njia inbox add --samples`."""
    return bool(_read(settings).get("samples"))


def adopt_home(settings: Settings, is_sample: bool = False) -> None:
    """Write layout and version of Njia into home.json; `is_sample` marks a new home as one of the samples.

    Raises what `check_home` raises.
    """
    found = check_home(settings, "write to")
    wanted = {**found, "written_by": version("njia")} | ({"samples": True} if is_sample and not found else {})
    if found.get("layout_version", LAYOUT_VERSION) == LAYOUT_VERSION:  # a newer home keeps its own
        wanted |= {"layout_version": LAYOUT_VERSION, **OLDEST_PROGRAMS}
    if wanted != found:
        write_json(settings.home / HOME_JSON, wanted)


def prepare_home(settings: Settings, is_sample: bool = False) -> None:
    """Adopt the home and create what is missing; raises UsageError also without write access."""
    folders = (*restricted_folders(settings), settings.releases)
    try:
        adopt_home(settings, is_sample)
        for folder in folders:
            if folder.is_symlink() and not folder.exists():
                raise UsageError(
                    f"{folder} is a link to {folder.readlink()}, which is missing. Mount that disk, or "
                    "restore the folder. Remove the link only if nothing lay there."
                )
            durable.make_folder(folder)
        # Everything but the releases is for this account only; the host decides who may read releases.
        check_modes(settings)
        dagster_yaml = settings.dagster_home / "dagster.yaml"
        runs = json.dumps(str(settings.dagster_home / "history" / "runs"))
        wanted = DAGSTER_YAML % {"runs": runs, "ticks": number_kept("ticks")}
        if not dagster_yaml.exists() or dagster_yaml.read_text() != wanted:
            durable.write_text(dagster_yaml, wanted)
    except OSError as error:
        raise machine_fault(error, settings.home) or UsageError(
            f"{settings.home} cannot be used as a home ({error.strerror}). Choose a folder that this account "
            "may write, with NJIA_HOME or --home."
        ) from None
    for folder in (settings.home, *folders):
        if not os.access(folder, os.W_OK):
            raise UsageError(
                f"{folder} cannot be written: its disk is mounted read-only, or another account owns it."
            )


def _read(settings: Settings) -> dict[str, Any]:
    """Read home.json; empty for a home that was never used.

    Raises Damaged where it names no layout, or is missing beside what a refresh makes.
    """
    marker = settings.home / HOME_JSON
    try:
        if marker.is_symlink() or marker.is_dir():
            raise Damaged(marker, f"it is a {'link' if marker.is_symlink() else 'folder'}, no file")
        if not marker.exists():
            made = sorted([*settings.releases.glob("[!.]*"), *settings.landing.glob("*/[!.]*.json")])
            if made or settings.current.is_symlink():
                raise Damaged(marker, f"it is missing beside {(made or [settings.current])[0]}")
            return {}
        found = read_json(marker)
        numbers = [found["layout_version"], *(found[name] for name in OLDEST_PROGRAMS if name in found)]
    except (KeyError, TypeError):
        numbers = []
    except OSError as error:
        raise UsageError(
            f"{marker} cannot be read ({error.strerror}). Let this account read it, or choose another home."
        ) from None
    if not numbers or any(type(number) is not int or number < 1 for number in numbers):
        raise Damaged(marker, "it names no layout of a home")
    return dict(found)
