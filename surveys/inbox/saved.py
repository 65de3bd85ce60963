"""What saved replies may stand for: their placeholders, filled for one conversation before anybody sends them."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User
from surveys.core import placeholders
from surveys.inbox.models import Conversation, SavedReply

NAMES: Final = {
    **placeholders.NAMES,
    "agent": _("the name of whoever writes the reply"),
    "score": _("the score that the customer gave"),
}


def problems(text: str) -> list[str]:
    return placeholders.problems(text, NAMES)


def put_in(text: str, new: str, cursor: int | None) -> str:
    """`cursor`: how many characters stand before it. Behind the text, and where nobody says, with an empty line between."""
    text = text.replace("\r\n", "\n")
    if cursor is None or not text[cursor:].strip():
        return "\n\n".join(filter(None, (text.rstrip(), new)))
    return text[:cursor] + new + text[cursor:]


def filled(saved: SavedReply, conversation: Conversation, by: User) -> str:
    """For this customer, as their colleague will see it before it is sent."""
    customer, response = conversation.customer, conversation.response
    values = placeholders.values(
        name=customer.name if customer else "",
        email=(customer.email or "") if customer else "",
        company=conversation.organization.name,
        language=customer.language if customer else "",
    )
    values |= {"agent": placeholders.single_line(str(by)), "score": str(response.score) if response else ""}
    return placeholders.fill(placeholders.parse(saved.text, NAMES), values)
