"""The dbt project as dbt parses it: parsed once for an installation, and used by all of its homes.

What dbt made of the project lies in `dbt_project/target/parsed/<hash of the project>/`, which appears whole.
Where that folder cannot be written (an image, another account), it lies in `work/dbt/parsed/` of the home.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.core import DBT_PROJECT, REFERENCE_SEEDS, NjiaError, Settings, dbt_target, sync

MANIFEST, PACKED, HASHES = "manifest.json", "manifest.msgpack", "sha256.json"
_KEPT_PROJECTS = 3


def manifest_path(settings: Settings) -> Path:
    """manifest.json of the project as it stands now, with manifest.msgpack beside it.

    The project is parsed where nobody has done so since a file of it changed: that takes seconds.
    """
    stamp = project_hash()
    if found := _parsed_in(settings, stamp):
        return found / MANIFEST
    places = _places(settings)
    scratch = Path(tempfile.mkdtemp(prefix="njia-dbt-"))
    try:
        from orchestration.warehouse.dbt_commands import parse

        made = parse(DBT_PROJECT, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    contents = {MANIFEST: made.text.encode(), PACKED: made.packed}
    for place in places:
        try:
            return _write(place, stamp, contents) / MANIFEST
        except OSError as error:
            why = error
    raise NjiaError(f"The parsed dbt project cannot be kept in {places[-1]}: {why.strerror}.") from None


def parsed_manifest(settings: Settings) -> Path | None:
    """manifest.json of the project as it stands now; None where it has not been parsed."""
    found = _parsed_in(settings, project_hash())
    return found / MANIFEST if found else None


def read_manifest(path: Path) -> Mapping[str, Any]:
    """What a manifest.json holds; to be read, not changed. Megabytes, read once a process.

    Raises OSError where there is no such file, ValueError and KeyError where it is none of dbt's.
    """
    found = path.stat()
    return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)


def manifest_nodes(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The `nodes` of a manifest.json by their ids."""
    nodes: Mapping[str, Mapping[str, Any]] = read_manifest(path)["nodes"]
    return nodes


def project_hash() -> str:
    """Hash of all that dbt's parsing depends on, so that an unchanged project is not parsed again."""
    digest = hashlib.sha256(f"{DBT_PROJECT}\x00{version('dbt-core')}\x00{version('dbt-duckdb')}\x00".encode())
    folders = (DBT_PROJECT, REFERENCE_SEEDS)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if not {"target", "logs"} & set(path.parts[len(DBT_PROJECT.parts) :]):
            digest.update(f"{path.name}\x00".encode() + path.read_bytes())
    return digest.hexdigest()


def _places(settings: Settings) -> tuple[Path, Path]:
    return dbt_target() / "parsed", settings.work / "dbt" / "parsed"


def _parsed_in(settings: Settings, stamp: str) -> Path | None:
    folders = (place / stamp[:32] for place in _places(settings))
    return next((folder for folder in folders if _is_whole(folder)), None)


def _is_whole(folder: Path) -> bool:
    try:
        noted = json.loads((folder / HASHES).read_text(encoding="utf-8"))
        return bool(noted == {name: _sha256((folder / name).read_bytes()) for name in (MANIFEST, PACKED)})
    except (OSError, ValueError):
        return False


def _write(place: Path, stamp: str, contents: Mapping[str, bytes]) -> Path:
    """The folder appears whole, and is that of another process where one was quicker."""
    place.mkdir(parents=True, exist_ok=True)
    folder = place / stamp[:32]
    made = Path(tempfile.mkdtemp(prefix=".tmp-", dir=place))
    try:
        hashes = {name: _sha256(content) for name, content in contents.items()}
        for name, content in {**contents, HASHES: json.dumps(hashes).encode()}.items():
            (made / name).write_bytes(content)
            sync(made / name)
        made.chmod(0o755)
        if folder.exists() and not _is_whole(folder):
            shutil.rmtree(folder)
        try:
            made.rename(folder)
        except OSError:
            if not _is_whole(folder):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _forget_older(place, folder)
    return folder


def _forget_older(place: Path, newest: Path) -> None:
    """Earlier versions and what a killed process left; a few stay, as another process may read one."""
    older = sorted((path for path in place.iterdir() if path != newest), key=_age)
    for path in older[_KEPT_PROJECTS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # another process was quicker
        return 0.0


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=2)  # of the installation, and of what the work file was built with
def _read(path: Path, *_which_file: int) -> Mapping[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType({**found, "nodes": MappingProxyType(found["nodes"])})
