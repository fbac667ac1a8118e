"""Fetch extracts from partners' form servers into the inbox, as raw bytes, complete by rename.

In reading order: `pull` (every source, one after the other), `state` (what is known of a source), `server`
(requests, limits, the secret), then the kinds of source (`form_servers`).

To add a kind of source: write its class in `contracts/source.py` and a `server.Server` here, and register it
in `pull.KINDS`.
"""
