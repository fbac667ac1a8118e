"""Backups of a home: make one while everything runs, verify it, restore from it.

In reading order: `store` (the folder of a backup), `making`, `planning` a restore, `restoring`.
"""
