"""The embedded AWS: one account in one region, in this process, on virtual time."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from moto import mock_aws
from moto.core.base_backend import BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

from canary.localaws.admission import Call, Check, acting_principal, acting_session
from canary.localaws.clock import Clock

if TYPE_CHECKING:
    from canary.localaws.limits.rates import Rates

ACCOUNT = "123456789012"
REGION = "us-east-1"

PATIENCE = "X-Read-Timeout"

# In this order: what comes later may rest on what comes earlier.
SERVICES = (
    "shortcuts",
    "limits",
    "iam",
    "events",
    "cloudwatch",
    "logs",
    "signer",
    "awslambda",
    "codedeploy",
    "stepfunctions",
    "securityhub",
    "stack",
)

# What a person has set for real AWS; none of it may reach the embedded one.
_PERSONAL = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)


def _forget_whose_it_is() -> None:
    for name in [name for name in os.environ if name.startswith(_PERSONAL)]:
        del os.environ[name]
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ[name] = os.devnull


with patch.dict(os.environ):
    # moto makes a session while it is imported, which fails for a profile that is not there.
    _forget_whose_it_is()
    importlib.import_module("moto.cloudformation.models")

_PARAMETERS = "canary.parameters"  # in botocore's context of a call

_clients: dict[tuple[object, ...], Any] = {}
_current: LocalAws | None = None


def current() -> LocalAws:
    """The embedded AWS that runs in this process; a RuntimeError where none does."""
    if _current is None:
        raise RuntimeError("no embedded AWS is running: use `with LocalAws() as aws:`")
    return _current


class LocalAws:
    """
    The embedded AWS, as a context manager.

    Inside, every boto3 client of this process reaches it, wall-clock time is its virtual time, and
    the same `seed` gives the same identifiers and the same order of events. With `rates` it also
    throttles who calls more often than AWS allows. Only one can run at a time.
    """

    def __init__(
        self,
        seed: int = 1,
        start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        *,
        rates: bool = False,
    ) -> None:
        self.account = ACCOUNT
        self.region = REGION
        self.seed = seed
        self.clock = Clock(start)
        self.checks: list[Check] = []
        self.endpoint: str | None = None  # its URL, while it is served over HTTP
        self.has_rates = rates
        self.rates: Rates | None = None
        self._undo = ExitStack()
        self._backends: dict[int, Any] = {}

    def __enter__(self) -> LocalAws:
        global _current
        if _current is not None:
            raise RuntimeError("an embedded AWS is already running in this process")
        _current = self
        self._undo.callback(_forget)
        try:
            self._start()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def _start(self) -> None:
        self._undo.enter_context(
            patch.dict(os.environ, {"TZ": "UTC", "AWS_DEFAULT_REGION": REGION})
        )
        _forget_whose_it_is()
        time.tzset()
        mock = mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
        mock.start()
        self._undo.callback(mock.stop)
        mock_random.seed(self.seed)
        self.patch(boto3.Session, "client", _shared_client(boto3.Session.client))
        self.clock.start()
        self._undo.callback(self.clock.close)
        for service in SERVICES:
            importlib.import_module(f"canary.localaws.{service}").install(self)

    # -- for those who use it ----------------------------------------------------------------------

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS."""
        session: Any = boto3  # the stubs want a literal name
        return session.client(service, region_name=self.region)

    # -- for its services --------------------------------------------------------------------------

    def admit(self, call: Call) -> None:
        """Let the call pass all checks, in their order; the first that refuses raises."""
        for check in self.checks:
            check(call)

    def patch(self, owner: Any, name: str, replacement: Any) -> None:
        """
        Replace `owner.name` while this embedded AWS runs.

        An AttributeError, where moto has moved it.
        """
        self._undo.enter_context(patch.object(owner, name, replacement))

    def at_end(self, action: Callable[[], object]) -> None:
        """Do this when the embedded AWS ends."""
        self._undo.callback(action)

    def extend(self, backends: BackendDict[Any], backend: type[BaseBackend]) -> None:
        """Let a moto service make its backends from our subclass (whose package has a `urls` module
        of its own)."""
        self.patch(backends, "backend", backend)

    def backend(self, backends: BackendDict[Any]) -> Any:
        """The backend of our account and region: for services that talk to each other without going
        through boto3."""
        if id(backends) not in self._backends:  # moto's own look-up is slow for its hottest callers
            self._backends[id(backends)] = backends[self.account][self.region]
        return self._backends[id(backends)]

    def random(self, purpose: str) -> Random:
        """A random stream of its own for each purpose, so that one more draw in one place does not
        move all others."""
        return Random(f"{self.seed}:{purpose}")


def _forget() -> None:
    global _current
    _current = None


def _shared_client(make: Callable[..., Any]) -> Callable[..., Any]:
    """Client construction is most of what a call costs here; a client holds no state of ours, so
    equal ones are shared."""

    def client(
        session: boto3.Session, service_name: str, region_name: str | None = None, **options: Any
    ) -> Any:
        config = options.get("config")
        access_key = _explicit_key(session, options)
        key = (
            service_name,
            region_name or session.region_name or REGION,
            access_key,
            str(sorted(vars(config).get("_user_provided_options", {}).items())) if config else None,
            str(sorted((name, value) for name, value in options.items() if name != "config")),
        )
        if key not in _clients:
            made = make(session, service_name, region_name=region_name, **options)
            made.meta.events.register("before-parameter-build", _note_parameters)
            admit = partial(_admit, made, access_key)
            made.meta.events.register_first("before-call", admit)
            patience = made.meta.config.read_timeout
            made.meta.events.register("before-call.lambda.Invoke", partial(_tell, patience))
            _clients[key] = made
        return _clients[key]

    return client


def _explicit_key(session: boto3.Session, options: Mapping[str, Any]) -> str | None:
    """The access key that a client is given, rather than finds."""
    # get_credentials would look for some, where none are given.
    credentials = vars(session._session)["_credentials"]
    if credentials is not None and credentials.method == "explicit":
        return options.get("aws_access_key_id") or str(credentials.access_key)
    return options.get("aws_access_key_id")


def _note_parameters(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
    context[_PARAMETERS] = params


def _admit(
    client: Any,
    access_key: str | None,
    model: OperationModel,
    context: Mapping[str, Any],
    **_: object,
) -> None:
    """
    Every call of every client of this process comes by here, once the client has found nothing
    wrong with it, and before it is sent. A client that has the credentials of a role's session
    calls as that role, whoever uses it.
    """
    if _current is None:
        return
    iam = importlib.import_module("canary.localaws.iam")
    caller = iam.session_of(access_key) or (acting_principal(), acting_session())
    try:
        _current.admit(Call(model, context[_PARAMETERS], *caller))
    except ClientError as error:  # as the class that the client's users may catch
        kind = client.exceptions.from_code(error.response["Error"]["Code"])
        raise kind(error.response, error.operation_name) from None


def _tell(patience: float, params: dict[str, Any], **_: object) -> None:
    """An invocation takes no real time: how long the client would wait is told with the request."""
    params["headers"][PATIENCE] = str(patience)
