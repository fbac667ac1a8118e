"""Forms sent to decide, in memory like sessions, so that a form sent twice decides once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock

MOST_KEPT = 500


@dataclass(frozen=True)
class Sent:
    """A form sent to decide; `ids` of its decisions, None while they are being written."""

    author: str
    kind: str
    back: str
    ids: tuple[str, ...] | None = None


class SentForms:
    """Sent forms by the name that the preview gave each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sent: dict[str, Sent] = {}

    def begin(self, name: str, sent: Sent) -> bool:
        """Return whether the caller decides; False where the form was sent before."""
        with self._lock:
            if name in self._sent:
                return False
            ended = [kept for kept, one in self._sent.items() if one.ids is not None]
            for kept in ended[: max(0, len(self._sent) - MOST_KEPT + 1)]:
                del self._sent[kept]
            self._sent[name] = sent
            return True

    def end(self, name: str, ids: list[str]) -> None:
        with self._lock:
            self._sent[name] = replace(self._sent[name], ids=tuple(ids))

    def drop(self, name: str) -> None:
        """Forget a form that decided nothing, so that it can be sent again."""
        with self._lock:
            self._sent.pop(name, None)

    def find(self, name: str) -> Sent | None:
        with self._lock:
            return self._sent.get(name)
