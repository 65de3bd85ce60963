"""People, organizations, and who did what."""

from surveys.accounts.models.audit import AuditEntry, Origin, Via
from surveys.accounts.models.domains import DomainCheck, DomainCheckQuerySet
from surveys.accounts.models.identity import Logo, SenderAddress
from surveys.accounts.models.organizations import Organization, OrganizationSlug
from surveys.accounts.models.people import ColleagueInvite, Departure, Membership, Role, User, UserManager
from surveys.accounts.models.views import PageHabit, SavedView
from surveys.accounts.models.zones import ZoneChange

__all__ = [
    "AuditEntry",
    "ColleagueInvite",
    "Departure",
    "DomainCheck",
    "DomainCheckQuerySet",
    "Logo",
    "Membership",
    "Organization",
    "OrganizationSlug",
    "Origin",
    "PageHabit",
    "Role",
    "SavedView",
    "SenderAddress",
    "User",
    "UserManager",
    "Via",
    "ZoneChange",
]
