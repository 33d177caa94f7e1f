"""An engine process for the tests that leave it as it was."""

from __future__ import annotations

import pytest_asyncio

from tests.engine.process.host_bench import running_host


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm_host(tmp_path_factory):
    """A host whose process is not to die; the spool is shared, too."""
    async with running_host(tmp_path_factory.mktemp("spool")) as host:
        yield host
        assert host.deaths == 0
