"""Chromium as Debian packages it, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

# As people's browsers do: without a word of being driven by a program, which the product takes for a robot's.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
AS_PEOPLES = ("--disable-blink-features=AutomationControlled", f"--user-agent={AGENT}")
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """The program. Without one a browser test is skipped, except in CI (CI=true), where it fails."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    advice = "No chromium on PATH; install it with: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(advice)
    pytest.skip(advice)


@contextmanager
def running_browser() -> Iterator[Browser]:
    program = chromium()
    # Playwright's loop runs in the thread of the tests, and Django would refuse that thread the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.getuid() == 0 else []), *AS_PEOPLES]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
