"""What a program wrote is shown, changes nobody's turn, and nothing of ours ever answers it: so no two programs talk for ever."""

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from surveys.delivery.models import Delivery
from surveys.inbox.actions import closing
from surveys.inbox.inbound import parsing
from surveys.inbox.models import InboundMail, Message, Status
from surveys.outbox.models import Event
from tests.inbox.inbound.post import mail

WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
SIGNS = st.one_of(
    st.tuples(
        st.just("Auto-Submitted"), st.sampled_from(["auto-replied", "auto-generated", "Auto-Replied; owner=x", "x"])
    ),
    st.tuples(st.sampled_from(["Precedence", "precedence"]), st.sampled_from(["bulk", "Junk", "list", "auto_reply"])),
    st.tuples(
        st.sampled_from(["X-Autoreply", "X-Autorespond", "List-Id", "X-Failed-Recipients"]),
        WORDS,
    ),
    st.tuples(st.just("Return-Path"), st.sampled_from(["<>", "< >"])),
    st.tuples(
        st.just("From"),
        st.sampled_from(["MAILER-DAEMON@x.example", "Post <postmaster@x.example>", "no-reply@x.example"]),
    ),
    st.tuples(
        st.just("Subject"),
        st.sampled_from(
            [
                "Automatic reply: hello",
                "Out of Office",
                "AW: x".replace("AW: x", "Automatische Antwort: Umfrage"),
                "Réponse automatique : bonjour",
                "Respuesta automática: hola",
                "自動返信: 件名",
                "自动回复：你好",
                "Автоответ: привет",
                "Automatiskt svar: hej",
                "[Abwesenheitsnotiz]",
            ]
        ),
    ),
)


@given(SIGNS, st.dictionaries(WORDS.map(lambda word: f"X-{word}"), WORDS, max_size=3))
@hypothesis(max_examples=60, deadline=None)
def test_any_one_sign_among_other_headers_is_enough(sign, others):
    headers = {"From": "Ada <ada@example.com>", "Subject": "Re: hello"} | others | dict([sign])
    raw = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\nI am away.\r\n"
    assert parsing.parse(raw).automatic


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Precedence": "normal"},
        {"Return_Path": "<ada@example.com>"},
        {"Subject": "Re: the automatic door"},
        {"Subject": "My colleague is out of the office, can you help?"},
        {"From": "Norbert Reply <norbert.reply@example.com>"},
        {"Subject": "Undelivered order 4711 - where is it"},
        {"Subject": "Returned mail order"},
        {"Subject": "Failure notice in your app"},
        {"Subject": "Auto: my car app"},
        {"Subject": "Abwesenheit von Support"},
        {"Subject": "fuori sede?"},
        {"Subject": "Automatic replies do not work"},
        {"Feedback_ID": "1.eu-west-1.abc=:AmazonSES"},
        {"X_Auto_Response_Suppress": "OOF"},
    ],
)
def test_people_are_not_taken_for_programs(headers):
    assert parsing.parse(mail("hello", **headers)).automatic == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"Subject": "Abwesenheit von Eva", "X_Auto_Response_Suppress": "All"},
        {"List_Unsubscribe": "<https://example.com/u>", "Feedback_ID": "1:news"},
    ],
)
def test_two_hints_are_a_sign(headers):
    assert parsing.parse(mail("hello", **headers)).automatic


@given(sign=SIGNS, is_closed=st.booleans(), is_threaded=st.booleans())
@hypothesis(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_out_of_office_never_starts_a_loop(post, sign, is_closed, is_threaded):
    at, before = timezone.now(), post.conversation
    if is_closed and before.status != Status.CLOSED:
        closing.close(conversation=before, reason="solved", by=post.desk.alice.membership, at=at)
    before, events = post.conversation, Event.objects.count()
    number = InboundMail.objects.count()
    headers = {
        "In-Reply-To": post.desk.ask.message_id,
        "Message-ID": f"<{number}@x>",
        "From": "ada@example.com",
    } | dict([sign])
    raw = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\nI am away.\r\n"

    post.brings(raw, to=post.address if is_threaded else "hello@replies.example.com")
    post.read(at)

    after = post.conversation
    told = ("status", "due_at", "turn_at", "last_heard_at", "reopened", "closed_at")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
    assert not Delivery.objects.exclude(pk=post.desk.ask.pk).exists(), "something of ours answers a program"
    assert Event.objects.count() == events, "something of ours could begin because of a program"
    assert not Message.objects.filter(is_automatic=False).exists()
    assert InboundMail.objects.count() == number + 1
