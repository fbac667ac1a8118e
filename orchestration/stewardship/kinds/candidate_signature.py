"""A steward's signature under a candidate: where releases are published after review, it is needed.

It is bound to the candidate's content, so a candidate that changes needs a new one. Where two stewards sign,
the second confirms the signature of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from orchestration.core import Settings, say
from orchestration.stewardship import review
from orchestration.stewardship.kinds.decision import Decision, Entry, already, matching
from orchestration.stewardship.kinds.form import Form, Payload
from orchestration.stewardship.kinds.group import Group
from orchestration.stewardship.kinds.releases import ReleaseId


class CandidateSignature(Decision):
    """The candidate with exactly this content may be published."""

    candidate: ReleaseId
    content_hash: Annotated[
        str, matching("[0-9a-f]{64}", "64 hexadecimal digits: njia decide sign-candidate adds them")
    ]

    shapes_release: ClassVar[bool] = False  # it lets a finished one be published

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

    def sentence(self) -> str:
        return say("the candidate {candidate} may be published", candidate=self.candidate)

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        for other in holding:
            if isinstance(other, CandidateSignature) and other.content_hash == self.content_hash:
                return already("Decision {id} has signed this candidate.", other)
        return None

    def why_not_now(self, settings: Settings, held: Iterable[Entry], is_override: bool = False) -> str | None:
        waiting = waiting_candidate(settings)
        if waiting is None:
            return say("No candidate waits for review: `njia status` shows the release in force.")
        if self.content_hash != waiting["content_hash"]:
            return say(
                "The candidate that waits, {candidate}, has another content. Look at it, then sign it.",
                candidate=waiting["candidate"],
            )
        return None


def waiting_candidate(settings: Settings) -> Mapping[str, Any] | None:
    """Return the verdict on the candidate that passed the gate and waits; None if none does."""
    standing = review.standing_candidate(settings)
    return standing if standing and standing["outcome"] == "waits" else None


GROUP = Group({"candidate_signature": CandidateSignature})
