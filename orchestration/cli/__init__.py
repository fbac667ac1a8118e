"""The `njia` command: one file a command or family (`decide …`) that parses, calls a room and shows.

A new command is a file with `<name>_command`, and its name in `root.SECTIONS`. A command imports a room
when it runs. Does not belong here: what a room can find out for itself.
"""

from orchestration.cli.root import cli, main

__all__ = ["cli", "main"]
