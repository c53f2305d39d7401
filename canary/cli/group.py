"""The group of all verbs, and what every outcome of a verb exits with."""

from __future__ import annotations

import sys
import traceback
from typing import Any, NoReturn

import click

from canary.cli.failures import sentence

USER_ERROR, ROLLED_BACK, FAILED, INTERRUPTED, BUG = 1, 2, 3, 130, 255


class Verbs(click.Group):
    """A user's mistake ends in one sentence and exit code 1; a bug in its traceback and 255."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """As click's own, but exit code 2 is left to releases that were rolled back."""
        try:
            code = super().main(*args, **extra | {"standalone_mode": False})
        except click.ClickException as error:
            error.show()
            sys.exit(USER_ERROR)
        except click.Abort:
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            _explain(ctx, error)


def _explain(ctx: click.Context, error: Exception) -> NoReturn:
    """A sentence for the user, or the traceback for us; with --debug, both."""
    said = sentence(error)
    if said is None or ctx.meta.get("debug"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    if said is None:
        ctx.exit(BUG)
    raise click.ClickException(said) from error
