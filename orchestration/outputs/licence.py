"""The licence of an edition, which the network decides in `seeds/reference/data_licence.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from orchestration.core import REFERENCE_SEEDS, NjiaError

DATA_LICENCE = REFERENCE_SEEDS / "data_licence.csv"
NONE = "none"


@dataclass(frozen=True)
class DataLicence:
    """`spdx`: id in the SPDX list; `none` where none is decided. `statement`: the sentence for readers."""

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
    licences = [
        DataLicence(*(row.get(name) or "" for name in ("spdx", "title", "address", "statement")))
        for row in rows
    ]
    if len(licences) != 1 or not all((licences[0].spdx, licences[0].title, licences[0].statement)):
        raise NjiaError(
            f"{path.name} needs exactly one line for the {edition} edition, with spdx, title, address and "
            "statement. Write `none` as spdx where no licence is decided."
        )
    if licences[0].is_decided and not licences[0].address.startswith("https://"):
        raise NjiaError(f"{path.name}: the licence of the {edition} edition needs an https address.")
    return licences[0]
