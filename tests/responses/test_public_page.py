"""The survey page as a thing: small, safe, without cookies, in the organization's colour and the customer's words."""

import gzip
import re
from typing import Any

from django.test import Client

from surveys.accounts.models import Organization
from surveys.campaigns.design import Design, Question, QuestionKind
from surveys.campaigns.models import Wording
from tests.people import Person
from tests.responses.mail import Mail, Shown
from tests.responses.questions import asks

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
}
BUDGET = 10_000
REQUESTS = 3


def resources(html: str) -> list[str]:
    return [
        address
        for address in re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"', html)
        if address[0] == "/"
    ]


def zipped(client: Client, address: str) -> Any:
    return client.get(address, headers={"accept-encoding": "gzip"})


def weight(client: Client, address: str) -> int:
    """Of what a page needs, in bytes on the wire."""
    return sum(len(piece) for piece in zipped(client, address))


def test_every_public_page_has_the_headers_and_sets_no_cookie(mail: Mail, ada: Client) -> None:
    for address in (mail.link(9), mail.page, mail.unsubscribe, "/r/nothing/9/"):
        answer = ada.get(address)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert not answer.cookies
        assert "Set-Cookie" not in answer.headers


def test_the_page_is_light_and_asks_for_little(mail: Mail, ada: Client) -> None:
    answer = ada.get(mail.link(9))
    needed = resources(answer.content.decode())
    weighs = len(answer.content) + sum(weight(ada, address) for address in needed)
    assert 1 + len(needed) <= REQUESTS
    assert weighs <= BUDGET, weighs


def test_the_page_is_light_with_ten_questions_too(mail: Mail, ada: Client) -> None:
    options = tuple(f"o{number}" for number in range(1, 9))
    questions = [Question(f"q{number}", QuestionKind.MANY, options=options) for number in range(1, 11)]
    labels = {key: f"One of the answers that there are, {key}" for key in options}
    words = {each.key: {"text": f"What do you think of our {each.key}?", "options": labels} for each in questions}
    asks(mail.invitation.campaign, Design(questions=tuple(questions)), questions=words)
    page = zipped(ada, mail.link(9))
    html = gzip.decompress(page.content).decode()
    assert html.count('type="checkbox"') == 80
    assert len(page.content) + sum(weight(ada, address) for address in resources(html)) <= BUDGET


def test_the_style_is_the_organizations_and_loading_it_is_evidence(mail: Mail, ada: Client, alice: Person) -> None:
    Organization.objects.update(brand_color="#7A1FA2")
    style, _script = resources(ada.get(mail.link(9)).content.decode())
    answer = ada.get(style)
    assert "--brand-day:#7a1fa2" in answer.content.decode().lower()
    assert "no-store" in answer.headers["Cache-Control"]
    assert mail.clicks == [("click", 9), ("style", 9)]
    ada.head(style)
    ada.get(style, headers={"sec-purpose": "prefetch"})
    assert len(mail.clicks) == 2
    assert gzip.decompress(zipped(ada, style).content) == answer.content
    assert ada.get(re.sub(r"-\w+\.css", "-00000000.css", style)).status_code == 404


def test_words_of_admins_and_customers_are_shown_as_they_are(mail: Mail, ada: Client) -> None:
    Wording.objects.update(question="<b>{{ first_name|friend }}</b> at {{ company }}, {% now 'Y' %}?")
    html = ada.get(mail.link(9)).content.decode()
    assert "&lt;b&gt;Ada&lt;/b&gt; at Acme, {% now &#x27;Y&#x27; %}?" in html
    assert "<b>{{" not in html
    assert "<b>Ada" not in html


def test_a_right_to_left_language_is_written_from_right_to_left(mail: Mail, ada: Client) -> None:
    Wording.objects.update(language="ar")
    html = ada.get(mail.link(9)).content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert '<html lang="en" dir="ltr">' in ada.get("/accounts/login/").content.decode()


def test_the_page_in_the_invitations_language_else_the_organizations(mail: Mail, ada: Client) -> None:
    wording = Wording.objects.get()
    wording.pk, wording.language, wording.question = None, "de", "Wie wahrscheinlich?"
    wording.save()
    assert "How likely" in ada.get(mail.link(9)).content.decode()
    type(mail.invitation).objects.update(language="de")
    assert "Wie wahrscheinlich?" in ada.get(mail.link(9)).content.decode()


def test_a_comment_that_looks_like_html_comes_back_as_text(mail: Mail, ada: Client) -> None:
    shown = Shown(ada.get(mail.link(9)))
    answer = ada.post(
        shown.action,
        {"score": "9", "comment": "</textarea><script>x</script>", "seen": "", "nonce": shown.field("nonce")},
        follow=True,
    )
    assert Shown(answer).comment == "</textarea><script>x</script>"
    assert "<script>" not in answer.content.decode()
