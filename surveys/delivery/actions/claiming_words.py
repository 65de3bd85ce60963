"""Which version of its campaign a claimed message speaks, in which language, and in which variant."""

from collections.abc import Iterable, Mapping

from django.db.models import Q

from surveys.campaigns.models import Campaign, Wording
from surveys.delivery.actions.claims import Claim, Due, Words


def wordings(campaigns: Mapping[int, Campaign], rows: Iterable[Due]) -> dict[Words, Wording]:
    """The words of each campaign's current version, and of those that earlier asks were claimed with.

    The main language stands under "" as well.
    """
    versions = {(pk, campaign.version) for pk, campaign in campaigns.items()}
    versions |= {(row.campaign_id, row.version) for row in rows if row.campaign_id and row.holds_its_person}
    wanted = Q()
    for campaign, version in versions:
        wanted |= Q(campaign=campaign, version=version)
    found: dict[Words, Wording] = {}
    for wording in Wording.objects.filter(wanted).order_by("pk") if versions else ():
        found.setdefault((wording.campaign_id, wording.version, ""), wording)
        found[wording.campaign_id, wording.version, wording.language] = wording
    return found


def version(claim: Claim, row: Due) -> int:
    """The one that the ask was claimed with before, or the current one."""
    return row.version if row.holds_its_person else claim.campaigns[row.campaign_id or 0].version


def language(claim: Claim, row: Due, spoken: str) -> str:
    """Of the wording: the one the ask already has, the person's own, its main part ("de" of "de-AT"), the first one."""
    wanted = row.language or spoken
    for each in (wanted, wanted.split("-")[0], ""):
        wording = claim.wordings.get((row.campaign_id or 0, version(claim, row), each))
        if wording:
            return wording.language
    return ""
