"""What the writes about campaigns raise."""

from collections.abc import Sequence

from surveys.campaigns.models import Campaign
from surveys.campaigns.readiness import Concern


class WrongStatus(Exception):
    """The campaign is not (any more) where the act would take it from; somebody else may have been first."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(f"campaign {campaign.pk}")
        self.campaign = campaign


class NotDraft(WrongStatus):
    pass


class NotEditable(WrongStatus):
    """It is over: what it said and did stays as it was."""


class NotScheduled(WrongStatus):
    """Too late to undo: it is running, or it was undone already."""


class NotLive(WrongStatus):
    pass


class NotPaused(WrongStatus):
    pass


class NotRunning(WrongStatus):
    """Neither live nor paused."""


class NotEnded(WrongStatus):
    pass


class NotArchived(WrongStatus):
    pass


class NotDeleted(Exception):
    """There is no deleted draft of this number, or it was brought back already."""


class MailStopped(Exception):
    """Mail of the organization was stopped for its rates, and nobody has looked into it: the message says why."""


class NotReady(Exception):
    """Something has to be mended before the launch; the concerns say what and where."""

    def __init__(self, concerns: Sequence[Concern]) -> None:
        super().__init__("; ".join(concern.title for concern in concerns))
        self.concerns = tuple(concerns)


class SenderUnconfirmed(Exception):
    """The organization wants to send from an address that nobody has confirmed yet."""


class EditedMeanwhile(Exception):
    """What the edit was made from is not what is stored any more."""


class Fixed(Exception):
    """These rules stay as they are after the launch; `names` are fields of Rules."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = tuple(names)


class NotALanguage(Exception):
    """Not one of ours, or not one of the campaign's that this can be done to."""


class NotRemoved(Exception):
    """The language was never removed from the campaign, or it is there again."""


class Incomplete(Exception):
    """Texts are missing in the language."""
