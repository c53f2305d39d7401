"""What one resource of a stack is: made, changed and deleted through its service's ordinary API."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

from canary.localaws.account import current

Properties = Mapping[str, Any]

KINDS: dict[str, type[Resource]] = {}


class UnsupportedPropertyError(ValueError):
    """The template sets something that the embedded AWS would have to leave out."""


class Resource(ABC):
    """
    One resource. A class for each type says which properties it takes (any other is refused), how
    it is created and deleted; one that can be changed without losing what it holds also says how it
    is updated. A change of a property among `replacing` makes another resource in its place, as on
    AWS; one among `fixed`, which AWS would change in place, is refused.
    """

    kind: ClassVar[str]
    supported: ClassVar[str]
    named_by: ClassVar[str | None] = None
    replacing: ClassVar[str] = ""
    fixed: ClassVar[str] = ""

    physical_resource_id: str

    def __init_subclass__(cls) -> None:
        if "kind" in cls.__dict__:
            KINDS[cls.kind] = cls

    def __init__(self, logical_id: str, generated_name: str, properties: Properties) -> None:
        self.cf_resource_type = self.kind
        self.logical_resource_id = logical_id
        self.generated_name = generated_name
        self.properties = properties
        self.attributes: dict[str, str] = {}
        self._check(properties)

    @property
    def name(self) -> str:
        """Its name: the property's, else the generated one."""
        return str(self.properties.get(self.named_by or "", self.generated_name))

    # -- what each type defines -----------------------------------------------------------------

    @abstractmethod
    def create(self) -> None:
        """Make it, and set `physical_resource_id` and `attributes`."""

    def update(self, old: Properties) -> None:
        """Change it to its new properties; here by making it anew."""
        new, self.properties = self.properties, old
        self.delete()
        self.properties = new
        self.create()

    @abstractmethod
    def delete(self) -> None:
        """Delete it."""

    def settle(self) -> None:  # noqa: B027 most are ready at once
        """Wait until it can be used."""

    # -- what the engine asks -------------------------------------------------------------------

    def is_replaced_by(self, properties: Properties) -> bool:
        """Whether it takes another resource to have these properties."""
        return bool(self._changed(self.replacing, properties))

    def check_replacement(self, properties: Properties) -> None:
        """Refuse to replace what a template names: two of one name cannot be at once."""
        name = properties.get(self.named_by or "")
        if name is not None and name == self.properties.get(self.named_by or ""):
            raise UnsupportedPropertyError(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {name} and update the stack again."
            )

    def change(self, properties: Properties) -> Resource:
        """Take new properties."""
        self._check(properties)
        if changed := self._changed(self.fixed, properties):
            raise UnsupportedPropertyError(
                f"{self.kind}: the embedded AWS cannot change {changed[0]} of what exists"
            )
        old, self.properties = self.properties, properties
        self.update(old)
        return self

    def get_cfn_attribute(self, name: str) -> str:
        """What Fn::GetAtt gives."""
        if name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[name]

    def is_created(self) -> bool:
        """Whether it is complete: always, for those that ask."""
        return True

    # -- what types use -------------------------------------------------------------------------

    def call(self, service: str, operation: str, *given: Properties, **more: Any) -> Any:
        """Call an operation (by its name in boto3) with what was given, brought into its form."""
        client = current().client(service)
        api_name = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(api_name).input_shape
        merged: dict[str, Any] = {}
        for properties in given:
            merged |= properties
        return getattr(client, operation)(**_formed(shape, merged | more, self.kind))

    def given(self, *names: str) -> dict[str, Any]:
        """Those of these properties that the template sets."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def _changed(self, names: str, properties: Properties) -> list[str]:
        return [name for name in names.split() if properties.get(name) != self.properties.get(name)]

    def _check(self, properties: Properties) -> None:
        for name in properties:
            if name not in self.supported.split():
                raise UnsupportedPropertyError(
                    f"{self.kind}: the embedded AWS does not support the property {name}"
                )


def _formed(shape: Shape | None, value: Any, where: str) -> Any:
    """
    A value of a template in the form that the API takes: names with its first letter, numbers and
    truth values for text, documents as JSON.
    """
    if isinstance(shape, StructureShape):
        return _formed_structure(shape, value, where)
    if isinstance(shape, ListShape):
        listed = value if isinstance(value, list) else [value]
        return [_formed(shape.member, element, where) for element in listed]
    if isinstance(shape, MapShape):
        return {
            str(key): _formed(shape.value, element, f"{where}.{key}")
            for key, element in value.items()
        }
    return _scalar(shape.type_name if shape else "string", value)


def _formed_structure(shape: StructureShape, value: Properties, where: str) -> dict[str, Any]:
    formed: dict[str, Any] = {}
    for key, element in value.items():
        name = key if key in shape.members else key[:1].lower() + key[1:]
        if name not in shape.members:
            raise UnsupportedPropertyError(f"{where}: the API knows no {key}")
        if element is not None:
            formed[name] = _formed(shape.members[name], element, f"{where}.{key}")
    return formed


def _scalar(kind: str, value: Any) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "string":
        return text(value)
    return value


def text(value: Any) -> str:
    """A value as CloudFormation writes it where text is expected."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def tag_map(tags: list[Mapping[str, str]] | None) -> dict[str, str]:
    """A template's list of tags as the mapping that some services take."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}
