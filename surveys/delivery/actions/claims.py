"""What a sender takes: messages, with all that sending them needs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, Wording
from surveys.delivery import letters

Words = tuple[int, int, str]  # a campaign, a version of it, a language; "" is the main one


@dataclass(frozen=True)
class Claimed:
    """One message to send, with all that sending needs."""

    delivery: int
    organization: int | None
    campaign: int | None
    invitation: int | None
    kind: str
    to_address: str
    message_id: str
    attempts: int
    customer: int | None = None
    name: str = ""
    version: int = 0  # of the campaign
    language: str = ""  # of the wording
    variant: str = ""
    asked: str = ""  # of a reminder: the Message-ID of what it is about
    content: dict[str, Any] | None = None

    @property
    def words(self) -> Words:
        """The key of its wording."""
        return self.campaign or 0, self.version, self.language


@dataclass(frozen=True)
class Claim:
    """A batch that is ours until the lease ends."""

    owner: str
    queue: str
    route: str = ""
    size: int = 0  # of what was due, those included who are not asked after all
    messages: list[Claimed] = field(default_factory=list)
    campaigns: dict[int, Campaign] = field(default_factory=dict)  # with their organizations
    wordings: dict[Words, Wording] = field(default_factory=dict)
    designs: dict[tuple[int, int], Design] = field(default_factory=dict)  # by campaign and version


@dataclass(frozen=True)
class Due:
    """What claiming looks at of a due message and its ask. Locked until the claim commits."""

    pk: int
    organization_id: int | None
    campaign_id: int | None
    invitation_id: int | None
    customer_id: int | None
    kind: str
    to_address: str
    message_id: str
    attempts: int
    content: str | None  # JSON
    version: int  # of the ask; until it was claimed once it counts for nothing
    language: str
    variant: str
    claimed_at: datetime | None  # when it took its person
    asked_before: datetime | None
    may_have_arrived: bool

    @property
    def holds_its_person(self) -> bool:
        return self.claimed_at is not None

    @property
    def lasting_message_id(self) -> str:
        """The same for every copy."""
        return self.message_id or letters.message_id(self.pk)
