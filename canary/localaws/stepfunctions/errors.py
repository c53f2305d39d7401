"""What Step Functions answers when it refuses."""

from moto.core.exceptions import AWSError


class AccessDeniedException(AWSError):  # noqa: N818 - AWS's name
    """Step Functions cannot act as the machine's role."""

    TYPE = "AccessDeniedException"


class ConflictException(AWSError):  # noqa: N818 - AWS's name
    """Another version, alias or revision stands in the way."""

    TYPE = "ConflictException"


class ExecutionNotRedrivable(AWSError):  # noqa: N818
    """The execution is not in a state from which it could go on."""

    TYPE = "ExecutionNotRedrivable"


class InvalidDefinition(AWSError):  # noqa: N818
    """The definition is not a state machine that can run."""

    TYPE = "InvalidDefinition"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"Invalid State Machine Definition: '{', '.join(problems)}'")
        self.problems = problems


class InvalidLoggingConfiguration(AWSError):  # noqa: N818
    """Executions cannot be logged there."""

    TYPE = "InvalidLoggingConfiguration"


class InvalidOutput(AWSError):  # noqa: N818
    """The output of a Task is no JSON."""

    TYPE = "InvalidOutput"


class InvalidToken(AWSError):  # noqa: N818
    """The token is none that Step Functions gave."""

    TYPE = "InvalidToken"


class StateMachineAlreadyExists(AWSError):  # noqa: N818
    """A state machine with this name and another definition or configuration exists."""

    TYPE = "StateMachineAlreadyExists"


class StateMachineTypeNotSupported(AWSError):  # noqa: N818
    """Only standard workflows run here."""

    TYPE = "StateMachineTypeNotSupported"


class TaskTimedOut(AWSError):  # noqa: N818
    """Nobody waits for this token any more."""

    TYPE = "TaskTimedOut"
