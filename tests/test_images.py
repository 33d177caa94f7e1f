"""The container images: what must survive lies in a volume."""

from __future__ import annotations

import re

from bot.config.settings import Settings
from tests import ROOT


def stages():
    """Name → its lines, of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    return {found[1]: found[0] for found in re.finditer(r"(?ms)^FROM \S+ AS (\w+)$.*?(?=^FROM |\Z)", text)}


def test_weights_and_data_lie_inside_volumes():
    stage = stages()["cuda"]
    variables = dict(re.findall(r"(\w+)=(\S+)", stage))
    volumes = re.findall(r'"(/\w+)"', stage[stage.index("VOLUME") :].splitlines()[0])
    for setting in ("models_dir", "data_dir"):
        name = f"FRAMEKILN_{setting.upper()}"
        assert setting in Settings.model_fields
        assert any(f"{variables[name]}/".startswith(f"{volume}/") for volume in volumes)
    assert any(variables["HF_HOME"].startswith(volume) for volume in volumes)


def test_the_compose_file_mounts_each_volume():
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    volumes = re.findall(r'"(/\w+)"', stages()["cuda"].split("VOLUME", 1)[1].splitlines()[0])
    assert volumes
    assert all(f":{volume}\n" in compose for volume in volumes)
