"""The description of an API as one page to read: no script, nothing from another site."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark } h2 { margin: 2.5rem 0 .25rem } code, pre { font-size: .9em }
table { border-collapse: collapse; width: 100% } pre { overflow-x: auto; white-space: pre-wrap }
td, th { border-bottom: 1px solid #8886; padding: .25rem .5rem; text-align: left }
td { vertical-align: top } td + td { overflow-wrap: anywhere }
"""


def page(openapi: Mapping[str, Any]) -> str:
    """HTML, everything from the description escaped."""
    schemas = openapi.get("components", {}).get("schemas", {})
    title = escape(openapi["info"]["title"])
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
        '<meta name=viewport content="width=device-width">',
        f"<style>{STYLE}</style><h1>{title}</h1>",
        '<p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>',
    ]
    for path, operations in openapi.get("paths", {}).items():
        for method, operation in operations.items():
            parts += _operation(f"{method.upper()} {path}", operation, schemas)
    return "".join(parts)


def _operation(
    name: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2><code>{escape(name)}</code></h2>"
    yield f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"
    for parameter in operation.get("parameters", ()):
        where = f"{parameter['name']} (in {parameter['in']})"
        yield f"<p><code>{escape(where)}</code> {escape(parameter.get('description', ''))}</p>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
        yield f"<p>Send: <code>{escape(kind)}</code></p>"
        if "properties" in schema:
            yield from _fields(schema)
    answers = (f"{code}: {each['description']}" for code, each in operation["responses"].items())
    yield "<p>Answers: " + escape("; ".join(answers)) + ".</p>"


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    """A table of what may be sent."""
    yield f"<p>{escape(schema.get('description', ''))}</p>"
    yield "<table><tr><th>Field<th>What it may be"
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        left_out = {"title", "default", "description"}
        facts = {key: value for key, value in field.items() if key not in left_out}
        note = "needed" if name in required else f"default {json.dumps(field.get('default'))}"
        words = f"{field.get('description', '')} {json.dumps(facts, ensure_ascii=False)}, {note}"
        yield f"<tr><td><code>{escape(name)}</code><td>{escape(words.strip())}"
    yield "</table>"
