"""Chromium as Debian packages it, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

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
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
