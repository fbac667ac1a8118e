"""What every export says of itself: which edition of which release, how it is read and how it is cited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration.core import load_publication_policy
from orchestration.outputs.edition import Edition
from orchestration.outputs.licence import DataLicence, licence_of

AUTHOR = "Njia evidence base"
KEYWORDS = ["human trafficking", "migration", "Kenya", "corridors", "hotspots"]
_EDITIONS = {
    "public": "The public edition: it may be passed on to anybody.",
    "members": "The members' edition: for members of the network under their agreement; do not pass it on.",
}
_SYNTHETIC = "Partners, people and records behind it are made up: nothing in it is a finding."
_MADE_UP = "-made-up"
_READING = (
    "Counts are movements that partners recorded, not all movements: where no partner works, none is "
    "recorded.",
    "`coverage` says how many partners reported in a period: a rise may be a partner that joined.",
    "Never add grains (case, route_report, interception, flow_count), levels, or periods that overlap.",
    "Names of places and points on maps are no statement on the status of any territory.",
)


@dataclass(frozen=True)
class About:
    """The words of one edition of one release."""

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
        """For programs and files."""
        return f"njia-{self.edition}"

    @property
    def title(self) -> str:
        return f"Njia: movement in, out of and within Kenya, {self.edition} edition"

    def file_name(self, stem: str, kind: str) -> str:
        """Of a file passed on alone: its name says what a table has no place for, that all is made up."""
        return f"{stem}{_MADE_UP if self.is_synthetic else ''}.{kind}"

    @property
    def day(self) -> str:
        return self.as_of.date().isoformat()

    @property
    def licence(self) -> DataLicence:
        return licence_of(self.edition)

    @property
    def sentences(self) -> list[str]:
        return [
            *([_SYNTHETIC] if self.is_synthetic else []),
            _EDITIONS[self.edition],
            self.licence.statement,
            *_READING,
            self._protection,
        ]

    @property
    def _protection(self) -> str:
        policy = load_publication_policy()
        if self.edition == "public":
            return (
                "Each count carries a small random change (cell-key method), so tables do not add up "
                f"exactly; a cell under {policy['public_least_count']} has no row."
            )
        least = policy["members_least_count"]
        return (
            f"A count of 1 to {least - 1} stands as <{least} in `movement_count_text`; `movement_count` is "
            "empty there."
        )

    @property
    def citation(self) -> str:
        return f"{AUTHOR}. {self.title}. Release {self.release_id}, as of {self.day}."
