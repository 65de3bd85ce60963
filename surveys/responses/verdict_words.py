"""Why an answer counts or does not, in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from surveys.responses import agents
from surveys.responses.models import Act


def sentences(reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """The reasons of a verdict in words; those of earlier versions of the rules too."""
    return [_sentence(reason) for reason in reasons]


def _sentence(reason: Mapping[str, Any]) -> str:
    return str(SENTENCES.get(_name(reason), reason["code"])) % {
        **reason,
        "what": _STRANGE.get(reason.get("what", ""), ""),
    }


def _name(reason: Mapping[str, Any]) -> str:
    return "not_judged" if reason["code"] == "judged" and not reason["counts"] else str(reason["code"])


_STRANGE: Final[Mapping[str, str | Promise]] = {
    "no program": _("it did not say which program it is"),
    "no language": _("it did not say which languages it reads"),
    "no purpose": _("it claims to be a browser, and did not say what it opened the link for"),
    "not opened as a page": _("it did not open the link as a page"),
}

SENTENCES: Final[Mapping[str, str | Promise]] = {
    "human_act": _("Somebody pressed a button or wrote something on the survey page."),
    "human_seen": _("A hand moved, touched or typed on the survey page."),
    "in_view": _("Somebody had the page in view for %(seconds)s seconds, and no sign of a robot came."),
    "one_score": _("One score was clicked, and no sign of a robot came until the settling time had passed."),
    "corrected": _(
        "Two numbers were clicked one after the other, and somebody looked at both pages: a slip, put right."
    ),
    "among_robots": _("A robot opened links as well; at this page somebody looked for %(seconds)s seconds."),
    "several_people": _("Different scores came from different programs or networks; the latest counts."),
    "no_style": _("The page's style was not loaded: the tab was closed at once, or the program shows text alone."),
    "soon_after_sending": _("The click came %(seconds)s seconds after sending."),
    "burst": _("%(scores)s links of the mail were opened within %(seconds)s seconds, as link scanners do."),
    "several_scores": _("%(scores)s scores were opened within %(seconds)s seconds; that visit was not believed."),
    "many_scores": _("%(scores)s scores were opened one after the other, and none was confirmed on the page."),
    "trap": _("A link was opened that no person sees."),
    "robot_agent": _("The program is known not to be a person's: %(agent)s"),
    "webdriver": _("The browser said that a program drives it."),
    "no_screen": _("The browser had no screen."),
    "no_languages": _("The browser knew no language."),
    "script_act": _("A script pressed the button: no hand moved, and nobody looked at the page."),
    "soon_and_silent": _("The link was opened %(seconds)s seconds after sending, and nothing of its page was loaded."),
    "unlike_browser": _("The request was not a browser's: %(what)s, and nothing of the page was loaded."),
    "judged": _("A colleague decided that it counts."),
    "not_judged": _("A colleague decided that it does not count: a robot."),
    "imported": _("Imported as history."),
}


def told_by(kind: str, agent: str, signals: Mapping[str, Any]) -> str:
    """What one request shows about who sent it; "" when nothing."""
    return " · ".join(filter(None, [*_seen(kind, signals), *_oddities(kind, agent, signals)]))


def _seen(kind: str, signals: Mapping[str, Any]) -> Iterator[str]:
    seconds, hand = int(signals.get("seconds", 0)), int(signals.get("hand", 0))
    if kind == Act.SEEN:
        yield ngettext("%(n)s second in view", "%(n)s seconds in view", seconds) % {"n": seconds}
    if hand:
        yield gettext("a hand moved or typed")
    elif "hand" in signals:
        yield gettext("no hand moved")


def _oddities(kind: str, agent: str, signals: Mapping[str, Any]) -> Iterator[str]:
    if signals.get("webdriver"):
        yield gettext("driven by a program")
    if signals.get("blank"):
        yield gettext("no screen")
    if agents.is_robot(agent):
        yield gettext("a program known to be no person's")
    elif kind == Act.CLICK and signals.get("rules"):
        yield str(_STRANGE.get(agents.strangeness(agent, signals), ""))
