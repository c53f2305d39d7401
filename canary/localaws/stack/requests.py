"""What may be asked of CloudFormation here: moto leaves the rest out without a word."""

from __future__ import annotations

from botocore.exceptions import ClientError

from canary.localaws.admission import Call

_POLICIES = ("StackPolicyBody", "StackPolicyURL", "RollbackConfiguration", "ResourceTypes")
# The parameters that change what an operation does, and that nobody handles.
UNHANDLED: dict[str, tuple[str, ...]] = {
    "CreateStack": (*_POLICIES, "DisableRollback", "EnableTerminationProtection"),
    "UpdateStack": (
        *_POLICIES,
        "DisableRollback",
        "StackPolicyDuringUpdateBody",
        "StackPolicyDuringUpdateURL",
    ),
    "CreateChangeSet": (*_POLICIES, "ResourcesToImport", "ImportExistingResources"),
    "ExecuteChangeSet": ("DisableRollback", "RetainExceptOnCreate"),
    "DeleteStack": ("RetainResources", "DeletionMode"),
}


def check(call: Call) -> None:
    """Refuse a request for what would be left out."""
    if call.service == "cloudformation" and (names := _left_out(call)):
        message = f"The embedded AWS does not handle {', '.join(names)}."
        error = {"Error": {"Code": "ValidationError", "Message": message}}
        raise ClientError(error, call.operation.name)  # type: ignore[arg-type]


def _left_out(call: Call) -> list[str]:
    given = call.parameters
    names = [name for name in UNHANDLED.get(call.operation.name, ()) if given.get(name)]
    return names if given.get("OnFailure", "ROLLBACK") == "ROLLBACK" else [*names, "OnFailure"]
