"""Logger and the one decorator that every handler wears."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from release.aws.failures import as_unavailable
from release.errors import ReleaseError

logger = Logger(service="lambda-canary")

Event = dict[str, Any]


def release_handler(function: Callable[[Event], object]) -> Callable[[Event, object], Any]:
    """
    Make a Lambda handler of a function from event to result.

    Logs carry the release id; the event itself, which may hold secrets, is never logged. What AWS
    could not answer leaves as AwsUnavailableError, which the state machine retries.
    """

    @wraps(function)
    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: object) -> Any:
        arn = event.get("execution", {}).get("arn", "")
        logger.append_keys(release=arn.rpartition(":")[2])
        try:
            return msgspec.to_builtins(function(event))
        except ReleaseError as error:
            logger.warning(f"{type(error).__name__}: {error}")
            raise
        except Exception as error:
            raise as_unavailable(error) from error

    return handler
