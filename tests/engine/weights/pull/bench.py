"""What tests of pulling share."""

from __future__ import annotations

import pytest

from engine.families import CATALOGUE
from engine.weights.fetch import FetchFailed
from engine.weights.hub import hub_of
from engine.weights.pull import Puller
from engine.weights.wheel import index_of
from tests.fake_hub import hub_source, tiny_pipeline

SVD = CATALOGUE["svd"]


REPO = hub_source(SVD)


UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


LORA = "diffusion_pytorch_model.safetensors"


class Owner:
    """Who pulls: their environment, what they were shown, and how long they waited."""

    def __init__(self, hub, store, cache):
        self.store = store
        self.waited: list[float] = []
        self.shown = []
        self.steps = []
        self.agrees = True
        self.environment = {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(cache),
            "PIP_INDEX_URL": f"{hub.url}/simple",
        }

    def puller(self):
        options = {"tries": 3, "timeout": 5.0, "wait": self.waited.append}
        return Puller(
            self.store,
            hub=hub_of(self.environment, **options),
            index=index_of(self.environment, **options),
        )

    def pull(self, spec):
        return self.puller().pull(spec, accept=self._accept, tell=self.steps.append)

    def _accept(self, plan):
        self.shown.append(plan)
        return self.agrees

    def fails(self, spec):
        """The code of the refusal; nothing may look as if it were installed."""
        with pytest.raises(FetchFailed) as caught:
            self.pull(spec)
        assert not self.store.has(spec)
        assert "\n" not in str(caught.value)
        self.said = str(caught.value)
        return caught.value.code


def served(hub, spec):
    """The tiny repository of an entry, under the commit that this release pins."""
    repo = tiny_pipeline(spec.source)
    if spec.source.revision:
        repo.commit(spec.source.revision)
    hub.repos[spec.source.repo] = repo
    return repo


def installed(store, name):
    folder = store.path(name)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return files - {".framekiln.json"}
