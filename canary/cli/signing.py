"""`canary package sign`: by hand what a release does with its package."""

from __future__ import annotations

import hashlib
import io
import time
from pathlib import Path

import click
from rich.console import Console

from canary.cli import incoming, options, screen, stacks
from canary.cli.failures import UserError
from canary.cli.group import FAILED, INTERRUPTED
from release import archives
from release.aws import s3, signer
from release.aws.clients import client

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_PREFIX = "signed/by-hand/"
_POLL_SECONDS = 3
_DEADLINE_SECONDS = 15 * 60


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Download the signed zip to this file.",
)
@options.shared
@click.pass_context
def sign(
    context: click.Context,
    /,
    file: Path,
    output: Path | None,
    environment: str,
    as_json: bool,
) -> None:
    """
    Upload FILE, sign it with the stack's profile, and say where the signed package is.

    For a function's first code, or an update outside of releases; a release signs by itself.

    Exits 0 when it is signed, 1 if Lambda would not take the package or it cannot be uploaded,
    3 if the signing job failed. Ctrl-C stops waiting, not the job, and exits 130.

    \b
    Examples:
      canary package sign checkout.zip
      canary package sign checkout.zip --output checkout-signed.zip
      canary package sign checkout.zip --environment production --json
    """
    digest = incoming.digest(file)
    for problem in archives.problems(archives.directory(io.FileIO(file), str(file)), "", ""):
        raise UserError(f"{file} {problem} Nothing was uploaded.")
    if output and not output.absolute().parent.is_dir():
        raise UserError(f"There is no folder {output.absolute().parent}. Nothing was uploaded.")
    stack = stacks.connect(environment)
    console = screen.console(stderr=as_json)
    key = f"incoming/{digest[:16]}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.zip"
    version = incoming.upload(console, file, stack.bucket, key)
    source = {"bucket": stack.bucket, "key": key, "version": version}
    token = hashlib.sha256(f"{key} {version}".encode()).hexdigest()
    job = _wait(console, signer.start_job(stack.signing_profile, source, _PREFIX, token))
    if job.status != "Succeeded":
        screen.tell(console, "red", job.status, f"signing job {job.id}: {_why(job)}")
        if as_json:
            screen.document({"schema": 1, "job": job.id, "status": job.status, "exitCode": FAILED})
        context.exit(FAILED)
    signed = _signed(job)
    screen.tell(
        console, "green", "signed", f"s3://{signed.bucket}/{signed.key} in version {signed.version}"
    )
    if output:
        _download(signed, output)
        console.print(f"Wrote {output} ({signed.size:,} bytes)", soft_wrap=True, markup=False)
    if as_json:
        screen.document(
            {
                "schema": 1,
                "job": job.id,
                "status": job.status,
                "bucket": signed.bucket,
                "key": signed.key,
                "version": signed.version,
                "output": str(output) if output else None,
                "exitCode": 0,
            }
        )


def _wait(console: Console, job_id: str) -> signer.Job:
    """The job when it is over, or when its time is."""
    deadline = time.time() + _DEADLINE_SECONDS
    job = signer.get_job(job_id)
    console.print(f"Signing job {job_id} has started.", markup=False)
    try:
        with console.status("signing"):
            while job.status == "InProgress" and time.time() < deadline:
                time.sleep(_POLL_SECONDS)
                job = signer.get_job(job_id)
    except KeyboardInterrupt:
        console.print(
            "No longer waiting; the job goes on by itself. To look at it, type: "
            f"aws signer describe-signing-job --job-id {job_id}",
            soft_wrap=True,
            markup=False,
        )
        click.get_current_context().exit(INTERRUPTED)
    return job


def _why(job: signer.Job) -> str:
    if job.status == "InProgress":
        return f"not over after {_DEADLINE_SECONDS // 60} minutes. Look at it again later."
    return f"{job.reason or 'no reason was given'}. A package that is signed already cannot be."


def _signed(job: signer.Job) -> s3.Object:
    found = s3.head(job.bucket, job.key)
    if found is None:
        raise UserError(
            f"{job.key} vanished from {job.bucket} right after it was signed. Try again."
        )
    return found


def _download(signed: s3.Object, output: Path) -> None:
    client("s3").download_file(
        signed.bucket, signed.key, str(output), ExtraArgs={"VersionId": signed.version}
    )
