"""Extracts that passed and feed the current release keep their verdict while their contracts stay the same.

A new threshold then only warns of them. One that a steward accepted, or whose check was waived, is judged
anew, so that the decision can be taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import pyarrow.parquet as pq

from orchestration.core import Settings
from orchestration.gates.inputs import contract_hashes
from orchestration.release import MEMBERS, current_release, edition_folder

Key = tuple[str, str]


def kept_extracts(settings: Settings, codes: Mapping[Key, str]) -> set[Key]:
    """Return (partner, extract id) of those that keep their verdict; `codes`: the partner's code of each."""
    release = current_release(settings)
    if release is None:
        return set()
    path = edition_folder(release.path, MEMBERS) / "parquet" / "quality.check_results.parquet"
    if not path.is_file():
        return set()
    results = pq.read_table(path, columns=["partner_code", "subject", "severity", "outcome"]).to_pylist()
    not_passed = {
        (row["partner_code"], row["subject"])
        for row in results
        if row["severity"] == "hold" and row["outcome"] != "passed"
    }
    fed = {
        (one["partner_code"], one["extract_id"]): one.get("contracts_hash")
        for one in release.manifest["extracts"]
        if one["fate"] == "in_force"
    }
    now = [f"{name}={content}" for name, content in contract_hashes(settings.partners).items()]
    return {
        (partner, extract_id)
        for (partner, extract_id), code in codes.items()
        if (code, extract_id) not in not_passed and fed.get((code, extract_id)) == contracts_of(partner, now)
    }


def contracts_of(partner: str, contracts: Iterable[str]) -> str:
    """Return one hash of a partner's contracts; `contracts`: all of them as `folder/file=hash`."""
    own = sorted(text for text in contracts if text.startswith(f"{partner}/"))
    return hashlib.sha256("\n".join(own).encode()).hexdigest()[:16]
