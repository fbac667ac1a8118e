"""Decisions on releases: signing the publication policy, publishing a closed year anew, going back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from orchestration.core import Settings, listed, load_publication_policy, parsed, read_json, say
from orchestration.stewardship.kinds.decision import Decision, Entry, already, matching
from orchestration.stewardship.kinds.form import Form, Payload
from orchestration.stewardship.kinds.group import Group

ReleaseId = Annotated[
    str, matching(r"\d{8}T\d{6}Z-[0-9a-f]{8}", "the name of a release, such as 20261124T162106Z-bd694219")
]
DAYS_BETWEEN_REPUBLICATIONS = 365


class PolicySignOff(Decision):
    """Releases may be published under this version of the publication policy."""

    policy: Annotated[
        str, matching(r"[0-9a-f]{12}", "12 hexadecimal digits: njia decide sign-policy adds them")
    ]

    def sentence(self) -> str:
        sentence = "releases may be published under the publication policy {policy}"
        return say(sentence, policy=self.policy)

    def why_no_effect(self, settings: Settings) -> str | None:
        now = load_publication_policy().version
        if self.policy == now:
            return None
        return say(
            "The publication policy was {then} when it was signed and is {now} now. Read "
            "seeds/reference/publication_policy.csv, and sign that: njia decide sign-policy",
            then=self.policy,
            now=now,
        )

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        for other in holding:
            if isinstance(other, PolicySignOff) and other.policy == self.policy:
                return already("Decision {id} has signed this policy.", other)
        return None


class YearRepublication(Decision):
    """A closed year is published anew, with all its noise drawn again."""

    year: Annotated[int, Field(ge=1990, le=2100)]

    def sentence(self) -> str:
        return say("the public numbers of {year} are drawn anew", year=str(self.year))

    def why_no_effect(self, settings: Settings) -> str | None:
        periods = _public_periods(settings)
        note = periods.get(f"year-{self.year}")
        if note is None:
            years = [period.removeprefix("year-") for period in sorted(periods) if period.startswith("year-")]
            return say(
                "The public edition has no year {year}, so there is nothing to publish anew. Its years are: "
                "{years}.",
                year=str(self.year),
                years=listed(years) or "-",
            )
        # Those taken back since count too: their draw was published.
        for other_id, made in _republications(settings):
            if other_id == self.id or other_id not in note["republished_by"]:
                continue
            if 0 <= (self.time - made).days < DAYS_BETWEEN_REPUBLICATIONS:
                return say(
                    "Decision {id} published {year} anew on {day}. A year is published anew at most once in "
                    "{days} days: whoever keeps several versions could average their noise away.",
                    id=other_id,
                    year=str(self.year),
                    day=f"{made:%Y-%m-%d}",
                    days=str(DAYS_BETWEEN_REPUBLICATIONS),
                )
        return None

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        for other in holding:
            if (
                isinstance(other, YearRepublication)
                and other.year == self.year
                and abs((self.time - other.time).days) < DAYS_BETWEEN_REPUBLICATIONS
            ):
                return already("Decision {id} republished this year less than a year ago.", other)
        return None


def _republications(settings: Settings) -> Iterator[tuple[str, datetime]]:
    """Yield id and time of every line of the kind's file, which its reader has checked."""
    path = settings.decisions / "year_republication.jsonl"
    # Bytes, because a reason may hold U+2028 and the like, which end a line of text.
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        entry = parsed(line.decode("utf-8-sig"), path)
        yield entry["id"], datetime.fromisoformat(entry["time"])


def _public_periods(settings: Settings) -> dict[str, Any]:
    """Return what the newest release with a public edition, in force or not, notes of its periods."""
    manifests = [read_json(path) for path in settings.releases.glob("[!.]*/manifest.json")]
    newest: dict[str, Any] = max(
        (manifest for manifest in manifests if manifest.get("periods")),
        key=lambda manifest: int(manifest["sequence"]),
        default={},
    )
    periods: dict[str, Any] = newest.get("periods", {})
    return periods


class Rollback(Decision):
    """Went back to an earlier release; the release left behind is not published again from equal inputs."""

    from_release: ReleaseId
    to_release: ReleaseId

    shapes_release: ClassVar[bool] = False  # it chooses between releases
    needs_refresh: ClassVar[bool] = False  # it acts at once

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        if release_id := form.text("release"):
            yield {"to_release": release_id, "from_release": form.text("from_release")}

    def sentence(self) -> str:
        return say("back to {to} from {left}", to=self.to_release, left=self.from_release)


GROUP = Group(
    {"policy_sign_off": PolicySignOff, "year_republication": YearRepublication, "rollback": Rollback}
)
