"""Which of AWS's errors mean "ask again", and how to tell one refusal from another."""

from botocore.exceptions import (
    BotoCoreError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import ClientError as ClientError

from release.errors import AwsUnavailableError

_BUSY = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceErrorException",
    "InternalServiceFault",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceException",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
}


def code(error: Exception) -> str:
    """AWS's error code, or an empty string for an error that AWS did not send."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def message(error: Exception) -> str:
    """AWS's own sentence."""
    return str(error.response["Error"]["Message"]) if isinstance(error, ClientError) else str(error)


def is_unavailable(error: Exception) -> bool:
    """Whether the same call may succeed later: throttled, failed inside AWS, or no answer."""
    if isinstance(error, AwsUnavailableError):
        return True
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code(error) in _BUSY or status >= 500
    return isinstance(error, HTTPClientError | ConnectionError | IncompleteReadError)


def as_unavailable(error: Exception) -> Exception:
    """The same error as AwsUnavailableError where a retry may help, else the error itself."""
    if isinstance(error, ClientError) and is_unavailable(error):
        return AwsUnavailableError(f"{error.operation_name}: {code(error)}: {message(error)}")
    if isinstance(error, BotoCoreError) and is_unavailable(error):
        return AwsUnavailableError(f"{type(error).__name__}: {error}")
    return error
