"""
The resources of one stack: made in the order of their references, changed where their properties
change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.exceptions import ServiceException

from canary.localaws.stack.intrinsics import check_parameters, holds, resolved
from canary.localaws.stack.resource import KINDS, Properties, Resource, UnsupportedPropertyError
from canary.localaws.stack.template import Template

Listener = Callable[[str, str, str, str, str | None], None]


class ResourceError(Exception):
    """A resource could not be made, changed or deleted."""


class ResourceMap(parsing.ResourceMap):
    """
    Looking up a resource makes it, so that whatever it refers to is made before. Resources that
    were made earlier (`_earlier`) are kept, changed or replaced when they are looked up, and
    deleted where nothing looks them up any more. What was replaced (`_replaced`) lives until the
    update is through, so that a failed one can go back to it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.listener: Listener = lambda *_: None
        self._earlier: dict[str, Resource] = {}
        self._replaced: dict[str, Resource] = {}
        self._open: list[str] = []

    # -- what moto calls ------------------------------------------------------------------------

    def load(self) -> None:
        check_parameters(self._template.get("Parameters", {}), self.input_parameters)
        self.load_mapping()
        self.load_parameters()
        self.load_conditions()

    def load_conditions(self) -> None:
        conditions = self._template.get("Conditions", {})

        def resolve(value: Any) -> Any:
            return parsing.clean_json(value, self)

        self.lazy_condition_map = parsing.LazyDict(
            {name: holds(conditions[name], conditions, resolve) for name in conditions}
        )

    def __getitem__(self, key: str) -> Any:
        if key in self._parsed_resources:
            return self._parsed_resources[key]
        if key not in self._resource_json_map:
            raise ValidationError(
                message=f"Template format error: Unresolved resource dependencies [{key}] "
                "in the Resources block of the template"
            )
        return self._provide(key, self._resource_json_map[key])

    def __iter__(self) -> Iterator[str]:
        """The resources that exist, in the order in which they were made."""
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)

    # -- making, changing, deleting -------------------------------------------------------------

    @property
    def made(self) -> dict[str, Resource]:
        """The resources that exist, in the order in which they were made."""
        return {
            name: resource
            for name, resource in self._parsed_resources.items()
            if isinstance(resource, Resource)
        }

    def create(self, template: Template) -> bool:
        """Make all resources."""
        for logical_id in template["Resources"]:
            self[logical_id]
        for resource in self.made.values():
            resource.settle()
        return True

    def update(self, template: Template, parameters: dict[str, Any] | None = None) -> None:
        """Go over to another template, or back from one to which the way over failed."""
        definitions = self._resource_json_map
        superseded = [self.made[name] for name in self._replaced]
        self._earlier |= self.made | self._replaced
        self._replaced.clear()
        for name in (*self._earlier, *self.resolved_parameters):
            self._parsed_resources.pop(name, None)
        self._template = template
        self._resource_json_map = template["Resources"]
        self.input_parameters = parameters or {}
        self.resolved_parameters = {}
        self.load()
        self.create(template)
        for resource in superseded:
            self._clean_up(resource, "Delete")
        self._clean_up_earlier(definitions)

    def _clean_up_earlier(self, definitions: dict[str, Any]) -> None:
        """Delete what was replaced and what the template no longer has, the last first."""
        for name, resource in reversed(list(self._replaced.items())):
            policy = self._resource_json_map[name].get("UpdateReplacePolicy", "Delete")
            self._clean_up(resource, policy)
        for name, resource in reversed(list(self._earlier.items())):
            self._clean_up(resource, definitions.get(name, {}).get("DeletionPolicy", "Delete"))
        self._replaced.clear()
        self._earlier.clear()

    def _clean_up(self, resource: Resource, policy: str) -> None:
        """As on AWS, what cannot be deleted after an update is told and left."""
        with suppress(ResourceError):
            self._delete(resource, policy)

    def delete(self) -> None:
        """Delete what exists, the last first; what has the DeletionPolicy Retain stays."""
        for logical_id, resource in reversed(list(self.made.items())):
            definition = self._resource_json_map[logical_id]
            self._delete(resource, definition.get("DeletionPolicy", "Delete"))
            del self._parsed_resources[logical_id]

    def _provide(self, logical_id: str, definition: dict[str, Any]) -> Resource | None:
        condition = definition.get("Condition")
        if condition and not self.lazy_condition_map[condition]:
            return None
        if logical_id in self._open:
            raise ValidationError(
                message=f"Circular dependency between resources: [{', '.join(self._open)}]"
            )
        self._open.append(logical_id)
        try:
            depends = definition.get("DependsOn", [])
            for dependency in [depends] if isinstance(depends, str) else depends:
                self[dependency]
            properties = resolved(definition.get("Properties", {}), self)
            resource = self._made(logical_id, definition["Type"], properties)
        finally:
            self._open.remove(logical_id)
        self._parsed_resources[logical_id] = resource
        return resource

    def _made(self, logical_id: str, kind: str, properties: Properties) -> Resource:
        earlier = self._earlier.get(logical_id)
        if earlier is None:
            return self._attempt(
                "CREATE", logical_id, kind, lambda: self._create(logical_id, kind, properties)
            )
        if earlier.kind != kind:
            raise ValidationError(
                message=f"Update of resource type is not permitted. The new template modifies "
                f"resource type of the following resources: [{logical_id}]"
            )
        resource = earlier
        if earlier.properties != properties:
            resource = self._attempt(
                "UPDATE", logical_id, kind, lambda: self._changed(earlier, properties)
            )
        if resource is not earlier:
            self._replaced[logical_id] = earlier
        del self._earlier[logical_id]
        return resource

    def _changed(self, earlier: Resource, properties: Properties) -> Resource:
        if not earlier.is_replaced_by(properties):
            return earlier.change(properties)
        earlier.check_replacement(properties)
        return self._create(earlier.logical_resource_id, earlier.kind, properties)

    def _create(self, logical_id: str, kind: str, properties: Properties) -> Resource:
        name = parsing.generate_resource_name(
            kind, self._parsed_resources["AWS::StackName"], logical_id
        )
        resource = KINDS[kind](logical_id, name, properties)
        resource.create()
        return resource

    def _delete(self, resource: Resource, policy: str) -> None:
        def deleted() -> Resource:
            resource.delete()
            return resource

        logical_id = resource.logical_resource_id
        if policy == "Retain":
            physical_id = resource.physical_resource_id
            self.listener("DELETE_SKIPPED", logical_id, physical_id, resource.kind, None)
        else:
            self._attempt("DELETE", logical_id, resource.kind, deleted)

    def _attempt(
        self, verb: str, logical_id: str, kind: str, act: Callable[[], Resource]
    ) -> Resource:
        """Do it, and tell how it went."""
        try:
            resource = act()
        except (ClientError, BotoCoreError, ServiceException, UnsupportedPropertyError) as error:
            self.listener(f"{verb}_FAILED", logical_id, "", kind, str(error))
            raise ResourceError(f"{logical_id} ({kind}): {error}") from error
        self.listener(f"{verb}_COMPLETE", logical_id, resource.physical_resource_id, kind, None)
        return resource
