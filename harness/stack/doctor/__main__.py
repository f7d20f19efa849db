"""``python -m harness.stack.doctor``: the command before the rest of the command line is there."""

from __future__ import annotations

import sys

import click

from harness.stack.doctor.command import doctor_command


@click.command()
@click.option("--fix", is_flag=True, help="Install and start what is missing (Debian or Ubuntu, as root).")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def main(*, fix: bool, as_json: bool) -> None:
    """Try what the harness needs of this host. Without --fix nothing is changed."""
    sys.exit(doctor_command(fix, as_json))


main()
