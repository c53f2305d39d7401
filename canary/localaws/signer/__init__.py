"""signer."""

from canary.localaws.account import LocalAws


def install(aws: LocalAws) -> None:
    """Nothing yet."""
