"""Packages on their way into the artifact bucket."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from canary.cli.failures import UserError
from release.aws import s3
from release.aws.clients import client

_COLUMNS = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())


def digest(package: Path) -> str:
    """The SHA-256 of a zip, in hexadecimal; a UserError for what is none."""
    if not zipfile.is_zipfile(package):
        raise UserError(f"{package} is no zip file. Nothing was uploaded.")
    with package.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def upload(console: Console, package: Path, bucket: str, key: str) -> str:
    """Upload with a progress bar; returns the version of the object."""
    with Progress(*_COLUMNS, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"uploading {escape(package.name)}", total=package.stat().st_size)
        client("s3").upload_file(
            str(package), bucket, key, Callback=lambda sent: progress.advance(task, sent)
        )
    uploaded = s3.head(bucket, key)  # upload_file does not tell the version
    if uploaded is None:
        raise UserError(f"{key} vanished from {bucket} right after its upload. Try again.")
    sentence = f"Uploaded {package.name} ({uploaded.size} bytes) to s3://{bucket}/{key}"
    console.print(sentence, soft_wrap=True, markup=False)
    return uploaded.version
