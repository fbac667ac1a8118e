"""Lineage: which extracts and rows stand behind a published number, and `njia trace`."""
