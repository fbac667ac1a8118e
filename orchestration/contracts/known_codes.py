"""Check that the codes of a contract exist: a misspelt one would silently turn answers into `unknown`."""

from __future__ import annotations

from collections import defaultdict
from difflib import get_close_matches
from functools import cache

from orchestration.contracts.contract import Contract
from orchestration.contracts.terms import reference_places
from orchestration.core import seed_rows


def unknown_codes(contract: Contract) -> list[str]:
    """Return a sentence for each unknown code and word list of a contract."""
    purposes = _codes()["purpose"]
    faults = [
        f"key `agreement.purposes`: {purpose!r} is no code of purpose. {_nearest(purpose, purposes)} "
        "(seeds/reference/codes.csv)."
        for purpose in sorted({*contract.agreement.purposes} - purposes)
    ]
    for name, spec in contract.fields.items():
        domain = name.rpartition(").")[2]
        if spec.words is not None and spec.words not in _word_domains():
            faults.append(
                f"key `fields.{name}.words`: there is no word list {spec.words!r}. "
                f"{_nearest(spec.words, _word_domains())} (seeds/reference/code_words.csv)."
            )
        known = _codes().get(domain)
        if known is None:
            continue
        for target in sorted({str(code) for code in (spec.values or {}).values()} - known):
            faults.append(
                f"key `fields.{name}.values`: {target!r} is no code of {domain}. "
                f"{_nearest(target, known)} (seeds/reference/codes.csv)."
            )
    return faults


def _nearest(word: str, known: set[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else f"Known are: {', '.join(sorted(known))}"


@cache
def _codes() -> dict[str, set[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for row in seed_rows("codes"):
        codes[row["domain"]].add(row["code"])
    codes["nationality"] = {row["iso_alpha3"] for row in reference_places()} | {"unknown"}
    return dict(codes)


@cache
def _word_domains() -> set[str]:
    return {row["domain"] for row in seed_rows("code_words")}
