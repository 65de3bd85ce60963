"""The links of one mail, and what a browser does with the page behind them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from surveys.accounts.models import Organization
from surveys.analytics.upkeep import rollups
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery.models import Invitation
from surveys.responses.models import ClickEvent, Response
from tests import factories
from tests.people import Person

SETTLED = timedelta(seconds=settings.SETTLE_SECONDS, minutes=1)


@dataclass
class Mail:
    invitation: Invitation

    def link(self, score: int | str) -> str:
        return f"{self.page}{score}/"

    @property
    def page(self) -> str:
        return reverse("public:page", args=[tokens.make(Purpose.ANSWER, self.invitation.pk)])

    @property
    def unsubscribe(self) -> str:
        return reverse("public:unsubscribe", args=[tokens.make(Purpose.UNSUBSCRIBE, self.invitation.pk)])

    @property
    def response(self) -> Response:
        return Response.objects.get(invitation=self.invitation)

    @property
    def responses(self) -> int:
        return Response.objects.filter(invitation=self.invitation).count()

    @property
    def clicks(self) -> list[tuple[str, int | None]]:
        events = ClickEvent.objects.filter(invitation_id=self.invitation.pk).order_by("id")
        return list(events.values_list("kind", "score"))


class Shown:
    """A page of a customer, as HTML."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.html = answer.content.decode()

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, f"no field {name} on the page"
        return unescape(found[1])

    @property
    def action(self) -> str:
        found = re.search(r'<form method="post" action="([^"]*)"', self.html)
        assert found, "no form on the page"
        return found[1]

    @property
    def picked(self) -> list[int]:
        return [int(score) for score in re.findall(r'value="(\d+)" aria-pressed="true"', self.html)]

    @property
    def comment(self) -> str:
        return self._texts["comment"]

    @property
    def _texts(self) -> dict[str, str]:
        found = re.findall(r'<textarea id="(\w+)"[^>]*>\n?(.*?)</textarea>', self.html, re.DOTALL)
        return {name: unescape(text) for name, text in found}

    @property
    def answers(self) -> dict[str, Any]:
        """What stands at the questions."""
        texts = {name: text for name, text in self._texts.items() if name != "comment"}
        chosen: dict[str, Any] = {}
        for name, value in re.findall(r'name="(q\d+)" value="(\w+)" checked', self.html):
            chosen.setdefault(name, []).append(value)
        return texts | chosen

    @property
    def marks(self) -> dict[str, str]:
        """The fingerprints of the questions."""
        return dict(re.findall(r'name="(q\d+\.seen)" value="(\w*)"', self.html))

    @property
    def questions(self) -> list[str]:
        return [name.removesuffix(".seen") for name in self.marks]


def press(
    browser: Client,
    shown: Shown,
    score: int,
    comment: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    **answers: Any,
) -> Any:
    """Press a number of the page with what stands in its fields; follows to the next page."""
    return _post(browser, shown, {"score": str(score), **answers}, comment, headers)


def send(browser: Client, shown: Shown, score: int, comment: str | None = None, **answers: Any) -> Any:
    """Press the button at the end of the page, with answers to its questions; follows to the thanks."""
    return _post(browser, shown, {"done": str(score), **answers}, comment)


def save_quietly(browser: Client, shown: Shown, score: int, comment: str | None = None, **answers: Any) -> Any:
    """What the page's script sends while somebody types."""
    return _post(browser, shown, {"score": str(score), "quiet": "1", **answers}, comment)


def _post(
    browser: Client, shown: Shown, said: dict[str, Any], comment: str | None, headers: dict[str, str] | None = None
) -> Any:
    """With what stands on the page where nothing else is said."""
    data = {
        "comment": shown.comment if comment is None else comment,
        "seen": shown.field("seen"),
        "nonce": shown.field("nonce"),
        **shown.marks,
        **shown.answers,
        **said,
    }
    headers = headers or {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    return browser.post(shown.action, data, headers=headers, follow=True)


def differences(organization: Organization) -> list[rollups.Gap]:
    """Where the dashboards' counts are not what a recount of the responses gives."""
    return [gap for piece in rollups.slices(organization.pk) for gap in rollups.gaps(piece)]


def later(at: datetime) -> datetime:
    return at + SETTLED


@pytest.fixture
def mail(alice: Person) -> Mail:
    """The mail that Ada got yesterday from Alice's campaign."""
    campaign = factories.campaign(alice.organization)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor")
    sent = Mail(factories.invitation(campaign, ada))
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)  # the factory made a bare row
    return sent


def phone() -> Client:
    """Somebody's browser, without script."""
    return Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone)", HTTP_ACCEPT_LANGUAGE="en-GB", REMOTE_ADDR="203.0.113.77")


@pytest.fixture
def ada() -> Client:
    """Ada's browser."""
    return phone()
