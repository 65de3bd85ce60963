"""Reads about campaigns."""

from dataclasses import dataclass

from django.db.models import QuerySet

from surveys.accounts.models import AuditEntry, Organization
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, CampaignVersion, Wording
from surveys.core.conditions.catalogue import Catalogue
from surveys.customers.queries.segments import Who, customer_catalogue, who

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    campaigns: list[Campaign]
    next_before: int | None


def campaigns(organization: Organization, *, before: int | None = None) -> Page:
    """Newest first, by keyset: `before` is the id that the page before ended with."""
    rows = Campaign.objects.filter(organization=organization).order_by("-id")
    rows = rows.filter(id__lt=before) if before else rows
    found = list(rows[: PAGE_SIZE + 1])
    return Page(found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None)


def wording(campaign: Campaign) -> Wording:
    """The words of its current version in its main language, the one it was written in first."""
    return wordings(campaign)[0]


def wordings(campaign: Campaign) -> QuerySet[Wording]:
    """The words of its current version, its main language first."""
    return Wording.objects.filter(
        organization_id=campaign.organization_id, campaign=campaign, version=campaign.version
    ).order_by("id")


def design(campaign: Campaign, version: int | None = None) -> Design:
    """Of that version, or of its current one."""
    found = CampaignVersion.objects.filter(
        organization_id=campaign.organization_id, campaign=campaign, number=version or campaign.version
    )
    return Design.read(found.values_list("design", flat=True).first() or {})


# ── Who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────


def audience(campaign: Campaign, known: Catalogue | None = None) -> Who:
    """Whom it is for. Raises nothing: an audience that lost its property says so in `problems`."""
    return who(campaign.audience, known or customer_catalogue(campaign.organization))


def campaigns_by_id(organization: Organization, ids: list[int]) -> dict[int, Campaign]:
    found = Campaign.objects.filter(organization=organization, pk__in=ids).select_related("organization")
    return {campaign.pk: campaign for campaign in found}


# ── What happened ────────────────────────────────────────────────────────────────────────────────────────────────────


def history(campaign: Campaign, limit: int = 20) -> list[AuditEntry]:
    """Who did what to it, newest first."""
    entries = AuditEntry.objects.filter(
        organization_id=campaign.organization_id, target_type="campaign", target_id=campaign.pk
    )
    return list(entries.order_by("-at", "-id")[:limit])


def deletion(organization: Organization, pk: int) -> AuditEntry | None:
    """How the draft of this number was deleted last; None when it is there or never was this organization's."""
    deleted = AuditEntry.objects.filter(
        organization=organization, target_type="campaign", target_id=pk, action="campaign.deleted"
    )
    is_there = Campaign.objects.filter(organization=organization, pk=pk).exists()
    return None if is_there else deleted.order_by("-at", "-id").first()
