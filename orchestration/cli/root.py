"""The `njia` command itself, to which the groups add theirs."""

from __future__ import annotations

import click

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="njia", prog_name="njia")
def cli() -> None:
    """The shared evidence base of movement in, out of and within Kenya.

    Partners' files go into the inbox. A refresh takes them in, judges them, and publishes a release
    if the release gate passes; otherwise the current release stays.

    \b
    First steps
      njia inbox add --samples       put the synthetic sample extracts into the inbox
      njia refresh                   from the inbox to a published release
      njia status                    what is in force, what waits for a steward
      njia open                      read report and map in the browser
      njia query "select count(*) from marts.fct_movements"
      njia desk                      see and decide in the browser what waits for a steward
      njia ui                        watch it in the Dagster UI
    """
