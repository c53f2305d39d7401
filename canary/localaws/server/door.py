"""
The way in for requests from outside: the same as for the clients of this process.

A request is turned into the one that a boto3 client in here would send, passes the checks that
every call passes, and goes to moto from there; so that both see the same AWS.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, UnknownServiceError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.models import botocore_stubber
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request as MotoRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from canary.localaws import iam
from canary.localaws.account import LocalAws
from canary.localaws.admission import Call, acting_as
from canary.localaws.server import failures
from canary.localaws.server.messages import Answer, Request, Scope, as_bytes

# Where botocore's name of a service is not the one that it signs with.
_NAMES = {"monitoring": "cloudwatch", "states": "stepfunctions"}
_NOT_AWS = "This is the endpoint of an embedded AWS; it answers signed requests of AWS's API only."


@dataclass(frozen=True)
class Understood:
    """What a request asks for."""

    service: str
    operation: OperationModel
    protocol: str
    parameters: dict[str, Any]


class Door:
    """Answers requests; each in a task of the clock."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws

    def answer(self, request: Request) -> Answer:
        """What AWS answers."""
        scope = request.scope
        if scope is None or request.is_of_a_page:
            return failures.nothing_here(_NOT_AWS)
        service = _NAMES.get(scope.service, scope.service)
        try:
            sent = self._as_sent_in_here(request.unpacked(), service)
            understood = _understood(sent, service)
        except (NotFound, NotImplementedError, UnknownServiceError):
            return failures.nothing_here(
                f"The embedded AWS knows no operation of {scope.service} that is asked for by "
                f"{request.method} {request.target}, "
                f"{request.headers.get('X-Amz-Target') or request.headers.get('Content-Type')}"
            )
        except (RequestParserError, ValueError, OSError) as error:
            return failures.unreadable(error)
        try:
            return self._answer(sent, understood, scope)
        except ClientError as error:
            refusal = error
        except ServiceException as error:  # moto's, and that of a key that nobody has
            refusal = _error(error.code, error.message)
        except NotImplementedError as error:
            refusal = _error("NotImplemented", str(error))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            refusal = _error("InternalFailure", str(error))
        return failures.refused(refusal, understood.operation, understood.protocol)

    def _as_sent_in_here(self, request: Request, service: str) -> AWSPreparedRequest:
        """To the address of AWS, where moto listens."""
        endpoint = self._aws.client(service).meta.endpoint_url
        headers = HTTPHeaders.from_pairs(request.headers.items())
        del headers["Host"]
        headers["Host"] = endpoint.split("//")[1]
        return AWSPreparedRequest(
            request.method, endpoint + request.target, headers, request.body, False
        )

    def _answer(self, sent: AWSPreparedRequest, understood: Understood, scope: Scope) -> Answer:
        if scope.region != self._aws.region:
            raise _error(
                "InvalidSignatureException",
                f"Credential should be scoped to a valid region, not '{scope.region}': "
                f"this is {self._aws.region}.",
            )
        principal = iam.principal_of(scope.access_key, understood.service)
        _, session = iam.session_of(scope.access_key) or (principal, "")
        self._take_token(understood)
        with acting_as(principal, session):
            client = self._aws.client(understood.service)
            operation = client.meta.service_model.operation_model(understood.operation.name)
            self._aws.admit(Call(operation, understood.parameters, principal, session))
            answer = botocore_stubber.process_request(sent)
        if answer is None:
            raise NotImplementedError(f"moto has no {understood.service}")
        status, headers, body = answer
        return Answer(
            int(status),
            {name: str(value) for name, value in headers.items() if value is not None},
            as_bytes(body),
        )

    def _take_token(self, understood: Understood) -> None:
        rates = self._aws.rates
        throttle = rates.take(understood.service, understood.operation.name) if rates else None
        if throttle:
            raise _error(throttle.code, throttle.message)


def _understood(sent: AWSPreparedRequest, service: str) -> Understood:
    """Raises NotFound where the service has no such operation."""
    request = MotoRequest.from_primitives(sent.method, sent.url, sent.headers, sent.body)
    operation, in_path = get_service_router(service).match(request)
    protocol = determine_request_protocol(get_service_model(service), request.content_type)
    parameters = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    return Understood(service, operation, protocol, parameters)


def _error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "")
