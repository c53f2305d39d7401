"""Roles and policies."""

from __future__ import annotations

from canary.localaws.stack.resource import Resource


class Role(Resource):
    """AWS::IAM::Role."""

    kind = "AWS::IAM::Role"
    supported = (
        "RoleName AssumeRolePolicyDocument Path Description MaxSessionDuration "
        "PermissionsBoundary ManagedPolicyArns Policies Tags"
    )
    named_by = "RoleName"

    def create(self) -> None:
        properties = self.given(
            "AssumeRolePolicyDocument",
            "Path",
            "Description",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "Tags",
        )
        role = self.call("iam", "create_role", properties, RoleName=self.name)["Role"]
        for arn in self.properties.get("ManagedPolicyArns", []):
            self.call("iam", "attach_role_policy", RoleName=self.name, PolicyArn=arn)
        for policy in self.properties.get("Policies", []):
            self.call("iam", "put_role_policy", policy, RoleName=self.name)
        self.physical_resource_id = self.name
        self.attributes = {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def delete(self) -> None:
        name = self.physical_resource_id
        for policy in self.properties.get("Policies", []):
            self.call("iam", "delete_role_policy", RoleName=name, PolicyName=policy["PolicyName"])
        for arn in self.properties.get("ManagedPolicyArns", []):
            self.call("iam", "detach_role_policy", RoleName=name, PolicyArn=arn)
        self.call("iam", "delete_role", RoleName=name)


class Policy(Resource):
    """AWS::IAM::Policy."""

    kind = "AWS::IAM::Policy"
    supported = "PolicyName PolicyDocument Roles"
    named_by = "PolicyName"

    def create(self) -> None:
        document = self.given("PolicyDocument")
        for role in self.properties.get("Roles", []):
            self.call("iam", "put_role_policy", document, RoleName=role, PolicyName=self.name)
        self.physical_resource_id = self.name

    def delete(self) -> None:
        for role in self.properties.get("Roles", []):
            self.call(
                "iam", "delete_role_policy", RoleName=role, PolicyName=self.physical_resource_id
            )


class ManagedPolicy(Resource):
    """AWS::IAM::ManagedPolicy."""

    kind = "AWS::IAM::ManagedPolicy"
    supported = "ManagedPolicyName PolicyDocument Description Path Roles"
    named_by = "ManagedPolicyName"
    fixed = "ManagedPolicyName Description Path"

    def create(self) -> None:
        properties = self.given("PolicyDocument", "Description", "Path")
        policy = self.call("iam", "create_policy", properties, PolicyName=self.name)["Policy"]
        self.physical_resource_id = policy["Arn"]
        self.attributes = {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}
        self._attach()

    def update(self, old: object) -> None:  # noqa: ARG002
        """As its next default version: roles that have it attached keep it."""
        arn = self.physical_resource_id
        versions = self.call("iam", "list_policy_versions", PolicyArn=arn)["Versions"]
        for version in versions:
            if not version["IsDefaultVersion"]:
                number = version["VersionId"]
                self.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=number)
        document = self.given("PolicyDocument")
        self.call("iam", "create_policy_version", document, PolicyArn=arn, SetAsDefault=True)
        self._detach()
        self._attach()

    def delete(self) -> None:
        self._detach()
        self.call("iam", "delete_policy", PolicyArn=self.physical_resource_id)

    def _attach(self) -> None:
        for role in self.properties.get("Roles", []):
            arn = self.physical_resource_id
            self.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)

    def _detach(self) -> None:
        for role in self.properties.get("Roles", []):
            arn = self.physical_resource_id
            self.call("iam", "detach_role_policy", RoleName=role, PolicyArn=arn)
