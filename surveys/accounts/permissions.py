"""What each role may do: the one table. Enforced in actions (`access.require`) and shown to people from here."""

from enum import StrEnum
from typing import Final

from surveys.accounts.models import Role


class Permission(StrEnum):
    VIEW = "view"  # dashboards, responses, customers
    EDIT_CUSTOMERS = "edit_customers"
    MARK_RESPONSES = "mark_responses"  # tags, junk, notes on the trend: what colleagues make of answers
    ANSWER_CUSTOMERS = "answer_customers"  # conversations: take, reply, note, close
    IMPORT_CUSTOMERS = "import_customers"
    EXPORT_CUSTOMERS = "export_customers"  # personal data leaves the product
    DELETE_CUSTOMERS = "delete_customers"  # delete, erase, merge: what cannot be taken back
    MANAGE_PROPERTIES = "manage_properties"
    SHARE_FIGURES = "share_figures"  # to people without an account
    EDIT_SEGMENTS = "edit_segments"
    EDIT_CAMPAIGNS = "edit_campaigns"
    RUN_CAMPAIGNS = "run_campaigns"  # launch, pause, resume, cancel: acts that reach customers
    EDIT_THEMES = "edit_themes"  # what comments are about, and reading them anew
    EDIT_AUTOMATION = "edit_automation"  # rules that act by themselves, review sites, hooks
    MANAGE_INBOX = "manage_inbox"  # teams, hours and promises, saved replies, score cards
    VIEW_AUDIT = "view_audit"
    MANAGE_PEOPLE = "manage_people"  # invite colleagues, change roles, remove
    MANAGE_ORGANIZATION = "manage_organization"
    DELETE_ORGANIZATION = "delete_organization"


# What is left while an organization is suspended or waits to be deleted: looking, taking data out, letting people go.
WHILE_STOPPED: Final = frozenset(
    {
        Permission.VIEW,
        Permission.VIEW_AUDIT,
        Permission.EXPORT_CUSTOMERS,
        Permission.DELETE_CUSTOMERS,
        Permission.DELETE_ORGANIZATION,
    }
)

_ANALYST: Final = frozenset({Permission.VIEW})
_AGENT: Final = _ANALYST | {
    Permission.EDIT_CUSTOMERS,
    Permission.MARK_RESPONSES,
    Permission.ANSWER_CUSTOMERS,
}
_ADMIN: Final = _AGENT | {
    Permission.IMPORT_CUSTOMERS,
    Permission.EXPORT_CUSTOMERS,
    Permission.DELETE_CUSTOMERS,
    Permission.MANAGE_PROPERTIES,
    Permission.SHARE_FIGURES,
    Permission.EDIT_SEGMENTS,
    Permission.EDIT_CAMPAIGNS,
    Permission.RUN_CAMPAIGNS,
    Permission.EDIT_THEMES,
    Permission.EDIT_AUTOMATION,
    Permission.MANAGE_INBOX,
    Permission.VIEW_AUDIT,
    Permission.MANAGE_PEOPLE,
    Permission.MANAGE_ORGANIZATION,
}

PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.OWNER: _ADMIN | {Permission.DELETE_ORGANIZATION},
    Role.ADMIN: _ADMIN,
    Role.AGENT: _AGENT,
    Role.ANALYST: _ANALYST,
}

# Whom each role may invite, make something else, or remove: only owners make and unmake owners.
GRANTS: Final[dict[Role, frozenset[Role]]] = {
    Role.OWNER: frozenset(Role),
    Role.ADMIN: frozenset({Role.ADMIN, Role.AGENT, Role.ANALYST}),
    Role.AGENT: frozenset(),
    Role.ANALYST: frozenset(),
}


def allows(role: str, permission: Permission) -> bool:
    return permission in PERMISSIONS[Role(role)]


def may_grant(role: str, other: str) -> bool:
    return Role(other) in GRANTS[Role(role)]
