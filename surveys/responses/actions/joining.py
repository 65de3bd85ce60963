"""What two customers who become one answered. Runs in the transaction that merges them."""

from surveys.accounts.models import Organization
from surveys.customers.actions import restate_answers
from surveys.responses import queries
from surveys.responses.actions import forgetting
from surveys.responses.models import Response


def join(*, organization_id: int, survivor: int, gone: int) -> None:
    """All that `gone` answered is the survivor's, and the survivor's facts are told anew from all their answers."""
    theirs = forgetting.of_people(organization_id, [survivor, gone])
    Response.objects.filter(organization=organization_id, pk__in=theirs).update(customer=survivor)
    restate_answers(facts=queries.answer_facts(Organization(pk=organization_id), [survivor]))
