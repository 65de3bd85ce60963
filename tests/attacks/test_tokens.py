"""Links that somebody made up, cut, or took from elsewhere open nothing, change nothing, and say nothing about why."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from surveys.responses import public_http
from surveys.responses.models import ClickEvent, Response
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown

# Where a token of which purpose opens a page; what follows it there.
DOORS = {
    Purpose.ANSWER: ("/r/{}/", "/r/{}/9/", "/r/{}/thanks/", "/r/{}/more/"),
    Purpose.UNSUBSCRIBE: ("/u/{}/",),
    Purpose.PREFERENCES: ("/p/{}/", "/p/data/{}/"),
    Purpose.TEST: ("/r/test/{}/", "/r/test/{}/9/", "/u/test/{}/", "/p/test/{}/"),
    Purpose.RATING: ("/l/{}/", "/l/{}/9/"),
}


def bent(token: str) -> Iterator[str]:
    """What an attacker makes of a link that works."""
    yield from (token[:-1], token[:10], "", token + "A", token + "=", token + "AAAA", token * 2, "A" * len(token))
    yield from (token.swapcase(), token.upper(), token.lower(), token[::-1])
    yield from (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "%00" + token[1:],
        token[:-1] + "%0A",
        "%20" + token[1:],
    )
    yield from ("..", "%2e%2e", "-1", "1", "0", "null", "' OR 1=1--", "%F0%9F%92%A9", "é" * 35, "٣" * 35)
    for place in range(0, len(token), 3):  # any letter but the right one, anywhere
        other = "A" if token[place] != "A" else "B"
        yield token[:place] + other + token[place + 1 :]


def said(answer: Any) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    """All that a client learns."""
    return answer.status_code, answer.content, tuple(sorted(answer.headers.items()))


def knocks(client: Client, address: str) -> Iterator[Any]:
    form = {"score": "9", "comment": "x", "List-Unsubscribe": "One-Click"}
    yield client.get(address)
    yield client.post(address, form)


def everything() -> list[Any]:
    """What an opened link could have changed."""
    return [
        list(Response.objects.order_by("id").values()),
        list(ClickEvent.objects.order_by("id").values()),
        list(Customer.objects.order_by("id").values()),
        list(Invitation.objects.order_by("id").values("opened_at", "answered_at", "unsubscribed_at")),
    ]


def test_no_link_that_was_tampered_with_opens_anything(mail: Mail, ada: Client) -> None:
    ids = dict.fromkeys(DOORS, mail.invitation.pk) | dict.fromkeys(
        (Purpose.TEST, Purpose.RATING), mail.invitation.campaign_id
    )
    before, answers = everything(), set()
    for purpose, addresses in DOORS.items():
        for address in addresses:
            for token in bent(tokens.make(purpose, ids[purpose])):
                answers |= {said(answer) for answer in knocks(ada, address.format(token))}
    assert [status for status, _, _ in answers] == [404], "one answer, byte for byte"
    assert everything() == before


def test_a_link_of_one_purpose_opens_no_other_door(mail: Mail, ada: Client) -> None:
    before, answers = everything(), set()
    for purpose, addresses in DOORS.items():
        others = [tokens.make(other, pk) for other in Purpose for pk in (1, mail.invitation.pk) if other != purpose]
        for address in addresses:
            answers |= {said(answer) for token in others for answer in knocks(ada, address.format(token))}
    assert [status for status, _, _ in answers] == [404]
    assert everything() == before


def test_the_address_of_nobody_is_as_unknown_as_a_wrong_one(mail: Mail, ada: Client) -> None:
    """Signed rightly, by a key that leaked with an old backup, say, and about what is not there."""
    wrong = said(ada.get("/r/wrong/"))
    for purpose, addresses in DOORS.items():
        for pk in (0, 2**31, 2**63 - 1, 2**64 - 1):
            for address in addresses:
                answer = ada.get(address.format(tokens.make(purpose, pk)))
                assert said(answer) == wrong, (address, pk)


def test_tokens_signed_with_another_key_are_nothing(mail: Mail, ada: Client, settings: Any) -> None:
    ours, settings.LINK_KEYS = settings.LINK_KEYS, ["f" * 48]
    foreign = tokens.make(Purpose.ANSWER, mail.invitation.pk)
    settings.LINK_KEYS = ours
    assert ada.get(f"/r/{foreign}/9/").status_code == 404
    assert mail.clicks == []


@pytest.mark.parametrize(
    "written", ["11", "-1", "+5", "05", "5.0", "5,0", "1e1", "0x5", "٣", "５", "%33%00", "ten", "100", "10 "]
)
def test_a_score_is_one_of_eleven_numbers_as_we_write_them(mail: Mail, ada: Client, written: str) -> None:
    assert ada.get(mail.link(written)).status_code == 404
    shown = Shown(ada.get(mail.page))
    same = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    for name in ("score", "done"):
        fields = {name: written.replace("%33%00", "3\0"), "comment": "", "seen": "", "nonce": shown.field("nonce")}
        assert ada.post(shown.action, fields, headers=same).status_code == 400, name
    assert (mail.responses, mail.clicks) == (0, [])


def test_a_form_of_another_mail_or_of_long_ago_changes_nothing(mail: Mail, ada: Client, charlie: Person) -> None:
    """The nonce of Charlie's own mail, one of two months ago, and ones that are nearly right."""
    theirs = Mail(
        factories.invitation(factories.campaign(charlie.organization), factories.customer(charlie.organization))
    )
    with time_machine.travel(timezone.now() - timedelta(seconds=public_http.NONCE_SECONDS + 60), tick=False):
        old = public_http.make_nonce(mail.invitation.pk)
    new = public_http.make_nonce(mail.invitation.pk)
    same_salt = signing.TimestampSigner(key="guessed" * 8, salt="surveys.responses.page").sign(str(mail.invitation.pk))
    stolen = Shown(ada.get(theirs.page)).field("nonce")
    sent = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    for nonce in (old, stolen, same_salt, new[:-1], new.swapcase(), new + "x", "", "0", str(mail.invitation.pk)):
        answer = ada.post(mail.page, {"score": "0", "comment": "x", "seen": "", "nonce": nonce}, headers=sent)
        assert answer.status_code == 403, nonce
    assert mail.responses == 0
    fields = {"score": "9", "comment": "", "seen": "", "nonce": new}
    assert ada.post(mail.page, fields, headers=sent).status_code == 303, "the right one is taken"


def test_a_link_whose_window_is_over_is_friendly_and_writes_nothing(mail: Mail, ada: Client) -> None:
    nonce = Shown(ada.get(mail.page)).field("nonce")
    before = everything()
    with time_machine.travel(timezone.now() + timedelta(days=120), tick=False):
        fields = {"score": "0", "comment": "late", "seen": "", "nonce": nonce}
        answers = [ada.get(mail.link(0)), ada.get(mail.page), ada.post(mail.page, fields)]
    for answer in answers:
        assert (answer.status_code, "This survey is closed" in answer.content.decode()) == (200, True)
    assert everything() == before


def test_undoing_an_unsubscription_takes_the_page_it_was_done_on(mail: Mail, ada: Client) -> None:
    """Else whoever has the link could bring mails back that the person does not want."""
    ada.post(mail.unsubscribe, {"List-Unsubscribe": "One-Click"})
    nonce = Shown(ada.get(mail.unsubscribe)).html
    assert "undo" in nonce
    for made_up in ("", "1", str(mail.invitation.pk), "x" * 60):
        ada.post(mail.unsubscribe, {"undo": made_up}, headers={"origin": "http://testserver"})
    ada.post(
        mail.unsubscribe,
        {"undo": public_http.make_nonce(mail.invitation.pk)},
        headers={"origin": "https://evil.example"},
    )
    assert Customer.objects.get(invitation=mail.invitation).suppression == "unsubscribed"


def test_keys_of_links_are_not_the_key_of_sessions() -> None:
    assert settings.SECRET_KEY not in settings.LINK_KEYS
