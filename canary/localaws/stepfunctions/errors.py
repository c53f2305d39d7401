"""What Step Functions answers when it refuses."""

from moto.core.exceptions import AWSError


class AccessDeniedException(AWSError):  # noqa: N818 - AWS's name
    """Step Functions cannot act as the machine's role."""

    TYPE = "AccessDeniedException"


class ExecutionNotRedrivable(AWSError):  # noqa: N818
    """The execution is not in a state from which it could go on."""

    TYPE = "ExecutionNotRedrivable"


class InvalidDefinition(AWSError):  # noqa: N818
    """The definition is not a state machine that can run."""

    TYPE = "InvalidDefinition"


class InvalidToken(AWSError):  # noqa: N818
    """The token is none that Step Functions gave."""

    TYPE = "InvalidToken"


class StateMachineAlreadyExists(AWSError):  # noqa: N818
    """A state machine with this name and another definition or configuration exists."""

    TYPE = "StateMachineAlreadyExists"


class StateMachineTypeNotSupported(AWSError):  # noqa: N818
    """Only standard workflows run here."""

    TYPE = "StateMachineTypeNotSupported"
