"""People, organizations, and who did what."""

from surveys.accounts.models.audit import AuditEntry, Origin, Via
from surveys.accounts.models.organizations import Organization
from surveys.accounts.models.people import ColleagueInvite, Departure, Membership, Role, User, UserManager
from surveys.accounts.models.views import PageHabit, SavedView

__all__ = [
    "AuditEntry",
    "ColleagueInvite",
    "Departure",
    "Membership",
    "Organization",
    "Origin",
    "PageHabit",
    "Role",
    "SavedView",
    "User",
    "UserManager",
    "Via",
]
