"""CloudFormation's backend: moto's, with stacks that are made whole or rolled back."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import models as moto
from moto.cloudformation.exceptions import ValidationError
from moto.core.exceptions import ServiceException

from canary.localaws.stack.engine import ResourceError, ResourceMap
from canary.localaws.stack.template import Template, parse

STANDING = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class Stack(moto.Stack):
    """A stack over our engine."""

    resource_map: ResourceMap
    stack_status_reason: str | None = None

    @staticmethod
    def parse_template(template: str) -> Template:
        return parse(template)

    def _parse_template(self) -> None:
        self.template_dict = parse(str(self.template))

    def _create_resource_map(self) -> ResourceMap:
        resources = ResourceMap(
            self.stack_id,
            self.name,
            self.parameters,
            self.tags,
            account_id=self.account_id,
            region_name=self.region_name,
            template=self.template_dict,
            cross_stack_resources=self.cross_stack_resources,
        )
        resources.listener = self._tell
        if self.template_dict:
            resources.load()
        return resources

    @property
    def outputs(self) -> list[dict[str, Any]] | None:
        """The outputs, while what they tell of exists."""
        return super().outputs if self.status in STANDING else None

    def create_resources(self) -> None:
        self.status = "CREATE_IN_PROGRESS"
        try:
            self.resource_map.create(self.template_dict)
            list(self.output_map.values())
        except (ResourceError, ServiceException) as error:
            self._end("ROLLBACK_IN_PROGRESS", str(error))
            self.resource_map.delete()
            self._end("ROLLBACK_COMPLETE", str(error))
        else:
            self._end("CREATE_COMPLETE", None)

    def update(
        self,
        template: str,
        role_arn: str | None = None,
        parameters: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        before = self.template, self.parameters
        self._add_stack_event("UPDATE_IN_PROGRESS", resource_status_reason="User Initiated")
        try:
            self._go_over(template, parameters or {})
        except (ResourceError, ServiceException) as error:
            self._end("UPDATE_ROLLBACK_IN_PROGRESS", str(error))
            self._go_over(*before)  # type: ignore[arg-type]
            self._end("UPDATE_ROLLBACK_COMPLETE", str(error))
        else:
            self.role_arn = role_arn
            self.tags = self.tags if tags is None else tags
            self._end("UPDATE_COMPLETE", None)

    def build(self, template: str, parameters: dict[str, Any]) -> None:
        """Create the stack that a change set has announced."""
        self.template, self.parameters = template, parameters
        self._parse_template()
        self.resource_map = self._create_resource_map()
        self.output_map = self._create_output_map()
        self.create_resources()

    def _go_over(self, template: str, parameters: dict[str, Any]) -> None:
        self.resource_map.update(parse(template), parameters)
        self.template, self.parameters = template, parameters
        self._parse_template()
        self.output_map = self._create_output_map()
        list(self.output_map.values())

    def delete(self) -> None:
        self._add_stack_event("DELETE_IN_PROGRESS", resource_status_reason="User Initiated")
        try:
            self.resource_map.delete()
        except ResourceError as error:
            self._end("DELETE_FAILED", str(error))
        else:
            self._end("DELETE_COMPLETE", None)

    def _end(self, status: str, reason: str | None) -> None:
        self.status, self.stack_status_reason = status, reason
        self._add_stack_event(status, resource_status_reason=reason)

    def _tell(
        self, status: str, logical_id: str, physical_id: str, kind: str, reason: str | None
    ) -> None:
        self.events.append(
            moto.Event(
                stack_id=self.stack_id,
                stack_name=self.name,
                logical_resource_id=logical_id,
                physical_resource_id=physical_id,
                resource_type=kind,
                resource_status=status,
                resource_status_reason=reason,
                resource_properties=None,
            )
        )


class ChangeSet(moto.ChangeSet):
    """A change set over our stacks."""

    stack: Stack

    def _parse_template(self) -> None:
        self.template_dict = parse(self.template)

    def apply(self) -> None:
        if self.change_set_type == "CREATE":
            self.stack.build(self.template, self.parameters)
        else:
            self.stack.update(self.template, self.role_arn, self.parameters, self.tags)
        failed = "ROLLBACK" in self.stack.status
        self.execution_status = "EXECUTE_FAILED" if failed else "EXECUTE_COMPLETE"


class CloudFormationBackend(moto.CloudFormationBackend):
    """moto's backend; what it does with a stack's result is left to the stack."""

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:  # noqa: ARG002
        change_set = self.describe_change_set(change_set_name)
        if change_set is None or change_set.execution_status != "AVAILABLE":
            raise ValidationError(message=f"ChangeSet [{change_set_name}] cannot be executed")
        change_set.apply()

    def delete_stack(self, name_or_stack_id: str) -> None:
        """A stack whose deletion failed stays."""
        stacks = dict(self.stacks)
        super().delete_stack(name_or_stack_id)
        for stack_id, stack in stacks.items():
            if stack.status == "DELETE_FAILED":
                self.stacks[stack_id] = stack
                self.deleted_stacks.pop(stack_id, None)
