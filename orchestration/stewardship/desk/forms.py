"""What a form of the desk asks for: decisions of one kind, or something about decisions that stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.datastructures import FormData

from orchestration.core import UsageError, say
from orchestration.stewardship.kinds.decision import NO_SUCH_FORM, Form, Payload
from orchestration.stewardship.kinds.registry import KINDS

# Not recorded by the desk itself: they are about a decision that stands, or act at once.
REVOKE, CONFIRM, ROLL_BACK = "revoke", "confirm", "rollback"
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class DecisionForm:
    """`payloads` are the fields of decisions of one `kind`; for REVOKE and CONFIRM each holds an `id`."""

    kind: str
    payloads: tuple[Payload, ...]

    @property
    def wanted(self) -> list[tuple[str, Payload]]:
        return [(self.kind, payload) for payload in self.payloads]

    @property
    def ids(self) -> list[str]:
        return [str(payload["id"]) for payload in self.payloads]


def read_form(data: FormData) -> DecisionForm:
    """Raises UsageError where nothing was chosen or a field cannot be what it should."""
    form = Form(data.multi_items())
    kind = form.text("kind")
    payloads = tuple(_payloads(kind, form))
    if not payloads:
        raise UsageError(say("Nothing was chosen. Go back and choose what this is about."))
    if len(payloads) > MOST_AT_ONCE:
        raise UsageError(
            say(
                "These are {number}; at most {most} can be decided at once. Narrow the list and decide in "
                "parts.",
                number=f"{len(payloads):,}",
                most=f"{MOST_AT_ONCE:,}",
            )
        )
    return DecisionForm(kind, payloads)


def _payloads(kind: str, form: Form) -> Iterator[Payload]:
    if kind in (REVOKE, CONFIRM):
        return ({"id": decision_id} for decision_id in form.all("id"))
    if kind not in KINDS:
        raise UsageError(say(NO_SUCH_FORM))
    return KINDS[kind].read_form(form)


def fields_of(data: FormData) -> Iterator[tuple[str, str]]:
    """Yield what the form held, for the preview page to send again."""
    for name, value in data.multi_items():
        if name not in ("csrf", "reason", "form") and isinstance(value, str):
            yield name, value
