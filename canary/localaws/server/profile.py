"""The profile that leads AWS's tools to the endpoint, in a configuration file of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "lambda-canary-local"
_CONTENT = """\
# Of a running `canary local serve`, which removes it when it ends. The keys are the
# account's own, which may do everything there, and nothing anywhere else.
[profile {name}]
region = {region}
endpoint_url = {endpoint}
aws_access_key_id = testing
aws_secret_access_key = testing
cli_timestamp_format = iso8601
"""


@contextmanager
def written(directory: Path, endpoint: str, region: str) -> Iterator[Path]:
    """
    Within it, the file is there, for its owner alone.

    Its directory is ignored by git, wherever it is.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    (directory / ".gitignore").write_text("*\n")
    path = directory / "aws-config"
    content = _CONTENT.format(name=NAME, region=region, endpoint=endpoint)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(content)
    try:
        yield path
    finally:
        if path.exists() and path.read_text() == content:  # not that of a later one
            path.unlink()
