"""What conditions can ask about the invitations of a customer."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.campaigns import condition_fields as campaigns
from surveys.core.conditions.catalogue import Column, Field, Rows, Type


def of_customers(organization: Organization) -> Iterator[Field]:
    """When each campaign asked. An ask counts from the moment that it takes the person, as it does for the throttle."""
    for campaign in campaigns.choices(organization):
        yield Field(
            key=f"asked.{campaign.value}",
            label=_("Asked by “%(campaign)s”") % {"campaign": campaign.label},
            type=Type.MOMENT,
            source=Rows(
                table="surveys_invitation",
                there="customer_id",
                here="id",
                source=Column("claimed_at"),
                only=(("campaign_id", campaign.value),),
            ),
            known_as=(_("at least once"), _("never")),
            group=_("Campaigns"),
        )
