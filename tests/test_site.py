"""The site of the documents: its contents are whole, and links out of docs/ lead to the repository."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

from tests.present import present

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
REPOSITORY = CONFIG["extra"]["repository"]


def loaded(name):
    spec = present(importlib.util.spec_from_file_location(name, DOCS / f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    present(spec.loader).exec_module(module)
    return module


def pages(entry):
    if isinstance(entry, str):
        yield entry
        return
    for child in entry.values() if isinstance(entry, dict) else entry:
        yield from pages(child)


def test_the_contents_name_every_page_once_and_no_other():
    assert sorted(pages(CONFIG["nav"])) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def test_a_reader_of_the_site_asks_nobody_else():
    """Web fonts would; with repo_url, the theme asks GitHub for the number of stars."""
    assert CONFIG["theme"]["font"] is False
    assert "repo_url" not in CONFIG
    assert "extra_javascript" not in CONFIG
    assert "extra_css" not in CONFIG


@pytest.mark.parametrize(
    ("page", "written", "shown"),
    [
        ("start.md", "[x](../README.md#a)", f"[x]({REPOSITORY}/blob/main/README.md#a)"),
        ("start.md", "[x](../examples)", f"[x]({REPOSITORY}/tree/main/examples)"),
        ("start.md", "![x](../examples/lake.png)", f"![x]({REPOSITORY}/raw/main/examples/lake.png)"),
        ("extend/new.md", "[x](../../Makefile)", f"[x]({REPOSITORY}/blob/main/Makefile)"),
        ("extend/new.md", "[x](../start.md)", "[x](../start.md)"),
        ("start.md", "[x](models.md)", "[x](models.md)"),
        ("start.md", "[x](../gone.md)", "[x](../gone.md)"),
        ("start.md", "[x](../../pyproject.toml)", "[x](../../pyproject.toml)"),
    ],
)
def test_a_link_out_of_the_documents_leads_to_the_repository(page, written, shown):
    assert loaded("outside_links").outside(f"See {written}.", page, REPOSITORY) == f"See {shown}."


@pytest.mark.pages
def test_make_pages_writes_only_pages_that_there_are(monkeypatch, tmp_path):
    made = loaded("pages")
    for name in made.PAGES:
        (tmp_path / name).write_text((DOCS / name).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(made, "DOCS", tmp_path)
    made.models()
    made.settings()
    for name in ("models.md", "settings.md"):
        assert (tmp_path / name).read_text("utf-8") == (DOCS / name).read_text("utf-8"), "run make pages"
    assert "rights_table" in (DOCS / "moderation.md").read_text("utf-8")
