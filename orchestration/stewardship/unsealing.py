"""Open a sealed original for a steward: one row, or the whole file. Every opening is logged first.

Its content goes only to the steward: none of it enters the home, a log or an error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration import intake
from orchestration.contracts import Contract
from orchestration.core import Settings, UsageError, read_json
from orchestration.stewardship import audit
from orchestration.stewardship.kinds.subjects import Landed


def unseal_row(
    settings: Settings,
    partner: str,
    extract_id: str,
    private_key: str,
    row: int,
    sheet: str | None,
    author: str,
    reason: str,
) -> intake.OriginalRow:
    """Return one row of an original, logged before; raises UsageError."""
    with _opened(settings, partner, extract_id, private_key) as (path, contract):
        found = intake.original_row(path, contract, row, sheet)
        where: dict[str, Any] = {"row": row, "sheet": found.sheet or None}
        _log(settings, partner, extract_id, author, reason, **where)
        return found


def unseal_file(
    settings: Settings, partner: str, extract_id: str, private_key: str, out: Path, author: str, reason: str
) -> None:
    """Write an original to `out` (0600), logged before; raises UsageError.

    Never over a file that is there, and never into the home, whose copies and backups are not sealed.
    """
    if out.resolve().is_relative_to(settings.home.resolve()):
        raise UsageError(f"{out} lies in {settings.home}. Choose a place outside it, best one in memory.")
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} is there already. Choose another name, or delete it first.")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {out.parent}.")
    with _opened(settings, partner, extract_id, private_key) as (path, _):
        _log(settings, partner, extract_id, author, reason, whole=True)
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as target, path.open("rb") as original:
                shutil.copyfileobj(original, target)
        except BaseException:
            out.unlink()  # half of it is of no use, and should not lie about
            raise


@contextmanager
def _opened(
    settings: Settings, partner: str, extract_id: str, private_key: str
) -> Iterator[tuple[Path, Contract]]:
    if fault := Landed.read(settings).why_unknown(partner, extract_id):
        raise UsageError(fault)
    note = settings.landing / partner / f"{extract_id}.json"
    if not note.is_file():
        raise UsageError(f"Extract {extract_id} is being read again. Run `njia refresh`, then try once more.")
    sealed = intake.sealed_path(settings.sealed, partner, extract_id)
    if not sealed.is_file():
        raise UsageError(
            f"The original of {partner}/{extract_id} is not there any more: it was erased, or the home was "
            "restored from a backup without it."
        )
    landed = read_json(note)
    contract = Contract.of_content(landed["contract_content"])
    with intake.opened(sealed, private_key, intake.suffix_of(contract)) as path:
        with path.open("rb") as file:
            # One that held a forgotten record was written without it.
            expected = landed.get("original_sha256") or landed["sha256"]
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise UsageError(f"{sealed} holds another file than landed. Restore it from a backup.")
        yield path, contract


def _log(settings: Settings, partner: str, extract_id: str, author: str, reason: str, **details: Any) -> None:
    if not (author.strip() and reason.strip()):
        raise UsageError("Say who opens it and why: --author and --reason.")
    audit.record(
        settings, author.strip(), "unsealed", f"{partner}/{extract_id}", reason=reason.strip(), **details
    )
