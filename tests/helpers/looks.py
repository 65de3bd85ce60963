"""What a page must look like wherever it is: accessible in both themes, no sideways scroll, no tiny chart text.

The page is loaded once by the test; theme and width change in place.
"""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1280, 375, 320)
HEIGHT = 800
LEAST_CHART_TEXT = 11  # pixels on screen

_SCRIPT = Axe().axe_script
_AXE = Axe("0")  # it would put half a megabyte into the page at every run; once is enough
_ALL_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_RULES = {"light": _ALL_RULES, "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}

_SIDEWAYS = "document.documentElement.scrollWidth - window.innerWidth"
_STICKING_OUT = """() => [...document.querySelectorAll("main *, header *")]
    .filter(one => one.getBoundingClientRect().right > window.innerWidth + 1)
    .filter(one => ![...one.children].some(child => child.getBoundingClientRect().right > window.innerWidth + 1))
    .filter(one => !one.closest(".table-wrap, .tabs, .segmented, .visually-hidden"))
    .slice(0, 3).map(one => one.tagName.toLowerCase() + [...one.classList].map(name => "." + name).join(""))"""
_CHART_TEXTS = """least => [...document.querySelectorAll("svg text")]
    .filter(text => text.textContent.trim() && text.checkVisibility() && text.ownerSVGElement)
    .map(text => [text.textContent.trim(), parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d])
    .filter(([, size]) => size < least)
    .map(([words, size]) => `${words} at ${size.toFixed(1)} px`)"""


def problems(page: Page, *, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """Everything that is wrong with the page as it is now, in words; the theme is as it was afterwards."""
    page.wait_for_function("document.readyState === 'complete'")  # a click may have opened it just now
    before = page.evaluate("document.documentElement.dataset.theme ?? ''")
    found = [problem for width in widths for problem in shape(page, width)]
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT)
    found += [problem for theme in _RULES for problem in _in_theme(page, theme)]
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    _set_theme(page, before)
    return found


def shape(page: Page, width: int) -> Iterator[str]:
    """What has no room at this width."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    too_wide = page.evaluate(_SIDEWAYS)
    if too_wide > 0:
        yield f"{width} px: scrolls sideways by {too_wide} px, for {page.evaluate(_STICKING_OUT)}"
    for text in page.evaluate(_CHART_TEXTS, LEAST_CHART_TEXT):
        yield f"{width} px: chart text too small: {text}"


def _in_theme(page: Page, theme: str) -> Iterator[str]:
    """At both ends: what is shown differs between a wide and a narrow window, and between themes only its colours."""
    _set_theme(page, theme)
    options = {"runOnly": _RULES[theme], "resultTypes": ["violations"]}
    for width in (WIDTHS[0], WIDTHS[-1]):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for violation in _AXE.run(page, options=options).response["violations"]:
            for node in violation["nodes"]:
                yield f"{theme}, {width} px: {violation['id']} at {node['target']}: {node['failureSummary']}"


def _set_theme(page: Page, theme: str) -> None:
    """Without the fade of colours: axe would measure the middle of it."""
    page.evaluate(
        """theme => {
            theme ? document.documentElement.dataset.theme = theme : delete document.documentElement.dataset.theme;
            document.getAnimations().filter(one => one instanceof CSSTransition).forEach(one => one.finish());
        }""",
        theme,
    )
