"""Files that show when they were damaged.

A JSON object holds the SHA-256 of its other content as `sum`. The SHA-256 of every other file stands in
`.sums.json` beside it. An object without a sum was written by hand: it is taken as it is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.core.durable import remove, replacing, sha256_of, write_bytes, write_new, write_text
from orchestration.core.errors import Damaged

SUM, SUMS = "sum", ".sums.json"
OWN_SUM = (".json", ".jsonl")  # endings of files that hold their sums themselves
NOT_YET = ""  # among the sums of a file that is being written for the first time


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys: equal content gives equal bytes. An object gets its sum."""
    write_text(path, json_of(content))


def json_of(content: Any) -> str:
    """Return what `write_json` writes."""
    return json.dumps(_summed(content), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote, without its sum; raises Damaged, or OSError where the file is missing."""
    return parsed(path.read_bytes(), path)


def line_of(content: Mapping[str, Any]) -> str:
    """Return an object as one line of a `.jsonl` file, with its sum."""
    return json.dumps(_summed(content), sort_keys=True, ensure_ascii=False)


def parsed(written: str | bytes, path: Path, where: str = "") -> Any:
    """Return JSON without its sum. Raises Damaged for `path`; `where` is the line in it."""
    try:
        content = json.loads(written)
    except (ValueError, RecursionError):  # ValueError: also what bad UTF-8 raises
        raise Damaged(path, f"{where or 'it'} is not JSON in UTF-8") from None
    if isinstance(content, dict) and SUM in content and content.pop(SUM) != _sum(content):
        raise Damaged(path, f"{where or 'its content'} does not match its sum")
    return content


def _summed(content: Any) -> Any:
    if not isinstance(content, Mapping):
        return content
    plain = json.loads(json.dumps(content, default=str))
    return {**plain, SUM: _sum(plain)}


def _sum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def summed_files(folder: Path) -> dict[str, list[str]]:
    """Return the SHA-256 that each file of a folder may have, by its name; Damaged where the list is."""
    try:
        return {
            name: [digest for digest in sums if digest != NOT_YET]
            for name, sums in read_json(folder / SUMS)["files"].items()
            if NOT_YET not in sums or (folder / name).exists()
        }
    except FileNotFoundError:
        return {}
    except (AttributeError, KeyError, TypeError):
        raise Damaged(folder / SUMS, "it lists no sums") from None


@contextmanager
def summed(path: Path) -> Iterator[Path]:
    """Do as `replacing`, and note the file's SHA-256 in `.sums.json` beside it.

    A kill before the rename leaves both sums, of the old content and of the new; either is whole. A file that
    was not there before may be missing then.
    """
    with replacing(path) as partial:
        yield partial
        earlier, fresh = summed_files(path.parent).get(path.name, [NOT_YET])[-1], sha256_of(partial)
        _note(path.parent, {path.name: [earlier, fresh]})
    _note(path.parent, {path.name: [fresh]})


def write_summed(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    with summed(path) as partial:
        write_new(partial, content.encode() if isinstance(content, str) else content, mode)


def note_sums(folder: Path) -> None:
    """Note the sums of those files of a folder that have none."""
    known = summed_files(folder)
    fresh = {
        path.name: [sha256_of(path)]
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix not in OWN_SUM and path.name not in known and path.name[0] != "."
    }
    if fresh:
        _note(folder, fresh)


def add_sums_of(folder: Path, earlier: Path) -> None:
    """Add the sums of the files of another folder, which those of this folder will join or replace."""
    if sums := summed_files(folder):
        _write(folder, {**summed_files(earlier), **sums})


def remove_summed(path: Path) -> None:
    """Delete a file and its sum, if they are there."""
    sums = summed_files(path.parent)
    if sums.pop(path.name, None):
        _write(path.parent, sums)
    remove(path)


def _note(folder: Path, sums: Mapping[str, list[str]]) -> None:
    _write(folder, {**summed_files(folder), **sums})


def _write(folder: Path, sums: Mapping[str, list[str]]) -> None:
    if sums:
        write_bytes(folder / SUMS, json_of({"files": sums}).encode(), 0o600)
    else:
        remove(folder / SUMS)
