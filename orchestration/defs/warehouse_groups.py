"""The group of each dbt node in the lineage graph: the step of a refresh that it belongs to.

Groups are ordered as in the README: judge, shape, link, measure, marts, protect. A group reads only groups
before it, so the graph has no cycle between groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

JUDGE, SHAPE, LINK, MEASURE, MARTS, PROTECT = "judge", "shape", "link", "measure", "marts", "protect"
# Sources that Python steps write after the first part of dbt.
_SOURCES = {"linkage": LINK, "statistics": MEASURE, "carried": PROTECT}


def groups_of(nodes: Mapping[str, Any]) -> dict[str, str]:
    """Return the group of every model and seed of a manifest, by unique id."""
    tables = {name: node for name, node in nodes.items() if node["resource_type"] in ("model", "seed")}
    reads = {name: set(node["depends_on"].get("nodes", [])) for name, node in tables.items()}
    readers: dict[str, set[str]] = {}
    for name, parents in reads.items():
        for parent in parents:
            readers.setdefault(parent, set()).add(name)
    return {name: _group(name, tables, _reachable(name, reads), _reachable(name, readers)) for name in tables}


def _group(name: str, tables: Mapping[str, Any], before: set[str], after: set[str]) -> str:
    node = tables[name]
    folder = node["fqn"][1]
    if node["resource_type"] == "seed":
        return "reference"
    sources = {_SOURCES[node.split(".")[2]] for node in before if _is_from_python(node)}
    if folder == "staging":
        return next(iter(sources), JUDGE)
    if folder == "quarantine":
        return MARTS if sources else JUDGE
    if folder in ("marts", "meta"):
        return MARTS
    if folder == "published":
        return PROTECT
    if not any(tables[reader]["fqn"][1] in ("marts", "meta") for reader in after):
        return PROTECT if sources else SHAPE
    return MARTS if sources else SHAPE


def _is_from_python(source: str) -> bool:
    return source.startswith("source.") and source.split(".")[2] in _SOURCES


def _reachable(name: str, next_to: Mapping[str, Iterable[str]]) -> set[str]:
    """Return everything reachable from a node."""
    reached: set[str] = set()
    queue = [name]
    while queue:
        new = set(next_to.get(queue.pop(), ())) - reached
        reached |= new
        queue += new
    return reached
