"""Under which licence an edition is given: `seeds/reference/data_licence.csv`, which the network decides."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from orchestration.core import REFERENCE_SEEDS, NjiaError

DATA_LICENCE = REFERENCE_SEEDS / "data_licence.csv"
NONE = "none"


@dataclass(frozen=True)
class DataLicence:
    """`spdx` is its id in the SPDX list, `none` where no licence is decided; `statement` is for people."""

    spdx: str
    title: str
    address: str
    statement: str

    @property
    def is_decided(self) -> bool:
        return self.spdx != NONE


def licence_of(edition: str, path: Path = DATA_LICENCE) -> DataLicence:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("edition") == edition]
    found = [
        DataLicence(*(row.get(name) or "" for name in ("spdx", "title", "address", "statement")))
        for row in rows
    ]
    if len(found) != 1 or not all((found[0].spdx, found[0].title, found[0].statement)):
        raise NjiaError(
            f"{path.name} must say once of the {edition} edition: spdx, title, address, statement. "
            "Write none where no licence is decided."
        )
    if found[0].is_decided and not found[0].address.startswith("https://"):
        raise NjiaError(f"{path.name}: the licence of the {edition} edition needs its https address.")
    return found[0]
