"""Calls that AWS refuses, over boto3: who calls, what is answered, and that nothing happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto.core.exceptions import ServiceException

from canary.localaws import LocalAws, iam
from canary.localaws.admission import acting_as
from canary.localaws.iam.authorization import UnknownActionError
from canary.localaws.iam.deciding import observers
from canary.localaws.iam.keys import UnknownKeyError
from canary.localaws.iam.policy import Decision, Request
from tests.localaws import packages
from tests.localaws.roles import EVERYTHING, allow, document, role, trusting

R = "us-east-1:123456789012"
QUEUE = f"arn:aws:sqs:{R}:orders"


def refused(role_arn: str, call: Callable[[], object], session: str = "work") -> tuple[str, str]:
    """Code and message of the error that the role gets."""
    with acting_as(role_arn, session), pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def on(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows this."""
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def test_a_denied_handler_gets_the_error_of_aws_and_changes_nothing(aws: LocalAws) -> None:
    """The session is the function's, the sentence AWS's, and the alias stays where it is."""
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('lambda').update_alias(\n"
        "        FunctionName='orders', Name='live', FunctionVersion='2')\n"
    )
    packages.run_here(aws, packages.zipped(code))
    packages.released(aws, code, packages.ECHO)
    allow(aws, "function-role", on("logs:*"), on("lambda:GetAlias"))
    answer, _ = packages.call(aws, Qualifier="live")
    assert answer["errorType"] == "ClientError"
    assert (
        "An error occurred (AccessDeniedException) when calling the UpdateAlias operation: "
        "User: arn:aws:sts::123456789012:assumed-role/function-role/orders is not authorized to "
        f"perform: lambda:UpdateAlias on resource: arn:aws:lambda:{R}:function:orders because no "
        "identity-based policy allows the lambda:UpdateAlias action"
    ) == answer["errorMessage"]
    alias = aws.client("lambda").get_alias(FunctionName="orders", Name="live")
    assert alias["FunctionVersion"] == "1"


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", lambda c: c.put_object(Bucket="box", Key="k", Body=b""), "AccessDenied"),
        ("s3", lambda c: c.head_object(Bucket="box", Key="k"), "403"),
        ("sqs", lambda c: c.list_queues(), "AccessDenied"),
        ("sns", lambda c: c.list_topics(), "AuthorizationError"),
        ("cloudwatch", lambda c: c.describe_alarms(), "AccessDenied"),
        ("dynamodb", lambda c: c.list_tables(), "AccessDeniedException"),
        ("codedeploy", lambda c: c.list_applications(), "AccessDeniedException"),
        ("stepfunctions", lambda c: c.list_state_machines(), "AccessDeniedException"),
    ],
)
def test_each_service_has_its_own_code(
    aws: LocalAws, service: str, call: Callable[[Any], object], code: str
) -> None:
    """What a client can catch is what the service would send."""
    nobody = role(aws, "nobody", "lambda", on("kms:Sign"))
    assert refused(nobody, lambda: call(aws.client(service)))[0] == code


def test_the_account_itself_may_do_everything(aws: LocalAws) -> None:
    """Outside of a role nothing is denied."""
    assert aws.client("sqs").create_queue(QueueName="orders")["QueueUrl"]


def test_managed_policies_count_in_their_default_version(aws: LocalAws) -> None:
    """A new default version changes what every role that has it may do."""
    client, reader = aws.client("iam"), role(aws, "reader", "lambda", on("kms:Sign"))
    arn = client.create_policy(PolicyName="p", PolicyDocument=document(on("sqs:ListQueues")))[
        "Policy"
    ]["Arn"]
    client.attach_role_policy(RoleName="reader", PolicyArn=arn)
    with acting_as(reader):
        aws.client("sqs").list_queues()
    client.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(on("sqs:GetQueueUrl")), SetAsDefault=True
    )
    assert refused(reader, aws.client("sqs").list_queues)[0] == "AccessDenied"


def test_a_boundary_bounds(aws: LocalAws) -> None:
    """The sentence says that it is the boundary."""
    client = aws.client("iam")
    made = client.create_policy(PolicyName="limit", PolicyDocument=document(on("sqs:*")))
    client.create_role(
        RoleName="bounded",
        AssumeRolePolicyDocument=trusting("lambda"),
        PermissionsBoundary=made["Policy"]["Arn"],
    )
    allow(aws, "bounded", EVERYTHING)
    bounded = client.get_role(RoleName="bounded")["Role"]["Arn"]
    with acting_as(bounded):
        aws.client("sqs").list_queues()
    _, message = refused(bounded, aws.client("sns").list_topics)
    assert message.endswith("because no permissions boundary allows the SNS:ListTopics action")


def test_a_queues_policy_lets_a_role_in(aws: LocalAws) -> None:
    """Within an account, the resource's word is enough."""
    sender = role(aws, "sender", "lambda", on("kms:Sign"))
    client = aws.client("sqs")
    url = client.create_queue(QueueName="orders")["QueueUrl"]
    assert refused(sender, lambda: client.send_message(QueueUrl=url, MessageBody="x"))
    policy = on("sqs:SendMessage", QUEUE, Principal={"AWS": sender})
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(policy)})
    with acting_as(sender):
        client.send_message(QueueUrl=url, MessageBody="x")


@pytest.mark.parametrize("secure", ["true", "false"])
def test_a_bucket_can_deny_even_its_account(aws: LocalAws, secure: str) -> None:
    """A Deny on a condition that holds stops everybody; on one that does not, nobody."""
    client = aws.client("s3")
    client.create_bucket(Bucket="box")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::box/*",
        "Condition": {"Bool": {"aws:SecureTransport": secure}},
    }
    client.put_bucket_policy(Bucket="box", Policy=document(deny))
    if secure == "true":
        with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
            client.put_object(Bucket="box", Key="k", Body=b"")
    else:
        client.put_object(Bucket="box", Key="k", Body=b"")


def test_a_missing_object_is_forbidden_to_whom_the_bucket_is_closed(aws: LocalAws) -> None:
    """Only who may list the bucket learns that there is nothing."""
    client = aws.client("s3")
    client.create_bucket(Bucket="box")
    reader = role(aws, "reader", "lambda", on("s3:GetObject"))
    assert refused(reader, lambda: client.get_object(Bucket="box", Key="k"))[0] == "AccessDenied"
    allow(aws, "reader", on("s3:GetObject"), on("s3:ListBucket"))
    assert refused(reader, lambda: client.get_object(Bucket="box", Key="k"))[0] == "NoSuchKey"


def test_an_encrypted_topic_needs_rights_on_its_key(aws: LocalAws) -> None:
    """The key has to agree, and SNS has a code of its own for it."""
    key = aws.client("kms").create_key(
        Policy=document(on("kms:*", Principal={"AWS": "arn:aws:iam::123456789012:root"}))
    )["KeyMetadata"]["Arn"]
    topic = aws.client("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    sender = role(aws, "sender", "lambda", on("sns:Publish"))

    def publish() -> object:
        return aws.client("sns").publish(TopicArn=topic, Message="x")

    code, message = refused(sender, publish)
    assert code == "KMSAccessDenied"
    assert f"kms:GenerateDataKey on resource: {key}" in message
    context = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}}
    allow(aws, "sender", on("sns:Publish"), on("kms:*", key, Condition=context))
    with acting_as(sender):
        publish()


@pytest.mark.parametrize(
    ("condition", "partition", "is_allowed"),
    [
        ({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}, "mine", True),
        ({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}, "theirs", False),
        ({"StringEquals": {"aws:PrincipalTag/team": "shop"}}, "mine", True),
        ({"StringEquals": {"aws:PrincipalTag/team": "other"}}, "mine", False),
        ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/wri*"}}, "mine", True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}, "mine", False),
    ],
)
def test_condition_keys_are_those_of_the_call(
    aws: LocalAws, condition: dict[str, Any], partition: str, is_allowed: bool
) -> None:
    """Partition keys of items, tags and ARN of the role, and the virtual time."""
    aws.client("dynamodb").create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    writer = role(aws, "writer", "lambda", on("dynamodb:PutItem", Condition=condition))
    aws.client("iam").tag_role(RoleName="writer", Tags=[{"Key": "team", "Value": "shop"}])

    def put() -> object:
        return aws.client("dynamodb").put_item(TableName="t", Item={"pk": {"S": partition}})

    if is_allowed:
        with acting_as(writer):
            put()
    else:
        assert refused(writer, put)[0] == "AccessDeniedException"


def test_a_condition_key_that_nobody_knows_raises(aws: LocalAws) -> None:
    """Whether AWS would have it cannot be guessed."""
    condition = {"StringEquals": {"sqs:Colour": "red"}}
    writer = role(aws, "writer", "lambda", on("sqs:ListQueues", Condition=condition))
    with acting_as(writer), pytest.raises(UnknownKeyError, match="sqs:colour"):
        aws.client("sqs").list_queues()


def test_tags_of_the_function_count(aws: LocalAws) -> None:
    """`aws:ResourceTag` opens only functions that carry the tag."""
    packages.create(aws, Tags={"managed": "yes"})
    tagged = {"StringEquals": {"aws:ResourceTag/managed": "yes"}}
    reader = role(aws, "reader", "lambda", on("lambda:ListAliases", Condition=tagged))
    with acting_as(reader):
        aws.client("lambda").list_aliases(FunctionName="orders")
    aws.client("lambda").untag_resource(
        Resource=f"arn:aws:lambda:{R}:function:orders", TagKeys=["managed"]
    )
    assert refused(reader, lambda: aws.client("lambda").list_aliases(FunctionName="orders"))


# -- roles that are passed and assumed -------------------------------------------------------------


def test_who_gives_a_role_to_a_service_needs_to_pass_it(aws: LocalAws) -> None:
    """To this service only."""
    machine = role(aws, "machine", "states")
    passing = on("iam:PassRole", machine, Condition={
        "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})  # fmt: skip
    maker = role(aws, "maker", "lambda", on("states:*"), passing)
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    code, message = refused(
        maker,
        lambda: aws.client("stepfunctions").create_state_machine(
            name="m", roleArn=machine, definition=definition
        ),
    )
    assert code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {machine}" in message


@pytest.mark.parametrize(
    ("trust", "own", "is_allowed"),
    [
        ("role", False, True),
        ("account", True, True),
        ("account", False, False),
        ("none", True, False),
    ],
)
def test_a_role_is_assumed_by_whom_it_trusts(
    aws: LocalAws, trust: str, own: bool, is_allowed: bool
) -> None:
    """The caller in person; or its account, and then the caller's own policies too."""
    caller = role(aws, "caller", "lambda", on("sts:AssumeRole" if own else "kms:Sign"))
    principal = {"role": caller, "account": "123456789012", "none": f"{caller}-else"}[trust]
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}}
    target = aws.client("iam").create_role(
        RoleName="target", AssumeRolePolicyDocument=document(statement)
    )["Role"]["Arn"]

    def assume() -> Any:
        return aws.client("sts").assume_role(RoleArn=target, RoleSessionName="work")

    if not is_allowed:
        assert refused(caller, assume)[0] == "AccessDenied"
        return
    with acting_as(caller):
        credentials = assume()["Credentials"]
    assert iam.principal_of(credentials["AccessKeyId"]) == target
    aws.clock.advance(timedelta(hours=2).total_seconds())
    with pytest.raises(ServiceException, match="expired"):
        iam.principal_of(credentials["AccessKeyId"])


def test_a_client_with_a_sessions_credentials_calls_as_its_role(aws: LocalAws) -> None:
    """Made with the keys or from a session that has them, whoever uses it."""
    target = role(aws, "target", "lambda", on("sqs:ListQueues"))
    keys = iam.session_for(target, "orders")
    given: dict[str, Any] = {
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
        "aws_session_token": keys.session_token,
    }
    session = boto3.Session(**given)
    boto3.client("sqs", **given).list_queues()
    session.client("sqs").list_queues()
    for client in (boto3.client("sns", **given), session.client("sns")):
        with pytest.raises(ClientError, match="assumed-role/target/orders"):
            client.list_topics()
    aws.client("sns").list_topics()


def test_an_error_is_of_the_clients_own_class(aws: LocalAws) -> None:
    """Where the service has an exception for it, `except client.exceptions.…` works."""
    nobody, signer = role(aws, "nobody", "lambda", on("kms:Sign")), aws.client("signer")
    with acting_as(nobody), pytest.raises(signer.exceptions.AccessDeniedException):
        signer.list_signing_jobs()


def test_what_is_malformed_is_told_by_botocore(aws: LocalAws) -> None:
    """A call that AWS would never get is not asked about."""
    nobody = role(aws, "nobody", "lambda", on("kms:Sign"))
    with acting_as(nobody), pytest.raises(ParamValidationError):
        aws.client("signer").start_signing_job(profileName="p")


def test_a_token_of_an_identity_provider_is_not_believed(aws: LocalAws) -> None:
    """Nobody here could verify it."""
    with pytest.raises(UnknownActionError, match="identity providers"):
        aws.client("sts").assume_role_with_web_identity(
            RoleArn=role(aws, "r", "lambda"), RoleSessionName="work", WebIdentityToken="none"
        )


def test_the_account_assumes_only_what_trusts_it(aws: LocalAws) -> None:
    """A role for a service is for that service."""
    target = role(aws, "target", "lambda")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("sts").assume_role(RoleArn=target, RoleSessionName="work")


def test_a_session_of_a_service_is_known_by_its_key(aws: LocalAws) -> None:
    """What a function in a process of its own calls with is its role's."""
    target = role(aws, "target", "lambda")
    credentials = iam.session_for(target, "orders")
    assert iam.principal_of(credentials.access_key_id) == target
    assert iam.session_of(credentials.access_key_id) == (target, "orders")
    assert iam.principal_of(iam.OWN_KEY) is None


@pytest.mark.parametrize(
    ("service", "code"),
    [("lambda", "UnrecognizedClientException"), ("sts", "InvalidClientTokenId")],
)
def test_a_key_that_nobody_issued_is_refused(aws: LocalAws, service: str, code: str) -> None:
    """With the code of the service that was called."""
    with pytest.raises(ServiceException, match="security token") as raised:
        iam.principal_of("ASIANOBODY", service)
    assert raised.value.code == code


def test_observers_learn_which_statement_decided(aws: LocalAws) -> None:
    """Policy and statement, so that a test can tell which ones are needed."""
    seen: list[tuple[str, str]] = []
    reader = role(aws, "reader", "lambda", on("kms:Sign"), on("sqs:*", Sid="Queues"))

    def note(_: Request, made: Decision) -> None:
        if made.statement is not None:
            seen.append((made.statement.source, made.statement.label))

    observers.append(note)
    with acting_as(reader):
        boto3.client("sqs").list_queues()
    assert seen == [("reader/rights", "Queues")]
