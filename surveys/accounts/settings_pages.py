"""The pages of an organization's settings, in groups and in the order of their navigation, and who may open each.

A page that needs no permission can be opened by every member.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission


@dataclass(frozen=True)
class SettingsPage:
    """`views` are the addresses by name: the first is where the navigation leads, all of them mark it as current."""

    label: str | Promise
    views: tuple[str, ...]
    permission: Permission | None = None


@dataclass(frozen=True)
class Group:
    """Pages about one thing; their names stand below that of the group."""

    label: str | Promise
    pages: tuple[SettingsPage, ...]


GROUPS: Final = (
    Group(
        _("Organization"),
        (
            SettingsPage(_("General"), ("accounts:settings",), Permission.MANAGE_ORGANIZATION),
            SettingsPage(_("Branding"), ("accounts:branding",), Permission.MANAGE_ORGANIZATION),
            SettingsPage(_("Data & privacy"), ("privacy:settings",), Permission.MANAGE_ORGANIZATION),
            SettingsPage(_("Audit trail"), ("audit:trail",), Permission.VIEW_AUDIT),
            SettingsPage(_("Export and delete"), ("operations:ending",), Permission.DELETE_ORGANIZATION),
        ),
    ),
    Group(
        _("People"),
        (
            SettingsPage(_("Members and roles"), ("accounts:people", "accounts:roles")),
            SettingsPage(_("Security"), ("accounts:security",), Permission.MANAGE_ORGANIZATION),
        ),
    ),
    Group(
        _("Asking and mail"),
        (
            SettingsPage(_("Asking"), ("asking:settings",), Permission.MANAGE_ORGANIZATION),
            SettingsPage(_("Sender"), ("accounts:sender",), Permission.MANAGE_ORGANIZATION),
            SettingsPage(_("Sending domain"), ("accounts:domain",), Permission.MANAGE_ORGANIZATION),
            SettingsPage(
                _("Mail provider"), ("delivery:account", "delivery:account_enter"), Permission.MANAGE_ORGANIZATION
            ),
        ),
    ),
    Group(
        _("Inbox"),
        (
            SettingsPage(_("Business hours"), ("inbox_settings:hours",), Permission.MANAGE_INBOX),
            SettingsPage(_("Promises"), ("inbox_settings:promises",), Permission.MANAGE_INBOX),
            SettingsPage(
                _("Teams"),
                (
                    "inbox_settings:teams",
                    "inbox_settings:team",
                    "inbox_settings:team_new",
                    "inbox_settings:team_delete",
                ),
            ),
            SettingsPage(
                _("Saved replies"),
                ("writing:saved_replies", "writing:saved_reply", "writing:saved_reply_new"),
                Permission.MANAGE_INBOX,
            ),
        ),
    ),
    Group(
        _("Connections"),
        (
            SettingsPage(
                _("Slack and webhooks"),
                ("integrations:hooks", "integrations:add", "integrations:hook", "integrations:edit"),
                Permission.EDIT_AUTOMATION,
            ),
            SettingsPage(_("Score cards"), ("cards:keys", "cards:key"), Permission.MANAGE_INBOX),
        ),
    ),
    Group(
        _("Reviews and referrals"),
        (
            SettingsPage(_("Review sites"), ("links:reviews", "links:site_new", "links:site")),
            SettingsPage(_("Referrals"), ("links:referrals", "links:sign_up")),
        ),
    ),
)

PAGES: Final = tuple(page for group in GROUPS for page in group.pages)

# Beside each other on the pages of rules, which are no settings.
AUTOMATION: Final = (
    SettingsPage(
        _("Rules"), ("automation:rules", "automation:new", "automation:rule", "automation:edit", "automation:log")
    ),
    SettingsPage(_("Plays"), ("automation:plays",)),
    SettingsPage(_("Mail limits"), ("automation:limits",), Permission.MANAGE_INBOX),
)


@dataclass(frozen=True)
class Entry:
    """A line of the navigation, as `by` sees it."""

    page: SettingsPage
    by: Membership
    view_name: str

    @property
    def label(self) -> str:
        return str(self.page.label)

    @cached_property
    def url(self) -> str:
        return access.url(self.by.organization, self.page.views[0])

    @property
    def is_current(self) -> bool:
        return self.view_name in self.page.views


@dataclass(frozen=True)
class GroupEntry:
    """A group with the pages that one may open, at least one; it leads to the first of them."""

    group: Group
    entries: list[Entry]

    @property
    def label(self) -> str:
        return str(self.group.label)

    @property
    def url(self) -> str:
        return self.entries[0].url

    @property
    def is_current(self) -> bool:
        return any(entry.is_current for entry in self.entries)


def entries(by: Membership, view_name: str = "", pages: tuple[SettingsPage, ...] = PAGES) -> list[Entry]:
    """The pages that `by` may open; `view_name` is the page that is shown now."""
    allowed = (page for page in pages if page.permission is None or access.can(by, page.permission))
    return [Entry(page, by, view_name) for page in allowed]


def groups(by: Membership, view_name: str = "") -> list[GroupEntry]:
    found = (GroupEntry(group, entries(by, view_name, group.pages)) for group in GROUPS)
    return [group for group in found if group.entries]
