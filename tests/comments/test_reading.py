"""Comments are read: in which language, how they are meant, what they are about; and numbers follow."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from py3langid.langid import LanguageIdentifier

from nps_app.local.process import Child
from surveys.accounts.models import Organization
from surveys.comments import actions, queries
from surveys.comments.actions import work
from surveys.comments.mind import embedding, language
from surveys.comments.models import CommentNote, Reading, Theme, ThemeRuling
from surveys.responses.actions import forgetting
from surveys.responses.models import Response
from tests.comments.told import read_all, tell, wrong_cells
from tests.helpers.waiting import wait_until
from tests.people import Person
from tests.responses.mail import Mail, Shown, ada, mail, press  # noqa: F401  (fixtures)

ROOT = Path(__file__).parents[2]


def test_a_comment_says_its_language_how_it_is_meant_and_what_it_is_about(alice: Person, acme: Organization) -> None:
    price = actions.make_theme(
        name="Price", words=["expensive", "teuer", "値段", "-hotel"], by=alice.membership, at=timezone.now()
    )
    english, german, japanese, other, silent = tell(
        acme,
        [
            (2, "Terribly expensive, and the support is useless."),
            (3, "Leider viel zu teuer geworden"),
            (9, "値段が手ごろで、とても満足しています。"),
            (9, "Lovely people. Only the hotel next door was expensive."),
            (9, ""),
        ],
    )

    read_all()

    assert _said(english) == ("en", -1, [price.pk])
    assert _said(german) == ("de", -1, [price.pk])
    assert _said(japanese) == ("ja", 1, [price.pk])
    assert _said(other)[2] == []
    assert _said(silent) == ("", None, [])
    silent.refresh_from_db()
    assert silent.read_at is None
    assert wrong_cells(acme) == []


def _said(response: Response) -> tuple[str, int | None, list[int]]:
    response.refresh_from_db()
    return response.comment_language, response.sentiment, response.themes


def test_the_page_can_say_why(alice: Person, acme: Organization) -> None:
    theme = actions.make_theme(name="Price", words=["too expensive"], by=alice.membership, at=timezone.now())
    [response] = tell(acme, [(2, "Good idea, but too expensive for us.")])
    assert not queries.explain(response).is_read
    read_all()
    response.refresh_from_db()

    why = queries.explain(response)

    assert (why.is_read, why.language_name, why.sentiment) == (True, "English", -1)
    assert why.certainty is not None
    assert why.certainty > 0.9
    assert [(each.theme, each.kind, each.text) for each in why.themes] == [(theme, "word", "too expensive")]
    assert min(why.words, key=lambda word: word.weight).text in ("too expensive", "expensive")
    assert max(why.words, key=lambda word: word.weight).text == "Good"
    assert "".join(piece.text for piece in queries.marked_up(response, why.words)) == response.comment


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The models are in the packages: loading and reading open no connection, look up no name."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    embedding._model.cache_clear()
    language._detector.cache_clear()

    near, far = (
        embedding.vectors(["far too expensive", "the price is too high", "nobody answers the phone"])[1:]
        @ (embedding.vectors(["far too expensive"])[0])
    )

    assert near > far
    assert language.detect("Das ist mir viel zu teuer", "")[0] == "de"


def test_pages_do_not_load_what_reads(tmp_path: Path) -> None:
    """A web process is light: everything that it imports, and no numpy in it."""
    program = (
        "import sys, nps_app.wsgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        "from django.core.checks import run_checks; run_checks();"
        "print([name for name in ('numpy', 'sklearn', 'wordllama', 'py3langid', 'scipy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip().splitlines()[-1] == "[]"


def test_what_was_read_goes_when_the_comment_goes(alice: Person, acme: Organization) -> None:
    theme = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    kept, emptied, deleted = tell(acme, [(2, "too expensive")] * 3)
    read_all()
    for response in (kept, emptied, deleted):
        actions.rule_theme(response=response, theme=theme, belongs=True, by=alice.membership, at=timezone.now())

    with transaction.atomic():
        forgetting.remove_comments(organization_id=acme.pk, responses=[emptied.pk], at=timezone.now())
    with transaction.atomic():
        forgetting.remove(organization_id=acme.pk, responses=[deleted.pk], at=timezone.now())

    assert _said(emptied) == ("", None, [])
    assert [*CommentNote.objects.values_list("response", flat=True)] == [kept.pk]
    assert [*ThemeRuling.objects.values_list("response", flat=True)] == [kept.pk]
    assert wrong_cells(acme) == []


def test_a_worker_reads_what_a_customer_writes_and_rewrites(
    alice: Person,
    acme: Organization,
    celery_worker_process: Callable[..., Child],
    mail: Mail,  # noqa: F811
    ada: Client,  # noqa: F811
) -> None:
    """Through the customer's own page, and a real worker: soon after, and not within, the request."""
    actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    celery_worker_process(queues="rollups,default", concurrency=1)

    for comment, sentiment in (("Horribly expensive", -1), ("Wonderful, thank you!", 1), ("", None)):
        press(ada, Shown(ada.get(mail.link(2))), 2, comment)
        wait_until(partial(_is_meant, mail, sentiment), what="the reading")
        assert wrong_cells(acme) == []

    assert _said(mail.response) == ("", None, [])
    assert not CommentNote.objects.exists()


def _is_meant(mail: Mail, sentiment: int | None) -> bool:  # noqa: F811
    return _said(mail.response)[1] == sentiment


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_read_one_comment_twice(alice: Person, acme: Organization) -> None:
    actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    responses = tell(acme, [(number % 11, f"Number {number}: too expensive") for number in range(700)])
    read: list[int] = []

    def work_once() -> None:
        try:
            read.append(work.read_new(clock=timezone.now))
        finally:
            connection.close()

    workers = [threading.Thread(target=work_once) for _each in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(read) + work.read_new(clock=timezone.now) == len(responses)
    assert wrong_cells(acme) == []


@pytest.mark.django_db(transaction=True)
def test_who_writes_at_this_moment_is_not_waited_for(acme: Organization) -> None:
    first, second = tell(acme, [(9, "Great"), (9, "Lovely")])
    read: list[int] = []

    def work_once() -> None:
        try:
            read.append(work.read_new(clock=timezone.now))
        finally:
            connection.close()

    with transaction.atomic():
        Response.objects.select_for_update().filter(pk=first.pk).update(comment="Awful, really terrible")
        worker = threading.Thread(target=work_once)
        worker.start()
        worker.join(timeout=20)
        assert read == [1]

    assert _said(first)[1] is None
    assert read_all() == 1
    assert _said(first)[1] == -1
    assert _said(second)[1] == 1


def test_what_cannot_be_read_for_one_organization_keeps_no_other_waiting(
    alice: Person, acme: Organization, charlie: Person
) -> None:
    """It is raised all the same, when the others are read: operators see it."""
    tell(acme, [(9, "Great")])
    (other,) = tell(charlie.organization, [(9, "Lovely")])
    assert acme.pk < charlie.organization.pk
    theme = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    Theme.objects.filter(pk=theme.pk).update(center=b"cut off", reach=0.5)
    with pytest.raises(ExceptionGroup, match="1 of 2 failed"):
        work.read_new(clock=timezone.now)
    assert _said(other)[1] == 1


def test_a_comment_that_breaks_the_reader_is_marked_and_all_others_are_read(
    alice: Person, acme: Organization, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What breaks it is the library that tells languages. A person may say what it means; it is tried again by night."""
    said = [(9, f"Lovely number {number}") for number in range(7)]
    first, *others, last = tell(acme, [*said[:3], (2, "zqx is far too expensive"), *said[3:]])
    broken = others.pop(2)
    price = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    actions.rule_sentiment(response=broken, sentiment=-1, by=alice.membership, at=timezone.now())
    with monkeypatch.context() as patched:
        patched.setattr(LanguageIdentifier, "rank", _breaks)
        assert read_all() == 0

    assert [_said(each)[1] for each in (first, *others, last)] == [1] * 7
    assert _said(broken) == ("", -1, [])
    assert queries.unread(acme) == 0
    assert f"response {broken.pk} cannot be read: ValueError (test_reading.py, line" in caplog.text
    assert "zqx" not in caplog.text
    assert wrong_cells(acme) == []
    assert "Comments that cannot be read" in alice.get(alice.url("analytics:themes")).content.decode()
    explained = alice.get(alice.url("analytics:comment", pk=broken.pk)).content.decode()
    assert "breaks what reads it: ValueError (test_reading.py, line" in explained

    work.try_again()
    read_all()
    assert _said(broken) == ("en", -1, [price.pk])
    assert "Comments that cannot be read" not in alice.get(alice.url("analytics:themes")).content.decode()


_rank = LanguageIdentifier.rank


def _breaks(self: LanguageIdentifier, text: str) -> list[tuple[str, float]]:
    if "zqx" in text:
        raise ValueError(text)
    return _rank(self, text)


def test_a_reader_that_reads_nothing_at_all_blames_no_comment(
    alice: Person, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that is broken itself: all comments wait until it is mended."""
    told = tell(acme, [(9, "Lovely"), (2, "Far too slow")])
    with monkeypatch.context() as patched, pytest.raises((ValueError, ExceptionGroup)):
        patched.setattr(LanguageIdentifier, "rank", _always_breaks)
        read_all()
    assert queries.unread(acme) == len(told)
    assert "Comments that cannot be read" not in alice.get(alice.url("analytics:themes")).content.decode()


def _always_breaks(self: LanguageIdentifier, text: str) -> list[tuple[str, float]]:
    raise ValueError(text)


# ── Everything anew ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_of_themes_reaches_every_comment_and_the_newest_wish_wins(alice: Person, acme: Organization) -> None:
    responses = tell(acme, [(2, "far too expensive"), (9, "love the colours"), (5, "ok")])
    read_all()
    theme = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    actions.change_theme(theme=theme, name="Looks", words=["colour"], by=alice.membership, at=timezone.now())

    older, newer = Reading.objects.filter(organization=acme).order_by("pk")
    work.read_anew(reading_id=older.pk, clock=timezone.now)
    assert [_said(each)[2] for each in responses] == [[], [], []]
    work.read_anew(reading_id=newer.pk, clock=timezone.now)

    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.status, newer.status) == ("cancelled", "done")
    assert (newer.total, newer.seen, newer.changed) == (3, 3, 1)
    assert [_said(each)[2] for each in responses] == [[], [theme.pk], []]
    assert wrong_cells(acme) == []


def test_a_reading_goes_on_where_a_dead_worker_left_it(alice: Person, acme: Organization) -> None:
    first, second = tell(acme, [(2, "far too expensive"), (2, "expensive again")])
    theme = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    at = timezone.now()
    Reading.objects.update(cursor=first.pk, seen=1, attempt=1, tries=1, heartbeat_at=at)
    reading = Reading.objects.get()

    work.read_anew(reading_id=reading.pk, clock=lambda: at)
    assert _said(second)[2] == []
    work.read_anew(reading_id=reading.pk, clock=lambda: at + timedelta(hours=1))

    reading.refresh_from_db()
    assert (reading.status, reading.seen) == ("done", 2)
    assert _said(first)[2] == []
    assert _said(second)[2] == [theme.pk]


@pytest.mark.django_db(transaction=True)
def test_a_theme_that_changes_while_comments_are_read_is_not_read_by_its_old_words(
    alice: Person, acme: Organization
) -> None:
    """The worker has read by the old words and waits to keep that; then the new words are there, and it reads again."""
    theme = actions.make_theme(name="Price", words=["expensive"], by=alice.membership, at=timezone.now())
    [response] = tell(acme, [(2, "expensive")])
    done = threading.Event()

    def work_once() -> None:
        try:
            work.read_new(clock=timezone.now)
        finally:
            connection.close()
            done.set()

    with transaction.atomic():
        Theme.objects.select_for_update().get(pk=theme.pk)
        threading.Thread(target=work_once).start()
        wait_until(_somebody_waits, what="the worker's wait for the theme")
        actions.change_theme(theme=theme, name="Price", words=["dear"], by=alice.membership, at=timezone.now())

    assert done.wait(20)
    assert _said(response)[1:] == (-1, [])


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
