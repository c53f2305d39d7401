"""`canary`: the command line."""

import click

from canary.cli.demo import demo
from canary.cli.group import Verbs
from canary.cli.local import local
from canary.cli.package import package
from canary.cli.release import release
from canary.cli.restart import restart
from canary.cli.rollback import rollback
from canary.cli.simulate import simulate
from canary.cli.status import status


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lambda-canary")
def main() -> None:
    """Canary releases for AWS Lambda, one Step Functions execution per release."""


for verb in (release, status, restart, rollback, package, simulate, demo, local):
    main.add_command(verb)
