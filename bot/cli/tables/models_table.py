"""The catalogue as Markdown: docs/models.md ends with it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.catalogue_lines import size_text
from engine.families import CATALOGUE
from engine.weights.model_spec import HubSource, ModelSpec


def table() -> str:
    """One row for each entry: what it is, where it comes from, and on which terms."""
    return "\n".join(_rows())


def _rows() -> Iterator[str]:
    yield "| Name | What it is | Download | From | Licence | Selling clips |"
    yield "|---|---|---|---|---|---|"
    for spec in CATALOGUE.values():
        licence = spec.licence
        yield (
            f"| `{spec.name}` | {spec.about} | {size_text(spec.size)} | {_origin(spec)} "
            f"| [{licence.name}]({licence.url}) | {licence.commercial} |"
        )


def _origin(spec: ModelSpec) -> str:
    source = spec.source
    if isinstance(source, HubSource):
        return f"[{source.repo}]({source.page}) ({source.revision[:10] or 'at first pull'})"
    return f"[{source.package} {source.version}]({source.page}), `{source.file}`"


if __name__ == "__main__":
    print(table())  # noqa: T201 - printing the table is what the module is run for
