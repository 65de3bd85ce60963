"""The page of a conversation: what stands on it for whom, what its buttons do, and who else is there."""

from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import Role
from surveys.customers.models import Property
from surveys.inbox.actions import changing, turns
from surveys.inbox.models import Attachment, Conversation, Message, MessageKind, Presence, Status
from surveys.responses.models import ResponseRevision
from tests import factories
from tests.inbox.test_list import answered
from tests.people import Person


def written(in_: Conversation, kind: MessageKind, text: str, **fields: Any) -> Message:
    return Message.objects.create(
        organization=in_.organization, conversation=in_, kind=kind, text=text, at=timezone.now(), **fields
    )


def text_of(page: Any) -> str:
    return str(page.content.decode())


def sign(person: Person, one: Conversation, **more: Any) -> Any:
    """What an open page sends every few seconds; it shows the conversation as it was when it was opened."""
    state = {"version": one.version, "message": 0, "said": "", "since": timezone.now().isoformat(), "writing": "0"}
    return person.post(person.url("inbox:live", pk=one.pk), state | more, headers={"HX-Request": "true"})


def test_an_agent_acts_an_analyst_looks_on_and_an_outsider_finds_nothing(
    alice: Person, bob: Person, charlie: Person
) -> None:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text")
    Property.objects.create(
        organization=alice.organization, key="margin", label="Margin", type="text", visible_to_agents=False
    )
    one = answered(alice.organization, 2, "Too slow", name="Ada", properties={"plan": "Pro", "margin": "razor-thin"})
    address, take = bob.url("inbox:conversation", pk=one.pk), bob.url("inbox:take", pk=one.pk)

    assert "when the customer changed it" not in text_of(bob.get(address))
    assert one.response is not None
    was = {"organization": alice.organization, "response": one.response, "at": timezone.now()}
    for score in (2, 0):  # what stays the same is no news
        ResponseRevision.objects.create(score=score, **was)
    page = text_of(bob.get(address))
    assert page.count("when the customer changed it") == 1
    assert "Too slow" in page
    assert "Your role looks on" in page
    assert take not in page
    assert bob.post(take).status_code == 403

    bob.becomes(Role.AGENT)
    page = text_of(bob.get(address))
    assert take in page
    assert "Pro" in page
    assert "razor-thin" not in page
    assert "Margin" not in page
    assert "razor-thin" in text_of(alice.get(address))
    bob.post(take, {"version": one.version})
    one.refresh_from_db()
    assert one.assignee == bob.membership.user
    assert charlie.get(address).status_code == 404
    assert charlie.get(charlie.url("inbox:conversation", pk=one.pk)).status_code == 404


def test_who_acts_on_what_is_not_so_any_more_is_told_and_nothing_is_done(alice: Person, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    one = answered(alice.organization, 2)
    seen = one.version
    bob.post(bob.url("inbox:take", pk=one.pk), {"version": seen})

    late = alice.post(alice.url("inbox:take", pk=one.pk), {"version": seen}, follow=True)
    assert "Bob was faster" in text_of(late)
    late = alice.post(alice.url("inbox:close", pk=one.pk), {"version": seen, "reason": "solved"}, follow=True)
    assert "Bob was faster" in text_of(late)
    one.refresh_from_db()
    assert (one.assignee, one.status) == (bob.membership.user, Status.OPEN)

    without = alice.post(alice.url("inbox:close", pk=one.pk), {"version": one.version}, follow=True)
    assert "Choose why it is closed" in text_of(without)
    closed = alice.post(
        alice.url("inbox:close", pk=one.pk), {"version": one.version, "reason": "explained"}, follow=True
    )
    assert "Alice closed it: Explained, nothing to change" in text_of(closed)
    alice.post(alice.url("inbox:undo_close", pk=one.pk))
    one.refresh_from_db()
    assert one.status == Status.OPEN


def test_a_stale_page_changes_no_priority_and_wakes_nothing_and_a_second_press_does_no_harm(
    alice: Person, bob: Person
) -> None:
    bob.becomes(Role.AGENT)
    one = answered(alice.organization, 2)
    seen = {"version": one.version}

    def press(person: Person, name: str, **said: Any) -> str:
        return text_of(person.post(person.url(f"inbox:{name}", pk=one.pk), seen | said, follow=True))

    press(bob, "prioritize", priority="3")
    assert "faster" not in press(bob, "prioritize", priority="3"), "it has it already"
    assert "Bob was faster" in press(alice, "prioritize", priority="0")
    assert "in another window" in press(bob, "prioritize", priority="0")
    one.refresh_from_db()
    assert one.priority == 3

    seen = {"version": one.version}
    press(bob, "snooze", until="tomorrow")
    assert "faster" not in press(bob, "snooze", until="tomorrow")
    assert "Bob was faster" in press(alice, "wake"), "put off anew since"
    one.refresh_from_db()
    assert one.snoozed_until is not None
    seen = {"version": one.version}
    for _press in (1, 2):
        assert "faster" not in press(alice, "wake")
    one.refresh_from_db()
    assert one.snoozed_until is None


def test_what_came_from_outside_cannot_hurt_who_reads_it(alice: Person) -> None:
    one = answered(alice.organization, 2, name="<b>Ada</b>")
    evil = '<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x()">there</a><img src="https://t.example"></p>'
    message = written(one, MessageKind.INBOUND, "Hi", html=evil, quoted="> <i>ours</i>", from_address="eve@example.com")
    Message.objects.filter(pk=message.pk).update(is_from_another=True)

    page = text_of(alice.get(alice.url("inbox:conversation", pk=one.pk)))

    said = page.partition('<div class="letter" dir="auto">')[2].partition("</div>")[0]
    assert said == '<p>Hi <a target="_blank" rel="noopener noreferrer nofollow">there</a></p>'
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "<b>Ada</b>" not in page
    assert "&gt; &lt;i&gt;ours&lt;/i&gt;" in page
    assert "another address than the customer" in page


def test_a_file_that_a_customer_sent_is_only_ever_saved_and_no_strangers(alice: Person, charlie: Person) -> None:
    message = written(answered(alice.organization, 2), MessageKind.INBOUND, "Look")
    page = {"name": "a.html", "media_type": "text/html", "size": 9, "data": b"<script/>", "at": timezone.now()}
    file = Attachment.objects.create(organization=alice.organization, message=message, **page)

    got = alice.get(alice.url("inbox:attachment", pk=file.pk))

    assert (got.content, got["Content-Type"]) == (b"<script/>", "application/octet-stream")
    assert got["Content-Disposition"] == 'attachment; filename="a.html"'
    assert (got["X-Content-Type-Options"], "sandbox" in got["Content-Security-Policy"]) == ("nosniff", True)
    assert charlie.get(charlie.url("inbox:attachment", pk=file.pk)).status_code == 404


def test_colleagues_see_who_else_is_there_and_who_writes_until_they_go(alice: Person, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    one = answered(alice.organization, 2)
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        assert sign(bob, one).status_code == 204
        assert "Bob</bdi> has this open" in text_of(alice.get(alice.url("inbox:conversation", pk=one.pk)))
        sign(bob, one, writing="1")
        told = sign(alice, one, said="Bob")
        assert "Bob</bdi> is writing here" in text_of(told)
        assert sign(alice, one, said="Bob…").status_code == 204, "what is said already is not said again"
        clock.shift(46)
        assert "Bob" not in text_of(sign(alice, one, said="Bob…"))
        assert Presence.objects.count() == 2
        assert sign(alice, one, since=(now - timedelta(hours=9)).isoformat()).status_code == 286


def test_what_is_new_comes_by_itself_and_the_rest_of_the_page_stays(alice: Person) -> None:
    one = answered(alice.organization, 2)
    earlier = written(one, MessageKind.NOTE, "An older note")
    written(one, MessageKind.INBOUND, "Here is my answer")
    turns.customer_wrote(conversation=changing.held(one), at=timezone.now())

    told = text_of(sign(alice, one, message=earlier.pk))

    assert '<ol hx-swap-oob="beforeend:#thread">' in told
    assert "Here is my answer" in told
    assert "An older note" not in told
    assert "Something changed in this conversation" in told


def test_a_page_costs_the_same_however_much_was_said(alice: Person) -> None:
    one = answered(alice.organization, 2, "Too slow")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert alice.get(alice.url("inbox:conversation", pk=one.pk)).status_code == 200
        return len(seen)

    written(one, MessageKind.NOTE, "One", author=alice.membership.user)
    cost()  # what is asked once only
    first = cost()
    about = {"organization": alice.organization, "name": "a.txt", "media_type": "text/plain", "size": 1, "data": b"a"}
    for number in range(150):
        message = written(one, MessageKind.INBOUND, f"Message {number}")
        Attachment.objects.create(**about, message=message, at=message.at)

    assert cost() == first
    page = text_of(alice.get(alice.url("inbox:conversation", pk=one.pk)))
    assert "Message 149" in page
    assert "Message 9<" not in page
    assert "Message 9<" in text_of(alice.get(alice.url("inbox:conversation", pk=one.pk), {"whole": "1"}))


def test_a_conversation_begins_on_the_page_of_a_response_and_of_a_customer(alice: Person) -> None:
    ada = factories.customer(alice.organization, name="Ada")
    response = factories.response(factories.invitation(factories.campaign(alice.organization), ada), 3)
    start = alice.url("inbox:start")
    assert start in text_of(alice.get(response.get_absolute_url()))
    assert start in text_of(alice.get(ada.get_absolute_url()))

    about = alice.post(start, {"response": response.pk})
    again = alice.post(start, {"response": response.pk})
    alone = alice.post(start, {"customer": ada.pk})

    assert about["Location"] == again["Location"] != alone["Location"]
    assert about["Location"] in text_of(alice.get(response.get_absolute_url()))
    assert alice.post(start, {"response": "9" * 30}).status_code == 404
