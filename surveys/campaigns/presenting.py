"""What campaign pages say, worked out in Python so that templates only place it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self
from urllib.parse import urlencode

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from surveys.accounts import queries as accounts
from surveys.accounts.models import AuditEntry, Organization, User
from surveys.accounts.queries import domains
from surveys.campaigns.models import Campaign
from surveys.core import placeholders

# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Placeholder:
    code: str
    means: str | Promise


def known_placeholders() -> list[Placeholder]:
    return [Placeholder(f"{{{{ {name} }}}}", means) for name, means in placeholders.NAMES.items()]


@dataclass(frozen=True)
class Warning:
    """`page` is where it is mended."""

    title: str | Promise
    text: str | Promise
    page: str = "accounts:sender"


def warnings(organization: Organization) -> list[Warning]:
    """What an admin should know before launching, and can mend in the settings."""
    found = []
    if not organization.sender_email and not organization.wanted_sender_email:
        found.append(
            Warning(
                _("No sender address of your own"),
                _("The mail comes from this server's address. Customers trust your own address more."),
            )
        )
    failing = domains.failing_parts(organization)
    if failing:
        found.append(
            Warning(
                _("Mailbox providers may take these mails for forged"),
                _(
                    "Of the sender's domain, this was not right when it was last checked: %(parts)s. Settings, Sending domain, say how to mend it."
                )
                % {"parts": ", ".join(failing).upper()},
                page="accounts:domain",
            )
        )
    if not organization.postal_address:
        found.append(
            Warning(
                _("No postal address"),
                _("Laws on bulk mail ask for one in the footer in many countries, the United States among them."),
            )
        )
    return found


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ORDERS: Final = [("newest", _("Newest first")), ("launched", _("Last launched first")), ("name", _("By name"))]


# ── Running ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def undo_seconds(campaign: Campaign, at: datetime) -> int:
    """How long the launch can surely still be undone; 0 when it is not waiting."""
    if not campaign.is_scheduled or campaign.starts_at is None:
        return 0
    return max(0, round((campaign.starts_at - at).total_seconds()))


def starts_later(campaign: Campaign, at: datetime) -> bool:
    """Whether it waits for its beginning, and not for the time of Undo."""
    return undo_seconds(campaign, at) > settings.UNDO_SECONDS + _SLACK_SECONDS


_SLACK_SECONDS: Final = 2  # between the clock that launched and the one that shows
_LEAST_SECONDS: Final = 10  # of watching, before an estimate is ventured


@dataclass(frozen=True)
class Pace:
    """How far it was when the page was opened: it travels in the address that is polled, and gives the estimate."""

    since: datetime
    done: int

    @classmethod
    def from_query(cls, query: Mapping[str, str], at: datetime, done: int) -> Self:
        try:
            return cls(datetime.fromtimestamp(int(query["since"]), UTC), int(query["done"]))
        except (KeyError, ValueError, OverflowError, OSError):
            return cls(at, done)

    def to_query(self) -> str:
        return urlencode({"since": int(self.since.timestamp()), "done": self.done})

    def estimate(self, at: datetime, done: int, waiting: int) -> str:
        """ "About 2 minutes left.", or nothing while it is too early to say."""
        elapsed = (at - self.since).total_seconds()
        if elapsed < _LEAST_SECONDS or done <= self.done or not waiting:
            return ""
        seconds = round(waiting * elapsed / (done - self.done))
        if seconds < 60:
            return ngettext("About %(n)d second left.", "About %(n)d seconds left.", seconds) % {"n": max(1, seconds)}
        minutes = round(seconds / 60)
        return ngettext("About %(n)d minute left.", "About %(n)d minutes left.", minutes) % {"n": minutes}


# ── History ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_DEEDS: Final = {
    "campaign.created": _("created it"),
    "campaign.edited": _("changed it"),
    "campaign.launched": _("launched it"),
    "campaign.launch_undone": _("took the launch back"),
    "campaign.paused": _("paused it"),
    "campaign.resumed": _("resumed it"),
    "campaign.cancelled": _("cancelled it"),
    "campaign.deleted": _("deleted it"),
    "campaign.restored": _("brought it back"),
    "campaign.archived": _("archived it"),
    "campaign.unarchived": _("took it out of the archive"),
    "campaign.people_exported": _("exported whom it asks"),
    "campaign.test_sent": _("sent a test to themselves"),
}
_BY_ITSELF: Final = {
    "campaign.started": _("It started"),
    "campaign.paused": _("It was paused automatically"),
    "campaign.ended": _("It ended"),
}


@dataclass(frozen=True)
class Deed:
    who: str
    did: str | Promise
    at: datetime


def history(entries: Iterable[AuditEntry]) -> list[Deed]:
    """Newest first; changes in a row by the same person are one. Who has no account any more is named by the address."""
    entries = list(entries)
    people = accounts.people(entry.actor_id for entry in entries)
    deeds: list[Deed] = []
    for entry in entries:
        deed = _deed(entry, people)
        if not (deeds and entry.action == "campaign.edited" and (deeds[-1].who, deeds[-1].did) == (deed.who, deed.did)):
            deeds.append(deed)
    return deeds


def _deed(entry: AuditEntry, people: Mapping[int, User]) -> Deed:
    if entry.actor_id is None:
        return Deed("", _BY_ITSELF.get(entry.action, entry.action), entry.at)
    who = people.get(entry.actor_id, entry.actor_email)
    return Deed(str(who), _DEEDS.get(entry.action, entry.action), entry.at)
