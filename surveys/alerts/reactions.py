"""What alerts do when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from typing import Final

from surveys.accounts.models import Organization
from surveys.accounts.permissions import Permission
from surveys.alerts.actions import forgetting, responding
from surveys.alerts.actions.responding import Happened
from surveys.alerts.actions.telling import tell
from surveys.alerts.audience import who_may
from surveys.alerts.models import Matter
from surveys.core import clock
from surveys.outbox.models import Event
from surveys.responses.models import Response

TOLD_OF: Final[dict[str, Matter]] = {
    "response.confirmed": Matter.RESPONSE,
    "response.amended": Matter.AMENDED,
    "response.commented": Matter.COMMENT,
}


def response_changed(event: Event) -> None:
    """After commit. What is told late, because tasks stood still for a day, is no news."""
    if clock.now() - event.at > responding.STALE:
        return
    mine = Response.objects.filter(organization=event.organization_id, pk=event.object_id)
    response = mine.select_related("organization", "customer").first()
    if response is None:
        return
    matter, before = TOLD_OF[event.kind], event.payload.get("before")
    is_first = matter == Matter.RESPONSE
    responding.consider(
        Happened(
            response,
            matter,
            f"response:{response.pk}" if is_first else f"response:{response.pk}:{event.pk}",
            event.at,
            before["score"] if before and matter == Matter.AMENDED else None,
        )
    )


def hook_fails(event: Event) -> None:
    """After commit: who may mend it is told, of single posts once a day."""
    organization = Organization.objects.get(pk=event.organization_id)
    is_stopped = event.kind == "hook.stopped"
    tell(
        organization=organization,
        users=who_may(organization, Permission.EDIT_AUTOMATION),
        matter=Matter.TROUBLE,
        key=f"hook:{event.object_id}:" + (f"stopped:{event.pk}" if is_stopped else f"failed:{event.at.date()}"),
        facts={"hook": event.object_id, "stopped": is_stopped},
        at=event.at,
    )


# ── In the transaction ───────────────────────────────────────────────────────────────────────────────────────────────


def response_uncounted(event: Event) -> None:
    """One response: a colleague, or the rules, say that it does not count."""
    forgetting.of_responses(organization_id=event.organization_id, ids=[event.object_id])


def responses_go(event: Event) -> None:
    """They are about to be deleted, or nobody is to know any more who gave them: notices name both."""
    forgetting.of_responses(organization_id=event.organization_id, ids=event.payload["responses"])


def responses_marked(event: Event) -> None:
    """Some may be junk now."""
    forgetting.of_uncounted(organization_id=event.organization_id, ids=event.payload["responses"])


def member_left(event: Event) -> None:
    """After commit, when it cannot be taken back any more."""
    forgetting.of_user(organization_id=event.organization_id, user_id=event.payload["user"])
