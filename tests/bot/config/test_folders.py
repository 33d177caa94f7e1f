"""Settings that hold folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import BadSettings, Settings, load_settings, variable


def test_folders_stand_between_commas_and_keep_their_blanks(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_EXTRA_CHECKPOINTS", " /srv/comfy ui/checkpoints , ~/more,")
    Path("framekiln.toml").write_text('extra_styles = ["old loras", "loras"]\n')
    settings = load_settings()
    assert settings.extra_checkpoints == (Path("/srv/comfy ui/checkpoints"), Path.home() / "more")
    assert settings.extra_styles == (Path("old loras"), Path("loras"))


def path_fields():
    """Every setting that holds a folder, or several."""
    return [name for name, field in Settings.model_fields.items() if "Path" in str(field.annotation)]


def test_the_settings_that_hold_folders_are_found():
    assert {"data_dir", "models_dir", "extra_checkpoints", "extra_styles"} <= set(path_fields())


def folders(settings, field):
    value = getattr(settings, field)
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("field", path_fields())
@pytest.mark.parametrize("source", ["environment", ".env", "framekiln.toml"])
def test_a_tilde_is_home_in_every_folder_and_every_source(tmp_path, monkeypatch, field, source):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    if source == "environment":
        monkeypatch.setenv(variable(field), "~/fk data")
    elif source == ".env":
        Path(".env").write_text(f"{variable(field)}=~/fk data\n")
    else:
        list_or_text = '["~/fk data"]' if field.startswith("extra") else '"~/fk data"'
        Path("framekiln.toml").write_text(f"{field} = {list_or_text}\n")
    assert folders(load_settings(), field) == (tmp_path / "home/fk data",)


@pytest.mark.parametrize("field", path_fields())
@pytest.mark.parametrize("value", ["~nobody-here/fk", "$HOME/fk", "${HOME}/fk", "%USERPROFILE%/fk"])
def test_a_folder_that_nobody_could_mean_is_refused(monkeypatch, field, value):
    monkeypatch.setenv(variable(field), value)
    with pytest.raises(BadSettings, match=f"^{variable(field)}: (begins with|names a variable)"):
        load_settings()


def test_a_tilde_inside_a_name_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", "/srv/fk~1")
    assert load_settings().data_dir == Path("/srv/fk~1")
