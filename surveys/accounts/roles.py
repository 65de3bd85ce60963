"""The table of permissions in words, for the page that shows it."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts import permissions
from surveys.accounts.models import Role
from surveys.accounts.permissions import Permission

# What each permission is called, and what it lets people do.
WORDS: Final[dict[Permission, tuple[Promise, Promise]]] = {
    Permission.VIEW: (_("See scores and customers"), _("Dashboards, responses, comments and customer records.")),
    Permission.EDIT_CUSTOMERS: (_("Add and edit customers"), _("One customer at a time, and changes to many at once.")),
    Permission.MARK_RESPONSES: (
        _("Mark responses"),
        _("Tags, junk, notes on the trend, and what a comment is about and how it is meant."),
    ),
    Permission.IMPORT_CUSTOMERS: (_("Import customers"), _("Upload lists, and take an import back.")),
    Permission.EXPORT_CUSTOMERS: (
        _("Export customers"),
        _("Download customers' data: it leaves this server, so few should have it."),
    ),
    Permission.DELETE_CUSTOMERS: (_("Delete customers"), _("Delete, erase and merge: this cannot be taken back.")),
    Permission.MANAGE_PROPERTIES: (
        _("Manage properties"),
        _("Which properties customers have, who may see them, and by which scores are compared."),
    ),
    Permission.SHARE_FIGURES: (
        _("Share figures"),
        _("Make links with which people outside read a saved view, and revoke them."),
    ),
    Permission.EDIT_SEGMENTS: (_("Edit segments"), _("Make, change and delete saved segments.")),
    Permission.EDIT_CAMPAIGNS: (_("Write campaigns"), _("Their words and audience, and test mails to oneself.")),
    Permission.RUN_CAMPAIGNS: (_("Run campaigns"), _("Launch, pause, resume and cancel: customers get mail.")),
    Permission.ANSWER_CUSTOMERS: (
        _("Answer customers"),
        _("Conversations: take them, reply, write notes, close them."),
    ),
    Permission.EDIT_AUTOMATION: (
        _("Edit automation"),
        _("Rules that act by themselves, review sites, and other systems that are told."),
    ),
    Permission.MANAGE_INBOX: (
        _("Set up the inbox"),
        _("Teams, business hours and promises, saved replies, score cards for other systems."),
    ),
    Permission.EDIT_THEMES: (_("Edit themes"), _("What comments are about: words, merging, having all read anew.")),
    Permission.VIEW_AUDIT: (_("Read the audit trail"), _("Who did what, when, and from where.")),
    Permission.MANAGE_PEOPLE: (
        _("Manage people"),
        _("Invite colleagues, change their roles and remove them. Only owners do that to owners."),
    ),
    Permission.MANAGE_ORGANIZATION: (
        _("Change settings"),
        _("Name, logo, sender, time zone and how long data is kept."),
    ),
    Permission.DELETE_ORGANIZATION: (_("Delete the organization"), _("With everything in it.")),
}
# For whom each role is.
ROLES: Final[dict[Role, Promise]] = {
    Role.OWNER: _("Answers for the organization. There is always at least one."),
    Role.ADMIN: _("Sets up campaigns, customers and colleagues."),
    Role.AGENT: _("Looks after customers: support, sales, success."),
    Role.ANALYST: _("Reads the score and what is behind it."),
}


@dataclass(frozen=True)
class Line:
    """One permission, and whether each role has it, in the order of `Role`."""

    name: str
    meaning: str
    allowed: list[tuple[Role, bool]]


def table() -> list[Line]:
    return [
        Line(str(name), str(meaning), [(role, permissions.allows(role, permission)) for role in Role])
        for permission, (name, meaning) in ((each, WORDS[each]) for each in Permission)
    ]
