"""What a score card shows."""

from dataclasses import dataclass, field
from datetime import datetime

from surveys.accounts.models import Organization
from surveys.core import sealing
from surveys.core.sealing import Purpose
from surveys.customers import addresses
from surveys.customers.models import Customer, Property
from surveys.customers.queries import record as records
from surveys.customers.queries.record import Known, Visible
from surveys.customers.record import Standing, standing
from surveys.inbox import of_customers
from surveys.inbox.cards import Ask, By
from surveys.inbox.models import CardKey, Conversation
from surveys.responses import queries as responses
from surveys.responses.models import Response

ANSWERS = 5
PROPERTIES = 8


@dataclass(frozen=True)
class Card:
    """`facts` are properties that every role may see. `standing` is None of who never gave a counted answer."""

    customer: Customer
    standing: Standing | None
    answers: list[Response]
    conversation: Conversation | None
    facts: list[Known] = field(default_factory=list)

    @property
    def latest(self) -> Response | None:
        return self.answers[0] if self.answers else None


def keys(organization: Organization) -> list[CardKey]:
    """Those in use first, the newest first."""
    found = CardKey.objects.filter(organization=organization).select_related("created_by").order_by("-pk")
    return sorted(found, key=lambda key: key.revoked_at is not None)


def key_for(pk: int, ask: Ask, *, at: datetime) -> CardKey | None:
    """The key that signed the ask, if it may still; None whatever is wrong."""
    key = CardKey.objects.select_related("organization").filter(pk=pk, revoked_at=None).first()
    if key is None or key.organization.is_stopped:
        return None
    try:
        secret = sealing.unseal(Purpose.SCORE_CARD, key.secret)
    except sealing.CannotUnseal:
        return None
    return key if ask.is_signed(secret, key.pk) and ask.holds(at) else None


def secret_of(key: CardKey) -> str:
    """Raises CannotUnseal."""
    return sealing.unseal(Purpose.SCORE_CARD, key.secret)


def card(organization: Organization, ask: Ask) -> Card | None:
    """Of whom the ask names; None for nobody known. As many statements for anybody."""
    customer = _named(organization, ask)
    if customer is None:
        return None
    found = Response.objects.filter(organization=organization, customer=customer).counted()
    return Card(
        customer=customer,
        standing=standing(responses.score_history(customer)),
        answers=list(found.select_related("campaign").order_by("-responded_at", "-pk")[:ANSWERS]),
        conversation=of_customers.newest(organization, [customer.pk]).get(customer.pk),
        facts=_facts(customer),
    )


def _named(organization: Organization, ask: Ask) -> Customer | None:
    mine = Customer.objects.filter(organization=organization).select_related("owner", "organization")
    if ask.by is By.EMAIL:
        return mine.filter(email_key=addresses.normalized(ask.value)).first()
    return mine.filter(external_id=ask.value).first()


def _facts(customer: Customer) -> list[Known]:
    open_to_all = Property.objects.filter(organization=customer.organization_id, visible_to_agents=True)
    seen = Visible({known.key: known for known in open_to_all}, frozenset())
    return records.known_of(customer, seen, [])[:PROPERTIES]
