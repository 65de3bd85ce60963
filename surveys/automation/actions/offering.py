"""What rules, review sites and referrals show on the page that thanks. Contributed in surveys/subscriptions.py.

It is made anew each time the page is shown, by the score as it is then. A link of one's own is made when it is first shown.
"""

from collections.abc import Sequence
from datetime import datetime

from surveys.automation import link_queries, queries, tracked
from surveys.automation.actions import linking
from surveys.automation.actions.linking import Lead, Whose
from surveys.automation.queries import Thanks
from surveys.responses.models import Response
from surveys.responses.recommending import Kind, Recommendation
from surveys.responses.survey import Survey


def shown(survey: Survey, score: int, at: datetime) -> list[Recommendation]:
    """To who gave this answer. Two statements where an organization has nothing to show; of who is not known no rule asks."""
    wanted = [*_of_rules(survey, at), *_of_sites(survey.organization, score)]
    target = link_queries.referral_target(survey.organization) if any(each.is_referral for each in wanted) else ""
    leads = [Lead(each.site.url, each.site.pk) for each in wanted if each.site]
    leads += [Lead(target)] if target else []
    whose = Whose(survey.organization, survey.customer or None, survey.response, score if survey.customer else None)
    return _recommended(wanted, linking.links_of(whose=whose, leads=leads, at=at))


def tried(survey: Survey, score: int, at: datetime) -> list[Recommendation]:
    """What somebody who tries a campaign sees: nothing is counted."""
    sites = _of_sites(survey.organization, score)
    return [Recommendation(Kind.REVIEW, each.text, each.url) for each in sites]


def _of_rules(survey: Survey, at: datetime) -> list[Thanks]:
    if survey.response is None or not queries.any_thanks(survey.organization, at):
        return []
    response = Response.objects.select_related("organization").filter(pk=survey.response).first()
    return queries.thanks(response, at) if response else []


def _of_sites(organization: int, score: int) -> list[Thanks]:
    sites = link_queries.sites(organization).filter(is_on_thanks=True)
    return [Thanks(site.name, site.url, site) for site in sites if link_queries.is_for(site, score)]


def _recommended(wanted: Sequence[Thanks], links: dict[int | None, int]) -> list[Recommendation]:
    """Each once: what a rule says of a site goes before its name."""
    found: dict[str, Recommendation] = {}
    for each in wanted:
        made = _recommendation(each, links)
        if made is not None:
            found.setdefault(made.url, made)
    return list(found.values())


def _recommendation(each: Thanks, links: dict[int | None, int]) -> Recommendation | None:
    if not each.is_referral and each.site is None:
        return Recommendation(Kind.LINK, each.text, each.url)
    link = links.get(each.site.pk if each.site else None)
    if link is None:
        return None
    return Recommendation(Kind.REFERRAL if each.is_referral else Kind.REVIEW, each.text, tracked.address(link))
