"""The errors of AWS Signer."""

from moto.core.exceptions import ServiceException


class ValidationException(ServiceException):
    """A parameter is not valid, or not valid in this state."""

    code = "ValidationException"


class ResourceNotFoundException(ServiceException):
    """The named profile, job or object does not exist."""

    code = "ResourceNotFoundException"
