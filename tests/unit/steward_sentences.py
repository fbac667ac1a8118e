"""Every sentence that a steward can be shown, found where it stands: in code, checks, dbt tests and seeds."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import yaml

from expectations.checks import CHECKS
from expectations.extract_gate import UNREAD_CAUSES
from orchestration.contracts.terms import Delivery
from orchestration.core import DBT_PROJECT, PROJECT_ROOT, REFERENCE_SEEDS
from orchestration.gates.comparison import LABELS
from orchestration.linkage import COMPARED
from orchestration.stewardship.sentences import NOT_RECORDED, has_words
from orchestration.stewardship.worklists.rows import SHOWN

STEWARDSHIP = PROJECT_ROOT / "orchestration" / "stewardship"
OTHER_WORDS = ("decision", "landed", "records")
MODULES = [
    *(path for path in sorted((STEWARDSHIP / "kinds").glob("*.py")) if path.stem not in OTHER_WORDS),
    *sorted((STEWARDSHIP / "worklists").glob("[!l]*.py")),
    STEWARDSHIP / "decisions" / "previews.py",
    STEWARDSHIP / "typed_views.py",
]
# Where other words stand as well, only what `say` is given.
SAYING = [
    *(STEWARDSHIP / "decisions" / f"{name}.py" for name in ("active", "entries")),
    *(STEWARDSHIP / "kinds" / f"{name}.py" for name in OTHER_WORDS),
    STEWARDSHIP / "worklists" / "links.py",
    STEWARDSHIP / "desk" / "forms.py",
    PROJECT_ROOT / "orchestration" / "operations" / "next_run.py",
    STEWARDSHIP / "desk" / "views" / "deciding.py",
    PROJECT_ROOT / "orchestration" / "operations" / "status.py",
]
_SENTENCE = re.compile(r"[A-Za-z”}] [a-z{]")
_SQL = re.compile(
    r"\bvarchar|\bbigint|\bselect\b|inner join|count\(|where partner|case \{|agreement_from|outcome =|"
    r"create table|probability double"
)
_SAYS = {"say", "together", "already"}
# What is raised is no sentence of a list or a page, unless `say` makes it.
_RAISED = {"ValueError", "UsageError", "matching", "Field"}
# Single words that sentences are filled in with.
FATES = ("held", "withdrawn", "in force")
ROLES = ("origin", "transit", "destination")
PRECISIONS = ("country", "county", "subcounty", "town", "border point", "region", "point")
ROWS_OF_A_RELEASE = ("landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed")
_ALONE = (
    "movements",
    "rows {fate}",
    "the release",
    "name",
    "years of birth",
    "days of the events",
    "There is none yet.",
    NOT_RECORDED,
    # Of a partner.
    "nothing taken in yet",
    "nothing in force",
    "known after the next refresh",
    "overdue",
    "no contract: held",
    "stale: its newest file is held, an earlier one is in force",
    *get_args(Delivery.model_fields["cadence"].annotation),
    # Of a record.
    "event month",
)


def sentences() -> Iterator[str]:
    for path in MODULES:
        yield from constants(path)
    for path in (*MODULES, *SAYING):
        yield from said_in(path)
    yield from (*FATES, *ROLES, *PRECISIONS, *_ALONE, *ROWS_OF_A_RELEASE)
    yield from (name.replace("_", " ") for name in COMPARED)
    domains = {row["domain"] for row in rows("codes.csv")}
    yield from (name.replace("_", " ") for name in (*CHECKS, *SHOWN, *domains))
    for check in CHECKS.values():
        yield from (check.why, check.steward_action)
        yield from filter(None, (limit.message for limit in check.limits))
    yield from (label for label, _ in LABELS.values())
    yield from set(UNREAD_CAUSES.values())
    yield from dbt_actions()
    for rule in rows("quality_rules.csv"):
        yield rule["title"]
        if rule["outcome"] == "Q":  # the others set no row aside, so only their titles are shown
            yield from (rule["explanation"], rule["steward_action"])
    yield from asked_of_partners()
    for reason in rows("file_reasons.csv"):
        if not reason["reason"].startswith(("drift:", "check:")):  # those a steward sees under other titles
            yield reason["title"]
    yield from (row["what_stays_unknown"] for row in rows("releasable_rules.csv"))


def constants(path: Path) -> Iterator[str]:
    """What reads like a sentence in a module, docstrings and SQL left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(one) for node in ast.walk(tree) for one in _not_said(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in left_out:
            continue
        text = node.value
        if isinstance(text, str) and _SENTENCE.search(text) and not _SQL.search(text):
            yield text


def said_in(path: Path) -> Iterator[str]:
    """What stands in calls of `say`, and in the names that they are called with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        one
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _SAYS
        for one in (call.args if call.func.id == "together" else call.args[:1])
    ]
    yield from (str(one.value) for one in calls if isinstance(one, ast.Constant) and has_words(one.value))
    names = {one.id for one in calls if isinstance(one, ast.Name)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)):
            continue
        if names & {one.id for one in node.targets if isinstance(one, ast.Name)}:
            yield from filter(has_words, [str(node.value.value)])


def f_strings(path: Path) -> Iterator[str]:
    """Sentences made without `say`: what was filled in cannot be told from the words."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    raised = {id(one) for call in ast.walk(tree) if _is_raised(call) for one in ast.walk(call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in raised:
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
            if re.search(r"[a-z]{2,} [a-z]{2,}", text) and not _SQL.search(text):
                yield f"{path.name}: {text}"


def asked_of_partners() -> Iterator[str]:
    """What the draft of a message asks: with the finding, or with the explanation where there is none."""
    for reason in rows("file_reasons.csv"):
        kind, _, name = reason["reason"].partition(":")
        if kind == "check" and name in CHECKS and not reason["partner_action"].startswith("Nothing;"):
            yield reason["partner_action"]
            if CHECKS[name].names_others or not any(limit.message for limit in CHECKS[name].limits):
                yield reason["explanation"]


def dbt_actions() -> Iterator[str]:
    for path in (DBT_PROJECT / "dbt_project.yml", *DBT_PROJECT.glob("models/**/*.yml")):
        yield from _actions(yaml.safe_load(path.read_text(encoding="utf-8")))
    for path in DBT_PROJECT.glob("tests/generic/*.sql"):
        yield from re.findall(r'"steward_action": "([^"]+)"', path.read_text(encoding="utf-8"))


def rows(seed: str) -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / seed).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _actions(found: object) -> Iterator[str]:
    if isinstance(found, dict):
        action = found.get("steward_action")
        if isinstance(action, str) and action != "string":  # the type of the seed's column of that name
            yield action
        for one in found.values():
            yield from _actions(one)
    elif isinstance(found, list):
        for one in found:
            yield from _actions(one)


def _is_raised(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _RAISED


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        yield from ast.walk(node)
    if _is_raised(node):
        yield from ast.walk(node)
    if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body:
        first = node.body[0]
        if isinstance(first, ast.Expr):
            yield first.value
