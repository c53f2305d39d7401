"""The errors of Security Hub."""

from moto.core.exceptions import ServiceException


class InvalidAccessException(ServiceException):
    """Security Hub is not enabled."""

    code = "InvalidAccessException"


class InvalidInputException(ServiceException):
    """A parameter is not valid."""

    code = "InvalidInputException"


class ResourceConflictException(ServiceException):
    """It exists already."""

    code = "ResourceConflictException"
