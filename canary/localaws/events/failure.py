"""How services of the embedded AWS learn from each other that a request has failed."""

from __future__ import annotations

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

# The two families of exceptions that moto's services raise for an error that AWS would answer.
AWS_FAILURES = (ServiceException, HTTPException)


def code_and_message(error: Exception) -> tuple[str, str]:
    """AWS's code and message of one of `AWS_FAILURES`."""
    code = getattr(error, "error_type", None) or getattr(type(error), "code", None)
    if isinstance(error, ServiceException):
        code = error.code
    message = getattr(error, "message", None) or str(error)
    return code if isinstance(code, str) else type(error).__name__, str(message)
