"""Njia: from partners' extracts to a gated, published evidence base.

A movement passes the rooms in this order: extracts, places, gates, (dbt), linkage, statistics,
release. `cli` and `defs` call the rooms; the rooms call neither.
"""
