"""The errors of AWS Lambda."""

from moto.core.exceptions import ServiceException

STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)


class InvalidParameterValueException(ServiceException):
    """A parameter is not valid."""

    code = "InvalidParameterValueException"


class ValidationException(ServiceException):
    """A parameter does not have the shape that the API asks for."""

    code = "ValidationException"


class ResourceNotFoundException(ServiceException):
    """The function, version, alias or code signing configuration does not exist."""

    code = "ResourceNotFoundException"


class ResourceConflictException(ServiceException):
    """The resource exists already, or is in a state in which this cannot be done."""

    code = "ResourceConflictException"


class PreconditionFailedException(ServiceException):
    """The RevisionId given is not the latest one."""

    code = "PreconditionFailedException"

    def __init__(self) -> None:
        super().__init__(STALE)


class TooManyRequestsException(ServiceException):
    """The function's reserved concurrency is used up."""

    code = "TooManyRequestsException"
    Reason = "ReservedFunctionConcurrentInvocationLimitExceeded"

    def __init__(self) -> None:
        super().__init__("Rate Exceeded.")


class InvalidRequestContentException(ServiceException):
    """The payload of an invocation is not JSON."""

    code = "InvalidRequestContentException"


class InvalidRuntimeException(ServiceException):
    """The function's runtime cannot run here."""

    code = "InvalidRuntimeException"


class InvalidCodeSignatureException(ServiceException):
    """The package was changed after it had been signed."""

    code = "InvalidCodeSignatureException"


class CodeVerificationFailedException(ServiceException):
    """The package's signature is not one that the function's code signing config accepts."""

    code = "CodeVerificationFailedException"


class CodeSigningConfigNotFoundException(ServiceException):
    """The code signing config named does not exist."""

    code = "CodeSigningConfigNotFoundException"


class ProvisionedConcurrencyConfigNotFoundException(ServiceException):
    """Nothing is provisioned for this version or alias."""

    code = "ProvisionedConcurrencyConfigNotFoundException"
