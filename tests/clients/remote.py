"""A team whose stack is in another process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from canary.localaws.sandbox import Sandbox
from tests.clients.server import Shell


class Team(Sandbox):
    """The sandbox's ways, over the endpoint, with a stack that is there already."""

    def __init__(self, shell: Shell) -> None:
        self._clients: dict[str, Any] = {}
        self.aws: Any = SimpleNamespace(client=self._client)
        self._shell = shell
        (stack,) = self._client("cloudformation").describe_stacks(StackName="lambda-canary")[
            "Stacks"
        ]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def end(self, execution_arn: str) -> str:
        """The status of an execution that has ended, else nothing."""
        status = str(self.describe(execution_arn)["status"])
        return "" if status == "RUNNING" else status

    def close(self) -> None:
        """Close the connections of all clients."""
        for client in self._clients.values():
            client.close()

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._shell.client(service)
        return self._clients[service]
