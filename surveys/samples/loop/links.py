"""Links of the sample's customers to review sites and for friends, with who followed them."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from surveys.accounts.models import Organization
from surveys.automation.models import LinkKind, LinkVisit, ReviewSite, TrackedLink
from surveys.core.choices import Category
from surveys.samples.loop.standing import REFERRALS_LEAD_TO
from surveys.samples.loop.unfolding import mail_time
from surveys.samples.loop.voices import Voice

_ASKED_AFTER: Final = timedelta(days=3, minutes=2)  # as the rule for reviews waits, from when an answer counts
_LATELY: Final = timedelta(days=60)
_SEED: Final = 11
_MOST_REFERRALS: Final = 34
_FOLLOWS: Final = {Category.PROMOTER: 0.3, Category.PASSIVE: 0.13, Category.DETRACTOR: 0.1}
_ROBOT: Final = 0.06
_FRIENDS: Final = (0, 0, 0, 1, 1, 2, 3, 5)
_SIGNS_UP: Final = 0.3


def follow(organization: Organization, said: Sequence[Voice], at: datetime) -> None:
    """Of each customer one link of a kind."""
    dice = random.Random(_SEED)
    site = ReviewSite.objects.filter(organization=organization).order_by("position").first()
    asked = [voice for voice in said if at - _LATELY < voice.at and asked_at(voice) < at]
    first = list({voice.customer: voice for voice in reversed(asked)}.values())[::-1]
    happy = [voice for voice in first if voice.category is Category.PROMOTER]
    made = [_review(organization, site, voice, at, dice) for voice in first] if site else []
    made += [_referral(organization, voice, at, dice) for voice in happy[:_MOST_REFERRALS]]
    TrackedLink.objects.bulk_create(link for link, _visits in made)
    for link, visits in made:
        for visit in visits:
            visit.link_id = link.pk
    LinkVisit.objects.bulk_create(sorted((visit for _link, each in made for visit in each), key=lambda row: row.at))


def asked_at(voice: Voice) -> datetime:
    """When the rule for reviews writes to them."""
    return mail_time(voice.at + _ASKED_AFTER, voice.zone)


Made = tuple[TrackedLink, list[LinkVisit]]


def _review(organization: Organization, site: ReviewSite, voice: Voice, at: datetime, dice: random.Random) -> Made:
    link = _link(organization, voice, LinkKind.REVIEW, site.url)
    link.site = site
    visits = []
    if dice.random() < _ROBOT:
        visits.append(_visit(link, link.created_at + timedelta(seconds=4), is_robot=True))
    if dice.random() < _FOLLOWS[voice.category]:
        visits.append(_visit(link, link.created_at + timedelta(hours=dice.expovariate(1 / 9))))
    return _counted(link, visits, at)


def _referral(organization: Organization, voice: Voice, at: datetime, dice: random.Random) -> Made:
    link = _link(organization, voice, LinkKind.REFERRAL, REFERRALS_LEAD_TO)
    return _counted(link, list(_friends(link, dice)), at)


def _friends(link: TrackedLink, dice: random.Random) -> Iterator[LinkVisit]:
    for number in range(dice.choice(_FRIENDS)):
        came = link.created_at + timedelta(hours=dice.expovariate(1 / 60), days=1)
        yield _visit(link, came, key=f"friend-{number}")
        if dice.random() < _SIGNS_UP:
            # Keys of sign-ups are the other server's own, one of each in an organization.
            key = f"signup-{link.customer_id}-{number}"
            yield _visit(link, came + timedelta(minutes=dice.randint(4, 900)), what="signup", key=key)


def _link(organization: Organization, voice: Voice, kind: LinkKind, target: str) -> TrackedLink:
    return TrackedLink(
        organization=organization,
        kind=kind,
        customer_id=voice.customer,
        response_id=voice.response,
        score=voice.score,
        target=target,
        created_at=asked_at(voice),
    )


def _visit(
    link: TrackedLink, at: datetime, *, what: str = "visit", key: str = "person", is_robot: bool = False
) -> LinkVisit:
    key = f"robot:{at:%Y-%m-%d}" if is_robot else f"{key}:{at:%Y-%m-%d}" if what == "visit" else key
    made = LinkVisit(organization_id=link.organization_id, what=what, key=key, is_robot=is_robot, at=at)
    made.link = link
    return made


def _counted(link: TrackedLink, visits: list[LinkVisit], at: datetime) -> Made:
    happened = [visit for visit in visits if visit.at < at]
    link.visits = sum(visit.what == "visit" and not visit.is_robot for visit in happened)
    link.signups = sum(visit.what == "signup" for visit in happened)
    return link, happened
