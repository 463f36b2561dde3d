"""api/<service>.json as objects, with the quirks of names and flattening resolved."""
import json
from dataclasses import dataclass, field
from pathlib import Path

from names import member_name

NOT_SERVICES = {"operations.json", "overrides.json"}
SCALARS = {"boolean": "bool", "integer": "std::int64_t", "double": "double", "string": "std::string",
           "blob": "std::string", "timestamp": "base::TimePoint", "document": "base::Value"}
LOCATIONS = {"uri": "Uri", "querystring": "QueryString", "header": "Header", "headers": "HeaderPrefix",
             "statusCode": "StatusCode"}


class ModelError(Exception):
    pass


@dataclass
class Member:
    name: str
    field: str
    shape: "Shape"
    required: bool
    traits: dict
    location: str
    location_name: str
    ec2_name: str


@dataclass
class Shape:
    name: str
    kind: str
    data: dict
    members: list = field(default_factory=list)
    element: "Shape" = None
    flattened: bool = False
    element_name: str = ""
    key_name: str = ""

    @property
    def is_structure(self):
        return self.kind == "structure"

    @property
    def is_container(self):
        return self.kind in ("list", "map")

    @property
    def cpp(self):
        if self.is_structure:
            return self.name
        if self.kind == "list":
            return f"std::vector<{self.element.cpp}>"
        if self.kind == "map":
            return f"std::map<std::string, {self.element.cpp}>"
        return SCALARS[self.kind]


@dataclass
class Operation:
    name: str
    data: dict
    input: Shape
    output: Shape
    has_output: bool


class Service:
    def __init__(self, data):
        self.id = data["id"]
        self.source = data["source"]
        self.data = data["service"]
        self.faults = data["faults"]
        self.other_operations = sorted(data["other_operations"])
        self.shapes = {}
        self._raw = data["shapes"]
        self._resolve()
        self.operations = [self._operation(name, op) for name, op in sorted(data["operations"].items())]
        self._check_names()

    def structures(self):
        """Each after those that it holds by value."""
        ordered, state = [], {}

        def visit(shape):
            if state.get(shape.name) == "done":
                return
            if state.get(shape.name) == "open":
                raise ModelError(f"{self.id}: {shape.name} holds itself by value")
            state[shape.name] = "open"
            for held in held_structures(shape):
                visit(held)
            state[shape.name] = "done"
            ordered.append(shape)

        for _, shape in sorted(self.shapes.items()):
            if shape.is_structure:
                visit(shape)
        return ordered

    def _resolve(self):
        for name, raw in self._raw.items():
            self.shapes[name] = Shape(name, raw["type"], raw)
        for shape in list(self.shapes.values()):
            if shape.is_container:
                self._resolve_container(shape, shape.data.get("flattened", False))
        for shape in list(self.shapes.values()):
            if shape.is_structure:
                shape.members = [self._member(shape, name, raw) for name, raw in shape.data["members"].items()]

    def _resolve_container(self, shape, flattened):
        element = reference(shape.data["member" if shape.kind == "list" else "value"])
        shape.element = self._shape(element["shape"])
        shape.flattened = flattened
        if shape.kind == "list":
            shape.element_name = element.get("locationName", "member")
        else:
            shape.element_name = element.get("locationName", "value")
            shape.key_name = reference(shape.data["key"]).get("locationName", "key")

    def _shape(self, name):
        if name not in self.shapes:
            raise ModelError(f"{self.id}: no shape {name}")
        return self.shapes[name]

    def _member(self, owner, name, raw):
        traits = reference(raw)
        shape = self._shape(traits["shape"])
        if traits.get("flattened") and not shape.flattened:
            shape = self._flattened(shape)
        location = LOCATIONS.get(traits.get("location"), "Body")
        if owner.data.get("payload") == name:
            location = "Payload"
        wire_name = traits.get("locationName", name)
        if shape.kind == "list" and shape.flattened and shape.element_name != "member":
            wire_name = shape.element_name
        return Member(name, member_name(name), shape, name in owner.data.get("required", ()), traits, location,
                      wire_name, traits.get("queryName") or capitalised(traits.get("locationName", name)))

    def _flattened(self, shape):
        """A list that only this member flattens needs tables of its own."""
        name = shape.name + "Flattened"
        if name not in self.shapes:
            self.shapes[name] = Shape(name, shape.kind, shape.data)
            self._resolve_container(self.shapes[name], True)
        return self.shapes[name]

    def _operation(self, name, data):
        return Operation(name, data, self._side(data.get("input"), name + "Input"),
                         self._side(data.get("output"), name + "Output"), "output" in data)

    def _side(self, name, stand_in):
        if name:
            return self._shape(name)
        self.shapes[stand_in] = Shape(stand_in, "structure", {"type": "structure", "members": {}})
        return self.shapes[stand_in]

    def _check_names(self):
        structures = {shape.name for shape in self.shapes.values() if shape.is_structure}
        clash = structures & {operation.name for operation in self.operations}
        if clash:
            raise ModelError(f"{self.id}: both an operation and a structure: {', '.join(sorted(clash))}")
        for shape in self.shapes.values():
            if shape.kind == "list" and shape.element.kind == "boolean":
                raise ModelError(f"{self.id}: {shape.name}: std::vector<bool> has no elements to point at")
            fields = [member.field for member in shape.members]
            if len(fields) != len(set(fields)):
                raise ModelError(f"{self.id}: {shape.name}: two members get one C++ name")


def reference(raw):
    return {"shape": raw} if isinstance(raw, str) else raw


def capitalised(name):
    return name[:1].upper() + name[1:]


def held_structures(shape):
    """Structures whose definition must come first."""
    for member in shape.members:
        held = member.shape
        while held.is_container:
            held = held.element
        if held.is_structure:
            yield held


def load(folder):
    paths = sorted(path for path in Path(folder).glob("*.json") if path.name not in NOT_SERVICES)
    return [Service(json.loads(path.read_text())) for path in paths]
