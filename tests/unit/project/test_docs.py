"""The guides name commands, options, tables and columns that exist, and leave no command out."""

from __future__ import annotations

import functools
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click
import duckdb
import pytest
import yaml

from orchestration.cli.root import CONTEXT, cli
from orchestration.contracts import AGES, CANONICAL_FIELDS, MANY_CODES, SINGLE_CODES
from orchestration.core import DBT_PROJECT, PROJECT_ROOT, SAMPLE_PARTNERS, read_json, seed_rows
from orchestration.release import MEMBERS_SCHEMAS, published_tables
from orchestration.release.published_tables import PublishedTable

GUIDES = ("operator", "steward", "analyst", "partner", "methods")
PAGES = [
    PROJECT_ROOT / "README.md",
    PROJECT_ROOT / "CONTRIBUTING.md",
    *sorted((PROJECT_ROOT / "docs").glob("*.md")),
    SAMPLE_PARTNERS / "README.md",
]
TEXTS = {path.relative_to(PROJECT_ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
CONTRACTS_GUIDE = (SAMPLE_PARTNERS / "README.md").read_text(encoding="utf-8")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
QUOTED = re.compile(r'"[^"]*"')
TABLE = re.compile(rf"\b({'|'.join(MEMBERS_SCHEMAS)})\.(?!(?:html|md|parquet|py)\b)([a-z_]+)")
MODEL = re.compile(r"\b(?:stg|int|fct|dim|bridge|mart)_[a-z_]+|\bjudged_records\b")
LINK = re.compile(r"\]\(([^)#]+)\)")
SHELL = ("", "sh", "bash")
BETWEEN_COMMANDS = {"&&", "||", "|", ";"}


def blocks(text: str, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(text) if language in languages]


def spans(text: str) -> list[str]:
    return SPAN.findall(FENCE.sub("", text))


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of every `njia …` in shell blocks and code spans."""
    lines = [
        line
        for block in blocks(text, *SHELL)
        for line in QUOTED.sub(lambda found: found[0].replace("\n", " "), block).splitlines()
    ]
    for line in [*lines, *spans(text)]:
        if not re.search(r"(?:^|[\s/])njia(?:\s|$)", line):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in BETWEEN_COMMANDS:
                words.append(word)
                continue
            # `njia` is also the name of an account and of folders.
            program, *arguments = [one for one in words if not re.match("[A-Z_]+=", one)] or [""]
            if program == "njia" or program.endswith("/njia"):
                yield arguments
            words = []


def options(command: click.Command) -> dict[str, click.Option]:
    """Every spelling of every option; `-h` and `--help` belong to all commands."""
    named = {
        spelling: parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
    return named | dict.fromkeys(CONTEXT["help_option_names"], click.Option(["--help"], is_flag=True))


def follow(arguments: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The command that the arguments lead to, and the words among them that lead nowhere."""
    command: click.Command = cli
    path: tuple[str, ...] = ()
    wrong = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word.startswith("-"):
            option = options(command).get(word.partition("=")[0])
            if option is None:
                wrong.append(word)
            elif not option.is_flag and "=" not in word and left:
                left.pop(0)
        elif isinstance(command, click.Group) and word != "…":
            if word not in command.commands:
                return path, [*wrong, word]
            command, path = command.commands[word], (*path, word)
    return path, wrong


def leaves(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from leaves(below, (*path, name))
    else:
        yield path, command


@functools.cache
def declared_models() -> list[tuple[str, str, dict[str, Any]]]:
    """Every model by schema and table: folder and name of the model unless it says otherwise."""
    found = []
    for path in sorted((DBT_PROJECT / "models").glob("*/*.yml")):
        for model in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models", []):
            config = model.get("config", {})
            found.append((config.get("schema", path.parent.name), config.get("alias", model["name"]), model))
    return found


def tables_of_the_stage_step() -> list[PublishedTable]:
    return [value for value in vars(published_tables).values() if isinstance(value, PublishedTable)]


@pytest.fixture(scope="module")
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every published table with its columns, and without a row."""
    with duckdb.connect() as con:
        for schema in MEMBERS_SCHEMAS:
            con.execute(f"create schema {schema}")
        for schema, table, model in declared_models():
            if schema in MEMBERS_SCHEMAS:
                columns = ", ".join(f'"{one["name"]}" {one["data_type"]}' for one in model["columns"])
                con.execute(f"create table {schema}.{table} ({columns})")
        for added in tables_of_the_stage_step():
            columns = ", ".join(f'"{column}" varchar' for column in added.columns)
            con.execute(f"create table {added.full_name} ({columns})")
        yield con


def queries(text: str) -> Iterator[str]:
    yield from blocks(text, "sql")
    for arguments in commands(text):
        if arguments[:1] == ["query"] and " from " in " ".join(arguments):
            yield next(word for word in arguments[1:] if " " in word)


def unknown(named_in: Callable[[str], Iterable[str]], known: set[str]) -> dict[str, set[str]]:
    """By page, what is named there and is not known."""
    return {page: wrong for page, text in TEXTS.items() if (wrong := set(named_in(text)) - known)}


def test_commands_and_options_exist() -> None:
    named = [(page, words) for page, text in TEXTS.items() for words in commands(text)]
    assert len(named) > 100 and [(page, words) for page, words in named if follow(words)[1]] == []


def test_an_option_named_alone_exists() -> None:
    known = {spelling for _, command in leaves(cli) for spelling in options(command)} | set(options(cli))
    assert not unknown(lambda text: (one.split()[0] for one in spans(text) if one.startswith("--")), known)


def test_every_guide_is_there_and_every_command_in_one() -> None:
    assert {f"docs/{guide}.md" for guide in GUIDES} <= set(TEXTS)
    named = {follow(words)[0] for text in TEXTS.values() for words in commands(text)}
    assert not {" ".join(path) for path, _ in leaves(cli) if path not in named}


def test_tables_and_models_exist() -> None:
    known = {f"{schema}.{table}" for schema, table, _ in declared_models()}
    known |= {table.full_name for table in tables_of_the_stage_step()}
    known |= {f"series.{table}" for schema, table, _ in declared_models() if schema == "published"}
    assert not unknown(lambda text: map(".".join, TABLE.findall(text)), known)
    known = {model["name"] for *_, model in declared_models()}
    assert not unknown(lambda text: (one for span in spans(text) for one in MODEL.findall(span)), known)


@pytest.mark.parametrize("page", TEXTS)
def test_queries_name_columns_that_exist(page: str, published: duckdb.DuckDBPyConnection) -> None:
    for query in queries(TEXTS[page]):
        published.execute(f"explain {query}")


def test_links_lead_to_files() -> None:
    links = [(page, link) for page, text in TEXTS.items() for link in LINK.findall(text) if "://" not in link]
    missing = [one for one in links if not (PROJECT_ROOT / one[0]).parent.joinpath(one[1]).exists()]
    assert len(links) > 50 and not missing


def test_the_keys_of_a_contract_that_its_guide_names_exist() -> None:
    schema = read_json(SAMPLE_PARTNERS / "contract.schema.json")
    known = set(properties(schema)) | set(re.findall(r"[a-z_]+", " ".join(CANONICAL_FIELDS)))
    known |= {path.parent.name for path in SAMPLE_PARTNERS.glob("*/*.yml")} | {"role"}
    named = {
        key
        for row in CONTRACTS_GUIDE.splitlines()
        if row.startswith("| `")
        for span in SPAN.findall(row.split("|")[1])
        for key in re.findall(r"[a-z_]{3,}", span)
    }
    assert len(named) > 30
    assert not named - known


def test_the_contracts_guide_lists_every_code_of_every_field() -> None:
    codes: dict[str, list[str]] = defaultdict(list)
    for row in seed_rows("codes"):
        codes[row["domain"]].append(row["code"])
    fields = [field for field in (*AGES, *SINGLE_CODES, *MANY_CODES) if field in codes]
    expected = [f"| `{field}` | {', '.join(f'`{code}`' for code in codes[field])} |" for field in fields]
    listed = CONTRACTS_GUIDE.partition("| field | codes |\n|---|---|\n")[2].partition("\n\n")[0]
    assert listed.splitlines() == expected, "\n".join(expected)


def properties(schema: Any) -> Iterator[str]:
    """Every name of a property, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for below in schema.values():
            yield from properties(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from properties(below)
