"""The public edition may be published alone: its own manifest and signature say what it is, and little else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration import disclosure
from orchestration.release import verify
from orchestration.release.manifest import MANIFEST, hash_files
from orchestration.release.public_edition import write_public_manifest
from orchestration.release.signature import manifests_of, sign
from orchestration.release_key import ReleaseKey


@pytest.fixture
def key() -> ReleaseKey:
    return ReleaseKey.generate()


@pytest.fixture
def release(tmp_path: Path, key: ReleaseKey) -> Path:
    """A release of one file an edition, signed as publishing does."""
    folder = tmp_path / "20261124T020000Z-00000000"
    for name in ("partner/a.parquet", "public/counts.csv", "public/parquet/b.parquet"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "release_id": folder.name,
        "as_of": "2026-11-24T02:00:00+00:00",
        "public": {"content_hash": "ab" * 32},
        "disclosure": {"policy": disclosure.load_disclosure_policy().for_manifest()},
        "extracts": [{"partner_code": "p-1234", "rows_landed": 3}],
    }
    write_public_manifest(folder, manifest)
    manifest["files"] = {path: {"sha256": digest} for path, digest in hash_files(folder).items()}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    for path in manifests_of(folder):
        sign(path.parent, MANIFEST, path.read_bytes(), key)
    return folder


def test_a_copy_of_the_public_folder_is_verified_alone(
    release: Path, key: ReleaseKey, tmp_path: Path
) -> None:
    alone = tmp_path / "anywhere"
    shutil.copytree(release / "public", alone)
    found = verify(alone, key.public)
    assert found.ok and found.files == 2
    assert found.release_id == release.name
    assert verify(release, key.public).ok
    assert not verify(alone, ReleaseKey.generate().public).ok


@pytest.mark.parametrize(
    "tamper",
    [
        lambda public: (public / "counts.csv").write_text("other", encoding="utf-8"),
        lambda public: (public / "counts.csv").unlink(),
        lambda public: (public / "more.csv").write_text("new", encoding="utf-8"),
        lambda public: (public / "manifest.sig").unlink(),
        lambda public: (public / MANIFEST).write_text(
            (public / MANIFEST).read_text(encoding="utf-8").replace("2026-11-24", "2026-11-25"),
            encoding="utf-8",
        ),
    ],
)
def test_what_was_changed_in_it_is_found_alone_and_in_the_release(
    release: Path, key: ReleaseKey, tamper: Callable[[Path], object]
) -> None:
    tamper(release / "public")
    assert not verify(release / "public", key.public).ok
    assert not verify(release, key.public).ok


def test_it_names_no_partner_and_counts_nobody(release: Path) -> None:
    told = json.loads((release / "public" / MANIFEST).read_text(encoding="utf-8"))
    assert set(told) == {
        "schema_version", "edition", "release_id", "as_of", "content_hash", "policy", "printed_since", "files"
    }  # fmt: skip
    assert "p-1234" not in json.dumps(told)
    assert not any(row["name"].startswith("partner_") for row in told["policy"]["rows"])
