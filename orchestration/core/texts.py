"""Texts that people read, in English and Swahili: one line each in `texts.csv`.

`keys` says where a text is used, each place with its prefix: `desk.`, `report.`, `map.`, `message.`, `cli.`.
The English of a line with `said` is its key: a sentence of the code (`say`) or of a reference file. A text
without Swahili is shown in English. `templates` opens the HTML pages that show texts, `safe` protects cells.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from orchestration.core.settings import seed_rows

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

CATALOGUE = Path(__file__).with_name("texts.csv")
LANGUAGES = {"en": "English", "sw": "Kiswahili"}
SAID = "said"
_FILLED_IN = re.compile(r"\{[^{}]*\}")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the texts by key, each by language."""
    return {key: row for row in rows() for key in row["keys"].split() if key != SAID}


@cache
def rows() -> list[dict[str, str]]:
    """Return the lines of the catalogue: keys, en, sw."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _swahili() -> dict[str, str]:
    """Return the Swahili of sentences, and of the labels of codes."""
    texts = catalogue()
    labels = {
        row["label"]: texts[key]["sw"]
        for row in seed_rows("codes")
        if (key := f"report.code.{row['domain']}.{row['code']}") in texts
    }
    return labels | {row["en"]: row["sw"] for row in rows() if SAID in row["keys"].split()}


def text_of(key: str, language: str) -> str:
    """Return the text of a key; raises KeyError for an unknown one."""
    row = catalogue()[key]
    return row[language] or row["en"]


def texts_for(place: str, language: str) -> dict[str, str]:
    """Return the texts of a place, such as `map`, in one language, by key without the prefix."""
    return {
        key.removeprefix(f"{place}."): row[language]
        for key, row in catalogue().items()
        if key.startswith(f"{place}.") and row[language]
    }


class Sentence(str):
    """An English sentence, `template` with what was `given` for its braces."""

    template: str
    given: Mapping[str, Any]


def say(template: str, **given: Any) -> Sentence:
    """Fill a sentence in. A filled-in value may be a sentence itself, which then takes the same language."""
    made = Sentence(template.format(**given))
    made.template, made.given = template, given
    return made


def together(*sentences: str) -> str:
    """Join sentences into one paragraph; empty ones are left out."""
    return listed(list(filter(None, sentences)), " ")


def listed(words: Sequence[str], between: str = ", ") -> str:
    """Join words or sentences into a list."""
    parts = {f"part_{at}": word for at, word in enumerate(words)}
    return say(between.join(f"{{{name}}}" for name in parts), **parts)


def in_language(sentence: str, language: str) -> str:
    """Return a sentence of `say` or of a reference file in a language; English where no Swahili is known."""
    if language == "en":
        return sentence
    if not isinstance(sentence, Sentence):
        return _swahili().get(sentence, sentence)
    template = sentence.template
    if has_words(template):
        template = _swahili().get(template, template)
    given = {
        name: in_language(value, language) if isinstance(value, str) else value
        for name, value in sentence.given.items()
    }
    return template.format(**given)


def has_words(template: str) -> bool:
    """Return whether there is anything to translate beside what is filled in."""
    return any(letter.isalpha() for letter in _FILLED_IN.sub("", template))


def packed(sentence: str) -> Any:
    """Return a sentence for JSON, from which `unpacked` makes it again."""
    if not isinstance(sentence, Sentence):
        return sentence
    return {
        "says": sentence.template,
        "given": {
            name: packed(value) if isinstance(value, str) else value for name, value in sentence.given.items()
        },
    }


def unpacked(content: Any) -> Any:
    """Return the sentence that `packed` wrote."""
    if not isinstance(content, dict):
        return content
    return say(content["says"], **{name: unpacked(value) for name, value in content["given"].items()})


def as_text(sentence: str) -> str:
    """Return a sentence for a cell of a table, from which `of_text` makes it again; empty for none."""
    return json.dumps(packed(sentence), ensure_ascii=False) if sentence else ""


def of_text(cell: str) -> str:
    """Return the sentence that `as_text` wrote."""
    return str(cell) if not cell else cast(str, unpacked(json.loads(cell)))


def templates(package: str, **filters: Callable[..., Any]) -> Environment:
    """Return the HTML templates of a package. A name in them that has no value is an error.

    The filter `code` shows text between backticks as code.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"code": _as_code, **filters}
    return pages


def _as_code(sentence: str) -> Markup:
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704


def safe(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA) else value
