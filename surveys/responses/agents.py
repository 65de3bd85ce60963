"""What the headers of a request say about the program that sent it: pure functions over what was kept of them."""

import re
from collections.abc import Mapping
from typing import Any, Final

# Programs that no person reads a page with: scanners of mail gateways, libraries, browsers that nobody sits before.
_ROBOTS: Final = re.compile(
    r"(?<!cu)bot\b|crawler|spider|slurp|scanner|link.?check|link.?expand|urlscan|VirusTotal|BingPreview|SafeLinks|Barracuda"
    r"|Mimecast|Proofpoint|Cloudmark|Symantec|MessageLabs|FireEye|Trellix|Forcepoint|Sophos|TrendMicro|FortiMail|IronPort"
    r"|GoogleImageProxy|YahooMailProxy|ms-office|HeadlessChrome|PhantomJS|SlimerJS|Puppeteer|Playwright|Selenium"
    r"|^(python|curl|wget|go-http-client|java|okhttp|apache-httpclient|libwww-perl|lwp|node|axios|undici|got|ruby"
    r"|guzzlehttp|php|scrapy|httpx|aiohttp|urllib|postmanruntime|dart|perl|http|winhttp|libcurl|faraday|rest-client)\b",
    re.IGNORECASE,
)
# They show text alone: that such a program loads no style says nothing.
_TEXT_BROWSERS: Final = re.compile(r"^(Lynx|w3m|E?Links|Emacs-W3|NetSurf|Dillo|edbrowse)\b", re.IGNORECASE)

# From which version on a browser tells what it fetches a page for (Sec-Fetch-Mode), over https.
_TELL_PURPOSE: Final = (
    (re.compile(r"\bChrome/(\d+)"), 85),
    (re.compile(r"\bFirefox/(\d+)"), 90),
    (re.compile(r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"), 17),
)


def is_robot(agent: str) -> bool:
    return bool(_ROBOTS.search(agent))


def shortened(agent: str, most: int = 60) -> str:
    """With the words that give a robot away, wherever they stand in it."""
    found = _ROBOTS.search(agent)
    begin = max(0, found.end() - most) if found and found.end() > most else 0
    return f"{'…' if begin else ''}{agent[begin : begin + most]}{'…' if len(agent) > begin + most else ''}"


def is_text_browser(agent: str) -> bool:
    return bool(_TEXT_BROWSERS.search(agent))


def strangeness(agent: str, signals: Mapping[str, Any]) -> str:
    """What a browser that somebody clicked a link in would have said otherwise; "" when nothing is strange."""
    if not agent:
        return "no program"
    if not signals.get("accept_language"):
        return "no language"
    mode = signals.get("fetch_mode")
    if mode and mode != "navigate":
        return "not opened as a page"
    return "no purpose" if not mode and signals.get("secure") and _tells_purpose(agent) else ""


def _tells_purpose(agent: str) -> bool:
    found = ((pattern.search(agent), first) for pattern, first in _TELL_PURPOSE)
    return any(match and int(match[1]) >= first for match, first in found)
