"""The group of each dbt node in the lineage graph: the step of a refresh that it belongs to.

In the order of the README: judge, shape, link, measure, marts, protect. A group reads only what stands to its
left, so that the graph has no cycle between groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

JUDGE, SHAPE, LINK, MEASURE, MARTS, PROTECT = "judge", "shape", "link", "measure", "marts", "protect"
# Sources that Python steps make after dbt's first part.
_SOURCES = {"linkage": LINK, "statistics": MEASURE, "carried": PROTECT}


def groups_of(nodes: Mapping[str, Any]) -> dict[str, str]:
    """By unique id, of all models and seeds of a manifest's `nodes`."""
    tables = {name: node for name, node in nodes.items() if node["resource_type"] in ("model", "seed")}
    reads = {name: set(node["depends_on"].get("nodes", [])) for name, node in tables.items()}
    readers: dict[str, set[str]] = {}
    for name, parents in reads.items():
        for parent in parents:
            readers.setdefault(parent, set()).add(name)
    return {name: _group(name, tables, _all(name, reads), _all(name, readers)) for name in tables}


def _group(name: str, tables: Mapping[str, Any], before: set[str], after: set[str]) -> str:
    node = tables[name]
    folder = node["fqn"][1]
    if node["resource_type"] == "seed":
        return "reference"
    sources = {_SOURCES[one.split(".")[2]] for one in before if _is_late(one)}
    if folder == "staging":
        return next(iter(sources), JUDGE)
    if folder == "quarantine":
        return MARTS if sources else JUDGE
    if folder in ("marts", "meta"):
        return MARTS
    if folder == "published" or not any(tables[one]["fqn"][1] in ("marts", "meta") for one in after):
        return PROTECT if sources else SHAPE
    return MARTS if sources else SHAPE


def _is_late(source: str) -> bool:
    return source.startswith("source.") and source.split(".")[2] in _SOURCES


def _all(name: str, next_to: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that can be reached."""
    found: set[str] = set()
    left = [name]
    while left:
        for one in next_to.get(left.pop(), ()):
            if one not in found:
                found.add(one)
                left.append(one)
    return found
