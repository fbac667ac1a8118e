"""A partner's form: an XLSForm, or the JSON of a KoboToolbox asset, as questions, choices and repeats.

Both go through pyxform, which knows every spelling of a question type. Raises UsageError for a file that is
no form. A form holds no answers, so its own texts may be shown unless they name a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from orchestration.contracts import tidy
from orchestration.core import UsageError
from orchestration.intake import shown_file

_SECTIONS = ("group", "repeat", "survey", "loop")
_NO_LANGUAGE = "default"  # pyxform's name beside labels with a language
# Question types of KoboToolbox that are written as groups of ordinary questions.
_KOBO_GROUPS = {"kobomatrix": "group", "score": "group", "rank": "group"}


@dataclass(frozen=True)
class Named:
    """A group, question or choice: its name in XML, and its label in each language of the form."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def spellings(self) -> list[str]:
        """The labels, then the name: labels say more."""
        return list(dict.fromkeys([*self.labels.values(), self.name]))

    def label(self, language: str) -> str:
        return self.labels.get(language, self.name)


@dataclass(frozen=True)
class Question:
    """`path`: the groups and repeats around it, and itself. `repeat`: the names up to its repeat, or none."""

    path: tuple[Named, ...]
    kind: str
    repeat: tuple[str, ...] = ()
    choices: tuple[Named, ...] = ()
    is_required: bool = False
    is_long_text: bool = False

    @property
    def own(self) -> Named:
        return self.path[-1]

    @property
    def has_many_choices(self) -> bool:
        return self.kind == "select all that apply"


@dataclass(frozen=True)
class Form:
    label: str
    title: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def repeats(self) -> list[tuple[Named, ...]]:
        """The paths of the repeats that hold questions, in order."""
        found = {
            question.repeat: question.path[: len(question.repeat)]
            for question in self.questions
            if question.repeat
        }
        return list(found.values())


def read_form(path: Path) -> Form:
    """Read a form. Raises UsageError if the file is neither an XLSForm nor an asset's JSON."""
    # Loads a parser of expressions that no other command needs.
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import get_xlsform

    label = shown_file(path.name)
    content = path.read_bytes()
    try:
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
            sheets = get_xlsform(_sheets_of_asset(json.loads(content), label))
        else:
            sheets = get_xlsform(BytesIO(content))
        if not sheets.survey:
            raise UsageError(_no_form(label, "it has no sheet `survey`"))
        tree = workbook_to_json(sheets, fallback_form_name=path.stem, warnings=[])
    except (PyXFormError, BadZipFile, ValueError, KeyError, TypeError, AttributeError) as fault:
        why = " ".join(str(fault).split()).rstrip(".") or type(fault).__name__
        raise UsageError(_no_form(label, why)) from None
    questions = tuple(_questions(tree, tree.get("choices", {}), (), ()))
    if not questions:
        raise UsageError(_no_form(label, "it has no questions"))
    languages = dict.fromkeys(
        language for question in questions for one in question.path for language in one.labels
    )
    return Form(label, str(tree.get("title") or path.stem), tuple(languages), questions)


def _no_form(label: str, why: str) -> str:
    return (
        f"Form {label} cannot be read: {why}. Give the XLSForm (.xlsx) from which the form was made, or the "
        "JSON of `GET /api/v2/assets/{uid}.json` of KoboToolbox."
    )


def _questions(
    section: dict[str, Any], lists: dict[str, Any], path: tuple[Named, ...], repeat: tuple[str, ...]
) -> Iterator[Question]:
    for child in section.get("children", ()):
        inner = (*path, Named(child["name"], _labels(child)))
        kind = child["type"]
        if child["name"] == "meta" and not path:
            continue
        if kind in _SECTIONS:
            names = tuple(one.name for one in inner)
            yield from _questions(child, lists, inner, names if kind == "repeat" else repeat)
        elif kind != "note":  # shown to the enumerator, never answered
            choices = child.get("choices") or lists.get(child.get("list_name"), ())
            yield Question(
                inner,
                kind,
                repeat,
                tuple(Named(choice["name"], _labels(choice)) for choice in choices),
                str(child.get("bind", {}).get("required", "")).casefold() in ("yes", "true", "true()"),
                "multiline" in str(child.get("control", {}).get("appearance", "")),
            )


def _labels(element: dict[str, Any]) -> dict[str, str]:
    """Return the labels by language, which is blank where the form leaves it out."""
    label = element.get("label")
    by_language = label if isinstance(label, dict) else {"": label}
    return {
        "" if language == _NO_LANGUAGE else language: tidy(text)
        for language, text in by_language.items()
        if isinstance(text, str) and text
    }


def _sheets_of_asset(asset: Any, label: str) -> dict[str, Any]:
    """Return the content of an asset as the sheets of an XLSForm."""
    content = asset.get("content", asset) if isinstance(asset, dict) else None
    if not isinstance(content, dict) or not isinstance(content.get("survey"), list):
        raise UsageError(_no_form(label, "it has no `content.survey`"))
    languages = content.get("translations") or [None]
    settings = {"form_title": str(asset.get("name") or "form"), "id_string": "form"}
    return {
        "survey": [_row(row, languages) for row in content["survey"]],
        "choices": [_row(row, languages) for row in content.get("choices", ())],
        "settings": [settings],
        "sheet_names": ["survey", "choices", "settings"],
    }


def _row(row: dict[str, Any], languages: list[str | None]) -> dict[str, str]:
    """Return a row of an asset's survey or choices as a row of a sheet."""
    made = {
        key: str(row[key])
        for key in ("name", "list_name", "required", "appearance", "calculation")
        if row.get(key) not in (None, "")
    }
    made.setdefault("name", str(row.get("$autoname") or row.get("$autovalue") or row.get("$kuid") or ""))
    kind = str(row.get("type", ""))
    start, mark, what = kind.partition("_")
    if mark and start in ("begin", "end") and what in _KOBO_GROUPS:
        kind = f"{start}_{_KOBO_GROUPS[what]}"
    elif "__" in kind:  # a row of such a group
        kind = "text"
    if kind:
        list_name = row.get("select_from_list_name") or row.get("file")
        made["type"] = f"{kind} {list_name}" if list_name else kind
    labels = row.get("label") or []
    for language, text in zip(languages, labels if isinstance(labels, list) else [labels], strict=False):
        if text:
            made[f"label::{language}" if language else "label"] = str(text)
    return {key: text for key, text in made.items() if text}
