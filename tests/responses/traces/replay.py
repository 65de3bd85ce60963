"""Sends traces to the real addresses, through all middlewares, at the times they say; settling runs when it would."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import urlencode

import time_machine
from django.db.models import Min
from django.test import Client

from surveys.campaigns.models import Campaign
from surveys.responses import tasks
from surveys.responses.models import Response, Verdict
from tests import factories
from tests.responses.mail import Mail
from tests.responses.traces import model
from tests.responses.traces.model import Ask, Outcome, Step, Trace

SENT: Final = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)  # when the mail server took all the mails
FORM: Final = "application/x-www-form-urlencoded"
_KEPT_BY_BROWSERS: Final = re.compile(r"immutable|max-age=[1-9]")


@dataclass
class Played:
    """One trace, the mail it is about, and what each of its agents has on the screen."""

    trace: Trace
    mail: Mail
    shown: dict[str, str] = field(default_factory=dict)
    watching: dict[str, str] = field(default_factory=dict)  # the last page with script, which tells when it is left
    kept: set[tuple[str, str]] = field(default_factory=set)
    looked_at: model.Verdict | None = None  # in the middle, where the trace says so

    @property
    def response(self) -> Response | None:
        return Response.objects.filter(invitation=self.mail.invitation).first()

    @property
    def verdict(self) -> model.Verdict:
        """What is stored, in the words of traces."""
        return self.looked_at or verdict_of(self.response)


_OUTCOMES: Final = {
    Verdict.PROVISIONAL: Outcome.SETTLING,
    Verdict.QUARANTINED: Outcome.NOT_COUNTED,
}


def verdict_of(response: Response | None) -> model.Verdict:
    if response is None:
        return model.UNTOUCHED
    if response.is_counted:
        return model.counted(response.score)
    return model.Verdict(_OUTCOMES[Verdict(response.verdict)])


def replay(campaign: Campaign, traces: Iterable[Trace]) -> list[Played]:
    """All of them side by side, each with a customer and a mail of its own, and then until everything has settled."""
    plays = [Played(trace, Mail(_asked(campaign))) for trace in traces]
    client = Client()
    with time_machine.travel(SENT, tick=False) as clock:
        for at, play, step in _timeline(plays):
            _settle_until(SENT + timedelta(seconds=at), clock)
            clock.move_to(SENT + timedelta(seconds=at))
            if step is None:
                play.looked_at = verdict_of(play.response)
            else:
                _ask(client, play, step)
        _settle_until(clock_of_all(plays), clock)
    assert not client.cookies, "customers' pages set no cookies"
    return plays


def clock_of_all(plays: Sequence[Played]) -> datetime:
    last = max((step.at for play in plays for step in play.trace.steps), default=0)
    return SENT + timedelta(seconds=last, days=2)


def _asked(campaign: Campaign) -> Any:
    return factories.invitation(campaign, factories.customer(campaign.organization, at=SENT), sent_at=SENT)


def _timeline(plays: Sequence[Played]) -> list[tuple[float, Played, Step | None]]:
    steps: list[tuple[float, Played, Step | None]] = [
        (step.at, play, step) for play in plays for step in play.trace.steps
    ]
    looks: list[tuple[float, Played, Step | None]] = [
        (play.trace.until, play, None) for play in plays if play.trace.until is not None
    ]
    return sorted(steps + looks, key=lambda row: row[0])


def _settle_until(at: datetime, clock: Any) -> None:
    """As beat would have it: each answer is judged when its time has come, before anything later happens."""
    while (due := _next_due()) is not None and due <= at:
        clock.move_to(due)
        tasks.settle()


def _next_due() -> datetime | None:
    due: datetime | None = Response.objects.aggregate(due=Min("settles_at"))["due"]
    return due


# ── One request ──


def _ask(client: Client, play: Played, step: Step) -> None:
    address = _address(play, step)
    if step.ask == Ask.STYLE and (step.by.name, address) in play.kept:
        return
    answer = client.generic(
        step.method,
        address,
        _body(play, step),
        FORM if step.method == "POST" else "",
        secure=True,
        headers=_headers(step),
        REMOTE_ADDR=step.by.address,
    )
    _remember(play, step, address, answer)


def _remember(play: Played, step: Step, address: str, answer: Any) -> None:
    if _KEPT_BY_BROWSERS.search(answer.headers.get("Cache-Control", "")):
        play.kept.add((step.by.name, address))
    if step.ask == Ask.FORM and answer.status_code == 303:  # browsers follow
        step = Step(step.at, step.by, Ask.PAGE)
        answer = Client().get(answer.headers["Location"], secure=True, headers=_headers(step))
    if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
        page = play.shown[step.by.name] = answer.content.decode()
        if "data-seen" in page:
            play.watching[step.by.name] = page


def _headers(step: Step) -> dict[str, str]:
    by = step.by
    extra = by.of_forms if step.method == "POST" else {}
    shown = dict(by.headers)
    if step.ask == Ask.STYLE:
        shown |= {"Accept": "*/*", **by.of_parts}
    return {"User-Agent": by.user_agent, **shown, **extra, **step.headers}


def _address(play: Played, step: Step) -> str:
    shown, watching = play.shown.get(step.by.name, ""), play.watching.get(step.by.name, "")
    addresses = {
        Ask.LINK: lambda: play.mail.link(step.score or 0),
        Ask.PAGE: lambda: play.mail.page,
        Ask.THANKS: lambda: f"{play.mail.page}thanks/",
        Ask.STYLE: lambda: _found(r'<link rel="stylesheet" href="([^"]+)"', shown),
        Ask.SEEN: lambda: _found(r'data-seen="([^"]+)"', watching),
        Ask.TRAP: lambda: _trap(play.mail, shown),
        Ask.UNSUBSCRIBE: lambda: play.mail.unsubscribe,
        Ask.FORM: lambda: _found(r'<form method="post" action="([^"]+)"', shown) if shown else play.mail.page,
    }
    return addresses[step.ask]()


def _found(pattern: str, html: str) -> str:
    found = re.search(pattern, html)
    assert found, f"nothing like {pattern} on the page that was shown: {html[:300] or 'none'}"
    return unescape(found[1])


def _trap(mail: Mail, shown: str) -> str:
    """As the page has it, else as the mail has it."""
    return _found(r'href="([^"]+/more/)"', shown) if shown else f"{mail.page}more/"


def _body(play: Played, step: Step) -> str:
    shown = play.shown.get(step.by.name, "")
    if step.ask == Ask.FORM:
        return urlencode(_of_form(step, shown))
    return urlencode(_of_beacon(step.watched, play.watching.get(step.by.name, ""))) if step.watched else ""


def _of_form(step: Step, shown: str) -> dict[str, str | int]:
    """What stands in the form, and what the page's script adds to it where it runs."""
    typed = step.typed or model.Typed()
    return {
        "done" if typed.done else "score": step.score or 0,
        "comment": typed.comment or "",
        "seen": _field("seen", shown),
        **({"nonce": _field("nonce", shown)} if typed.with_nonce else {}),
        **({"quiet": 1} if typed.quietly else {}),
        **({"hand": int(typed.by_hand)} if step.by.has_script and shown else {}),
    }


def _of_beacon(watched: model.Watched, shown: str) -> dict[str, str | int]:
    """What the page's script tells, by the names that it has there."""
    return {
        "nonce": _field("nonce", shown),
        "score": _found(r'data-score="(\d+)"', shown),
        "seconds": watched.seconds,
        "hand": watched.hand,
        "webdriver": int(watched.webdriver),
        "blank": int(watched.blank),
        "languages": 0 if watched.webdriver else 1,
    }


def _field(name: str, html: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    return unescape(found[1]) if found else ""
