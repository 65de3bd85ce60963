"""Who asks: browsers of people and programs of machines, with the headers they send (2024 to 2026)."""

from dataclasses import replace
from typing import Final

from tests.responses.traces.model import Agent

HTML: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NAVIGATES: Final = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
BY_HAND: Final = {**NAVIGATES, "Sec-Fetch-User": "?1"}
SUBMITS: Final = {
    "Origin": "https://testserver",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-User": "?1",
}
A_PART: Final = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style"}
HOME: Final = "203.0.113.77"
OFFICE: Final = "198.51.100.14"
CLOUD: Final = "20.94.180.9"

CHROME_AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


def browser(name: str, user_agent: str, *, language: str = "en-GB,en;q=0.9", address: str = HOME) -> Agent:
    """One of today: it says where a request comes from and that a hand made it."""
    headers = {"Accept": HTML, "Accept-Language": language, "Accept-Encoding": "gzip, deflate, br", **BY_HAND}
    return Agent(name, user_agent, address, headers, SUBMITS, A_PART, has_script=True)


# ── People's ──

IPHONE: Final = browser(
    "Safari on an iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1",
)
ANDROID: Final = browser(
    "Chrome on an Android phone",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    language="de-DE,de;q=0.9",
)
CHROME: Final = browser("Chrome on Windows", CHROME_AGENT)
FIREFOX: Final = browser(
    "Firefox on Linux",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    language="fr-FR,fr;q=0.8,en;q=0.5",
)
WITHOUT_SCRIPT: Final = replace(FIREFOX, name="Firefox with script off", has_script=False)
PRIVATE: Final = replace(
    FIREFOX,
    name="a privacy browser that says as little as it can",
    headers={"Accept": HTML, "Accept-Encoding": "gzip", **BY_HAND},
    address="185.220.101.4",  # an exit of an anonymity network
)
OLD_IPHONE: Final = Agent(
    "Safari of 2018, before Sec-Fetch",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 "
    "Mobile/15E148 Safari/604.1",
    HOME,
    {"Accept": HTML, "Accept-Language": "es-es"},
    {"Origin": "https://testserver"},
    has_script=True,
)
TEXT_BROWSER: Final = Agent(
    "Lynx",
    "Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8",
    HOME,
    {"Accept": "text/html, text/plain, */*;q=0.01", "Accept-Language": "en"},
    has_script=False,
)
WEBVIEW: Final = Agent(
    "the browser inside a mail program",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    HOME,
    {"Accept": HTML, "Accept-Language": "it-IT"},
    {"Origin": "https://testserver"},
    has_script=True,
)
BEHIND_PROXY: Final = replace(
    CHROME,
    name="Chrome behind a company's proxy",
    headers={**CHROME.headers, "Via": "1.1 proxy.corp.example (squid/5.7)", "X-Forwarded-For": "10.20.30.40"},
    address=OFFICE,
)
BEHIND_PROXY_TOO: Final = replace(BEHIND_PROXY, headers={**BEHIND_PROXY.headers, "X-Forwarded-For": "10.20.30.41"})
ON_VPN: Final = replace(CHROME, name="Chrome through a VPN in a data centre", address=CLOUD)
COLLEAGUE: Final = replace(ANDROID, name="a colleague's phone", address="192.0.2.55")

# ── Machines' ──

GATEWAY: Final = Agent("a mail gateway that calls itself a browser", CHROME_AGENT, CLOUD, {"Accept": "*/*"})
SAFE_LINKS: Final = Agent(
    "Microsoft's link check",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/117.0.0.0 Safari/537.36 "
    "Edg/117.0.2045.47",
    "40.94.31.7",
    {"Accept": HTML, "Accept-Language": "en-US"},
    {"Origin": "https://testserver", "Sec-Fetch-Site": "same-origin"},
    has_script=True,
)
BARRACUDA: Final = Agent(
    "Barracuda's scanner", "Mozilla/5.0 (compatible; BarracudaLinkScanner/1.0)", "209.222.82.5", {"Accept": "*/*"}
)
PROOFPOINT: Final = Agent(
    "Proofpoint's URL defence",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/92.0.4515.159 Safari/537.36",
    "67.231.154.162",
    {"Accept": HTML},
)
MIMECAST: Final = Agent(
    "Mimecast's URL protection",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
    "205.139.110.61",
    {"Accept": HTML, "Accept-Language": "en-US,en;q=0.5"},
)
HEADLESS: Final = Agent(
    "headless Chrome",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
    "34.86.35.10",
    {"Accept": HTML, **NAVIGATES},
    SUBMITS,
    A_PART,
    has_script=True,
)
DISGUISED: Final = replace(CHROME, name="headless Chrome that says it is none", address="34.86.35.11")
REQUESTS: Final = Agent("a script", "python-requests/2.32.3", "34.86.35.12", {"Accept": "*/*"})
CURL: Final = Agent("curl", "curl/8.5.0", "34.86.35.13", {"Accept": "*/*"})
SLACK: Final = Agent(
    "Slack", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "3.94.92.6", {"Accept": "*/*"}
)
TEAMS: Final = Agent(
    "Teams",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "52.114.14.71",
)
WHATSAPP: Final = Agent("WhatsApp", "WhatsApp/2.24.25.78 A", "157.240.14.52")
EXPANDER: Final = Agent(
    "a chat's link expander", "ChatterLinkExpander/2.1 (+https://chatter.example/bots)", "51.15.8.9"
)
SILENT_EXPANDER: Final = Agent("an expander without a name", "", "51.15.8.10", {"Accept": "text/html"})
CRAWLER: Final = Agent(
    "a crawler", "Mozilla/5.0 (compatible; ArchiveCrawler/3.4; +https://archive.example)", "51.15.8.11"
)
ANTIVIRUS: Final = replace(
    CHROME,
    name="an antivirus program on the person's own machine",
    headers={"Accept": HTML, "Accept-Language": "en-GB,en;q=0.9"},
    of_parts={},
    has_script=False,
)
SANDBOX: Final = replace(DISGUISED, name="a sandbox that acts a person", address="64.235.154.8")
