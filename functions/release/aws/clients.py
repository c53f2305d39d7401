"""Clients: made when first used, kept for the life of the environment."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=10
)


@cache
def client(service: str) -> Any:
    """A boto3 client with botocore's standard retries."""
    session: Any = boto3  # the stubs want a literal name
    return session.client(service, config=_CONFIG)
