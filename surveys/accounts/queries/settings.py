"""Reads about an organization's settings."""

from surveys.accounts.models import AuditEntry, Organization, OrganizationSlug, User, ZoneChange


def last_changed_by(organization: Organization, field: str) -> str:
    """Who changed this setting last, by name; "" when nobody is known to have."""
    entries = AuditEntry.objects.filter(
        organization=organization, action="organization.changed", details__changed__has_key=field
    )
    entry = entries.order_by("-at", "-id").first()
    if entry is None:
        return ""
    return str(User.objects.filter(pk=entry.actor_id or 0).first() or entry.actor_email)


def zone_change(organization: Organization) -> ZoneChange | None:
    """The change of the time zone whose work is not done."""
    return ZoneChange.objects.under_way().filter(organization=organization).first()


def slug_now(user: User, slug: str) -> str | None:
    """The slug that has taken the place of this former one, for who is a member of its organization."""
    former = OrganizationSlug.objects.filter(slug=slug, organization__memberships__user=user)
    found = former.values_list("organization__slug", flat=True).first()
    return None if found == slug else found
