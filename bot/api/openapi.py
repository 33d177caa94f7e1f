"""The OpenAPI 3.1 document, made from the routes and the documents that they take and answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot.api.documents import (
    COMMANDS,
    WHOLE_JOB_ID,
    Asked,
    EventDocument,
    HealthDocument,
    ProblemDocument,
    ProgressDocument,
)
from bot.api.problems import CONTENT_TYPE, Kind
from bot.api.routes import JSON, Answer, Parameter, Route
from bot.api.uploads import MULTIPART, REQUEST

EVERY_ROUTE = (
    *(Kind.UNREADABLE, Kind.UNAUTHORIZED, Kind.TOO_MANY, Kind.INTERNAL, Kind.SHORT, Kind.RESTARTING),
)
"""Ways to fail that every route with a key has."""

RATE_HEADERS = {
    "RateLimit-Policy": "Requests that a key may make in a minute.",
    "RateLimit": "How many are left, and for how many seconds.",
}
REF = "#/components/schemas/{model}"


def document(routes: Sequence[Route], asked: Mapping[str, type[Asked]]) -> dict[str, Any]:
    """The document.

    Args:
        routes: those that need a key.
        asked: what may be sent to ask for a clip, by kind.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, asked)
    paths["/healthz"] = {"get": _health()}
    paths["/openapi.json"] = {"get": _this()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Framekiln",
            "version": version("framekiln"),
            "description": "Ask for clips, watch them being made, and fetch them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(routes, asked),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key that begins with fk_."}
            },
        },
    }


def _schemas(routes: Iterable[Route], asked: Mapping[str, type[Asked]]) -> dict[str, Any]:
    sent: list[type[BaseModel]] = [
        *(answer.document for route in routes for answer in route.answers.values() if answer.document),
        *(ProblemDocument, EventDocument, ProgressDocument, HealthDocument),
    ]
    received = [*asked.values(), *(route.body for route in routes if route.body)]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "serialization") for model in dict.fromkeys(sent)),
        *((model, "validation") for model in received),
    ]
    _, schema = models_json_schema(models, ref_template=REF)
    schemas: dict[str, Any] = schema["$defs"]
    return schemas


def _operation(route: Route, asked: Mapping[str, type[Asked]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.about,
        "security": [{"key": []}],
        "responses": {
            **{str(status): _answer(answer) for status, answer in route.answers.items()},
            **_problems((*EVERY_ROUTE, *route.problems)),
        },
    }
    if route.scope is not None:
        made["description"] = f"Needs the scope {route.scope}."
    parameters = [_parameter(each) for each in route.parameters]
    if "{job}" in route.path:
        schema = {"type": "string", "pattern": WHOLE_JOB_ID}
        parameters.insert(0, {"name": "job", "in": "path", "required": True, "schema": schema})
    if parameters:
        made["parameters"] = parameters
    if route.asks_for_a_clip:
        made["requestBody"] = _asks(asked)
    elif route.body is not None:
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(route.body)}}}
    return made


def _asks(asked: Mapping[str, type[Asked]]) -> dict[str, Any]:
    """JSON where no file is needed; else a form with the JSON and the files."""
    needs_none = [
        kind for kind, command in COMMANDS.items() if not any(o.role and o.required for o in command.options)
    ]
    forms = []
    for kind, command in COMMANDS.items():
        files = {
            option.name: {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "description": option.description,
            }
            for option in command.options
            if option.role is not None
        }
        required = [each.name for each in command.options if each.role is not None and each.required]
        forms.append(
            {
                "type": "object",
                "properties": {REQUEST: _ref(asked[kind]), **files},
                "required": [REQUEST, *required],
                "additionalProperties": False,
            }
        )
    return {
        "required": True,
        "content": {
            JSON: {"schema": {"oneOf": [_ref(asked[kind]) for kind in needs_none]}},
            MULTIPART: {"schema": {"oneOf": forms}, "encoding": {REQUEST: {"contentType": JSON}}},
        },
    }


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.about,
        "schema": dict(parameter.schema),
    }


def _answer(answer: Answer, *, with_rate: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = {"description": answer.about}
    if answer.document is not None:
        made["content"] = {JSON: {"schema": _ref(answer.document)}}
    elif answer.content:
        made["content"] = {answer.content: {}}
    headers = {**answer.headers, **(RATE_HEADERS if with_rate else {})}
    made["headers"] = {
        name: {"description": about, "schema": {"type": "string"}} for name, about in headers.items()
    }
    return made


def _problems(kinds: Iterable[Kind]) -> dict[str, Any]:
    """One answer for each status; the problems of the same status are told apart by their types."""
    by_status: dict[int, list[Kind]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): {
            "description": "; ".join(f"`{kind.type}`: {kind.title}" for kind in same),
            "content": {
                CONTENT_TYPE: {
                    "schema": {
                        "allOf": [
                            _ref(ProblemDocument),
                            {"properties": {"type": {"enum": [kind.type for kind in same]}}},
                        ]
                    }
                }
            },
        }
        for status, same in sorted(by_status.items())
    }


def _health() -> dict[str, Any]:
    ok = Answer(about="Requests are taken.", document=HealthDocument)
    trouble = Answer(about="No request is taken now.", document=HealthDocument)
    return {
        "operationId": "health",
        "summary": "Say whether requests are taken",
        "security": [],
        "responses": {
            "200": _answer(ok, with_rate=False),
            "503": _answer(trouble, with_rate=False),
        },
    }


def _this() -> dict[str, Any]:
    return {
        "operationId": "describe",
        "summary": "This document",
        "security": [],
        "responses": {"200": _answer(Answer(about="OpenAPI 3.1.", content=JSON), with_rate=False)},
    }
