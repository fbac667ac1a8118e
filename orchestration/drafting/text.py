"""A draft as commented YAML: proposals with reasons, and TODO where a person must decide.

Cells of denied columns are never written; spellings of closed lists are, if they identify no person.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from orchestration.contracts import (
    CANONICAL_FIELDS,
    STATED_BASES,
    TODO,
    is_missing,
    load_vocabulary,
    norm,
    place_parts,
    same,
)
from orchestration.core import seed_words
from orchestration.drafting.column_signs import consent_of, role_of, sorted_answers
from orchestration.drafting.columns import OF_THE_FORM, REFERENCES, ROLES, Proposal
from orchestration.drafting.draft import DECRYPTION_STATE, REVIEW_STATE, Draft
from orchestration.drafting.samples import CodeList, ColumnSample
from orchestration.drafting.servers import (
    CHANGED_BY_EDITS,
    KEPT_BY_EDITS,
    NOT_DECRYPTED,
    NUMBERED_KEYS,
    UNIQUE_KEYS,
    server_of,
)
from orchestration.intake import basis_of_heading, is_shown_choice, may_be_shown, names_somebody, readings

_MOST_VALUES = 20
_MOST_CHOICES = 40
_RECORDS = {"route_report": "routes", "interception": "interceptions"}
_BARE = re.compile(r"[a-z][a-z_]*")
# YAML reads these as true, false or nothing.
_OTHER_MEANINGS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_HEAD = """\
# Drafted by `njia contract draft` from {sources}.
# Read it line by line: it is a proposal.
# Replace each TODO by hand; `njia contract check THIS_FILE EXTRACT` lists those that are left.
# The number after a column is the confidence of the draft (0 to 1). Columns not understood are denied.
# Every key is explained in seeds/partners/README.md."""


def as_yaml(draft: Draft) -> str:
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield _HEAD.format(sources=" and ".join(draft.sources))
    yield f"contract: {draft.partner}_{_RECORDS.get(draft.grain, 'cases')}"
    yield "version: 1"
    yield f"partner: {{code: {draft.partner}, steward: {TODO}}}  # who answers questions about its extracts"
    reason = "suspects are listed beside victims; " if draft.grain == "interception" else ""
    yield f"grain: {draft.grain}  # guessed: {reason}is one row a case, a route, an interception or a count?"
    yield f"data_source: {TODO}  # {', '.join(_codes('data_source'))}"
    yield f"agreement: {{id: {TODO}, valid_from: {TODO}, valid_to: {TODO}, purposes: [statistics],"
    yield "            finest_place: county, may_be_named: false}"
    yield from _consent(draft)
    yield "# coverage: what the partner watches; counts are compared with effort only where it is given."
    yield "# coverage: [{places: [KE047], roles: [origin], from: 2024-01-01, to: null, office: KE047}]"
    yield from _delivery(draft)
    yield from (f"# format: {note}" for note in draft.layout.notes)
    yield f"format: {_flow(draft.layout.format)}"
    order = f"dates: {draft.dates.order}, " if draft.dates.order else ""
    yield f"# dates: {draft.dates.why}"
    yield "# Times without a zone are local to `timezone`, a form server's own (_submission_time) in UTC."
    yield f"locale: {{{order}timezone: Africa/Nairobi, default_country: KEN, languages: [en, sw]}}"
    yield from _accept_if(draft)
    yield "fields:"
    yield from _fields(draft)
    yield from _link(draft)
    yield from _deny(draft)


def _consent(draft: Draft) -> Iterator[str]:
    asked = draft.use("consent")
    main = (one.column for one in draft.proposals if not _is_of_a_child(draft, one))
    alike = next((name for name in main if any(read.means == "consent" for read in readings(name))), None)
    if asked is not None:
        answers = _answers(draft, asked, consent_of)
        values = {text: meaning or TODO for text, meaning in answers.items()}
        if "given" not in values.values():
            values["Yes"] = TODO
        column = _flow(_names(draft.samples[asked.column]))
        yield f"consent: {{column: {column}, values: {_flow(values)}}}  # {_why(asked)}"
    elif alike:
        question = f"{_text(alike)} reads like consent: a column with its values, or a clause?"
        yield f"consent: {{basis: {TODO}, reference: {TODO}}}  # {question}"
    elif draft.grain == "route_report":
        yield "consent: {basis: not_needed}  # right for routes without persons; else a column or a clause"
    else:
        yield f"consent: {{basis: {TODO}, reference: {TODO}}}  # no column found: a column, or a clause?"


def _delivery(draft: Draft) -> Iterator[str]:
    key = _flow(draft.key) if isinstance(draft.key, list) else _text(draft.key)
    newest = draft.use("newest_by")
    by = newest or next((proposal for proposal in draft.fields if proposal.means == "submitted_at"), None)
    more = f", newest_by: {_text(by.column)}" if by and draft.key != "content" else ""
    yield f"# key: {draft.key_note}"
    if draft.key == CHANGED_BY_EDITS:
        kept = _text(KEPT_BY_EDITS)
        yield f"# An edit changes {key}: no harm with mode full; with incremental name {kept}."
    more += ", person_rows: true" if draft.has_person_rows else ""
    yield f"delivery: {{mode: {TODO}, cadence: {TODO}, grace_days: 15, key: {key}{more}}}"
    if draft.key in UNIQUE_KEYS:
        yield f"submission_id: {{column: {key}}}  # what two partners send of one form counts once"
    elif draft.key in NUMBERED_KEYS:
        yield "# What two partners send of one form counts once, if both contracts say which form it is:"
        yield "# submission_id: {column: _id, server: kf.kobotoolbox.org, form: aBcD1234}"
    is_dated = any(proposal.means == "event_on" for proposal in draft.fields)
    if not (is_dated or draft.layout.has_sheet_months):
        yield "# No column dates a record: the period of its file is used instead."
        yield f'extracts: [{{match: "*", period: {{from: {TODO}, to: {TODO}}}}}]'


def _accept_if(draft: Draft) -> Iterator[str]:
    states = ("accept_if", DECRYPTION_STATE, REVIEW_STATE, ROLES)
    uses = [one for one in draft.proposals if one.kind == "use" and one.means in states]
    conditions = [_condition(draft, proposal) for proposal in uses]
    if any(proposal.means == REVIEW_STATE for proposal in uses):
        yield "# otherwise: records without a review. accept: they count; wait: they are set aside."
    if len(conditions) == 1:
        yield f"accept_if: {conditions[0]}"
    elif conditions:
        yield "accept_if:"
        yield from (f"  - {condition}" for condition in conditions)


def _condition(draft: Draft, proposal: Proposal) -> str:
    """Return a condition of `accept_if`; what no answer or list decides, a person must."""
    server = server_of(draft.layout.main.names)
    lists: dict[str, Any]
    if proposal.means == REVIEW_STATE and server:
        lists, note = {**server.answers, "otherwise": TODO}, "otherwise: accept or wait?"
    elif proposal.means == DECRYPTION_STATE:
        lists, note = dict(NOT_DECRYPTED), "a blank is fine"
    elif proposal.means == ROLES:
        lists = {**sorted_answers(_answers(draft, proposal, role_of)), "withheld_as": "not_potential_victim"}
        note = "any other answer is set aside"
    else:
        answers = _answers(draft, proposal, lambda text: seed_words("review_states").get(same(text)))
        lists, note = {"accept": TODO}, "list the accepted answers; what happens to the others?"
        if any(answers.values()):
            lists = {**sorted_answers(answers), "otherwise": TODO}
            note = "otherwise: a blank or another answer. accept or wait?"
    return f"{_flow({'column': proposal.column, **lists})}  # {_why(proposal)}; {note}"


def _fields(draft: Draft) -> Iterator[str]:
    order = {name: at for at, name in enumerate(CANONICAL_FIELDS)}
    found = sorted(draft.fields, key=lambda proposal: order.get(proposal.means, len(order)))
    said: set[str] = set()
    for proposal in found:
        if not (proposal.means == "person_count" and draft.has_person_rows):
            role = (place_parts(proposal.means) or ("",))[0]
            yield from _field(
                draft, proposal, says_basis=role in ("origin", "exploitation") and role not in said
            )
            said.add(role)
    means = {proposal.means for proposal in found}
    if draft.has_person_rows:
        # A column with the number of persons is compared with the rows.
        stated = next((proposal for proposal in found if proposal.means == "person_count"), None)
        more = f", compare_with: {_text(stated.column)}" if stated else ""
        why = _why(stated) if stated else "the rows of a record are its persons"
        yield f"  person_count: {{count_rows: true{more}}}  # {why}"
    elif "person_count" not in means and draft.grain in ("case", "interception"):
        yield '  person_count: {constant: "1"}  # no column counts persons'
    if "trafficking_status" not in means and draft.grain == "interception":
        yield "  trafficking_status: {constant: prevented}  # intercepted before anybody was exploited?"
    if "event_kind" not in means:
        yield f"  # what dates a record: {', '.join(_codes('event_kind'))}"
        yield f"  event_kind: {{constant: {TODO}}}"
    if not any(name.startswith("place(") for name in means):
        why = "no column was understood as a place: name one"
        yield f"  place(origin).place_text: {{column: {TODO}, basis: {TODO}}}  # {why}"
    elif not any(name.startswith("place(origin") for name in means):
        yield "  # no column was understood as a start: where one below `deny` is, map it, with its basis:"
        yield "  # place(origin).place_text: {column: …, basis: home}  # or recruited, not_said"


def _field(draft: Draft, proposal: Proposal, says_basis: bool) -> Iterator[str]:
    """Return the lines of a field; `says_basis`: with what a start or end is, by its heading."""
    sample, codes = draft.samples[proposal.column], proposal.codes
    spec: dict[str, Any] = {"column": _names(sample)}
    if sample.longitude:
        spec["longitude"] = sample.inside(sample.longitude)
    if proposal.means == "event_on":
        spec["required"] = True
    elif sample.is_absent and draft.has_files:
        spec["optional_column"] = True
    if proposal.means.endswith(".list"):
        spec |= {"split": list(proposal.split), "direct": ["Direct"]}
    if proposal.means == "person_count":
        spec["maximum"] = 500
    if proposal.source:
        spec["from"] = proposal.source
    asked = ""
    if says_basis:
        basis = next(filter(None, map(basis_of_heading, sample.headings)), None)
        spec["basis"] = basis or TODO
        *others, last = STATED_BASES[(place_parts(proposal.means) or ("",))[0]]
        asked = "" if basis else f"; which place is it: {', '.join(others)} or {last}?"
    if codes is None:
        is_plain = list(spec) == ["column"] and not sample.other_names
        shown = _text(proposal.column) if is_plain else _flow(spec)
        yield f"  {proposal.means}: {shown}  # {_why(proposal)}{asked}"
        return
    spec |= {"select_multiple": codes.select_multiple} if codes.select_multiple else {}
    spec |= {"crosswalk": codes.crosswalk} if codes.crosswalk else {}
    yield f"  {proposal.means}:  # {_why(proposal)}"
    yield from (f"    {name}: {_flow(value)}" for name, value in spec.items())
    values = list(_values(codes, sample, has_labels=draft.layout.format["kind"] in ("xlsx", "csv")))
    if any(TODO in line for line in values):
        domain = proposal.means.rpartition(".")[2]
        yield f"    # codes: {', '.join(_codes(domain)) or 'ISO alpha-3'}"
    yield from values


def _names(sample: ColumnSample) -> str | list[str]:
    names = [sample.full_name, *(sample.inside(name) for name in sample.other_names)]
    return names if len(names) > 1 else names[0]


def _values(codes: CodeList, sample: ColumnSample, has_labels: bool) -> Iterator[str]:
    """Return spellings with their codes, and TODO for each unknown one.

    Of a form all choices are listed, one a line: the name and, where a file may hold them, the labels.
    Spellings that may identify a person are only counted; somebody who may see the file adds them.
    """
    if sample.offered:
        yield from _choices(codes, sample, has_labels)
        return
    known = {text: code for text, code in codes.spellings.items() if code is not None}
    asked = [text for text in codes.spellings if text not in known and not is_missing(norm(text))]
    # The choices of a question with a column each are headings, which are shown.
    choices = list(codes.spellings) if codes.select_multiple in ("flags", "both") else []

    def is_shown(text: str, unknown: int) -> bool:
        return may_be_shown(text, codes.counts[text], unknown) or is_shown_choice(text, choices)

    shown = sorted(text for text in asked if is_shown(text, len(asked)))[:_MOST_VALUES]
    values: dict[str, str] = {}
    # Known spellings need no `values`: all are written for the reader, or none.
    if not codes.crosswalk and len(known) <= _MOST_VALUES and all(is_shown(text, 1) for text in known):
        values |= sorted(known.items())
    values |= dict.fromkeys(shown, TODO)
    if values:
        yield f"    values: {_flow(values)}"
    if known and not codes.crosswalk and not known.keys() & values.keys():
        yield f"    # {len(known)} spellings are known, so they need no `values`"
    if hidden := len(asked) - len(shown):
        yield from _not_shown(f"{hidden} unknown spellings")


def _choices(codes: CodeList, sample: ColumnSample, has_labels: bool) -> Iterator[str]:
    """Return the choices of a form, a line each; of a long list those that our own lists do not know."""
    is_long = len(sample.offered) > _MOST_CHOICES and codes.select_multiple is None
    hidden: list[str] = []
    lines: dict[str, str] = {}
    for at, choice in enumerate(sample.offered, start=1):
        code = codes.spellings[choice.name]
        spellings = choice.spellings if has_labels else [choice.name]
        if code is not None and is_long and codes.read_alone.issuperset(spellings):
            continue
        shown = [text for text in spellings if not names_somebody(text)]
        hidden += [str(at)] * (len(shown) < len(spellings))
        label = choice.spellings[0]
        for text in shown:
            says_more = text == choice.name != label and not names_somebody(label)  # of a name in XML
            lines.setdefault(
                text, f"      {_text(text)}: {code or TODO}{f'  # {label}' if says_more else ''}"
            )
    if lines:
        yield "    values:"
        yield from lines.values()
    if hidden:
        yield from _not_shown(f"Labels of choices of the form's list (number {', '.join(hidden)})")


def _not_shown(what: str) -> Iterator[str]:
    yield f"    # {what} are not shown, because they may identify a person. Type them here as they"
    yield "    # stand in the file, and they are mapped; left out, they count as unknown."


def _codes(domain: str) -> list[str]:
    return sorted(load_vocabulary().codes.get(domain, ()))


def _link(draft: Draft) -> Iterator[str]:
    found = [(name, use) for name in REFERENCES if (use := draft.use(name))]
    if found:
        yield "link:  # of each number a keyed code is kept"
        yield from (f"  {name}: {_text(use.column)}  # {_why(use)}" for name, use in found)


def _deny(draft: Draft) -> Iterator[str]:
    others = [proposal for proposal in draft.denied if proposal.means != OF_THE_FORM]
    own = [
        proposal
        for proposal in draft.denied
        if proposal.means == OF_THE_FORM and not _is_of_a_child(draft, proposal)
    ]
    if draft.withheld_columns:
        yield f"# {draft.withheld_columns} columns are dropped; their headings name a person."
    if not own and not others:
        yield "deny: []"
        return
    reasons = Counter(proposal.means for proposal in others)
    summary = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    yield f"# denied: {summary or 'only columns of the form itself'}"
    yield "# Names, birth years and phones may feed `link` instead (keyed codes only): see README.md."
    yield "deny:"
    yield from (f"  - {_text(one.column)}  # {one.means}: {one.why}" for one in others)
    if own:
        yield f"  # of the form, not of the journey: {len(own)} columns"
        yield from (f"  - {_text(proposal.column)}" for proposal in own)


def _is_of_a_child(draft: Draft, proposal: Proposal) -> bool:
    return any(proposal.column.startswith(f"{child.part}/") for child in draft.layout.children)


def _answers(draft: Draft, use: Proposal, meaning_of: Callable[[str], str | None]) -> dict[str, str | None]:
    """Return the answers that identify no person with their meanings; those of a form in its order."""
    sample = draft.samples[use.column]
    answers = sample.answers(meaning_of)
    if sample.offered:
        return {text: meaning for text, meaning in answers.items() if not names_somebody(text)}
    return {
        text: answers[text]
        for text in sorted(answers)
        if answers[text] or may_be_shown(text, sample.texts[text], len(answers))
    }


def _why(proposal: Proposal) -> str:
    return f"{proposal.confidence:.2f}  {proposal.why}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _flow(value: Any) -> str:
    """Return a value as YAML on one line: texts in quotes, TODO and numbers bare."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(part) for part in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value == TODO or isinstance(value, int):
        return str(value)
    return _text(value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) and key not in _OTHER_MEANINGS else _text(key)
