"""The files of replies, for whoever sends them; subscribed in surveys/subscriptions.py."""

from collections.abc import Sequence

from surveys.delivery.enclosures import Enclosure
from surveys.inbox.models import Attachment


def find(organization: int, keys: Sequence[int]) -> list[Enclosure]:
    """Of this organization alone, in the order in which they were attached."""
    files = Attachment.objects.filter(organization=organization, pk__in=keys).order_by("pk")
    return [Enclosure(file.name, file.media_type, bytes(file.data)) for file in files]
