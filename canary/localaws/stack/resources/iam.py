"""Roles and policies."""

from __future__ import annotations

from collections.abc import Mapping

from canary.localaws.stack.resource import Properties, Resource, tag_map


class Role(Resource):
    """AWS::IAM::Role."""

    kind = "AWS::IAM::Role"
    supported = (
        "RoleName AssumeRolePolicyDocument Path Description MaxSessionDuration "
        "PermissionsBoundary ManagedPolicyArns Policies Tags"
    )
    named_by = "RoleName"
    replacing = "RoleName Path"

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
        self.physical_resource_id = self.name
        self.attributes = {"Arn": role["Arn"], "RoleId": role["RoleId"]}
        self._put_policies({})

    def update(self, old: Properties) -> None:
        new, role = self.properties, {"RoleName": self.physical_resource_id}
        document = new["AssumeRolePolicyDocument"]
        self.call("iam", "update_assume_role_policy", role, PolicyDocument=document)
        defaults = {"Description": "", "MaxSessionDuration": 3600}
        self.call("iam", "update_role", role, defaults, self.given(*defaults))
        if "PermissionsBoundary" in new:
            boundary = self.given("PermissionsBoundary")
            self.call("iam", "put_role_permissions_boundary", role, boundary)
        elif "PermissionsBoundary" in old:
            self.call("iam", "delete_role_permissions_boundary", role)
        self._tag(tag_map(old.get("Tags")), tag_map(new.get("Tags")))
        self._take_policies(old, kept=new)
        self._put_policies(old)

    def delete(self) -> None:
        self._take_policies(self.properties, kept={})
        self.call("iam", "delete_role", RoleName=self.physical_resource_id)

    def _tag(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        role = {"RoleName": self.physical_resource_id}
        if gone := [key for key in old if key not in new]:
            self.call("iam", "untag_role", role, TagKeys=gone)
        if new != old:
            tags = [{"Key": key, "Value": value} for key, value in new.items()]
            self.call("iam", "tag_role", role, Tags=tags)

    def _put_policies(self, old: Properties) -> None:
        role = {"RoleName": self.physical_resource_id}
        for arn in self.properties.get("ManagedPolicyArns", []):
            if arn not in old.get("ManagedPolicyArns", []):
                self.call("iam", "attach_role_policy", role, PolicyArn=arn)
        for policy in self.properties.get("Policies", []):
            self.call("iam", "put_role_policy", role, policy)

    def _take_policies(self, old: Properties, kept: Properties) -> None:
        role = {"RoleName": self.physical_resource_id}
        names = [policy["PolicyName"] for policy in kept.get("Policies", [])]
        for policy in old.get("Policies", []):
            if policy["PolicyName"] not in names:
                name = policy["PolicyName"]
                self.call("iam", "delete_role_policy", role, PolicyName=name)
        for arn in old.get("ManagedPolicyArns", []):
            if arn not in kept.get("ManagedPolicyArns", []):
                self.call("iam", "detach_role_policy", role, PolicyArn=arn)


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
    replacing = "ManagedPolicyName Description Path"

    def create(self) -> None:
        properties = self.given("PolicyDocument", "Description", "Path")
        policy = self.call("iam", "create_policy", properties, PolicyName=self.name)["Policy"]
        self.physical_resource_id = policy["Arn"]
        self.attributes = {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}
        self._attach()

    def update(self, old: Properties) -> None:  # noqa: ARG002
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


class OpenIdProvider(Resource):
    """AWS::IAM::OIDCProvider."""

    kind = "AWS::IAM::OIDCProvider"
    supported = "Url ClientIdList ThumbprintList Tags"
    replacing = "Url"

    def create(self) -> None:
        clients = self.properties.get("ClientIdList", [])
        properties = self.given("Url", "ThumbprintList", "Tags")
        made = self.call("iam", "create_open_id_connect_provider", properties, ClientIDList=clients)
        self.physical_resource_id = made["OpenIDConnectProviderArn"]
        self.attributes = {"Arn": self.physical_resource_id}

    def delete(self) -> None:
        provider = {"OpenIDConnectProviderArn": self.physical_resource_id}
        self.call("iam", "delete_open_id_connect_provider", provider)
