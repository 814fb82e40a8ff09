"""TypeScript declarations of pydantic models, written from their JSON schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from lab.panels.value import FromBrowser, Value

WORDS = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


def declarations(models: Sequence[type[Value]]) -> str:
    """One ``export interface`` per model, nested ones included, in the order of their names.

    Raises:
        TypeError: if a field's type has no counterpart here.
    """
    _, schema = models_json_schema([(model, _mode(model)) for model in models])
    found = schema.get("$defs", {})
    return "\n".join(_interface(name, found[name]) for name in sorted(found))


def _mode(model: type[Value]) -> JsonSchemaMode:
    """A value carries its defaults, so none of its fields is optional; a message may leave them
    out."""
    return "validation" if issubclass(model, FromBrowser) else "serialization"


def _interface(name: str, schema: dict[str, Any]) -> str:
    lines = [*_comment(schema, ""), f"export interface {name} {{"]
    for field, kind in schema.get("properties", {}).items():
        sign = ":" if field in schema.get("required", ()) else "?:"
        lines += [*_comment(kind, "  "), f"  {field}{sign} {_type(kind)};"]
    return "\n".join([*lines, "}", ""])


def _comment(schema: dict[str, Any], indent: str) -> list[str]:
    text = " ".join(str(schema.get("description", "")).split()).replace("*/", "* /")
    return [f"{indent}/** {text} */"] if text else []


def _type(schema: dict[str, Any]) -> str:
    """One field's type."""
    for sign, write in WRITERS.items():
        if sign in schema:
            return write(schema)
    if not {*schema} - {"title", "description", "default"}:
        return "any"
    raise TypeError(f"No TypeScript for {schema}.")


def _named(schema: dict[str, Any]) -> str:
    kind = schema["type"]
    if kind == "array":
        if "prefixItems" in schema:
            raise TypeError(f"A positional tuple has no names for its parts: {schema}.")
        inner = _type(schema.get("items", {}))
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if kind == "object":
        values = schema.get("additionalProperties", True)
        inner = _type(values) if isinstance(values, dict) else "any"
        return f"{{ [key: string]: {inner} }}"
    return WORDS[kind]


def _quoted(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


WRITERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "$ref": lambda schema: str(schema["$ref"]).rpartition("/")[2],
    "const": lambda schema: _quoted(schema["const"]),
    "enum": lambda schema: " | ".join(map(_quoted, schema["enum"])),
    "anyOf": lambda schema: " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"])),
    "type": _named,
}
"""How a type is written, by the key of the schema that says it."""
