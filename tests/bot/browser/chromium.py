"""A real Chromium without a window, driven over the W3C's WebDriver protocol by chromedriver."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests import ROOT
from tests.until import PATIENCE

SCREENSHOTS = ROOT / "out" / "screenshots"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
LOOKS = ("light", "dark")

AXE_PACKAGES = ("axe_playwright_python", "axe_core_python")
"""Either has axe-core as one file, and nothing has to be downloaded."""

SERIOUS = {"serious", "critical"}


def chromedriver() -> str | None:
    return shutil.which("chromedriver")


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def axe() -> Path | None:
    """axe-core's script, wherever it is installed."""
    for package in AXE_PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "axe.min.js"
    return None


def is_here() -> bool:
    return None not in (chromedriver(), chromium(), axe())


class Browser:
    """A window."""

    def __init__(self, http: aiohttp.ClientSession, at: str) -> None:
        self._http = http
        self._at = at

    async def tell(self, method: str, path: str, **values: Any) -> Any:
        data = None if method == "GET" else json.dumps(values)
        async with self._http.request(method, self._at + path, data=data) as answer:
            told = (await answer.json())["value"]
            assert answer.status == 200, told
            return told

    async def open(self, url: str) -> None:
        await self.tell("POST", "/url", url=url)

    async def run(self, script: str, *values: Any) -> Any:
        return await self.tell("POST", "/execute/sync", script=script, args=list(values))

    async def look_like(self, look: str, size: str) -> None:
        """Be a phone or a desktop, by day or by night."""
        width, height = SIZES[size]
        await self._devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=size == "phone",
        )
        await self._devtools(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": look}]
        )

    async def scripts(self, *, on: bool) -> None:
        await self._devtools("Emulation.setScriptExecutionDisabled", value=not on)

    async def press(self, selector: str) -> None:
        await self.tell("POST", f"/element/{await self._find(selector)}/click")

    async def type(self, selector: str, text: str) -> None:
        await self.tell("POST", f"/element/{await self._find(selector)}/value", text=text)

    async def text(self, selector: str) -> str:
        """What an element says; "" while there is none."""
        told = await self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)
        return " ".join(str(told).split())

    async def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        data = base64.b64decode(await self.tell("GET", "/screenshot"))
        await asyncio.to_thread((SCREENSHOTS / f"{name}.png").write_bytes, data)

    async def faults(self) -> list[str]:
        """What axe-core finds that is serious, and what is wider than the screen."""
        script = axe()
        assert script is not None
        await self.run(script.read_text("utf-8"))
        found = await self.tell(
            "POST",
            "/execute/async",
            script="const done = arguments[0]; axe.run(document).then(done, (error) => done(String(error)));",
            args=[],
        )
        assert isinstance(found, dict), found
        told = [
            f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
        ]
        wide = await self.run("return document.documentElement.scrollWidth > window.innerWidth")
        return told + (["the page is wider than the screen"] if wide else [])

    async def complaints(self) -> list[str]:
        """What the browser's console says: refused by the policy, not found, wrong in the script."""
        told = await self.tell("POST", "/se/log", type="browser")
        return [each["message"] for each in told if each["level"] in {"SEVERE", "WARNING"}]

    async def _find(self, selector: str) -> str:
        found = await self.tell("POST", "/element", using="css selector", value=selector)
        return str(next(iter(found.values())))

    async def _devtools(self, command: str, **values: Any) -> Any:
        return await self.tell("POST", "/goog/cdp/execute", cmd=command, params=values)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Start one; it ends with the block."""
    driver = await asyncio.create_subprocess_exec(
        chromedriver() or "",
        "--port=0",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert driver.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while not (match := re.search(rb"successfully on port (\d+)", await driver.stdout.readline())):
                pass
        at = f"http://127.0.0.1:{match[1].decode()}"
        options = {
            "binary": chromium(),
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        }
        wanted = {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
            }
        }
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http:
            async with http.post(f"{at}/session", data=json.dumps({"capabilities": wanted})) as answer:
                told = (await answer.json())["value"]
                assert answer.status == 200, told
            browser = Browser(http, f"{at}/session/{told['sessionId']}")
            try:
                yield browser
            finally:
                await browser.tell("DELETE", "")
    finally:
        driver.terminate()
        await driver.wait()
