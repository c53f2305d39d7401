"""`canary`: the command line."""

import click

from canary.cli.demo import demo
from canary.cli.local import local


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lambda-canary")
def main() -> None:
    """Canary releases for AWS Lambda, one Step Functions execution per release."""


main.add_command(demo)
main.add_command(local)
