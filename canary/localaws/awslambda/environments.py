"""Which execution environments there are, and whether they are processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from canary.localaws.account import current
from canary.localaws.awslambda import interpreters, variables
from canary.localaws.awslambda.functions import Function
from canary.localaws.awslambda.handlers import OwnHandler
from canary.localaws.awslambda.outcomes import Environment
from canary.localaws.awslambda.packages import Packages, Places
from canary.localaws.awslambda.processes import Process

_IDLE_SECONDS = 900.0


class Environments:
    """All execution environments: those of each state of a version, warm until they fail."""

    def __init__(self) -> None:
        self.sources: dict[str, Path] = {}
        self._environments: dict[tuple[str, str], list[Environment]] = {}
        self._packages = Packages()
        self._random = current().random("lambda environments")

    def take(self, function: Function, layers: Sequence[bytes]) -> Environment:
        """An environment of the function that is free: a warm one, or else a new one."""
        environments = self._environments.setdefault(
            (function.function_arn, function.revision_id), []
        )
        free = next((each for each in environments if not each.is_busy), None)
        if free is None:
            self._end_idle()
            free = self._start(function, layers)
            environments.append(free)
        free.last_used = current().clock.now()
        return free

    def discard(self, function: Function, environment: Environment) -> None:
        """What failed in its runtime is not used again."""
        self._environments[function.function_arn, function.revision_id].remove(environment)
        environment.close()

    def close(self) -> None:
        """End all, and delete what was unpacked."""
        for environments in self._environments.values():
            for environment in environments:
                environment.close()
        self._packages.close()

    def _end_idle(self) -> None:
        """Lambda ends what has been idle for some minutes; here, when another one is needed."""
        limit = current().clock.now() - _IDLE_SECONDS
        for environments in self._environments.values():
            for environment in list(environments):
                if environment.last_used < limit and not environment.is_busy:
                    environments.remove(environment)
                    environment.close()

    def _start(self, function: Function, layers: Sequence[bytes]) -> Environment:
        """The pipeline's own handlers run in this process, where they are fast and can be debugged;
        everyone else's packages run in one of their own."""
        day = current().clock.datetime().strftime("%Y/%m/%d")
        stream = f"{day}/[{function.version}]{self._random.getrandbits(128):032x}"
        source = self.sources.get(function.code_sha_256)
        if source:
            return OwnHandler(function, source, variables.of_function(function, source, stream))
        return self._start_process(function, layers, stream)

    def _start_process(self, function: Function, layers: Sequence[bytes], stream: str) -> Process:
        interpreter = interpreters.find(
            "images" if function.package_type == "Image" else str(function.run_time)
        )
        packages = self._packages
        places = Places(packages.task(function), packages.opt(layers), packages.runtime())
        own = variables.of_function(function, places.task, stream)
        return Process(
            function,
            interpreter,
            places,
            variables.of_process(own, places, packages.scratch()),
        )
