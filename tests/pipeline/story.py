"""A release told as a story: what is given, what happens, what must be true afterwards."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from boto3.dynamodb.types import TypeSerializer

from canary.localaws import LocalAws, codedeploy, stepfunctions
from canary.localaws.sandbox import Sandbox, archive, archive_of
from tests.pipeline.watch import Watch

EXAMPLES = Path(__file__).parents[2] / "examples" / "checkout"
FUNCTION = "checkout"
ALARM = "canary-checkout-errors"


class Story:
    """
    One function, `checkout`, with version 1 live, an alarm, and traffic if it is given. `stable` is
    the code of version 1, `parameters` are the stack's. `has_lost_answers` excuses messages that
    are sent again.

    Every step returns the story, so that a test reads from top to bottom.
    """

    def __init__(
        self,
        aws: LocalAws,
        stable: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.aws = aws
        self.sandbox = Sandbox(aws, parameters)
        package = archive({"app.py": stable}) if stable else archive_of(EXAMPLES / "stable")
        self.sandbox.add_function(FUNCTION, package)
        self.alias_before = self._alias_at_first = self.sandbox.alias(FUNCTION)
        self.watch = Watch(aws)
        self.has_lost_answers = False
        self.inbox = self._subscribe()
        self._names = (f"release-{number}" for number in itertools.count(1))
        self.execution = ""
        self.executions: list[str] = []
        self.rollback: dict[str, Any] = {}
        self.prepared: dict[str, Any] = {}

    # -- given -------------------------------------------------------------------------------------

    def given_traffic(self, calls_per_minute: float = 60) -> Self:
        """Calls through the alias from now on."""
        self.sandbox.traffic(FUNCTION, calls_per_minute).start()
        return self

    def given_deaf_alarms(self) -> Self:
        """The alarm hears nothing that happens here, so that only the verdict can judge."""
        self.aws.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": FUNCTION}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1e9,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        return self

    def given_policy_defaults(self, **defaults: Any) -> Self:
        """An operator has stored these for the function."""
        item = {"pk": f"target#{FUNCTION}:live", "sk": "policy", **defaults}
        self.aws.client("dynamodb").put_item(
            TableName=self.sandbox.outputs["TableName"],
            Item={name: TypeSerializer().serialize(value) for name, value in item.items()},
        )
        return self

    # -- when --------------------------------------------------------------------------------------

    def request(self, code: str = "good", **members: Any) -> dict[str, Any]:
        """A request to release one of the examples, uploaded; `members` replace its own."""
        package = self.sandbox.upload(archive_of(EXAMPLES / code), f"incoming/{code}.zip")
        return {"schema": 1, "function": FUNCTION, "package": package, **members}

    def module(self, code: str) -> dict[str, str]:
        """A package of this module `app`, uploaded: a request's `package`."""
        return self.sandbox.upload(archive({"app.py": code}), "incoming/module.zip")

    def when_released(self, code: str = "good", **members: Any) -> Self:
        """A release starts and goes as far as it can at this very moment."""
        return self.when_requested(self.request(code, **members))

    def when_configured(self, configuration: dict[str, Any], **members: Any) -> Self:
        """A release of configuration alone starts."""
        members |= {"schema": 1, "function": FUNCTION, "configuration": configuration}
        return self.when_requested(members)

    def when_requested(self, request: Any) -> Self:
        """An execution starts with exactly this input."""
        self.execution = self.sandbox.start(next(self._names), request)
        self.executions.append(self.execution)
        return self

    def when_state_is(self, state: str) -> Self:
        """Time passes until the execution enters `state`."""
        self.aws.clock.run(lambda: state in self.states(), limit=86400)
        return self

    def when_traffic_shifts(self) -> Self:
        """Time passes until the alias is split."""
        self.aws.clock.run(lambda: len(self.sandbox.alias(FUNCTION)) == 2, limit=3600)
        return self

    def after(self, seconds: float = 0, *, minutes: float = 0) -> Self:
        """Time passes."""
        self.aws.clock.advance(seconds + 60 * minutes)
        return self

    def alarm_fires(self, alarm: str = ALARM) -> Self:
        """The alarm goes red, as if its metric had."""
        self.aws.client("cloudwatch").set_alarm_state(
            AlarmName=alarm, StateValue="ALARM", StateReason="set by the story"
        )
        return self

    def execution_is_stopped(self) -> Self:
        """An operator aborts the execution."""
        self.aws.client("stepfunctions").stop_execution(
            executionArn=self.execution, error="Stopped", cause="by the story"
        )
        return self

    def execution_is_redriven(self) -> Self:
        """An operator redrives the execution, which resumes where it failed."""
        self.aws.client("stepfunctions").redrive_execution(executionArn=self.execution)
        return self

    def operator_asks(self, **members: Any) -> Self:
        """An operator starts the rollback machine with a request, and waits for its end."""
        answer = self.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.sandbox.outputs["RollbackStateMachineArn"],
            input=json.dumps({"schema": 1, "function": FUNCTION, **members}),
        )
        self.rollback = self.sandbox.run(answer["executionArn"])
        return self

    def when_over(self) -> Self:
        """Time passes until the execution has ended, and a little more for what follows from it."""
        self.sandbox.run(self.execution)
        return self.after(minutes=3)

    # -- then --------------------------------------------------------------------------------------

    def then_execution_is(self, status: str, error: str | None = None) -> Self:
        """How the execution ended, and by which error."""
        found = self.sandbox.describe(self.execution)
        assert (found["status"], found.get("error")) == (status, error), found
        return self

    def then_cause_says(self, *words: str) -> Self:
        """The error's sentence contains all of these."""
        cause = self.sandbox.describe(self.execution)["cause"]
        missing = [word for word in words if word not in cause]
        assert not missing, f"{missing} not in {cause}"
        return self

    def then_alias_is(self, shares: dict[str, float]) -> Self:
        """Which versions the alias serves, and with which share."""
        assert self.sandbox.alias(FUNCTION) == shares
        return self

    def then_outcome_is(self, outcome: str) -> Self:
        """What the release's item says."""
        assert self.item()["outcome"] == outcome, self.item()
        return self

    def then_lock_is_free(self) -> Self:
        """Neither the alias nor the deployment group is locked."""
        assert self.locks() == []
        return self

    def then_notifications_are(self, *subjects: str) -> Self:
        """Exactly these messages were sent, in this order."""
        assert [each["Subject"] for each in self.notifications()] == list(subjects)
        return self

    def then_decided(self, verdict: str, decided_by: str) -> Self:
        """The last verdict, and which line of defence spoke it."""
        last = self.evidence()["verdicts"][-1]
        assert (last["verdict"], last["decidedBy"]) == (verdict, decided_by), last
        return self

    # -- reading -----------------------------------------------------------------------------------

    @property
    def release(self) -> str:
        """The release's id: the name of its execution."""
        return self.execution.rpartition(":")[2]

    def states(self) -> list[str]:
        """The states that the execution has entered, in order."""
        return stepfunctions.find_execution(self.execution).history.entered()

    def items(self) -> list[dict[str, Any]]:
        """The whole table."""
        client = self.aws.client("dynamodb")
        found = client.scan(TableName=self.sandbox.outputs["TableName"])["Items"]
        return [{name: _plain(value) for name, value in item.items()} for item in found]

    def item(self) -> dict[str, Any]:
        """The release's item; empty if there is none."""
        return next((each for each in self.items() if each["pk"] == f"release#{self.release}"), {})

    def plan(self) -> dict[str, Any]:
        """The plan that ValidateRelease has returned."""
        history = self.aws.client("stepfunctions").get_execution_history(
            executionArn=self.execution, maxResults=50
        )["events"]
        outputs = [e["stateExitedEventDetails"]["output"] for e in history if "Exited" in e["type"]]
        return dict(json.loads(outputs[0])["plan"])

    def locks(self) -> list[dict[str, Any]]:
        """All locks that are held."""
        return [each for each in self.items() if each["pk"] == "locks"]

    @property
    def is_moved_from_outside(self) -> bool:
        """Whether somebody but us had a hand on the alias."""
        return bool(self.watch.chosen) or self.alias_before is not self._alias_at_first

    def deployments_of(self, release: str) -> list[str]:
        """Ids of the deployments that the release has started."""
        found = codedeploy.backend(self.aws).deployments
        return [each.id for each in found.values() if each.description == release]

    def evidence(self, release: str = "") -> dict[str, Any]:
        """The release's evidence object."""
        key = f"evidence/{FUNCTION}/live/{release or self.release}.json"
        answer = self.aws.client("s3").get_object(
            Bucket=self.sandbox.outputs["ArtifactBucket"], Key=key
        )
        return dict(json.load(answer["Body"]))

    def notifications(self) -> list[dict[str, Any]]:
        """What the topic has sent so far."""
        received = []
        client = self.aws.client("sqs")
        while batch := client.receive_message(
            QueueUrl=self.inbox, MaxNumberOfMessages=10, VisibilityTimeout=1
        ).get("Messages"):
            received += [json.loads(message["Body"]) for message in batch]
            for message in batch:
                client.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
        self._received = [*getattr(self, "_received", []), *received]
        return self._received

    def _subscribe(self) -> str:
        client = self.aws.client("sqs")
        url = client.create_queue(QueueName="inbox")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        self.aws.client("sns").subscribe(
            TopicArn=self.sandbox.outputs["TopicArn"], Protocol="sqs", Endpoint=arn["QueueArn"]
        )
        return str(url)


def _plain(value: dict[str, Any]) -> Any:
    """A DynamoDB value without its type."""
    kind, content = next(iter(value.items()))
    if kind == "M":
        return {name: _plain(each) for name, each in content.items()}
    if kind == "L":
        return [_plain(each) for each in content]
    return json.loads(content) if kind == "N" else None if kind == "NULL" else content
