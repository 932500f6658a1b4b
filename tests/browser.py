"""A real chromium for journeys; a page that complains or asks a foreign host fails them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
DESK, PHONE = 1366, 390  # px
PASSWORD = "a long password"


class Windows:
    """Windows of one chromium on a site; `complaints` of all of them stand in one list."""

    def __init__(self, chromium: Browser, site: str):
        self.chromium, self.site = chromium, site
        self.complaints: list[str] = []

    def open(self, width: int = DESK, **context: Any) -> Page:
        """A window that knows nobody. Nothing moves in it: axe would see colours half way to others."""
        viewport = {"width": width, "height": 768}
        ours = {"base_url": self.site, "viewport": viewport, "locale": "ru-RU", "reduced_motion": "reduce"}
        page = self.chromium.new_context(**ours, **context).new_page()
        page.on("console", lambda m: self._told(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._told(str(error)))
        page.on("request", lambda r: None if self._is_ours(r.url) else self._told(r.url))
        return page

    def enter(self, email: str, width: int = DESK) -> Page:
        """A window of a member of staff, at the list of clients."""
        page = self.open(width)
        page.goto("/account/login/?next=/clients/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", PASSWORD)
        page.click("button.btn-primary")
        page.wait_for_url("**/clients/")
        return page

    def _is_ours(self, url: str) -> bool:
        return url.startswith((f"{self.site}/", "data:", "blob:"))

    def _told(self, complaint: str) -> None:
        self.complaints.append(complaint)


@contextmanager
def chromium_at(site: str) -> Iterator[Windows]:
    """Fails when a page complained."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        windows = Windows(chromium, site)
        yield windows
        chromium.close()
        connections.close_all()  # those of this block, where a loop runs: Django keeps others outside
    assert windows.complaints == []


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in ("serious", "critical")]


def is_wider_than_its_window(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def keep_picture(page: Page, name: str) -> None:
    """A PNG in the folder that SCREENSHOTS names, if it names one."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
