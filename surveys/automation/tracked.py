"""Addresses of tracked links, and the addresses of others that they lead to. Pure.

A link is a signed number: who guesses finds none, and its address holds nothing about who it belongs to. The same signed
number is the code of a referral, by which a company's server says who signed up.
"""

from datetime import date
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.responses import agents
from surveys.responses.survey import Evidence

LONGEST: Final = 500
CODE: Final = "ref"  # what the code of a referral is called in the address where friends land


def code_of(link_id: int) -> str:
    return tokens.make(Purpose.VISIT, link_id)


def link_of(code: str) -> int | None:
    return tokens.read(Purpose.VISIT, code)


def address(link_id: int) -> str:
    return f"{settings.PUBLIC_URL}{reverse('visits:go', args=[code_of(link_id)])}"


def landing(target: str, link_id: int) -> str:
    """Where friends land, with the code; one that stands there already is replaced."""
    parts = urlsplit(target)
    kept = [each for each in parts.query.split("&") if each and each.partition("=")[0] != CODE]
    return urlunsplit(parts._replace(query="&".join([*kept, f"{CODE}={code_of(link_id)}"])))


# ── Who follows one ──────────────────────────────────────────────────────────────────────────────────────────────────


def is_robot(evidence: Evidence) -> bool:
    """By the words that judge clicks on surveys, of one request: named robots, and what no browser would send."""
    agent = evidence.user_agent
    return agents.is_robot(agent) or bool(agents.strangeness(agent, evidence.signals or {}))


def visitor(link_id: int, evidence: Evidence, day: date) -> str:
    """Of one program in one network on one day: its visits of a link are one. What they were cannot be read from it."""
    said = f"{link_id} {day} {evidence.network} {evidence.user_agent}"
    kind = "robot" if is_robot(evidence) else "person"
    return f"{kind}:{salted_hmac('surveys.automation.visit', said, algorithm='sha256').hexdigest()}"


# ── Addresses of others ──────────────────────────────────────────────────────────────────────────────────────────────


def problem(url: str) -> str:
    """Why customers are not sent there, in words; empty when they may be."""
    if len(url) > LONGEST:
        said = _("The address has %(count)d characters; at most %(most)d are possible.")
        return said % {"count": len(url), "most": LONGEST}
    parts = _parts(url)
    if parts is None:
        return _("“%(value)s” is no address of a page. Write it like https://www.example.com/page.") % {
            "value": url[:60]
        }
    if parts.scheme != "https":
        return _("The address must begin with https://.")
    if "@" in parts.netloc:
        return _("Leave out what stands before the @: an address with a name in it looks like another site’s.")
    return "" if _is_public_name(parts.hostname or "") else _("“%(value)s” is no site.") % {"value": parts.hostname}


def _parts(url: str) -> SplitResult | None:
    if not url.isprintable() or any(letter in url for letter in " \\<>\"'`"):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _is_public_name(host: str) -> bool:
    """A name with a dot, and no number: an address of a machine is no page for customers."""
    try:
        ip_address(host)
    except ValueError:
        return "." in host.strip(".") and not host.startswith(".") and ".." not in host
    return False
