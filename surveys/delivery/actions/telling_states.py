"""The state of a message after what is told of it: the highest of what was said, in whatever order it came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from surveys.delivery.models import Delivery, DeliveryEvent, Happening, State

_RANKED: Final = (State.SENT, State.DELAYED, State.DELIVERED, State.BOUNCED)  # lowest first
_MEANS: Final = {
    Happening.DELAYED: State.DELAYED,
    Happening.SOFT_BOUNCED: State.DELAYED,
    Happening.DELIVERED: State.DELIVERED,
    Happening.COMPLAINED: State.DELIVERED,  # whoever reports a mail has it
    Happening.UNSUBSCRIBED: State.DELIVERED,
    Happening.BOUNCED: State.BOUNCED,
    Happening.REJECTED: State.BOUNCED,
    Happening.FAILED: State.BOUNCED,
}
_TROUBLE: Final = (State.DELAYED, State.BOUNCED)
# Not sent, as far as we know: a provider that names it knows better, if it was tried at all.
_PENDING: Final = (State.DUE, State.CLAIMED, State.SENDING, State.UNCERTAIN)
_WORDS: Final[dict[Happening, Promise]] = {
    Happening.DELAYED: gettext_lazy("The receiving server puts it off."),
    Happening.SOFT_BOUNCED: gettext_lazy("It came back for now: the receiving server did not take it."),
    Happening.BOUNCED: gettext_lazy("It came back: the address does not take it."),
    Happening.REJECTED: gettext_lazy("The provider refused to send it."),
    Happening.FAILED: gettext_lazy("The provider could not send it."),
}


@dataclass(frozen=True)
class Moved:
    """`was_pending`: only now is it known that the message left. `is_over`: it stays as it is, whatever is told."""

    delivery: Delivery
    was_pending: bool = False
    is_over: bool = False


def move(pk: int, kind: Happening, *, at: datetime) -> Moved | None:
    """Locks the message until the transaction ends; its event is stored already. None: it has been deleted."""
    delivery = Delivery.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if delivery is None:
        return None
    pending = delivery.state in _PENDING
    if (pending and not _was_tried(delivery)) or (not pending and delivery.state not in _RANKED):
        return Moved(delivery, is_over=True)
    if pending:
        _settle(delivery, at)
    _raise(delivery, kind)
    delivery.save(
        update_fields=["state", "reason", "last_error", "sent_at", "finished_at", "lease_owner", "lease_until"]
    )
    return Moved(delivery, was_pending=pending)


def _was_tried(delivery: Delivery) -> bool:
    """A token that only the message itself carries says so too; but what never left cannot have been told of."""
    return delivery.attempts > 0 or delivery.sending_at is not None or delivery.uncertain_at is not None


def _settle(delivery: Delivery, at: datetime) -> None:
    """It left, after all: nobody sends it again."""
    delivery.state = State.SENT
    delivery.reason = delivery.last_error = delivery.lease_owner = ""
    delivery.sent_at = delivery.sending_at or delivery.uncertain_at or at
    delivery.finished_at = at
    delivery.lease_until = None


def _raise(delivery: Delivery, kind: Happening) -> None:
    """Of several events that say the same, the words of the earliest stand."""
    state = _MEANS.get(kind, State.SENT)
    if _RANKED.index(state) < _RANKED.index(State(delivery.state)):
        return
    is_news = delivery.state != state
    delivery.state = state
    if state not in _TROUBLE:
        if is_news:
            delivery.reason = delivery.last_error = ""
        return
    alike = [each for each, means in _MEANS.items() if means is state]
    first = DeliveryEvent.objects.filter(delivery_id=delivery.pk, kind__in=alike).order_by("at", "key").first()
    if first is not None:
        delivery.reason = str(_WORDS.get(Happening(first.kind), ""))
        delivery.last_error = first.said if delivery.to_address else ""
