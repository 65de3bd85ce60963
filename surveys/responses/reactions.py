"""What responses do when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from surveys.outbox.models import Event
from surveys.responses.actions import forgetting, joining
from surveys.responses.models import Response


def people_deleted(event: Event) -> None:
    """Their answers stay without them, or go."""
    organization_id, people = event.organization_id, event.payload["ids"]
    responses = forgetting.of_people(organization_id, people)
    if event.payload["keeps_counts"]:
        forgetting.separate(organization_id=organization_id, responses=responses, at=event.at)
    else:
        _remove_all(event, responses)


def people_erased(event: Event) -> None:
    """Of those that count the bare score stays, or nothing; of the others nothing."""
    organization_id, people = event.organization_id, event.payload["ids"]
    responses = forgetting.of_people(organization_id, people)
    if not event.payload["keeps_counts"]:
        _remove_all(event, responses)
        return
    counted = Response.objects.counted().filter(organization=organization_id, pk__in=responses)
    kept = list(counted.order_by("pk").values_list("pk", "invitation_id"))
    ids = [pk for pk, _invitation in kept]
    answered = {invitation for _pk, invitation in kept}
    forgetting.remove(organization_id=organization_id, responses=sorted({*responses}.difference(ids)), at=event.at)
    forgetting.remove_comments(organization_id=organization_id, responses=ids, at=event.at)
    forgetting.remove_answers(organization_id=organization_id, responses=ids)
    forgetting.separate(organization_id=organization_id, responses=ids, at=event.at)
    invitations = forgetting.invitations_of(organization_id, people)
    forgetting.blank_evidence(organization_id=organization_id, invitations=sorted(answered.intersection(invitations)))
    forgetting.remove_evidence(organization_id=organization_id, invitations=sorted({*invitations} - answered))


def _remove_all(event: Event, responses: list[int]) -> None:
    invitations = forgetting.invitations_of(event.organization_id, event.payload["ids"])
    forgetting.remove(organization_id=event.organization_id, responses=responses, at=event.at)
    forgetting.remove_evidence(organization_id=event.organization_id, invitations=invitations)


def people_merged(event: Event) -> None:
    """What one answered is the other's. It counts where and when it counted."""
    both = event.payload
    joining.join(organization_id=event.organization_id, survivor=both["survivor"], gone=both["gone"])
