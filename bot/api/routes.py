"""What a route is: who may use it, what it takes and what it answers.

The OpenAPI document is made from these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

from bot.api.parts import Call
from bot.api.problems import Kind
from db.api.keys import Scope

Handler = Callable[[Call], Awaitable[web.StreamResponse]]

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """Something in the query or in a header.

    Attributes:
        schema: JSON Schema.
        place: "query" or "header".
    """

    name: str
    about: str
    schema: Mapping[str, object]
    place: str = "query"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered where nothing is wrong.

    Attributes:
        document: its JSON; None: ``content``.
        content: the type of a body that is no JSON; "" for no body.
        headers: names and what they mean.
    """

    about: str
    document: type[BaseModel] | None = None
    content: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route.

    Attributes:
        name: of the operation.
        scope: what the key must allow; None: any key.
        handler: answers.
        answers: by status.
        problems: ways to fail, beside those that every route has.
        parameters: of the query and the header.
        body: the document that is sent to it; None: none, or it is the request for a clip.
        asks_for_a_clip: its body asks for a clip.
    """

    method: str
    path: str
    name: str
    about: str
    handler: Handler
    answers: Mapping[int, Answer]
    scope: Scope | None = None
    problems: tuple[Kind, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    asks_for_a_clip: bool = False

    @property
    def query(self) -> frozenset[str]:
        """Names of the parameters of the query."""
        return frozenset(each.name for each in self.parameters if each.place == "query")
