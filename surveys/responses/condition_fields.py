"""What conditions can ask about the answers of a customer, and about one response."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.campaigns import condition_fields as campaigns
from surveys.core.choices import Channel
from surveys.core.conditions import catalogue
from surveys.core.conditions.catalogue import (
    Catalogue,
    Choice,
    Column,
    Computed,
    Field,
    JsonKey,
    Linked,
    Members,
    Root,
    Rows,
    Type,
)
from surveys.core.conditions.tree import Op
from surveys.customers import condition_fields as customers
from surveys.customers.models import Property, PropertyType

_COUNTED = "{}.verdict = 'confirmed' AND {}.excluded_at IS NULL"

# Of a response: what the same customer said before it, in whichever campaign. Only what counts.
SCORE_BEFORE = Computed(
    "(SELECT earlier.score FROM surveys_response earlier WHERE earlier.organization_id = {} + 0"
    " AND earlier.customer_id = {} AND (earlier.responded_at, earlier.id) < ({}, {})"
    " AND earlier.verdict = 'confirmed' AND earlier.excluded_at IS NULL"
    " ORDER BY earlier.responded_at DESC, earlier.id DESC LIMIT 1)",
    ("organization_id", "customer_id", "responded_at", "id"),
)


# ── Of a customer ────────────────────────────────────────────────────────────────────────────────────────────────────


def of_customers(organization: Organization) -> Iterator[Field]:
    """When each campaign was answered, and how. Only answers that count."""
    for campaign in campaigns.choices(organization):
        name = {"campaign": campaign.label}
        answered = Rows(
            table="surveys_response",
            there="customer_id",
            here="id",
            source=Column("responded_at"),
            only=(("campaign_id", campaign.value),),
            given=_COUNTED,
        )
        yield Field(
            key=f"answered.{campaign.value}",
            label=_("Answered “%(campaign)s”") % name,
            type=Type.MOMENT,
            source=answered,
            known_as=(_("at least once"), _("never")),
            group=_("Campaigns"),
        )
        yield Field(
            key=f"score.{campaign.value}",
            label=_("Score in “%(campaign)s”") % name,
            type=Type.NUMBER,
            source=replace(answered, source=Column("score")),
            group=_("Campaigns"),
        )


# ── Of a response ────────────────────────────────────────────────────────────────────────────────────────────────────


def of_responses(organization: Organization) -> Iterator[Field]:
    """The response itself, what was known about the customer when asked, and the customer as it is now."""
    yield from _standing(campaigns.choices(organization))
    yield from _snapshot(organization)
    now = catalogue.of(Root.CUSTOMER, organization)
    yield from (_of_customer(field, now) for field in now.fields)


def _standing(asked_by: tuple[Choice, ...]) -> tuple[Field, ...]:
    group = _("Response")
    counts = Computed("{} = 'confirmed' AND {} IS NULL", ("verdict", "excluded_at"))
    channels = tuple(Choice(value, str(label)) for value, label in Channel.choices)
    present = (_("is present"), _("is missing"))
    first = (_("is known"), _("is not known (the first answer)"))
    return (
        Field("score", _("Score"), Type.NUMBER, Column("score"), group=group, is_always_set=True),
        Field(
            "category",
            _("Category"),
            Type.CHOICE,
            Column("score"),
            choices=customers.categories(),
            group=group,
            is_always_set=True,
        ),
        Field("score_before", _("Score of the answer before"), Type.NUMBER, SCORE_BEFORE, known_as=first, group=group),
        Field(
            "category_before",
            _("Category of the answer before"),
            Type.CHOICE,
            SCORE_BEFORE,
            choices=customers.categories(),
            known_as=first,
            group=group,
        ),
        Field(
            "comment",
            _("Comment"),
            Type.TEXT,
            Column("comment"),
            known_as=present,
            group=group,
            only_ops=(Op.CONTAINS, Op.IS_SET, Op.NOT_SET),
        ),
        Field(
            "campaign",
            _("Campaign"),
            Type.CHOICE,
            Column("campaign_id"),
            choices=asked_by,
            group=group,
            is_always_set=True,
        ),
        Field("channel", _("Channel"), Type.CHOICE, Column("channel"), choices=channels, group=group),
        Field("language", _("Language of the answer"), Type.TEXT, Column("language"), group=group),
        Field("responded_on", _("Day of the answer"), Type.DATE, Column("day"), group=group, is_always_set=True),
        Field("counted", _("Counts"), Type.BOOLEAN, counts, group=group, is_always_set=True),
    )


def _snapshot(organization: Organization) -> Iterator[Field]:
    """Text to compare by stands in the property set, which an imported response has too; the rest in the invitation."""
    for declared in Property.objects.filter(organization=organization):
        interned = declared.segmentable and declared.type == PropertyType.TEXT
        of_set = Rows("surveys_propertyset", "id", "property_set_id", JsonKey("values", declared.key), few=True)
        of_invitation = Rows("surveys_invitation", "id", "invitation_id", JsonKey("properties", declared.key))
        yield Field(
            key=customers.PROPERTY_PREFIX + declared.key,
            label=_("%(property)s when asked") % {"property": declared.label},
            type=Type(declared.type),
            source=of_set if interned else of_invitation,
            group=_("Properties when asked"),
            is_open=declared.visible_to_agents,
        )


def _of_customer(field: Field, now: Catalogue) -> Field:
    return replace(
        field,
        key=f"customer.{field.key}",
        label=_("%(field)s (customer)") % {"field": field.label},
        source=Linked("customer_id", now, field.key),
        group=_("Customer now"),
        is_always_set=isinstance(field.source, Members),
    )
