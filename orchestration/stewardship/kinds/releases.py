"""Decisions on releases: signing policy or candidate, publishing a closed year anew, going back.

Where releases are published after review, a candidate needs a steward's signature. It is bound to its
content, so a candidate that changes needs a new one. Where two stewards sign, the second confirms the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from orchestration.core import Settings, listed, load_publication_policy, parsed, read_json, say
from orchestration.stewardship import review, store
from orchestration.stewardship.kinds.decision import Decision, Form, Group, Payload, matching

ReleaseId = Annotated[
    str, matching(r"\d{8}T\d{6}Z-[0-9a-f]{8}", "the name of a release, such as 20261124T162106Z-bd694219")
]
DAYS_BETWEEN_REPUBLICATIONS = 365


class PolicySignOff(Decision):
    """Releases may be published under this version of the publication policy."""

    policy: Annotated[
        str, matching(r"[0-9a-f]{12}", "12 hexadecimal digits: njia decide sign-policy adds them")
    ]

    decides: ClassVar[tuple[str, ...]] = ("policy",)
    repeated: ClassVar[str] = "Decision {id} has signed this policy."

    def notes(self, settings: Settings) -> Iterator[str]:
        yield "It changes no number. Releases wait as long as the policy is not signed."

    def sentence(self) -> str:
        return say("releases may be published under the publication policy {policy}", policy=self.policy)

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


class YearRepublication(Decision):
    """A closed year is published anew, with all its noise drawn again."""

    year: Annotated[int, Field(ge=1990, le=2100)]

    def notes(self, settings: Settings) -> Iterator[str]:
        yield "It changes no record, and no number of members."

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

    def repeats(self, other: Decision) -> str | None:
        is_same = isinstance(other, YearRepublication) and other.year == self.year
        if is_same and abs((self.time - other.time).days) < DAYS_BETWEEN_REPUBLICATIONS:
            return say("Decision {id} republished this year less than a year ago.", id=other.id)
        return None


def _republications(settings: Settings) -> Iterator[tuple[str, datetime]]:
    """Yield id and time of every entry of the kind."""
    for entry_id, line in store.rows(
        settings, "select id, entry from entries where kind = 'year_republication'"
    ):
        yield entry_id, datetime.fromisoformat(parsed(line, settings.database)["time"])


def _public_periods(settings: Settings) -> dict[str, Any]:
    """Return what the newest release with a public edition, in force or not, notes of its periods."""
    manifests = [read_json(path) for path in settings.releases.glob("[!.]*/manifest.json")]
    newest: dict[str, Any] = max(
        (manifest for manifest in manifests if manifest.get("periods")),
        key=lambda manifest: int(manifest["sequence"]),
        default={},
    )
    return dict(newest.get("periods", {}))


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


class CandidateSignature(Decision):
    """The candidate with exactly this content may be published."""

    candidate: ReleaseId
    content_hash: Annotated[
        str, matching("[0-9a-f]{64}", "64 hexadecimal digits: njia decide sign-candidate adds them")
    ]

    shapes_release: ClassVar[bool] = False  # it lets a finished one be published
    decides: ClassVar[tuple[str, ...]] = ("content_hash",)
    repeated: ClassVar[str] = "Decision {id} has signed this candidate."

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        """Add what a steward need not give: the candidate that waits, and its content."""
        waiting = waiting_candidate(settings) or {"candidate": None, "content_hash": None}
        return {
            "candidate": payload.get("candidate") or waiting["candidate"] or "",
            "content_hash": payload.get("content_hash") or waiting["content_hash"] or "0" * 64,
            "needs_second": settings.signatures > 1,
        }

    def completed_fields(self) -> list[tuple[str, str]]:
        return [("candidate", self.candidate), ("content_hash", self.content_hash)]

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        if candidate := form.text("candidate"):
            yield {"candidate": candidate, "content_hash": form.text("content_hash")}

    def notes(self, settings: Settings) -> Iterator[str]:
        yield "It changes no number: the next refresh publishes this candidate as it is."

    def sentence(self) -> str:
        return say("the candidate {candidate} may be published", candidate=self.candidate)

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        waiting = waiting_candidate(settings)
        if waiting is None:
            return say("No candidate waits for review: `njia status` shows the release in force.")
        if self.content_hash != waiting["content_hash"]:
            sentence = "The candidate that waits, {candidate}, has another content. Look at it, then sign it."
            return say(sentence, candidate=waiting["candidate"])
        return None


def waiting_candidate(settings: Settings) -> Mapping[str, Any] | None:
    """Return the verdict on the candidate that passed the gate and waits; None if none does."""
    standing = review.standing_candidate(settings)
    return standing if standing and standing["outcome"] == "waits" else None


GROUP = Group(
    {
        "policy_sign_off": PolicySignOff,
        "year_republication": YearRepublication,
        "rollback": Rollback,
        "candidate_signature": CandidateSignature,
    }
)
