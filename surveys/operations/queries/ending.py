"""What an organization would lose, and its exports."""

from collections.abc import Iterator
from dataclasses import dataclass

from surveys.accounts.models import Membership, Organization
from surveys.campaigns.models import Campaign
from surveys.customers.models import Customer
from surveys.operations.models import ExportStatus, OrganizationExport, OrganizationExportChunk
from surveys.responses.models import Response


@dataclass(frozen=True)
class Contents:
    customers: int
    campaigns: int
    responses: int
    people: int


def contents(organization: Organization) -> Contents:
    return Contents(
        *(
            model.objects.filter(organization=organization).count()
            for model in (Customer, Campaign, Response, Membership)
        )
    )


def latest_export(organization: Organization) -> OrganizationExport | None:
    return OrganizationExport.objects.filter(organization=organization).order_by("-pk").first()


def exports(organization: Organization, limit: int = 10) -> list[OrganizationExport]:
    """Those that can be downloaded, newest first."""
    done = OrganizationExport.objects.filter(organization=organization, status=ExportStatus.DONE)
    return list(done.select_related("asked_by").order_by("-pk")[:limit])


def pieces(export: OrganizationExport) -> Iterator[bytes]:
    """Of the ZIP, one in memory at a time."""
    chunks = OrganizationExportChunk.objects.filter(organization=export.organization_id, export=export)
    number = -1
    while (chunk := chunks.filter(number__gt=number).order_by("number").first()) is not None:
        number = chunk.number
        yield bytes(chunk.data)
