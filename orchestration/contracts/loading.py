"""Load contract files: checked contracts, or sentences that name the file, the key and the fix.

A bad file never stops the others: its partner's extracts are held with these sentences. `schema_text` is the
JSON Schema with which editors complete and check contract files; run this module to write it anew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import SafeConstructor

from orchestration.contracts.cells import Cell, day_of
from orchestration.contracts.codes import nearest, unknown_codes
from orchestration.contracts.contract import Contract
from orchestration.contracts.fields import CANONICAL_FIELDS
from orchestration.contracts.source import SOURCE_KINDS
from orchestration.core import SAMPLE_PARTNERS, NjiaError

SCHEMA_FILE = SAMPLE_PARTNERS / "contract.schema.json"
TODO = "TODO"
FORMAT_KINDS = ("xlsx", "csv", "json", "odk_zip")
# Forms of texts, for messages.
PARTNER_CODE = "small letters, digits and _, beginning with a letter, such as kobe_shelter"
_FORMS = {
    "contract": "small letters, digits and _, beginning with a letter, such as kobe_shelter_book",
    "partner.code": PARTNER_CODE,
    "source.token_file": "a name such as kobe_kobo.token: a file of the keys folder, not the token itself",
    "source.password_file": "a name such as kobe_odk.password: a file of the keys folder, not the password",
    "source.token_env": "the name of an environment variable, such as KOBE_KOBO_TOKEN, not the token itself",
    "source.password_env": "the name of an environment variable, such as KOBE_ODK_PASSWORD",
    "source.asset": "the uid of a form, from its address, such as aBcDeFgHiJkLmNoPqRsTuV",
    "locale.default_country": "the three capital letters of a country (ISO alpha-3), such as KEN",
    "publication.url": "an address that begins with https:// or http://",
}
_BOOLEAN_TAG = "tag:yaml.org,2002:bool"
_INTEGER_TAG = "tag:yaml.org,2002:int"
_DAY_TAG = "tag:yaml.org,2002:timestamp"
# What a key must hold, by the kind of a fault's message.
_EXPECTED = {
    "string_type": "text",
    "list_type": "a list, such as [a, b]",
    "dict_type": "lines of `key: value`",
    "model_type": "lines of `key: value`",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
}


class ContractFault(NjiaError):
    """An invalid contract; `sentences` describe one fault each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True)
class Contracts:
    """Valid contracts of a partners folder and sentences about the others, both by partner."""

    valid: dict[str, list[Contract]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)

    @property
    def partners(self) -> list[str]:
        return sorted({*self.valid, *self.problems})


def load_contracts(partners_folder: Path) -> Contracts:
    """Read every contract of every partner; never raises for a bad file."""
    valid: dict[str, list[Contract]] = {}
    problems: dict[str, list[str]] = {}
    for folder in sorted(path for path in partners_folder.iterdir() if path.is_dir()):
        if folder.name.startswith((".", "_")):
            continue
        files = contract_files(folder)
        if not files:
            problems[folder.name] = [
                f"{folder.name}/: the folder has no contract. Add one, e.g. {folder.name}/contract.yml "
                "(see seeds/partners/README.md)."
            ]
        for file in files:
            try:
                contract = load_contract(file)
            except ContractFault as fault:
                problems.setdefault(folder.name, []).extend(fault.sentences)
            else:
                valid.setdefault(folder.name, []).append(contract)
        names = Counter(contract.contract for contract in valid.get(folder.name, ()))
        for name in sorted(name for name, count in names.items() if count > 1):
            problems.setdefault(folder.name, []).append(
                f"{folder.name}/: two contracts are called {name!r}. Give each its own name under `contract`."
            )
    return Contracts(valid, problems)


def contract_files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])


def partners_without_contract(partners_folder: Path, partners: Iterable[str]) -> tuple[str, ...]:
    """Return the partners without a contract file; an unreadable file counts as present."""
    return tuple(
        sorted(partner for partner in set(partners) if not contract_files(partners_folder / partner))
    )


def load_contract(path: Path) -> Contract:
    """Read one contract file; raises ContractFault with a sentence for every fault."""
    where = f"{path.parent.name}/{path.name}"
    content = _parse(path, where)
    if unfinished := list(_unfinished_keys(content)):
        raise ContractFault([f"{where}: key `{key}` still says {TODO}: fill it in." for key in unfinished])
    if empty := list(_empty_keys(content)):
        raise ContractFault(
            [f"{where}: `{key}` is empty: fill it in, or leave the key out." for key in empty]
        )
    try:
        contract = Contract.model_validate(content)
    except ValidationError as error:
        lines = _lines(path.read_text(encoding="utf-8-sig"))
        raise ContractFault(
            [_sentence(f"{where}{_at_line(fault, lines)}", fault) for fault in error.errors()]
        ) from None
    faults = [f"{where}: {fault}" for fault in unknown_codes(contract)]
    if faults:
        raise ContractFault(faults)
    if contract.partner.code != path.parent.name:
        raise ContractFault(
            [
                f"{where}: partner.code is {contract.partner.code!r} but the folder is {path.parent.name!r}. "
                "They must be equal: rename the folder or change partner.code."
            ]
        )
    return contract


def _unfinished_keys(content: Any, location: tuple[Any, ...] = ()) -> Iterator[str]:
    """Yield the keys that still say TODO. In lists of a partner's own spellings TODO is a spelling."""
    if isinstance(content, dict):
        for key, part in content.items():
            yield from _unfinished_keys(part, (*location, key))
    elif isinstance(content, list):
        for at, part in enumerate(content):
            if isinstance(part, dict):
                yield from _unfinished_keys(part, (*location, at))
    elif content == TODO:
        yield _path(list(location))


def _empty_keys(content: dict[str, Any]) -> Iterator[str]:
    """Yield the keys of what is watched that hold nothing; an empty `to` means still."""
    for part in ("coverage", "campaigns"):
        entries = content.get(part)
        for at, entry in enumerate(entries if isinstance(entries, list) else ()):
            for key, value in entry.items() if isinstance(entry, dict) else ():
                if key != "to" and (value in (None, []) or (isinstance(value, str) and not value.strip())):
                    yield _path([part, at, key])


def _parse(path: Path, where: str) -> dict[str, Any]:
    try:
        content = _read_yaml(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ContractFault([f"{where}: the file is not UTF-8. Save it again as UTF-8 text."]) from None
    except OSError as error:
        raise ContractFault([f"{where}: cannot be read ({type(error).__name__})."]) from None
    except _Trap as trap:
        raise ContractFault([f"{where}: {trap}"]) from None
    except yaml.YAMLError as error:
        mark = _where_it_begins(error)
        line = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        reason = getattr(error, "problem", None) or "the text is not YAML"
        raise ContractFault(
            [f"{where}: {line}: {reason}. Check quotes, colons and indentation there."]
        ) from None
    except (RecursionError, ValueError):
        raise ContractFault([f"{where}: the text is not YAML that a contract may hold."]) from None
    if not isinstance(content, dict):
        raise ContractFault([f"{where}: holds no `key: value` lines. See seeds/partners/README.md."])
    return content


def _read_yaml(text: str) -> Any:
    """Parse YAML with the fast loader in C; for errors with the Python one, whose messages are better."""
    try:
        return yaml.load(text, Loader=_QuickYaml)  # noqa: S506 - a safe loader made stricter
    except yaml.YAMLError:
        return yaml.load(text, Loader=_PlainYaml)  # noqa: S506 - likewise


def _where_it_begins(error: yaml.YAMLError) -> yaml.Mark | None:
    """Return the place of a YAML fault: the opening of an unclosed bracket or quote.

    In a block of lines it is the wrongly indented line, far below the beginning of the block.
    """
    opening, noticed = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    return noticed if opening is None or "block" in (getattr(error, "context", None) or "") else opening


class _Trap(Exception):
    """YAML whose meaning differs from its appearance."""


class _WithoutTraps(SafeConstructor):
    """YAML 1.1 without its traps: repeated keys, bare No and Yes, numbers with a leading zero."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if isinstance(node, yaml.MappingNode):
            self._refuse_repeated_keys(node)
        if isinstance(node, yaml.ScalarNode):
            self._refuse_other_meanings(node)
        try:
            return super().construct_object(node, deep)
        except ValueError:
            if node.tag != _DAY_TAG:
                raise
            line = node.start_mark.line + 1
            raise _Trap(f"line {line}: {node.value} is no day of the calendar. Correct it.") from None

    def _refuse_repeated_keys(self, node: yaml.MappingNode) -> None:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise _Trap(f"line {line}: a key must be plain text.")
            if key.tag == _BOOLEAN_TAG:
                raise _Trap(_quote(line, key.value, "true or false"))
            if key.value in seen:
                raise _Trap(
                    f"line {line}: key {key.value!r} stands here and in line {seen[key.value]}. "
                    "YAML would keep only one of them; remove or rename one."
                )
            seen[key.value] = line

    def _refuse_other_meanings(self, node: yaml.ScalarNode) -> None:
        line = node.start_mark.line + 1
        if node.tag == _BOOLEAN_TAG and node.value not in ("true", "false"):
            raise _Trap(_quote(line, node.value, "true or false"))
        digits = node.value.lstrip("+-")
        if node.tag == _INTEGER_TAG and (":" in digits or (digits.startswith("0") and digits != "0")):
            raise _Trap(_quote(line, node.value, "another number"))


class _QuickYaml(_WithoutTraps, yaml.CSafeLoader):
    pass


class _PlainYaml(_WithoutTraps, yaml.SafeLoader):
    pass


def _quote(line: int, value: str, meaning: str) -> str:
    return f'line {line}: YAML reads bare {value} as {meaning}. Write it in quotes: "{value}".'


def _lines(text: str) -> dict[tuple[Any, ...], int]:
    """Return the line of each key and list entry of a YAML text."""
    found: dict[tuple[Any, ...], int] = {}

    def walk(node: yaml.Node, location: tuple[Any, ...]) -> None:
        found.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                found[(*location, key.value)] = key.start_mark.line + 1
                walk(value, (*location, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for at, value in enumerate(node.value):
                walk(value, (*location, at))

    if root := yaml.compose(text, Loader=yaml.SafeLoader):
        walk(root, ())
    return found


def _at_line(fault: Any, lines: dict[tuple[Any, ...], int]) -> str:
    """Return `: line 12`, of the key or of what it is missing from; nothing for the file as a whole.

    A contradiction between fields begins with the field's name.
    """
    location = [part for part in fault["loc"] if part not in FORMAT_KINDS + SOURCE_KINDS]
    named = fault["msg"].removeprefix("Value error, ").removeprefix("UNKNOWN_FIELD:").partition(": ")[0]
    is_of_field = location == ["fields"] or (not location and named in CANONICAL_FIELDS)
    location = ["fields", named] if is_of_field else location
    while location and tuple(location) not in lines:
        location.pop()
    return f": line {lines[tuple(location)]}" if location else ""


def _sentence(where: str, fault: Any) -> str:
    """One pydantic error as a sentence."""
    location = [part for part in fault["loc"] if part not in FORMAT_KINDS + SOURCE_KINDS]
    path = _path(location)
    kind, message = fault["type"], fault["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        known = _keys_at([str(part) for part in fault["loc"][:-1]])
        return f"{where}: key `{path}` is not known. {nearest(str(location[-1]), known)}".rstrip()
    if message.startswith("UNKNOWN_FIELD:"):
        name = message.removeprefix("UNKNOWN_FIELD:")
        hint = nearest(name, CANONICAL_FIELDS) or "See the field list in seeds/partners/README.md."
        return f"{where}: `fields.{name}` is no canonical field. {hint}"
    if kind == "missing":
        return f"{where}: key `{path}` is missing. Add it (see seeds/partners/README.md)."
    if kind == "string_type" and isinstance(fault.get("input"), bool):
        shown = "true" if fault["input"] else "false"
        return f'{where}: `{path}` is {shown} but must be text. Write it in quotes, e.g. "TRUE".'
    if kind in _EXPECTED:
        return f"{where}: `{path}` must be {_EXPECTED[kind]}."
    if kind == "too_short":
        return f"{where}: `{path}` is empty; it needs at least one entry."
    if kind == "literal_error":
        expected = fault["ctx"]["expected"]
        options = [option.strip(" '") for option in expected.replace(" or ", ",").split(",")]
        return f"{where}: `{path}` must be {expected}. {nearest(str(fault.get('input')), options)}".rstrip()
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        if path == "source":
            return (
                f"{where}: `source.kind` must be {' or '.join(SOURCE_KINDS)}. Remove `source`, and bring "
                "files of other places into the inbox with rclone (docs/operator.md)."
            )
        *kinds, last = FORMAT_KINDS
        return f"{where}: `{path}.kind` must be {', '.join(kinds)} or {last}."
    if kind == "string_pattern_mismatch":
        return f"{where}: `{path}` must be {_FORMS.get(path, 'written in another form')}."
    if kind.startswith("date_") or kind == "datetime_from_date_parsing":
        return f"{where}: `{path}` is no day that can be read; {_day_to_write(str(fault.get('input')))}."
    at = f"`{path}`: " if path and location != ["fields"] else ""  # of fields, the message names its own
    return f"{where}: {at}{message[:1].lower()}{message[1:]}."


def _day_to_write(text: str) -> str:
    """Suggest `write 2026-01-01` for `01/01/2026`; `03/04/2026` is ambiguous."""
    orders = {day for order in ("dmy", "mdy") if (day := day_of(Cell(text), order))}
    if len(orders) == 1:
        return f"write {orders.pop().isoformat()}"
    return "write year, month and day, such as 2026-01-31"


def _path(location: list[Any]) -> str:
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _keys_at(location: list[str]) -> list[str]:
    """Return the keys that a contract may have at a location, from the models' annotations."""
    models: list[type[BaseModel]] = [Contract]
    for part in location:
        inner: list[type[BaseModel]] = []
        for model in models:
            for name, info in model.model_fields.items():
                if part in (name, info.alias):
                    inner += _models_in(info.annotation)
        models = inner or models
    return [info.alias or name for model in models for name, info in model.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def contract_for(entry: dict[str, Any], contracts: Contracts) -> Contract:
    """Return today's contract of that name, so that a corrected mapping applies; else the landed one."""
    for contract in contracts.valid.get(entry["partner"], []):
        if contract.contract == entry["contract"]:
            return contract
    return Contract.of_content(entry["contract_content"])


def schema_text() -> str:
    schema = Contract.model_json_schema(by_alias=True) | {"title": "Njia contract"}
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
