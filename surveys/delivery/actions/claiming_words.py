"""Which version of its campaign a claimed message speaks, in which language, and in which variant."""

from collections.abc import Iterable, Mapping

from django.db.models import Q

from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, CampaignVersion, Wording
from surveys.campaigns.queries import usable_wordings
from surveys.core import languages
from surveys.delivery.actions.claims import Claim, Due, Words


def wordings(campaigns: Mapping[int, Campaign], rows: Iterable[Due]) -> dict[Words, Wording]:
    """The words of each campaign's current version, and of those that earlier asks were claimed with.

    Languages that lack a text are not among them; the main one stands under "" as well.
    """
    found: dict[Words, Wording] = {}
    for wording in usable_wordings(_versions(campaigns, rows)):
        found.setdefault((wording.campaign_id, wording.version, ""), wording)
        found[wording.campaign_id, wording.version, wording.language] = wording
    return found


def designs(campaigns: Mapping[int, Campaign], rows: Iterable[Due]) -> dict[tuple[int, int], Design]:
    """Of the same versions; those without a row are left out."""
    found = CampaignVersion.objects.filter(_of_versions("number", campaigns, rows))
    return {
        (pk, number): Design.read(design) for pk, number, design in found.values_list("campaign", "number", "design")
    }


def _versions(campaigns: Mapping[int, Campaign], rows: Iterable[Due]) -> set[tuple[int, int]]:
    current = {(pk, campaign.version) for pk, campaign in campaigns.items()}
    return current | {(row.campaign_id or 0, row.version) for row in rows if row.holds_its_person}


def _of_versions(name: str, campaigns: Mapping[int, Campaign], rows: Iterable[Due]) -> Q:
    wanted = Q(pk__in=())
    for campaign, version in sorted(_versions(campaigns, rows)):
        wanted |= Q(("campaign", campaign), (name, version))
    return wanted


def version(claim: Claim, row: Due) -> int:
    """The one that the ask was claimed with before, or the current one."""
    return row.version if row.holds_its_person else claim.campaigns[row.campaign_id or 0].version


def language(claim: Claim, row: Due, spoken: str) -> str:
    """Of the wording: the one the ask already has, else what the person reads, else the main one."""
    for each in (*languages.candidates(row.language or spoken), ""):
        wording = claim.wordings.get((row.campaign_id or 0, version(claim, row), each))
        if wording:
            return wording.language
    return ""


def variant(claim: Claim, row: Due, hashed: int) -> str:
    """The one that the ask has, or the person's share (of 10,000) of those of the current design; without any, none."""
    if row.holds_its_person:
        return row.variant
    design = claim.designs.get((row.campaign_id or 0, version(claim, row)), Design())
    upto = 0
    for each in design.variants:
        upto += each.share
        if hashed < upto:
            return each.key
    return ""
