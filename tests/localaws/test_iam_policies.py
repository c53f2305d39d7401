"""
What policies decide, compared with the examples that AWS publishes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.localaws.iam.conditions import UnknownOperatorError
from canary.localaws.iam.policy import (
    Caller,
    Decision,
    Request,
    Statement,
    UnknownPolicyError,
    evaluate,
    parse,
)

ROLE = "arn:aws:iam::123456789012:role/carlos"
SESSION = "arn:aws:sts::123456789012:assumed-role/carlos/work"
ROOT = "arn:aws:iam::123456789012:root"
CARLOS = Caller(SESSION, frozenset({SESSION, ROLE}), ROOT)
LOGS = "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar-logs"

Keys = dict[str, tuple[str, ...]]


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> tuple[Statement, ...]:
    """A policy of these statements; Allow, and on everything, unless they say otherwise."""
    given = [{"Effect": "Allow", "Resource": "*"} | each for each in statements]
    for each in given:
        if "NotResource" in each:
            del each["Resource"]
    return parse("test", json.dumps({"Version": version, "Statement": given}))


def ask(
    action: str,
    resource: str = "*",
    *,
    identity: tuple[Statement, ...] = (),
    boundary: tuple[Statement, ...] | None = None,
    bucket: tuple[Statement, ...] = (),
    must_agree: bool = False,
    keys: Keys | None = None,
) -> Decision:
    """What is decided about a request of Carlos's role."""
    request = Request(CARLOS, action, resource, (keys or {}).get)
    return evaluate(request, identity, boundary, bucket, must_agree)


# -- identity and resource: reference_policies_evaluation-logic_policy-eval-basics.html ------------

IDENTITY = policy(
    {"Sid": "AllowS3ListRead", "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"],
     "Resource": "arn:aws:s3:::*"},
    {"Sid": "AllowS3Self", "Action": "s3:*",
     "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*",
                  "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar"]},
    {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"},
)  # fmt: skip
BUCKET = policy({"Action": "s3:*", "Resource": f"{LOGS}/*", "Principal": {"AWS": ROLE}})


def test_a_deny_of_the_identity_beats_the_buckets_allow() -> None:
    """Saving into the log bucket fails, though the bucket's policy lets Carlos."""
    decision = ask("s3:PutObject", f"{LOGS}/a", identity=IDENTITY, bucket=BUCKET)
    assert not decision.is_allowed
    assert decision.reason == "with an explicit deny in an identity-based policy"
    assert decision.statement is not None
    assert decision.statement.label == "DenyS3Logs"


def test_either_policy_is_enough_within_an_account() -> None:
    """Without the Deny, the bucket's policy alone, or the identity's alone, allows."""
    assert ask("s3:PutObject", f"{LOGS}/a", identity=IDENTITY[:2], bucket=BUCKET).is_allowed
    own = "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/a"
    assert ask("s3:PutObject", own, identity=IDENTITY).is_allowed


def test_what_nobody_allows_is_denied() -> None:
    """The implicit deny names the action and the kind of policy that lacks it."""
    decision = ask("s3:PutObject", "arn:aws:s3:::other/a", identity=IDENTITY)
    assert decision == Decision(
        False, "because no identity-based policy allows the s3:PutObject action"
    )


def test_an_account_in_a_resources_policy_only_delegates() -> None:
    """`root` as principal lets the account's own policies decide, it does not grant."""
    delegating = policy({"Action": "s3:*", "Principal": {"AWS": "123456789012"}})
    assert not ask("s3:GetObject", f"{LOGS}/a", bucket=delegating).is_allowed


# -- boundaries: access_policies_boundaries.html ---------------------------------------------------

BOUNDARY = policy({"Action": ["s3:*", "cloudwatch:*", "ec2:*"]})


def test_a_boundary_limits_what_a_policy_grants() -> None:
    """Who is granted iam:CreateUser outside the boundary cannot do it."""
    granted = policy({"Action": "iam:CreateUser"})
    decision = ask("iam:CreateUser", identity=granted, boundary=BOUNDARY)
    assert decision.reason == "because no permissions boundary allows the iam:CreateUser action"


def test_a_boundary_grants_nothing() -> None:
    """Alone it allows no call."""
    assert not ask("s3:GetObject", boundary=BOUNDARY).is_allowed


def test_only_a_session_named_in_person_passes_a_boundary() -> None:
    """A bucket that names the role is limited by it, one that names the session is not."""
    boundary = policy({"Action": "sqs:*"})
    for principal, is_allowed in ((ROLE, False), (SESSION, True)):
        bucket = policy({"Action": "s3:*", "Principal": {"AWS": principal}})
        assert ask("s3:GetObject", boundary=boundary, bucket=bucket).is_allowed is is_allowed


def test_a_deny_in_a_boundary_says_so() -> None:
    """The sentence tells where to look."""
    boundary = policy({"Action": "*"}, {"Effect": "Deny", "Action": "iam:*"})
    decision = ask("iam:PassRole", identity=policy({"Action": "*"}), boundary=boundary)
    assert decision.reason == "with an explicit deny in a permissions boundary"


# -- keys and roles: kms/latest/developerguide/policy-evaluation.html ------------------------------


@pytest.mark.parametrize(
    ("principal", "own", "is_allowed"),
    [
        ({"AWS": ROOT}, True, True),
        ({"AWS": ROOT}, False, False),
        ({"AWS": ROLE}, False, True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, True, False),
        ({"Service": "logs.amazonaws.com"}, True, False),
        ("*", False, True),
    ],
)
def test_a_key_must_agree(principal: Any, own: bool, is_allowed: bool) -> None:
    """The key's policy allows the caller, or the account whose policies then decide."""
    key = policy({"Action": "kms:*", "Principal": principal})
    identity = policy({"Action": "kms:Decrypt"}) if own else ()
    decision = ask("kms:Decrypt", identity=identity, bucket=key, must_agree=True)
    assert decision.is_allowed is is_allowed


# -- elements: reference_policies_elements.html ----------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "action", "resource", "is_allowed"),
    [
        ({"Action": "s3:Get*"}, "s3:GetObject", "*", True),
        ({"Action": "S3:getobject"}, "s3:GetObject", "*", True),
        ({"Action": "s3:Get?bject"}, "s3:GetObject", "*", True),
        ({"Action": "s3:Get"}, "s3:GetObject", "*", False),
        ({"Action": "s3.GetObject"}, "s3:GetObject", "*", False),
        ({"NotAction": "iam:*"}, "s3:GetObject", "*", True),
        ({"NotAction": "iam:*"}, "iam:PassRole", "*", False),
        ({"Resource": "arn:aws:s3:::a/*"}, "s3:GetObject", "arn:aws:s3:::a/b", True),
        ({"Resource": "arn:aws:s3:::a/*"}, "s3:GetObject", "arn:aws:s3:::A/b", False),
        ({"Resource": "arn:aws:s3:::a?"}, "s3:ListBucket", "arn:aws:s3:::ab", True),
        ({"Resource": "arn:aws:s3:::a?"}, "s3:ListBucket", "arn:aws:s3:::a", False),
        ({"NotResource": "arn:aws:s3:::a/*"}, "s3:GetObject", "arn:aws:s3:::b/c", True),
        ({"NotResource": "arn:aws:s3:::a/*"}, "s3:GetObject", "arn:aws:s3:::a/c", False),
        ({"Resource": "arn:x:${aws:username}/*"}, "s3:GetObject", "arn:x:carlos/a", True),
        ({"Resource": "arn:x:${aws:username}/*"}, "s3:GetObject", "arn:x:maria/a", False),
        ({"Resource": "arn:x:${aws:absent}/*"}, "s3:GetObject", "arn:x:/a", False),
        ({"Resource": "arn:x:${aws:absent, 'guest'}/*"}, "s3:GetObject", "arn:x:guest/a", True),
        ({"Resource": "arn:x:${*}"}, "s3:GetObject", "arn:x:b", False),
    ],
)
def test_actions_and_resources_match(
    statement: dict[str, Any], action: str, resource: str, is_allowed: bool
) -> None:
    """Stars, question marks, exclusion, and variables; case counts in resources alone."""
    keys: Keys = {"aws:username": ("carlos",)}
    given = statement if "NotAction" in statement else {"Action": "*"} | statement
    assert ask(action, resource, identity=policy(given), keys=keys).is_allowed is is_allowed


def test_an_old_policy_has_no_variables() -> None:
    """Before the version of 2012 `${…}` is an ordinary text."""
    old = policy({"Action": "*", "Resource": "${aws:username}"}, version="2008-10-17")
    assert ask("a:b", "${aws:username}", identity=old).is_allowed
    assert not ask("a:b", "carlos", identity=old, keys={"aws:username": ("carlos",)}).is_allowed


# -- conditions: reference_policies_elements_condition_operators.html ------------------------------

RULE = "arn:aws:events:us-east-1:123456789012:rule/a"


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "is_met"),
    [
        ("StringEquals", "a", ["a"], True),
        ("StringEquals", ["b", "a"], ["a"], True),
        ("StringEquals", "a*", ["ab"], False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringNotEquals", "a", ["b"], True),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotEquals", "a", None, True),
        ("StringEqualsIgnoreCase", "A", ["a"], True),
        ("StringNotEqualsIgnoreCase", "A", ["a"], False),
        ("StringLike", "a*c?", ["abcd"], True),
        ("StringNotLike", "a*", ["abc"], False),
        ("Bool", "false", ["false"], True),
        ("Bool", True, ["true"], True),
        ("Bool", "true", None, False),
        ("NumericLessThan", "10", ["9"], True),
        ("NumericLessThan", "10", ["10"], False),
        ("NumericLessThanEquals", 10, ["10"], True),
        ("NumericGreaterThan", "x", ["1"], False),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", ["1767603600"], True),
        ("DateLessThan", "2026-01-01T00:00:00Z", ["1767603600"], False),
        ("IpAddress", "203.0.113.0/24", ["203.0.113.9"], True),
        ("NotIpAddress", "203.0.113.0/24", ["203.0.113.9"], False),
        ("Null", "true", None, True),
        ("Null", "false", None, False),
        ("ArnEquals", "arn:aws:events:*:123456789012:rule/*", [RULE], True),
        ("ArnLike", "arn:aws:events:*:rule/*", [RULE], False),
        ("ArnNotLike", "arn:aws:sns:*:*:*", [RULE], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
        ("ForAllValues:StringNotLike", ["a*"], ["b", "ab"], False),
    ],
)
def test_conditions_hold(
    operator: str, wanted: Any, values: list[str] | None, is_met: bool
) -> None:
    """Each operator, with keys that are absent, with several values, and negated."""
    statement = {"Action": "*", "Condition": {operator: {"aws:Key": wanted}}}
    keys: Keys = {} if values is None else {"aws:key": tuple(values)}
    assert ask("a:b", identity=policy(statement), keys=keys).is_allowed is is_met


def test_all_conditions_of_a_statement_must_hold() -> None:
    """Operators and keys are joined by AND."""
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    statement = policy({"Action": "*", "Condition": both})
    keys: Keys = {"aws:a": ("1",), "aws:b": ("2",), "aws:c": ("true",)}
    assert ask("a:b", identity=statement, keys=keys).is_allowed
    for name in keys:
        assert not ask("a:b", identity=statement, keys=keys | {name: ("no",)}).is_allowed


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ({"Action": "*", "Condition": {"BinaryEquals": {"a": "b"}}}, UnknownOperatorError),
        ({"Action": "*", "Condition": {"ForMost:StringLike": {"a": "b"}}}, UnknownOperatorError),
        ({"Action": "*", "Priority": 1}, UnknownPolicyError),
    ],
)
def test_what_is_not_known_raises(statement: dict[str, Any], error: type[Exception]) -> None:
    """It is neither ignored nor taken for a yes."""
    with pytest.raises(error):
        policy(statement)


# -- properties ------------------------------------------------------------------------------------

_ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
_PATTERNS = st.sampled_from(["*", "s3:*", "s3:GetObject", "sqs:*", "s3:?etObject"])
_RESOURCES = st.sampled_from(["arn:a", "arn:b"])
_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": _PATTERNS,
        "Resource": st.sampled_from(["*", "arn:a", "arn:?"]),
        "Condition": st.sampled_from(
            [{}, {"Bool": {"aws:k": "true"}}, {"Null": {"aws:k": "true"}}]
        ),
    }
)
_POLICIES = st.lists(_STATEMENTS, max_size=4)
_KEYS = st.sampled_from([{}, {"aws:k": ("true",)}])


@given(_POLICIES, _POLICIES, _STATEMENTS, _ACTIONS, _RESOURCES, _KEYS)
def test_a_deny_that_applies_always_wins(
    own: Any, limit: Any, statement: Any, action: str, resource: str, keys: Keys
) -> None:
    """Whatever else is said, wherever it stands."""
    deny = policy(statement | {"Effect": "Deny"})
    alone = Request(CARLOS, action, resource, keys.get)
    if deny[0].applies(alone):
        for place in range(2):
            identity, boundary = policy(*own), policy(*limit)
            identity, boundary = (
                (identity + deny, boundary) if place else (identity, boundary + deny)
            )
            decision = ask(action, resource, identity=identity, boundary=boundary, keys=keys)
            assert not decision.is_allowed


@given(_POLICIES, _STATEMENTS, _ACTIONS, _RESOURCES, _KEYS)
def test_another_allow_never_takes_a_right_away(
    own: Any, statement: Any, action: str, resource: str, keys: Keys
) -> None:
    """Rights only grow by it."""
    before = ask(action, resource, identity=policy(*own), keys=keys)
    more = policy(*own, statement | {"Effect": "Allow"})
    if before.is_allowed:
        assert ask(action, resource, identity=more, keys=keys).is_allowed


@given(_POLICIES, _POLICIES, _ACTIONS, _RESOURCES, _KEYS)
def test_a_boundary_never_adds_a_right(
    own: Any, limit: Any, action: str, resource: str, keys: Keys
) -> None:
    """What is allowed within a boundary is allowed without it."""
    identity = policy(*own)
    within = ask(action, resource, identity=identity, boundary=policy(*limit), keys=keys)
    if within.is_allowed:
        assert ask(action, resource, identity=identity, keys=keys).is_allowed
