"""The errors of AWS CodeDeploy."""

from moto.core.exceptions import ServiceException


class CodeDeployException(ServiceException):
    """An error of the API: its code, as the service model names it, and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


class DeploymentFailedError(Exception):
    """What makes a deployment fail, as GetDeployment's errorInformation tells it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
