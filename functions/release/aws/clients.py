"""Clients: made when first used, kept for the life of the environment."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str, read_timeout: int = 10, attempts: int = 4) -> Any:
    """A boto3 client with botocore's standard retries; `read_timeout` in seconds."""
    session: Any = boto3  # the stubs want a literal name
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=3,
        read_timeout=read_timeout,
    )
    return session.client(service, config=config)
