"""Prepare NJIA_HOME: the folders, the layout version and Dagster's own settings file."""

from __future__ import annotations

import json

from orchestration.core import durable
from orchestration.core.disk import disk_fault
from orchestration.core.errors import UsageError
from orchestration.core.history_policy import kept
from orchestration.core.modes import check_modes, restricted_folders
from orchestration.core.settings import Settings
from orchestration.core.sums import read_json, write_json
from orchestration.core.volume import require_encrypted_volume

LAYOUT_VERSION = 3
# 1, of version 0.1.0: its releases hold the members' edition in `partner/`; its `ledger/` is left alone.
# 2: texts of places stand in the landing in clear, until the next refresh hides them.
READ_TOO = (1, 2)

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
  module: orchestration.defs.event_log
  class: OpenEventLog
  config: {base_dir: %(runs)s}
"""


def prepare_home(settings: Settings) -> None:
    """Create what is missing; raises UsageError for a home of another layout or without write access."""
    try:
        _prepare(settings)
    except OSError as error:
        raise disk_fault(error, settings.home) or UsageError(
            f"{settings.home} cannot be used as a home ({error.strerror}). Choose a folder that this account "
            "may write, with NJIA_HOME or --home."
        ) from None


def _prepare(settings: Settings) -> None:
    require_encrypted_volume(settings)
    _check_layout(settings)
    for folder in (*restricted_folders(settings), settings.releases):
        durable.make_folder(folder)
    # Everything but the releases is for this account only; the host decides who may read releases.
    check_modes(settings)
    dagster_yaml = settings.dagster_home / "dagster.yaml"
    runs = json.dumps(str(settings.dagster_home / "history" / "runs"))
    wanted = DAGSTER_YAML % {"runs": runs, "ticks": kept("ticks")}
    if not dagster_yaml.exists() or dagster_yaml.read_text() != wanted:
        durable.write_text(dagster_yaml, wanted)


def _check_layout(settings: Settings) -> None:
    marker = settings.home / "home.json"
    if not marker.exists():
        write_json(marker, {"layout_version": LAYOUT_VERSION})
        return
    try:
        content = read_json(marker)
        found = content["layout_version"]
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"{marker} does not name the layout of this home. Restore it, or choose another home."
        ) from None
    if found in READ_TOO:
        write_json(marker, {"begun_with_layout": found, **content, "layout_version": LAYOUT_VERSION})
    elif found != LAYOUT_VERSION:
        raise UsageError(
            f"{settings.home} has layout {found}; this version of Njia reads layout {LAYOUT_VERSION}. "
            "Use the version that wrote it, or another home."
        )
