"""Discord's written limits, checked here by hand because the OpenAPI document lacks some of them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.fake_discord.kinds import Component, Option

Json = Mapping[str, Any]

COMPONENTS_V2 = 1 << 15
MOST_COMPONENTS, MOST_TEXT = 40, 4000


def walk_components(components: Sequence[Json]) -> Iterator[Json]:
    """Every component, parents first."""
    for one in components:
        yield one
        yield from walk_components(one.get("components") or ())
        for key in ("component", "accessory"):
            if one.get(key):
                yield from walk_components([one[key]])


def text_of(components: Sequence[Json]) -> str:
    """All that the text displays among the components say, one after the other."""
    texts = (one["content"] for one in walk_components(components) if one["type"] == Component.TEXT_DISPLAY)
    return "\n".join(texts)


def media_of(components: Sequence[Json]) -> list[Json]:
    """The items of all media galleries among the components."""
    galleries = (one for one in walk_components(components) if one["type"] == Component.MEDIA_GALLERY)
    return [item for gallery in galleries for item in gallery["items"]]


def message_faults(body: Json, *, was_v2: bool = False) -> list[str]:
    """What is too long or too many in a message's body; empty where all is well.

    Args:
        body: what was sent.
        was_v2: it changes a message of components V2, which can't be taken back.
    """
    content = body.get("content") or ""
    found = _too_long("content", content, 2000)
    if len(str(body.get("nonce") or "")) > 25:
        found.append("nonce: more than 25 characters")
    if len(body.get("attachments") or ()) > 10:
        found.append("attachments: more than 10")
    embeds = body.get("embeds") or ()
    found += _embed_faults(embeds)
    flags = body.get("flags") or 0
    components = body.get("components") or ()
    v2 = was_v2 or bool(flags & COMPONENTS_V2)
    if v2 and (content or embeds):
        found.append("components V2: content and embeds are not allowed")
    if was_v2 and "flags" in body and not flags & COMPONENTS_V2:
        found.append("components V2: the flag can't be taken back")
    return found + _component_faults(components, v2=v2)


def modal_faults(body: Json) -> list[str]:
    """What is wrong with a modal."""
    found = _too_long("modal title", body.get("title") or "", 45)
    found += _too_long("modal custom_id", body.get("custom_id") or "", 100)
    components = body.get("components") or ()
    if not 1 <= len(components) <= 5:
        found.append(f"modal: {len(components)} components, 1 to 5 are allowed")
    ids: Counter[str] = Counter()
    for one in walk_components(components):
        found += _too_long("modal label", one.get("label") or "", 45)
        if "custom_id" in one:
            ids[one["custom_id"]] += 1
            found += _too_long("custom_id", one["custom_id"], 100)
    return found + [f"custom_id {name!r} twice" for name, times in ids.items() if times > 1]


def choice_faults(choices: Sequence[Json]) -> list[str]:
    """What is wrong with choices, of a command or of an autocomplete answer."""
    found = [] if len(choices) <= 25 else [f"choices: {len(choices)}, at most 25"]
    for choice in choices:
        found += _between("choice name", choice["name"], 1, 100)
        if isinstance(choice["value"], str):
            found += _too_long("choice value", choice["value"], 100)
    return found


def command_set_faults(commands: Sequence[Json]) -> list[str]:
    """What is wrong with a whole set of commands; one fault and Discord registers none of them."""
    found = [fault for one in commands for fault in command_faults(one)]
    kinds = Counter(one.get("type") or 1 for one in commands)
    most = {1: 100, 2: 15, 3: 15}
    found += [f"commands of type {kind}: {n}" for kind, n in kinds.items() if n > most.get(kind, 100)]
    names = Counter((one.get("type") or 1, one.get("name")) for one in commands)
    return found + [f"command {name!r} twice" for (_, name), n in names.items() if n > 1]


def command_faults(command: Json) -> list[str]:
    """What is wrong with one command."""
    name = command.get("name") or ""
    if (command.get("type") or 1) != 1:
        found = _between("context menu name", name, 1, 32)
        if command.get("description"):
            found.append(f"{name}: a context menu has no description")
        return found
    found = _node_faults(command, name)
    size = _text_size(command)
    if size > 8000:
        found.append(f"{name}: {size} characters in all, at most 8000")
    return found


def _node_faults(node: Json, path: str) -> list[str]:
    name = node.get("name") or ""
    found = _between(f"{path}: description", node.get("description") or "", 1, 100)
    if not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower():
        found.append(f"{path}: the name must be 1 to 32 lower-case letters, digits, - or _")
    options = node.get("options") or ()
    if len(options) > 25:
        found.append(f"{path}: {len(options)} options, at most 25")
    required = [bool(one.get("required")) for one in options]
    if required != sorted(required, reverse=True):
        found.append(f"{path}: required options must come first")
    kinds = [one["type"] in (Option.SUBCOMMAND, Option.SUBCOMMAND_GROUP) for one in options]
    if any(kinds) and not all(kinds):
        found.append(f"{path}: sub-commands and options do not mix")
    for name, times in Counter(one.get("name") for one in options).items():
        if times > 1:
            found.append(f"{path}: option {name!r} twice")
    for one in options:
        found += _node_faults(one, f"{path} {one.get('name')}")
        found += choice_faults(one.get("choices") or ())
        if one.get("choices") and one.get("autocomplete"):
            found.append(f"{path} {one['name']}: choices and autocomplete do not mix")
    return found


def _text_size(node: Json) -> int:
    size = len(node.get("name") or "") + len(node.get("description") or "")
    size += sum(len(one["name"]) + len(str(one["value"])) for one in node.get("choices") or ())
    return size + sum(_text_size(one) for one in node.get("options") or ())


def _embed_faults(embeds: Sequence[Json]) -> list[str]:
    found = [] if len(embeds) <= 10 else [f"embeds: {len(embeds)}, at most 10"]
    total = 0
    for embed in embeds:
        fields = embed.get("fields") or ()
        texts = [
            ("embed title", embed.get("title") or "", 256),
            ("embed description", embed.get("description") or "", 4096),
            ("embed footer", (embed.get("footer") or {}).get("text") or "", 2048),
            ("embed author", (embed.get("author") or {}).get("name") or "", 256),
            *(("embed field name", one["name"], 256) for one in fields),
            *(("embed field value", one["value"], 1024) for one in fields),
        ]
        found += [fault for label, text, most in texts for fault in _too_long(label, text, most)]
        total += sum(len(text) for _, text, _ in texts)
        if len(fields) > 25:
            found.append(f"embed: {len(fields)} fields, at most 25")
    if total > 6000:
        found.append(f"embeds: {total} characters together, at most 6000")
    return found


def _component_faults(components: Sequence[Json], *, v2: bool) -> list[str]:
    found = _v2_faults(components) if v2 else []
    if not v2 and len(components) > 5:
        found.append(f"components: {len(components)} rows, at most 5")
    ids: Counter[str] = Counter()
    for one in walk_components(components):
        if one["type"] == Component.ROW and not 1 <= len(one["components"]) <= 5:
            found.append(f"row: {len(one['components'])} components, 1 to 5 are allowed")
        if one["type"] == Component.BUTTON:
            found += _too_long("button label", one.get("label") or "", 80)
            if not (one.get("label") or one.get("emoji") or one.get("sku_id")):
                found.append("button: neither label nor emoji")
        if len(one.get("options") or ()) > 25:
            found.append("select: more than 25 options")
        if one.get("custom_id"):
            ids[one["custom_id"]] += 1
            found += _too_long("custom_id", one["custom_id"], 100)
    return found + [f"custom_id {name!r} twice" for name, times in ids.items() if times > 1]


def _v2_faults(components: Sequence[Json]) -> list[str]:
    found = []
    if (count := len(list(walk_components(components)))) > MOST_COMPONENTS:
        found.append(f"components: {count}, at most {MOST_COMPONENTS}")
    written = sum(
        len(one["content"]) for one in walk_components(components) if one["type"] == Component.TEXT_DISPLAY
    )
    if written > MOST_TEXT:
        found.append(f"text displays: {written} characters together, at most {MOST_TEXT}")
    for one in walk_components(components):
        if one["type"] == Component.MEDIA_GALLERY and not 1 <= len(one["items"]) <= 10:
            found.append(f"media gallery: {len(one['items'])} items, 1 to 10 are allowed")
        if one["type"] == Component.SECTION and not (
            1 <= len(one["components"]) <= 3 and one.get("accessory")
        ):
            found.append("section: 1 to 3 texts and an accessory are needed")
    for item in media_of(components):
        found += _too_long("media description", item.get("description") or "", 1024)
    return found


def _too_long(label: str, text: str, most: int) -> list[str]:
    return [] if len(text) <= most else [f"{label}: {len(text)} characters, at most {most}"]


def _between(label: str, text: str, least: int, most: int) -> list[str]:
    if least <= len(text) <= most:
        return []
    return [f"{label}: {len(text)} characters, {least} to {most} are allowed"]
