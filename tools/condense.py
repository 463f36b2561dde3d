#!/usr/bin/env python3
"""Makes api/<service>.json from AWS's published service models (botocore form).

    tools/condense.py MODELS [SERVICE…]

MODELS holds <model>.service-2.json files. api/operations.json says which operations are kept; api/overrides.json adds
what the models lack. api/README.md describes the result. Run by hand when either changes; the build does not need it.
"""
import json
import sys
from pathlib import Path

API = Path(__file__).resolve().parent.parent / "api"
PROTOCOLS = {"json": "AwsJson", "query": "AwsQuery", "ec2": "Ec2Query", "rest-json": "RestJson",
             "rest-xml": "RestXml", "smithy-rpc-v2-cbor": "RpcV2Cbor"}
SCALARS = {"integer": "integer", "long": "integer", "float": "double", "double": "double", "string": "string",
           "character": "string", "boolean": "boolean", "blob": "blob", "timestamp": "timestamp"}
CONSTRAINTS = ("min", "max", "pattern", "enum", "timestampFormat")
MEMBER_TRAITS = ("location", "locationName", "queryName", "flattened", "streaming", "idempotencyToken", "xmlAttribute",
                 "timestampFormat")
LINE_MAX = 118


def read_json(path):
    return json.loads(path.read_text())


def condense_member(member):
    kept = {"shape": member["shape"]}
    kept.update({key: member[key] for key in MEMBER_TRAITS if key in member})
    if "xmlNamespace" in member:
        kept["xmlNamespace"] = namespace_uri(member["xmlNamespace"])
    return member["shape"] if len(kept) == 1 else kept


def namespace_uri(value):
    return value["uri"] if isinstance(value, dict) else value


def condense_structure(shape):
    if shape.get("document"):
        return {"type": "document"}
    kept = {"type": "structure", "members": {name: condense_member(m) for name, m in shape["members"].items()}}
    for key in ("required", "payload", "locationName"):
        if shape.get(key):
            kept[key] = shape[key]
    if "xmlNamespace" in shape:
        kept["xmlNamespace"] = namespace_uri(shape["xmlNamespace"])
    return kept


def condense_shape(shape):
    kind = shape["type"]
    if kind == "structure":
        return condense_structure(shape)
    kept = {"type": SCALARS.get(kind, kind)}
    for key in ("member", "key", "value"):
        if key in shape:
            kept[key] = condense_member(shape[key])
    kept.update({key: shape[key] for key in CONSTRAINTS + ("flattened",) if key in shape})
    return kept


def merge(base, patch):
    """Deep merge. null removes a key; a bare shape name becomes a member object where traits are added."""
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and key in base:
            if isinstance(base[key], str):
                base[key] = {"shape": base[key]}
            merge(base[key], value)
        else:
            base[key] = value


def references(shape):
    members = [*shape.get("members", {}).values(), *(shape[key] for key in ("member", "key", "value") if key in shape)]
    return [m if isinstance(m, str) else m["shape"] for m in members]


def reachable(shapes, roots):
    seen, todo = set(), sorted(roots)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += references(shapes[name])
    return {name: shapes[name] for name in sorted(seen)}


def condense_operation(operation):
    kept = {}
    if "input" in operation:
        kept["input"] = operation["input"]["shape"]
    if "output" in operation:
        kept["output"] = operation["output"]["shape"]
        if "resultWrapper" in operation["output"]:
            kept["resultWrapper"] = operation["output"]["resultWrapper"]
    http = operation["http"]
    if (http["method"], http["requestUri"]) != ("POST", "/"):
        kept.update(method=http["method"], uri=http["requestUri"])
    if http.get("responseCode", 200) != 200:
        kept["status"] = http["responseCode"]
    if "endpoint" in operation:
        kept["hostPrefix"] = operation["endpoint"]["hostPrefix"]
    if operation.get("errors"):
        kept["errors"] = sorted({error["shape"] for error in operation["errors"]})
    return kept


def condense_fault(shape):
    error = shape.get("error", {})
    kept = {"status": error.get("httpStatusCode", 500 if shape.get("fault") else 400)}
    if "code" in error:
        kept["code"] = error["code"]
    return kept


def condense_service(service_id, model, wanted):
    metadata, operations = model["metadata"], model["operations"]
    unknown = sorted(set(wanted) - set(operations))
    if unknown:
        sys.exit(f"{service_id}: no such operations: {', '.join(unknown)}")
    kept = {name: condense_operation(operations[name]) for name in sorted(wanted)}
    faults = sorted({error for operation in kept.values() for error in operation.get("errors", ())})
    service = {
        "signingName": metadata.get("signingName", metadata["endpointPrefix"]),
        "endpointPrefix": metadata["endpointPrefix"],
        "apiVersion": metadata["apiVersion"],
        "protocols": [PROTOCOLS[name] for name in metadata["protocols"]],
    }
    service.update({key: metadata[key] for key in ("targetPrefix", "jsonVersion") if key in metadata})
    if "xmlNamespace" in metadata:
        service["xmlNamespace"] = namespace_uri(metadata["xmlNamespace"])
    if "awsQueryCompatible" in metadata:
        service["queryCompatible"] = True
    return {
        "id": service_id,
        "source": f"{metadata['uid']} (botocore)",
        "service": service,
        "operations": kept,
        "faults": {name: condense_fault(model["shapes"][name]) for name in faults},
        "shapes": {name: condense_shape(shape) for name, shape in model["shapes"].items()},
        "other_operations": sorted(set(operations) - set(wanted)),
    }


def prune(condensed):
    roots = [operation[key] for operation in condensed["operations"].values() for key in ("input", "output")
             if key in operation]
    condensed["shapes"] = reachable(condensed["shapes"], roots)


def dump_line(value):
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def dump_members(name, shape):
    """A structure too long for one line: one member a line."""
    lines = [f'  {dump_line(name)}: {{"type": "structure", "members": {{']
    members = list(shape["members"].items())
    for index, (member, value) in enumerate(members):
        lines.append(f"    {dump_line(member)}: {dump_line(value)}" + ("," if index + 1 < len(members) else ""))
    rest = {key: value for key, value in shape.items() if key not in ("type", "members")}
    lines.append("  }" + (", " + dump_line(rest)[1:-1] if rest else "") + "}")
    return "\n".join(lines)


def dump_entry(name, value):
    line = f"  {dump_line(name)}: {dump_line(value)}"
    if len(line) > LINE_MAX and "members" in value:
        return dump_members(name, value)
    return line


def dump_names(names):
    lines, line = [], " "
    for index, name in enumerate(names):
        word = dump_line(name) + ("," if index + 1 < len(names) else "")
        if len(line) + 1 + len(word) > LINE_MAX:
            lines.append(line)
            line = " "
        line += " " + word
    return "[\n" + "\n".join([*lines, line]) + "\n]" if names else "[]"


def dump(condensed):
    parts = []
    for key, value in condensed.items():
        if key in ("operations", "faults", "shapes", "service"):
            text = "{\n" + ",\n".join(dump_entry(name, item) for name, item in value.items()) + "\n}"
        elif key == "other_operations":
            text = dump_names(value)
        else:
            text = dump_line(value)
        parts.append(f'"{key}": {text}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    models = Path(arguments[0])
    overrides = read_json(API / "overrides.json")
    for service_id, entry in read_json(API / "operations.json").items():
        if len(arguments) > 1 and service_id not in arguments[1:]:
            continue
        model = read_json(models / f"{entry['model']}.service-2.json")
        condensed = condense_service(service_id, model, entry["operations"])
        merge(condensed, overrides.get(service_id, {}))
        condensed["faults"] = dict(sorted(condensed["faults"].items()))
        prune(condensed)
        (API / f"{service_id}.json").write_text(dump(condensed))


if __name__ == "__main__":
    main(sys.argv[1:])
