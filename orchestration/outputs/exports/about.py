"""The description that every export carries: edition, release, licence, contact, how to read it and cite it.

The network decides licence and contact of an edition in `seeds/reference/data_licence.csv`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.core import REFERENCE_SEEDS, NjiaError, load_publication_policy
from orchestration.outputs.published import Edition

DATA_LICENCE = REFERENCE_SEEDS / "data_licence.csv"


@dataclass(frozen=True)
class DataLicence:
    """`spdx`: id in the SPDX list; `none` where none is decided. `statement`: the sentence for readers.

    `contact`: whom to ask, an e-mail address or a page; '' where nobody is named.
    """

    spdx: str
    title: str
    address: str
    statement: str
    contact: str = ""

    @property
    def is_decided(self) -> bool:
        return self.spdx != "none"

    @property
    def said(self) -> str:
        """Return licence, statement and contact for readers."""
        named = f"{self.title} ({self.address}). " if self.is_decided else ""
        return named + self.statement + (f" Contact: {self.contact}." if self.contact else "")


def licence_of(edition: str, path: Path = DATA_LICENCE) -> DataLicence:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("edition") == edition]
    names = ("spdx", "title", "address", "statement", "contact")
    licences = [DataLicence(**{name: row.get(name) or "" for name in names}) for row in rows]
    if len(licences) != 1 or not all((licences[0].spdx, licences[0].title, licences[0].statement)):
        raise NjiaError(
            f"{path.name} needs exactly one line for the {edition} edition, with spdx, title, address and "
            "statement. Write `none` as spdx where no licence is decided."
        )
    if licences[0].is_decided and not licences[0].address.startswith("https://"):
        raise NjiaError(f"{path.name}: the licence of the {edition} edition needs an https address.")
    return licences[0]


AUTHOR = "Njia evidence base"
KEYWORDS = ["human trafficking", "migration", "Kenya", "corridors", "hotspots"]
_SUMMARY = (
    "Cases of people moved in, out of and within Kenya, as partners of a counter-trafficking network "
    "recorded them: by year, start, end, corridor and border point, with labels of hotspots and changes."
)
_SYNTHETIC = "Partners, people and records are made up: nothing here is a finding."
CAVEATS = (
    "Counts are cases that partners recorded, not all cases. Where no partner works, none is recorded.",
    "`movement_count` may be added over any rows of one file: each case stands in one row. Rows with "
    "`unknown` or `fewer` belong to the sum.",
    "Never add `passing_count`, `trait_count` or `mention_count`: one case stands in several of their rows. "
    "Never add counts of two files, shares or ratios.",
    "`comparison` says whether a count may be set beside that of the year before, `change` whether it rose "
    "or fell. `periods.is_complete` is false for a year in part.",
    "`context_counts` holds numbers that others published, without change and under the licence in each row: "
    "for comparison, never to be added.",
    "Names of places and points on maps do not imply any opinion on the status of a territory.",
)

_PROTECTION = {
    "public": "Counts carry a small random change (cell-key method). Sums of `movement_count` agree between "
    "tables; cells under {least} are summed in the row `fewer` or have no row. `comparison` and `change` are "
    "null.",
    "members": "A row whose counts are all under {least} is summed in the row `fewer`, unless the public "
    "edition shows it; parts of a row, such as `child_count`, may be smaller. Files `series_…` count by "
    "quarter.",
}


@dataclass(frozen=True)
class About:
    """Names and sentences about one edition of one release."""

    edition: str
    release_id: str
    as_of: datetime
    is_synthetic: bool = False

    @classmethod
    def of(cls, edition: Edition) -> About:
        as_of = datetime.fromisoformat(str(edition.manifest["as_of"])).astimezone(UTC)
        is_synthetic = bool(edition.manifest.get("is_synthetic"))
        return cls(edition.name, str(edition.manifest["release_id"]), as_of, is_synthetic)

    @property
    def name(self) -> str:
        """Name for programs and files."""
        return f"njia-{self.edition}"

    @property
    def title(self) -> str:
        return f"Njia: movement in, out of and within Kenya, {self.edition} edition"

    def file_name(self, stem: str, kind: str) -> str:
        """Return the name of a file that may travel alone; it marks made-up data, as a table cannot."""
        return f"{stem}{'-made-up' if self.is_synthetic else ''}.{kind}"

    @property
    def day(self) -> str:
        return self.as_of.date().isoformat()

    @property
    def licence(self) -> DataLicence:
        return licence_of(self.edition)

    @property
    def summary(self) -> str:
        return f"{_SUMMARY} {_SYNTHETIC}" if self.is_synthetic else _SUMMARY

    @property
    def methodology(self) -> str:
        policy, protection = load_publication_policy(), _PROTECTION[self.edition]
        least = policy[f"{self.edition}_least_count"]
        return (
            "Partners send extracts of their records, which are read as their contracts say. Rows that break "
            "a rule are left out. A person whom two partners recorded counts once where the records are "
            f"linked. A release is published if its checks pass. {protection.format(least=least)}"
        )

    @property
    def described(self) -> str:
        """Return all but the licence, for formats that have a field for it."""
        return " ".join([self.summary, *CAVEATS, self.methodology])

    @property
    def sentences(self) -> list[str]:
        return [self.summary, *CAVEATS, self.methodology, self.licence.said]

    @property
    def citation(self) -> str:
        return f"{AUTHOR}. {self.title}. Release {self.release_id}, as of {self.day}."
