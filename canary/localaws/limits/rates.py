"""
How often AWS lets an account call: token buckets on the virtual clock.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
https://docs.aws.amazon.com/general/latest/gr/signer.html
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

from dataclasses import dataclass

from canary.localaws.clock import Clock


@dataclass(frozen=True)
class Rate:
    """Calls that a bucket of operations takes each second, and at once when it is full."""

    a_second: float
    burst: float = 0

    @property
    def size(self) -> float:
        """How much the bucket holds."""
        return max(self.burst, self.a_second, 1)


# Per service: the rate of each operation; "*" is one bucket of all that have none.
RATES: dict[str, dict[str, Rate]] = {
    "lambda": {"GetFunction": Rate(100), "GetPolicy": Rate(15), "*": Rate(15)},
    "signer": {
        "StartSigningJob": Rate(3),
        "DescribeSigningJob": Rate(6),
        "ListSigningJobs": Rate(6),
        "GetSigningProfile": Rate(3),
        "PutSigningProfile": Rate(3),
        "RevokeSignature": Rate(3),
        "RevokeSigningProfile": Rate(3),
        "GetRevocationStatus": Rate(100),
        "SignPayload": Rate(10),
    },
    "cloudwatch": {
        "DescribeAlarms": Rate(9),
        "DescribeAlarmHistory": Rate(20),
        "PutMetricAlarm": Rate(3),
        "SetAlarmState": Rate(3),
        "GetMetricData": Rate(500),
    },
    "stepfunctions": {
        "StartExecution": Rate(300, burst=1300),
        "CreateStateMachine": Rate(1, burst=100),
        "UpdateStateMachine": Rate(1, burst=100),
    },
    "securityhub": {"BatchImportFindings": Rate(10, burst=30)},
}
_UNLIMITED = ("Invoke", "InvokeAsync", "InvokeWithResponseStream")  # limited by concurrency


@dataclass(frozen=True)
class Throttle:
    """What the service answers to one call too many."""

    code: str
    status: int
    message: str = "Rate exceeded"


_THROTTLES = {
    "lambda": Throttle("TooManyRequestsException", 429),
    "signer": Throttle("TooManyRequestsException", 429),
    "cloudwatch": Throttle("Throttling", 400),
    "stepfunctions": Throttle("ThrottlingException", 400),
    "securityhub": Throttle("LimitExceededException", 429),
}


class Bucket:
    """Tokens, one a call, that come back with time."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = rate.size
        self._filled = clock.moment()

    def take(self, is_forced: bool = False) -> bool:
        """Whether there was a token, which is then gone; who is forced to takes one on credit."""
        now = max(self._clock.moment(), self._filled)
        come_back = (now - self._filled) * self._rate.a_second
        self._tokens, self._filled = min(self._rate.size, self._tokens + come_back), now
        # A wait of exactly one token's time is enough, whatever floating point says.
        is_there = self._tokens >= 1 - 1e-6
        if is_there or is_forced:
            self._tokens -= 1
        return is_there


class Rates:
    """The buckets of one account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, service: str, operation: str) -> Throttle | None:
        """Count one call; what to answer instead, if it is one too many."""
        bucket = self._bucket(service, operation)
        return None if bucket is None or bucket.take() else _THROTTLES[service]

    def count(self, service: str, operation: str) -> None:
        """Count one call that is not refused."""
        if bucket := self._bucket(service, operation):
            bucket.take(is_forced=True)

    def _bucket(self, service: str, operation: str) -> Bucket | None:
        rates = RATES.get(service, {})
        name = operation if operation in rates else "*"
        if name not in rates or operation in _UNLIMITED:
            return None
        key = (service, name)
        if key not in self._buckets:
            self._buckets[key] = Bucket(rates[name], self._clock)
        return self._buckets[key]
