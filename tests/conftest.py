"""Installations that tests start from, and what holds for all of them.

A test is collected in each process and may stand alone: what takes long to import is imported in the fixtures.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from orchestration.core import collect_garbage_less_often

if TYPE_CHECKING:
    from tests.evidence_base import EvidenceBase

collect_garbage_less_often()
hypothesis.settings.register_profile("njia", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("njia")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than cores, as a third of the time goes in waiting; at most four, as each takes up to 1 GB."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the sample world, which takes a minute to build; few unit tests need it or the scenario."""
    items.sort(key=lambda item: (item.path.name != "test_samples.py", "pipeline" in item.path.parts))


def pytest_sessionfinish() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        from tests.worlds import prune

        prune()


@pytest.fixture(scope="session")
def published_world() -> EvidenceBase:
    """The scenario, refreshed once. Read only: tests that change something take `evidence_base`."""
    from tests.evidence_base import published_scenario

    return published_scenario()


@pytest.fixture(scope="session")
def samples() -> EvidenceBase:
    """The committed sample partners, refreshed once. Read only."""
    from tests.evidence_base import published_samples

    return published_samples()


@pytest.fixture
def evidence_base(published_world: EvidenceBase, tmp_path: Path) -> EvidenceBase:
    """A copy of the published world for one test alone."""
    from tests.evidence_base import copy_of

    return copy_of(published_world, tmp_path)


@pytest.fixture
def empty_base(tmp_path: Path) -> EvidenceBase:
    """Contracts and keys, and nothing taken in yet."""
    from tests.evidence_base import new_evidence_base

    return new_evidence_base(tmp_path)
