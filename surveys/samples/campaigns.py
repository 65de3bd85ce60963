"""The sample's running campaigns, one of each kind: all planned and sent for real, into the mailbox."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import Membership
from surveys.campaigns import actions as campaigns
from surveys.campaigns import languages, texts
from surveys.campaigns.actions import versions
from surveys.campaigns.design import Design, Link, Question, QuestionKind
from surveys.campaigns.models import Campaign
from surveys.campaigns.rules import Rules
from surveys.campaigns.starts import STARTS
from surveys.core.choices import Category
from surveys.core.conditions.tree import All, Comparison, Op
from surveys.customers.actions import events
from surveys.customers.events import IncomingEvent
from surveys.samples.people import Person

BIG: Final = ("Enterprise",)
ORDERS: Final = 90
_SPOKEN: Final = ("de", "fr", "es")
_ORDER_DAYS: Final = 12  # so long ago began what was delivered

_DESIGN: Final = Design(
    questions=(
        Question("q1", QuestionKind.ONE, frozenset({Category.DETRACTOR, Category.PASSIVE}), ("o1", "o2", "o3", "o4")),
        Question("q2", QuestionKind.SCALE, scale_max=5),
    ),
    links=(
        Link("l1", "https://www.northwind-tools.example/roadmap"),
    ),  # reviews are asked for by links that are counted
)


def _questions() -> dict[str, Any]:
    options = {"o1": _("Prices"), "o2": _("Reliability"), "o3": _("Support"), "o4": _("Missing features")}
    return {
        "prompts": texts.default_prompts(),
        "questions": {
            "q1": {"text": _("What should we work on first?"), "options": options},
            "q2": {
                "text": _("How easy is it to work with us?"),
                "low": _("Very hard"),
                "high": _("Very easy"),
            },
        },
        "links": {"l1": _("See what is coming next")},
    }


def launch_pulse(by: Membership, at: datetime) -> None:
    """A one-off that was launched this moment: there is still time to undo it."""
    name = _("Pulse of the big accounts")
    audience = All((Comparison("p.plan", Op.ONE_OF, BIG),)).to_json()
    with transaction.atomic():
        if _is_there(by, name):
            return
        rules = Rules(audience=audience, reminders=1, priority=3)
        campaign = campaigns.create(name=name, texts=texts.defaults(), rules=rules, design=_DESIGN, by=by, at=at)
        with versions.edited(campaign=campaign, by=by, at=at) as edit:
            main = replace(edit.words[edit.main], **_questions(), reminders=texts.default_reminders(1))
            edit.words[edit.main] = main
        campaigns.launch(campaign=campaign, by=by, at=at)


def launch_others(by: Membership, invented: Sequence[Person], at: datetime) -> None:
    """What has been running for a while: the pulse that never stops, what follows an order, and what follows a date."""
    _launch_start(by, "relationship", _("Relationship, every quarter"), at)
    _launch_start(by, "onboarding", _("Thirty days after signing up"), at, date_property="signed_up")
    if _launch_start(by, "purchase", _("After a delivery"), at):
        events.record(organization=by.organization, told=list(_orders(invented, at)), at=at)


def _launch_start(by: Membership, key: str, name: str, at: datetime, **rules: Any) -> bool:
    """Live at once. False when it is there: the step runs twice when its worker dies."""
    start = STARTS[key]
    with transaction.atomic():
        if _is_there(by, name):
            return False
        wanted = replace(start.rules, **rules)
        began = at - timedelta(seconds=settings.UNDO_SECONDS + 1)
        campaign = campaigns.create(name=name, texts=start.texts("en"), rules=wanted, by=by, at=began)
        _translate(campaign, by, began)
        campaigns.launch(campaign=campaign, by=by, at=began)
    campaigns.start_due(at=at)
    return True


def _translate(campaign: Campaign, by: Membership, at: datetime) -> None:
    """Into the languages of our own words; what they say otherwise stays to be translated, as it would be."""
    with versions.edited(campaign=campaign, by=by, at=at) as edit:
        main = edit.words[edit.main]
        main = replace(main, reminders=texts.default_reminders(edit.rules.reminders))
        edit.words[edit.main] = main
        for language in _SPOKEN:
            edit.words[language] = languages.begun(main, edit.design, written_in="en", language=language)


def _is_there(by: Membership, name: str) -> bool:
    return Campaign.objects.filter(organization=by.organization, name=name).exists()


def _orders(invented: Sequence[Person], at: datetime) -> Iterator[IncomingEvent]:
    dice = random.Random(ORDERS)
    for number, person in enumerate(dice.sample(invented, ORDERS)):
        yield IncomingEvent(
            kind="order.delivered",
            occurred_at=at - timedelta(minutes=dice.randint(30, _ORDER_DAYS * 24 * 60)),
            external_id=person.external_id,
            event_id=f"order-{4000 + number}",
            data={"total": round(dice.uniform(40, 2400), 2), "express": dice.random() < 0.3},
        )
