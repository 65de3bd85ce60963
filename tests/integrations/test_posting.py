"""Other systems are told, once, by real HTTP; while one does not answer, the others are."""

import re
import socket
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from surveys.alerts.models import Matter, Notification
from surveys.integrations import secrets
from surveys.integrations.actions import pruning, sending
from surveys.integrations.actions.posting import post
from surveys.integrations.models import Hook, HookKind, HookPost, PostState
from surveys.outbox import actions as outbox
from tests import factories
from tests.delivery.provider_world import Answer, Api, Call, api, silent
from tests.people import Person

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _private_hosts(settings: Settings) -> None:
    settings.PRIVATE_MAIL_HOSTS = True


def taking(_call: Call) -> Answer:
    return Answer(200, "ok")


def hook(alice: Person, address: str, kind: HookKind = HookKind.SLACK, **fields: Any) -> Hook:
    return Hook.objects.create(
        organization=alice.organization,
        name=fields.pop("name", "Support channel"),
        kind=kind,
        address=secrets.sealed(address),
        host="127.0.0.1",
        created_at=timezone.now(),
        **fields,
    )


def facts(alice: Person, comment: str = "", name: str = "Ada Okafor") -> dict[str, Any]:
    """Of a rule that fired, as automation gives them."""
    ada = factories.customer(alice.organization, "ada@example.com", name=name)
    answer = factories.response(factories.invitation(factories.campaign(alice.organization), ada), 2, comment)
    about = {"response": answer.pk, "customer": ada.pk, "conversation": None, "score": 2}
    return {"type": "rule.fired", "rule": 7, "rule_name": "Detractors", "note": "Call them today", **about}


def works(at: datetime) -> int:
    return sending.work(clock=lambda: at)


def state(made: HookPost) -> tuple[str, int | None]:
    made.refresh_from_db()
    return made.state, made.status


def test_a_webhook_is_signed_by_a_secret_that_is_shown_once_and_says_ids_alone(alice: Person) -> None:
    with api(taking) as server:
        asked = {"name": "CRM", "kind": "webhook", "address": f"{server.url}in?token=s3cret"}
        shown = alice.post(alice.url("integrations:add"), asked, follow=True).content.decode()
        made = Hook.objects.get()
        again = alice.get(alice.url("integrations:hook", pk=made.pk)).content.decode()
        post(hook=made, key="a", facts=facts(alice, "Too slow"), at=timezone.now())
        sending.work(clock=timezone.now)

    found = re.search(r"whsec_[A-Za-z0-9+/=]+", shown)
    assert found
    assert "whsec_" not in again
    assert "s3cret" not in shown + again + made.address
    (call,) = server.calls
    said = Webhook(found[0]).verify(call.body, call.headers)
    assert call.path == "/in?token=s3cret"
    assert (said["type"], said["data"]["score"], said["data"]["rule_name"]) == ("rule.fired", 2, "Detractors")
    assert said["data"]["url"].startswith("http://testserver/o/acme/")
    assert b"Too slow" not in call.body
    assert b"Ada" not in call.body


def test_what_customers_write_calls_nobody_in_a_channel(alice: Person) -> None:
    comment = "<!channel> & <https://evil.example|click>\nhello @here"
    with api(taking) as server:
        made = hook(alice, server.url, tells_words=True)
        post(hook=made, key="a", facts=facts(alice, comment, name="<@U123> Ada\nOkafor"), at=timezone.now())
        sending.work(clock=timezone.now)

    text = server.calls[0].json["text"]
    assert "> &lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;" in text
    assert "@here" not in text
    assert "&lt;@" in text
    assert text.count("<") == 1, "the only link is ours"
    assert text.startswith("*Detractors*\nDetractor, 2 of 10\n")
    assert "Call them today" in text


def test_the_same_thing_is_posted_once_and_one_organization_never_waits_for_a_hook_that_hangs(
    alice: Person, settings: Settings
) -> None:
    settings.HOOK_SECONDS = 0.3
    at = timezone.now()
    with silent() as mute, api(taking) as server:
        stuck, good = hook(alice, f"http://127.0.0.1:{mute.port}/", name="Stuck"), hook(alice, server.url)
        waiting = [post(hook=stuck, key=str(n), facts={"type": "a"}, at=at) for n in range(3)]
        arriving = [post(hook=good, key="same", facts={"type": "a"}, at=at) for _ in range(3)]
        works(at)

    assert len(server.calls) == len(set(arriving)) == 1
    assert mute.connections == 1, "the others wait behind the first"
    assert state(arriving[0]) == (PostState.POSTED, 200)
    assert [state(each) for each in waiting] == [(PostState.DUE, None)] * 3
    stuck.refresh_from_db()
    assert stuck.rests_until == at + sending.LADDER[0]
    assert [each.attempts for each in waiting] == [1, 0, 0]
    assert "gave no answer in time" in waiting[0].said


def test_what_fails_is_tried_for_hours_then_admins_are_told_and_somebody_can_have_it_tried_again(alice: Person) -> None:
    with api(lambda _call: Answer(500, "token s3cret is down")) as server:
        made = hook(alice, f"{server.url}s3cret")
        first = post(hook=made, key="a", facts={"type": "a"}, at=timezone.now())
        at, waits = first.due_at, []
        while state(first)[0] == PostState.DUE:
            waits.append(first.due_at - at)
            at = first.due_at
            assert works(at) == 1
        outbox.drain(at=at)
        page = alice.get(alice.url("integrations:hook", pk=made.pk)).content.decode()
        server.rule = taking
        alice.post(alice.url("integrations:post_repeat", pk=first.pk))
        works(timezone.now())

    assert waits == [timedelta(0), *sending.LADDER]
    assert "Failing" in page
    told = Notification.objects.get(user=alice.membership.user)
    assert (told.matter, told.facts["hook"]) == (Matter.TROUBLE, made.pk)
    assert state(first) == (PostState.POSTED, 200)
    made.refresh_from_db()
    assert made.failing_since is None


def test_an_outage_uses_up_the_tries_of_no_post_and_afterwards_they_go_out_once_in_their_order(alice: Person) -> None:
    arrived: list[int] = []
    begun = timezone.now()
    with api(lambda _call: Answer(503)) as server:
        made = hook(alice, server.url, HookKind.WEBHOOK)
        posts = [post(hook=made, key=str(n), facts={"type": "a", "n": n}, at=begun + n * SECOND) for n in range(12)]
        at = begun + 20 * SECOND
        while at < begun + 8 * sending.LONGEST_REST:
            works(at)
            made.refresh_from_db()
            assert made.rests_until
            at = made.rests_until
        calls = len(server.calls)
        post(hook=made, key="new", facts={"type": "a", "n": 12}, at=at)
        works(at - SECOND)
        assert len(server.calls) == calls, "what is new waits behind the others"
        tried = {each.key: each.attempts for each in HookPost.objects.order_by("pk")}

        def takes(call: Call) -> Answer:
            arrived.append(call.json["data"]["n"])
            return Answer(200)

        server.rule = takes
        works(at)
        works(at)

    assert calls < 50
    assert all(1 <= tried.pop(str(n)) <= len(sending.LADDER) for n in range(12))
    assert tried == {"new": 0}
    assert arrived[0] == 12
    assert arrived[1:] == list(range(12)), "who was tried first goes first, and nobody twice"
    assert {state(each)[0] for each in posts} == {PostState.POSTED}


def test_a_post_that_is_refused_for_what_is_in_it_holds_up_no_other(alice: Person) -> None:
    at = timezone.now()
    with api(lambda call: Answer(422 if call.json["type"] == "bad" else 200)) as server:
        made = hook(alice, server.url, HookKind.WEBHOOK)
        bad = post(hook=made, key="bad", facts={"type": "bad"}, at=at)
        good = [post(hook=made, key=str(n), facts={"type": "a"}, at=at) for n in range(3)]
        works(at)
    assert state(bad) == (PostState.DUE, 422)
    assert bad.due_at == at + sending.LADDER[0]
    assert [state(each) for each in good] == [(PostState.POSTED, 200)] * 3


def test_a_hook_that_is_gone_or_fails_for_days_is_stopped_and_says_why(alice: Person) -> None:
    at = timezone.now()
    with api(lambda _call: Answer(410)) as server:
        gone = hook(alice, server.url)
        posts = [post(hook=gone, key=key, facts={"type": "a"}, at=at) for key in "ab"]
        works(at)
    dead = hook(alice, "http://127.0.0.1:9/", name="Dead", failing_since=at - 3 * DAY)
    posts.append(post(hook=dead, key="a", facts={"type": "a"}, at=at))
    works(at)
    outbox.drain(at=at)

    assert [state(each)[0] for each in posts] == [PostState.FAILED, PostState.CANCELLED, PostState.CANCELLED]
    gone.refresh_from_db()
    dead.refresh_from_db()
    assert (gone.is_on, dead.is_on) == (False, False)
    assert "gone for good" in gone.stopped_reason
    assert "Nobody answers at 127.0.0.1" in dead.stopped_reason
    assert Notification.objects.filter(matter=Matter.TROUBLE, facts__stopped=True).count() == 2
    trail = alice.get(alice.url("audit:trail")).content.decode()
    assert "was stopped, for it failed" in trail


def test_what_the_other_side_repeats_of_a_customers_words_is_not_kept(alice: Person) -> None:
    with api(lambda call: Answer(422, f"invalid: {call.body!r}")) as server:
        made = hook(alice, server.url, HookKind.WEBHOOK, tells_words=True)
        told = post(hook=made, key="a", facts=facts(alice, "My dog Rex is ill"), at=timezone.now())
        works(timezone.now())
    assert state(told) == ("due", 422)
    assert "Rex" in server.calls[0].body.decode()
    assert "Rex" not in told.said
    assert "post a test" in told.said


def test_the_log_shows_a_post_whatever_its_body_says(alice: Person) -> None:
    made = hook(alice, "https://hooks.example.com/x")
    post(hook=made, key="import:7", facts={}, at=timezone.now())
    assert "import:7" in alice.get(made.get_absolute_url()).content.decode()


def test_of_a_whole_page_that_is_answered_its_words_are_kept(alice: Person) -> None:
    page = (
        b"<!DOCTYPE html><html><head><style>p {}</style><script>x = 1</script></head><body><h1>Bad&amp;gone</h1><p>x<y"
    )
    with api(lambda _call: Answer(404, page)) as server:
        made = hook(alice, server.url)
        alice.post(alice.url("integrations:test", pk=made.pk))
    assert HookPost.objects.get().said.split() == ["Bad&gone", "x"]


def test_a_test_says_what_the_other_side_answered(alice: Person) -> None:
    with api(lambda call: Answer(404, "no_service" if b"A test" in call.body else "")) as server:
        made = hook(alice, f"{server.url}T0P/s3cret", is_on=False)
        page = alice.post(alice.url("integrations:test", pk=made.pk), follow=True).content.decode()
        server.rule = taking
        taken = alice.post(alice.url("integrations:test", pk=made.pk), follow=True).content.decode()

    assert "It did not take the test: 404" in page
    assert "no_service" in page
    assert "It took the test: 200" in taken
    assert works(timezone.now() + DAY) == 0, "a test is not repeated"


@pytest.mark.parametrize("begins", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"HT"])
def test_an_answer_that_comes_letter_by_letter_has_an_end(alice: Person, settings: Settings, begins: bytes) -> None:
    """Whatever the server says about closing. A status that came is one; else the test did not arrive."""
    settings.HOOK_SECONDS = 1
    with silent(says=begins, drips=True) as dripping:
        made = hook(alice, f"http://127.0.0.1:{dripping.port}/")
        started = time.monotonic()
        page = alice.post(alice.url("integrations:test", pk=made.pk), follow=True).content.decode()
        assert time.monotonic() - started < 15
    assert ("It took the test: 200" if b"200" in begins else "The test did not arrive.") in page


def test_nothing_reaches_the_operators_network_by_name_by_number_or_by_a_detour(
    alice: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []

    def resolves(host: str, port: int, *_rest: Any) -> list[Any]:
        """Inside for whoever asks first, and public later: a name that is bound anew."""
        looked_up.append(host)
        place = "93.184.216.34" if len(looked_up) > 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))]

    with api(taking) as inside, api(lambda _call: Answer(302, "", {"Location": inside.url})) as detour:
        redirected = post(hook=hook(alice, detour.url), key="a", facts={"type": "a"}, at=timezone.now())
        works(timezone.now())
        settings.PRIVATE_MAIL_HOSTS = False
        monkeypatch.setattr(socket, "getaddrinfo", resolves)
        named = hook(alice, f"https://hooks.example.com:8443/{inside.server_port}", name="Named")
        by_name = post(hook=named, key="a", facts={"type": "a"}, at=timezone.now())
        works(timezone.now())

    assert inside.calls == []
    assert state(redirected) == (PostState.DUE, 302)
    assert "where we do not go" in redirected.said
    assert state(by_name) == (PostState.DUE, None)
    assert by_name.said == "hooks.example.com is in a private network."
    assert looked_up == ["hooks.example.com"], "what was looked at is what is connected to"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://hooks.example.com/a", "must begin with https://"),
        ("https://127.0.0.1/", "is in a private network"),
        ("https://[::ffff:10.0.0.1]/", "is in a private network"),
        ("https://169.254.169.254/latest", "is in a private network"),
        ("https://db.internal/", "is in a private network"),
        ("https://hooks.example.com:6379/", "Port 6379 is not allowed"),
        ("https://me:pw@hooks.example.com/", "Leave user and password out"),
        ("hooks.example.com", "is no address"),
    ],
)
def test_addresses_that_lead_astray_are_refused_where_they_are_entered(
    alice: Person, settings: Settings, address: str, said: str
) -> None:
    settings.PRIVATE_MAIL_HOSTS = False
    asked = {"name": "CRM", "kind": "webhook", "address": address}
    page = alice.post(alice.url("integrations:add"), asked).content.decode()
    assert said in page.replace("&#x27;", "'")
    assert not Hook.objects.exists()


def test_one_is_renamed_and_switched_off_and_its_address_stays_as_it_was(alice: Person, server: Api) -> None:
    made, _other = hook(alice, server.url), hook(alice, server.url, name="Other")
    edit = alice.url("integrations:edit", pk=made.pk)
    taken = alice.post(edit, {"name": "other"}).content.decode()
    alice.post(edit, {"name": "Sales", "tells_words": "on"})
    waiting = post(hook=made, key="a", facts={"type": "a"}, at=timezone.now())
    alice.post(alice.url("integrations:switch", pk=made.pk), {"on": "0"})

    made.refresh_from_db()
    assert "There is a connection “other” already." in taken
    assert (made.name, made.tells_words, made.is_on) == ("Sales", True, False)
    assert secrets.address_of(made) == server.url
    assert state(waiting)[0] == PostState.CANCELLED
    late = post(hook=made, key="late", facts={"type": "a"}, at=timezone.now())
    assert (late.state, late.ended) == ("cancelled", "off"), "who was about to post it does not know yet"
    assert pruning.prune(at=timezone.now() + 40 * DAY) == 2
    assert mail.outbox == []


@pytest.fixture
def server() -> Any:
    with api(taking) as running:
        yield running
