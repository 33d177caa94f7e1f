"""Workflows, templates, the Makefile and the citation agree with each other and with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
YAML = [
    *sorted(GITHUB.rglob("*.yml")),
    *(ROOT / name for name in ("mkdocs.yml", "compose.yaml", "CITATION.cff", ".pre-commit-config.yaml")),
]
REPOSITORY = "https://github.com/framekiln/framekiln"


def name_of(path):
    return str(path.relative_to(ROOT))


def loaded(path):
    return yaml.safe_load(path.read_text("utf-8"))


def steps(workflow):
    for job in workflow["jobs"].values():
        yield from job.get("steps", ())


@pytest.mark.parametrize("path", YAML, ids=name_of)
def test_every_yaml_file_can_be_read(path):
    assert isinstance(loaded(path), dict)


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_workflow_may_only_read_unless_a_job_says_more(path):
    workflow = loaded(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert isinstance(job.get("permissions", {}), dict), name
        assert "timeout-minutes" in job or "uses" in job, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_an_action_is_pinned_to_a_release(path):
    for step in steps(loaded(path)):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v1|[0-9a-f]{40})", step["uses"]), step["uses"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_workflow_runs_no_text_that_a_stranger_wrote(path):
    """A title or the name of a branch within a script would be run by the shell."""
    for step in steps(loaded(path)):
        assert not re.search(r"\$\{\{\s*github\.(event|head_ref)", step.get("run", "")), step


@pytest.mark.parametrize("path", [*WORKFLOWS, GITHUB / "PULL_REQUEST_TEMPLATE.md"], ids=name_of)
def test_a_target_of_make_that_is_named_exists(path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {name for line in re.findall(r"(?m)^([a-z][a-z -]*):", makefile) for name in line.split()}
    named = set(re.findall(r"(?:run: |`)make ([a-z-]+)", path.read_text("utf-8")))
    assert named <= targets


def test_the_tests_run_on_each_python_that_the_package_names():
    classifiers = [line for line in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    named = [line.rpartition(" ")[2] for line in classifiers]
    matrix = loaded(GITHUB / "workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert {job["python"] for job in matrix["include"]} <= set(named)
    systems = {*matrix["os"], *(job["os"] for job in matrix["include"])}
    assert {re.sub("-.*", "", system) for system in systems} == {"ubuntu", "macos"}


@pytest.mark.parametrize("path", FORMS, ids=name_of)
def test_a_form_for_issues_asks_under_ids_of_its_own(path):
    form = loaded(path)
    assert form["name"]
    assert form["description"]
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids))


def test_the_citation_is_of_this_version():
    citation = loaded(ROOT / "CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Source"] == REPOSITORY


def test_every_address_of_the_project_is_the_same_repository():
    texts = [*YAML, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "pyproject.toml"]
    for path in texts:
        for found in re.findall(r"https://github\.com/[\w.-]*framekiln[\w./-]*", path.read_text("utf-8")):
            assert found.startswith(REPOSITORY), f"{name_of(path)}: {found}"


def test_a_security_problem_can_be_reported_in_private():
    address = f"{REPOSITORY}/security/advisories/new"
    policy = (ROOT / "SECURITY.md").read_text("utf-8")
    assert address in policy
    assert "docs/security.md" in policy
    assert loaded(GITHUB / "ISSUE_TEMPLATE/config.yml")["contact_links"][0]["url"] == address
