"""`canary package`: build, look through and sign what is released."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from canary.cli import options, screen, signing
from canary.cli.failures import UserError
from canary.cli.group import USER_ERROR
from canary.packaging import PackagingError, building, dependencies, validation
from canary.packaging.validation import Question, Report

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, readable=True, path_type=Path)
_RUNTIME = re.compile(r"python3\.\d+|nodejs\d+\.x")
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())


def _known_runtime(_: click.Context, __: click.Parameter, value: str) -> str:
    if not _RUNTIME.fullmatch(value):
        raise click.BadParameter(f"{value!r} is neither like python3.13 nor like nodejs22.x.")
    return value


_runtime = click.option(
    "--runtime",
    default="python3.13",
    show_default=True,
    callback=_known_runtime,
    help="The runtime of the function.",
)
_architecture = click.option(
    "--architecture",
    type=click.Choice(dependencies.ARCHITECTURES),
    default="x86_64",
    show_default=True,
    help="The processor that the function runs on.",
)


@click.group()
def package() -> None:
    """Packages: build one, look one through, sign one."""


@package.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The zip to write; its bill of materials goes beside it.  [default: the folder's name]",
)
@_runtime
@_architecture
@options.printing
def build(
    folder: Path, output: Path | None, runtime: str, architecture: str, as_json: bool
) -> None:
    """
    Package DIR with what its requirements.txt or package-lock.json names, and a CycloneDX SBOM.

    The same input gives the same bytes. Python's dependencies are wheels for Lambda's platform;
    Node's are what `npm ci --omit=dev` installs, without their scripts. Links that leave DIR are
    refused; files that hold secrets (.env, *.pem, .aws/ and the like) are left out, and named.

    Exits 0 when the package is written, 1 if it could not be built: then nothing is.

    \b
    Examples:
      canary package build src
      canary package build src --output checkout.zip --architecture arm64
      canary package build web --runtime nodejs22.x --json
    """
    console = screen.console(stderr=as_json)
    target = (output or Path(f"{folder.resolve().name}.zip")).absolute()
    if not target.parent.is_dir():
        raise UserError(f"There is no folder {target.parent} to write {target.name} to. Make it.")
    try:
        with _shown(console) as progress:
            built = building.build(folder, target, runtime, architecture, progress)
    except PackagingError as error:
        raise UserError(str(error)) from error
    for name in built.left_out:
        console.print(f"Left out, since it may hold a secret: {name}", markup=False)
    console.print(
        f"Wrote {built.package.name}: {built.files} files, {built.size:,} bytes "
        f"({built.unzipped:,} unzipped), SHA-256 {built.sha256}\n"
        f"Wrote {built.bill.name}: {built.components} components\n"
        f"To look it through, type: canary package validate -m full -f {built.package.name}",
        soft_wrap=True,
        markup=False,
    )
    if as_json:
        paths = {"package": str(built.package), "bill": str(built.bill)}
        screen.document({"schema": 1, **screen.camel(asdict(built)), **paths})


@contextmanager
def _shown(console: Console) -> Iterator[building.Progress]:
    """Each stage as a line, and the packing as a bar where somebody looks."""
    with Progress(*_COLUMNS, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def stage(what: str) -> None:
            progress.update(task, description=escape(what))
            if not console.is_terminal:
                console.print(what, markup=False)

        yield building.Progress(
            stage,
            lambda total: progress.update(task, total=total),
            lambda size: progress.advance(task, size),
        )


@package.command()
@click.option("-f", "--file", required=True, type=_FILE, help="The zip.")
@click.option(
    "-m",
    "--mode",
    type=click.Choice(["quick", "full"]),
    default="quick",
    show_default=True,
    help="Its directory alone, or every byte.",
)
@click.option("--handler", default="", help="The function's handler, such as app.handler.")
@click.option(
    "--variable",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="An environment variable that the import needs; may be given again.",
)
@_runtime
@_architecture
@options.printing
@click.pass_context
def validate(
    context: click.Context,
    /,
    file: Path,
    mode: str,
    handler: str,
    variables: tuple[str, ...],
    runtime: str,
    architecture: str,
    as_json: bool,
) -> None:
    """
    Say whether Lambda would take a package, and everything that speaks against it.

    `quick` looks at the zip's directory, by the rules of the release itself: structure, names,
    links, doubles, sizes, and the handler's module. `full` inflates it as well: checksums, AWS and
    private keys (where, never what), and, with --handler, an import of the module, which runs its
    code, by the runtime's own interpreter where that is installed.

    Exits 0 if it is valid, 1 if it is not.

    \b
    Examples:
      canary package validate -f checkout.zip
      canary package validate -f checkout.zip -m full --handler app.handler
      canary package validate -f checkout.zip -m full --runtime nodejs22.x --json
    """
    question = Question(runtime, architecture, handler, _pairs(variables))
    console = screen.console(stderr=as_json)
    if mode == "quick":
        report = validation.quick(file, question)
    else:
        with Progress(*_COLUMNS, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task(f"inflating {escape(file.name)}", total=None)
            report = validation.full(file, question, lambda size: progress.advance(task, size))
    _tell(console, file, report)
    code = USER_ERROR if report.problems else 0
    if as_json:
        found = screen.camel(asdict(report))
        screen.document(
            {"schema": 1, "package": str(file), "mode": mode, **found, "exitCode": code}
        )
    context.exit(code)


def _pairs(variables: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in variables]
    if wrong := [name for name, equals, _ in pairs if not equals or not name]:
        raise click.BadParameter(f"{wrong[0]!r} is not NAME=VALUE.", param_hint="--variable")
    return {name: value for name, _, value in pairs}


def _tell(console: Console, file: Path, report: Report) -> None:
    size = f"{report.files} files, {report.size:,} bytes ({report.unzipped:,} unzipped)"
    if report.problems:
        for problem in report.problems:
            screen.tell(console, "red", "problem", f"{file.name}: {problem}")
    else:
        screen.tell(console, "green", "valid", f"{file.name}: {size}")
    for note in report.notes:
        console.print(f"  note: {note}", soft_wrap=True, markup=False)


package.add_command(signing.sign)
