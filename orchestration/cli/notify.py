"""`njia notify`: send the messages that are due."""

import sys

import click

from orchestration.cli import console
from orchestration.cli.options import json_output, written_installation
from orchestration.core import Settings


@click.command()
@click.option("--test", "is_test", is_flag=True, help="Send a test message to every channel instead.")
@json_output
@written_installation
def notify_command(settings: Settings, is_test: bool, as_json: bool) -> None:
    """Send the messages that are due.

    They go to the folder of notices and to the channels of NJIA_NOTIFY. A refresh does this at its end,
    and `njia serve` every minute.

    Exit code 1: a channel failed.
    """
    from orchestration.stewardship import messages

    sent = messages.send_test(settings) if is_test else messages.send_due(settings, patient=False)
    for delivery in sent:
        console.say(str(delivery))
    if not sent:
        console.say("No message is due.")
    if as_json:
        console.print_json({"sent": [vars(delivery) for delivery in sent]})
    if failed := sum(bool(delivery.why_not) for delivery in sent):
        again = "" if is_test else " Their messages are tried again."
        console.complain(f"{failed} channel(s) failed.{again}")
        sys.exit(1)
