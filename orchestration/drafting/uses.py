"""Uses of a column besides filling a field: consent, review state and role of a person.

This module decides whether the values support such a use, and what each answer means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from orchestration.contracts import norm, same

MOST_ANSWERS = 8
_NEARLY_ALL = 0.8
CONSENT = {
    "yes": "given", "ndiyo": "given", "ndio": "given", "true": "given", "1": "given", "y": "given",
    "ok": "given",
    "no": "refused", "hapana": "refused", "la": "refused", "false": "refused", "0": "refused", "n": "refused",
}  # fmt: skip
REVIEW = {
    "approved": "accept", "not approved": "withhold", "rejected": "withhold", "on hold": "wait",
    "received": "wait",
}  # fmt: skip
_AT_RISK = frozenset("victim victims pvot vot survivor survivors mhanga mwathirika manusura".split())  # noqa: SIM905
_SUSPECTED = frozenset(
    """suspect suspects trafficker perpetrator accused offender smuggler recruiter agent facilitator
    mshukiwa mtuhumiwa mshtakiwa""".split()  # noqa: SIM905
)


def consent_of(text: str) -> str | None:
    """Return what a yes or no to a question of consent means, or None."""
    return CONSENT.get(same(text))


def is_yes_or_no(texts: Mapping[str, int]) -> bool:
    """Whether nearly all answers are a yes or a no, in English or Swahili."""
    known = sum(count for text, count in texts.items() if same(text) in CONSENT)
    return bool(texts) and len(texts) <= MOST_ANSWERS and known >= _NEARLY_ALL * sum(texts.values())


def is_role(texts: Mapping[str, int]) -> bool:
    """Whether a column separates persons at risk from suspects; then each row is one person."""
    by_role: Counter[str | None] = Counter()
    for text, count in texts.items():
        by_role[role_of(text)] += count
    known = by_role["accept"] + by_role["withhold"]
    has_both = bool(by_role["accept"] and by_role["withhold"])
    return has_both and len(texts) <= MOST_ANSWERS and known >= _NEARLY_ALL * sum(texts.values())


def role_of(text: str) -> str | None:
    """Return `accept` for a person at risk, `withhold` for a suspect, None for any other role."""
    words = set(norm(text).split())
    if words & _AT_RISK:
        return "accept"
    return "withhold" if words & _SUSPECTED else None


def sorted_answers(answers: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Return the lists of an `accept_if`; an answer without a known meaning waits."""
    lists: dict[str, list[str]] = {"accept": [], "withhold": [], "wait": []}
    for text, meaning in answers.items():
        lists[meaning or "wait"].append(text)
    return {name: texts for name, texts in lists.items() if texts}
