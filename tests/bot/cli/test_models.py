from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import models
from bot.cli.catalogue_lines import size_text
from bot.cli.doctor import examine, examine_weights
from bot.cli.main import main
from bot.cli.tables import choices_table
from bot.cli.tables.models_table import table
from bot.config.settings import load_settings, variable
from bot.drawing_policies import store_of
from bot.elsewhere_policies import engine_environment
from engine.families import CATALOGUE
from engine.process.environment import scrubbed
from engine.runtime.context import COMPILED_BYTES_VARIABLE, context_of
from engine.weights.kinds import DAMAGED
from engine.weights.lock import LOCK
from engine.weights.store import Store
from engine.weights.store import store_of as store_of_environment
from tests import ROOT
from tests.engine.weights import kinds
from tests.fake_hub import FakeHub, hub_source, tiny_pipeline

UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_", "HF_", "PIP_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with FakeHub() as fake:
        for name in ("svd", "svd-xt", "motion-lora-zoom-in"):
            source = hub_source(CATALOGUE[name])
            fake.repos[source.repo] = tiny_pipeline(source)
            if source.revision:
                fake.repos[source.repo].commit(source.revision)
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
        yield fake


def framekiln(*words, says=None):
    run = CliRunner().invoke(main, ["models", *words], input=says)
    assert run.exception is None or isinstance(run.exception, SystemExit), run.exception
    return run


def test_list_shows_every_entry_with_size_and_licence():
    run = framekiln("list")
    assert run.exit_code == 0
    for spec in CATALOGUE.values():
        assert f"· {spec.name} " in run.stdout
        assert spec.licence.name in run.stdout
        assert spec.about in run.stdout


def test_pull_fetches_lists_verifies_and_removes(hub):
    run = framekiln("pull", "svd", "svd-xt", "--yes")
    assert run.exit_code == 0, run.output
    assert "Stability AI Community License" in run.stdout
    assert "1,000,000 US dollars" in run.stdout
    assert "version  9cf024d5bfa8f56622af86c884f26a52f6676f2e (pinned by this release)" in run.stdout
    assert "svd-xt is in models/svd-xt." in run.stdout
    assert "✓ svd " in framekiln("list").stdout
    run = framekiln("verify")
    assert (run.exit_code, run.stdout) == (0, "✓ svd\n✓ svd-xt\n")
    assert framekiln("remove", "svd").stdout == "svd is removed.\n"
    assert framekiln("remove", "svd").stdout == "svd was not installed.\n"
    assert not Store(Path("models")).has(CATALOGUE["svd"])
    assert Store(Path("models")).has(CATALOGUE["svd-xt"])


def test_pulling_installed_weights_says_so_and_asks_nothing(hub):
    framekiln("pull", "svd", "--yes")
    hub.asked.clear()
    run = framekiln("pull", "svd")
    assert (run.exit_code, run.stdout) == (0, "svd is already installed.\n")
    assert hub.asked == []


def test_without_a_terminal_and_without_yes_the_pull_is_refused(hub):
    run = framekiln("pull", "svd")
    assert run.exit_code == 1
    assert run.stderr.strip().splitlines()[-1] == (
        "svd: You need to accept its licence, and there is no terminal to ask in. Read it, then add --yes."
    )
    assert not Store(Path("models")).has(CATALOGUE["svd"])


@pytest.mark.parametrize(("says", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_at_a_terminal_the_licence_is_asked_once(hub, monkeypatch, says, code):
    monkeypatch.setattr(models, "_somebody_is_here", lambda: True)
    run = framekiln("pull", "svd", says=says)
    assert "Do you accept this licence? [y/N]" in run.stdout
    assert run.exit_code == code
    assert Store(Path("models")).has(CATALOGUE["svd"]) is (code == 0)
    if code == 0:
        framekiln("remove", "svd")
        assert framekiln("pull", "svd").exit_code == 0


def test_one_that_fails_does_not_keep_the_others(hub):
    hub.trouble("api/models/stabilityai/stable-video-diffusion-img2vid/", status=403)
    run = framekiln("pull", "svd", "svd-xt", "--yes")
    assert run.exit_code == 1
    assert "HF_TOKEN" in run.stderr
    assert Store(Path("models")).has(CATALOGUE["svd-xt"])


def test_an_unknown_name_suggests_the_nearest_one():
    run = framekiln("pull", "svd-tx")
    assert run.exit_code == 2
    assert "There are no weights called svd-tx. Did you mean svd-xt?" in run.stderr
    assert "Run framekiln models list to see them all" in framekiln("verify", "zzz").stderr


def test_verify_names_the_damage_and_the_way_out(hub):
    framekiln("pull", "svd", "--yes")
    path = Path("models/svd") / UNET
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    run = framekiln("verify", "svd")
    assert run.exit_code == 1
    assert f"✗ svd\n    {UNET}: has changed since it was pulled\n" in run.stdout
    assert "framekiln models remove NAME" in run.stdout


def test_verify_reports_no_weights_and_incomplete_weights():
    assert framekiln("verify").stdout == "There are no weights in models.\n"
    Path("models/svd").mkdir(parents=True)
    run = framekiln("verify")
    assert (run.exit_code, "is incomplete" in run.stdout) == (1, True)


def test_verify_names_the_owners_own_files_that_are_damaged():
    whole = kinds.pipeline(Path("models/checkpoints/photo"))
    cut = kinds.pipeline(Path("models/checkpoints/toon")) / "unet/model.safetensors"
    cut.write_bytes(cut.read_bytes()[:-1])
    run = framekiln("verify")
    assert run.exit_code == 1
    assert run.stdout == f"✗ toon\n    {DAMAGED}\n"
    kinds.pipeline(whole.with_name("toon"))
    assert framekiln("verify").exit_code == 0


def test_remove_forget_lets_the_next_pull_take_a_new_commit(hub):
    name = "motion-lora-zoom-in"
    framekiln("pull", name, "--yes")
    assert name in Path("models", LOCK).read_text()
    framekiln("remove", name)
    assert name in Path("models", LOCK).read_text()
    framekiln("remove", name, "--forget")
    assert name not in Path("models", LOCK).read_text()


@pytest.mark.parametrize("command", [["list"], ["pull", "svd"], ["verify"], ["remove", "svd"]])
def test_a_wrong_setting_ends_it_in_one_line(monkeypatch, command):
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "some")
    run = framekiln(*command)
    assert run.exit_code == 1
    assert run.stderr.startswith("A setting is wrong. FRAMEKILN_BACKUPS: ")
    assert run.stderr.count("\n") == 1


def test_a_broken_lock_is_one_line_everywhere(hub):
    framekiln("pull", "svd", "--yes")
    Path("models", LOCK).write_text("{")
    for command in (["pull", "svd-xt", "--yes"], ["verify"], ["remove", "svd", "--forget"]):
        run = framekiln(*command)
        assert run.exit_code == 1
        assert "models.lock.json cannot be read" in run.stderr
    assert any("cannot be read" in finding.text for finding in examine_weights(load_settings()))


def test_help_of_models_imports_nothing_heavy():
    code = (
        "import sys\nfrom bot.cli.main import main\nmain(['models', '--help'], standalone_mode=False)\n"
        "heavy = {'numpy', 'cv2', 'pydantic', 'rich', 'torch', 'urllib.request', 'engine.families'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_every_command_of_models_says_what_it_does():
    for name, command in models.models.commands.items():
        assert command.help, name
        assert framekiln(name, "--help").exit_code == 0


@pytest.mark.pages
def test_the_page_ends_with_the_table_of_the_catalogue():
    text = (ROOT / "docs/models.md").read_text("utf-8")
    assert text.endswith(f"\n\n{table()}\n"), "run: make pages"
    assert f"<!-- choices: begin -->\n{choices_table.table()}\n<!-- choices: end -->" in text, (
        "run: make pages"
    )


def test_the_table_has_a_row_for_each_entry_with_its_licence_and_size():
    rows = table().splitlines()[2:]
    assert len(rows) == len(CATALOGUE)
    for spec, row in zip(CATALOGUE.values(), rows, strict=True):
        assert row.startswith(f"| `{spec.name}` | ")
        assert row.count("|") == 7
        assert spec.licence.name in row
        assert spec.licence.commercial in row
        assert size_text(spec.size) in row


def test_the_engine_process_looks_where_the_bot_does(monkeypatch, tmp_path):
    monkeypatch.setenv("FRAMEKILN_MODELS_DIR", "weights")
    monkeypatch.setenv("FRAMEKILN_EXTRA_CHECKPOINTS", "comfy ui,other")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FRAMEKILN_EXTRA_STYLES", "~/loras")
    for path in ("weights/styles/a.safetensors", "loras/b.safetensors"):
        kinds.write(Path(path), kinds.LORA_SD15)
    kinds.write(Path("comfy ui/sub/c.safetensors"), kinds.SD15)
    settings = load_settings()
    here, there = store_of(settings), store_of_environment(engine_environment(settings))
    assert here.styles() == there.styles() == ("a", "b")
    assert here.checkpoints() == there.checkpoints() == ("c",)
    assert there.checkpoint("c") == tmp_path / "comfy ui/sub/c.safetensors"


@pytest.mark.parametrize(
    ("written", "model_cache", "steps", "slow", "compiles"),
    [
        ({}, None, 4, False, False),
        (
            {"models_memory": "9000", "memory_steps": "0", "rife_on_cpu": "yes", "compile_models": "true"}
            | {"attention": "flash", "compiled_bytes": "7"},
            9000,
            0,
            True,
            True,
        ),
    ],
)
def test_the_engine_process_hears_what_the_owner_chose_for_memory_and_speed(
    monkeypatch, written, model_cache, steps, slow, compiles
):
    for name, value in written.items():
        monkeypatch.setenv(variable(name), value)
    environment = scrubbed(engine_environment(load_settings()))
    context = context_of(environment)
    assert context.model_cache.budget == model_cache
    assert (context.steps_down, context.rife_on_cpu, context.compile_models) == (steps, slow, compiles)
    assert context.attention == written.get("attention", "auto")
    assert environment[COMPILED_BYTES_VARIABLE] == written.get("compiled_bytes", "5000000000")
    assert environment["TORCHINDUCTOR_CACHE_DIR"] == str(Path("data/compiled").absolute())


def findings(name):
    return [finding for finding in examine() if finding.name == name]


def test_the_doctor_names_what_an_engine_lacks_and_the_command_that_mends_it(hub):
    (svd,) = findings("engine svd")
    assert not svd.ok
    assert "svd-xt" in svd.text
    assert svd.mend == "framekiln models pull svd-xt"
    framekiln("pull", "svd-xt", "--yes")
    (svd,) = findings("engine svd")
    assert svd.ok


def test_the_doctor_reminds_of_what_licences_ask_for(hub):
    assert findings("licence") == []
    framekiln("pull", "svd-xt", "svd", "--yes")
    (licence,) = findings("licence")
    assert licence.text.startswith("Stability AI Community License (svd, svd-xt): ")
    assert "https://" in licence.text


def test_the_doctor_finds_what_is_half_here(hub):
    hub.trouble("blob", flip=9)
    assert framekiln("pull", "svd", "--yes").exit_code == 1
    (half,) = findings("weights svd")
    assert half.mend == "framekiln models pull svd"
    assert not half.blocks
