"""Which records hang together by pairs (union-find)."""

from __future__ import annotations

from collections.abc import Iterable


class Clusters:
    """Grown pair by pair; a cluster is called by its smallest record."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._above: dict[int, int] = {}
        for first, second in pairs:
            self.join(first, second)

    def of(self, record: int) -> int:
        root = record
        while (above := self._above.setdefault(root, root)) != root:
            root = above
        while record != root:  # shorter ways next time
            self._above[record], record = root, self._above[record]
        return root

    def join(self, first: int, second: int) -> None:
        low, high = sorted((self.of(first), self.of(second)))
        self._above[high] = low

    def members(self) -> dict[int, list[int]]:
        """The records of each cluster, smallest first."""
        found: dict[int, list[int]] = {}
        for record in sorted(self._above):
            found.setdefault(self.of(record), []).append(record)
        return found
