"""What the bot sends, held against Discord's own OpenAPI document."""

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match

from tests import ROOT

VARIABLE = "FAKE_DISCORD_SPEC"
BESIDE_THE_REPOSITORY = ROOT.parent / "shared" / "discord-api-spec" / "discord_openapi.json"


def spec_path() -> Path | None:
    """The document's place: from the environment, else beside the repository; None where absent."""
    path = Path(os.environ.get(VARIABLE) or BESIDE_THE_REPOSITORY)
    return path if path.is_file() else None


def _any_of(validator: Any, branches: list[Any], body: Any, schema: Any) -> Iterator[ValidationError]:
    """As in the library, but a branch is left at its first error: Discord's bodies have dozens of branches.

    Only where none fits is every error of all of them looked for, so that the nearest can be told.
    """
    if not any(_fits(validator, branch, body) for branch in branches):
        yield from Draft202012Validator.VALIDATORS["anyOf"](validator, branches, body, schema)


def _one_of(validator: Any, branches: list[Any], body: Any, schema: Any) -> Iterator[ValidationError]:
    """As in the library, in the same manner."""
    if sum(_fits(validator, branch, body) for branch in branches) != 1:
        yield from Draft202012Validator.VALIDATORS["oneOf"](validator, branches, body, schema)


def _fits(validator: Any, branch: Any, body: Any) -> bool:
    return next(validator.descend(body, branch), None) is None


Validator = validators.extend(Draft202012Validator, {"anyOf": _any_of, "oneOf": _one_of})


class Spec:
    """Request schemas by method and path template, as in the document."""

    def __init__(self, path: Path) -> None:
        self._document = json.loads(path.read_text(encoding="utf-8"))
        # Discord takes numbers for ids, and discord.py sends them for new attachments;
        # the document knows only their text form.
        snowflake = self._document["components"]["schemas"]["SnowflakeType"]
        snowflake["type"] = ["string", "integer"]
        self._validators: dict[tuple[str, str], Any] = {}
        self._known: dict[tuple[str, str, str], list[str]] = {}

    def faults(self, method: str, template: str, body: Any) -> list[str]:
        """Where the body breaks the schema: nothing, or one line that names the place."""
        validator = self._validator(method, template)
        if validator is None:
            return []
        # Every bot sends the same list of commands, and looking through it takes half a second.
        key = (method, template, json.dumps(body))
        if key not in self._known:
            error = best_match(validator.iter_errors(body))
            self._known[key] = (
                [] if error is None else [f"{method} {template}: at {error.json_path}: {error.message[:300]}"]
            )
        return [*self._known[key]]

    def _validator(self, method: str, template: str) -> Any:
        key = (method, template)
        if key not in self._validators:
            operation = self._document["paths"].get(template, {}).get(method.lower(), {})
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            whole = {"components": self._document["components"], **(schema or {})}
            self._validators[key] = None if schema is None else Validator(whole)
        return self._validators[key]


@functools.cache
def load(path: Path) -> Spec:
    """The document, read once in a process."""
    return Spec(path)
