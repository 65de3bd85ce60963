"""Rules ready to be switched on: what people who answer customers do for a living, in words that they would write.

None names a colleague, a team or a connection, so each works in an organization that has just begun; who has teams
changes the rule that was made of it. A play becomes a rule of its own (`actions.rules.create`), and is changed there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.automation.checking import Draft
from surveys.automation.models import Trigger
from surveys.core.choices import Category

_HOUR: Final = 60
_DAY: Final = 24 * 60

Acts = list[dict[str, Any]]


@dataclass(frozen=True)
class Play:
    """`about` says what it is good for, `for_whom` is a Category or "" where it is about all."""

    key: str
    name: str | Promise
    about: str | Promise
    trigger: Trigger
    for_whom: str
    conditions: Callable[[], dict[str, Any]]
    actions: Callable[[], Acts]
    silent_days: int | None = None

    def draft(self, name: str = "") -> Draft:
        """In the language of who asks: texts for customers can be changed before it is switched on."""
        return Draft(
            name=name or str(self.name),
            trigger=self.trigger,
            conditions=self.conditions(),
            actions=self.actions(),
            silent_days=self.silent_days,
            play=self.key,
        )


# ── Conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _category(*wanted: Category) -> dict[str, Any]:
    return {"field": "category", "op": "one_of", "value": [each.value for each in wanted]}


_COMMENTED: Final = {"field": "comment", "op": "is_set"}
_SILENT_ABOUT_WHY: Final = {"field": "comment", "op": "not_set"}


def _all(*parts: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    return lambda: {"all": list(parts)} if parts else {}


# ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _email(subject: str, text: str) -> dict[str, Any]:
    return {"kind": "email", "from": "owner", "subject": subject, "text": text}


def _wait(minutes: int) -> dict[str, Any]:
    return {"kind": "wait", "minutes": minutes}


def _open(priority: int) -> Acts:
    """Whose customer it is gets it; without an owner it is anybody's who is first."""
    return [{"kind": "open", "priority": priority}, {"kind": "assign", "to": "owner"}]


def _tell(to: str = "owner") -> dict[str, Any]:
    return {"kind": "alert", "to": to}


def _take_it_seriously() -> Acts:
    subject = _("Your answer to us")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "your answer has reached me. A {{ score }} tells me that we let you down, and I am sorry about that.\n\n"
        "I am going to look into what happened, and I will come back to you. If there is something that you want me to "
        "know first, just reply to this mail: it comes straight to me.\n\n"
        "{{ sender }}"
    )
    return [*_open(2), _tell(), _wait(30), _email(subject, text)]


def _ask_why() -> Acts:
    subject = _("What went wrong?")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "thank you for answering us. You gave us a {{ score }}, and I would like to understand why.\n\n"
        "What is the one thing that we should have done better? A line in reply is enough, or you can write it here:\n"
        "{{ survey_link }}\n\n"
        "Whatever it is, it reaches me, and not a list.\n\n"
        "{{ sender }}"
    )
    return [_wait(2 * _HOUR), _email(subject, text)]


def _watch() -> Acts:
    return [_wait(14 * _DAY), _tell(), _wait(46 * _DAY), _tell()]


def _what_is_missing() -> Acts:
    subject = _("What would make it a 10?")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "thank you for your answer. A {{ score }} sounds to me as if we are nearly there, and one thing is missing.\n\n"
        "Which one is it? If it is something that we have already, I will show you where. If it is not, I will tell "
        "those who decide what we build next.\n\n"
        "{{ sender }}"
    )
    return [_wait(_HOUR), _email(subject, text)]


def _fast_track() -> Acts:
    return [*_open(1), _tell()]


def _thank() -> Acts:
    subject = _("Thank you, {{ first_name|and a good day }}")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "you gave us a {{ score }}: thank you! An answer like yours is what the people who work on it every day do it "
        "for.\n\n"
        "If there is ever something that we could do better, write to me. I would rather hear it from you than guess."
        "\n\n{{ sender }}"
    )
    return [_wait(_HOUR), _email(subject, text)]


def _ask_for_review() -> Acts:
    subject = _("Would you tell others?")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "a few days ago you told us what you think of {{ company }}. Others who are looking for something like it "
        "would be glad to read that, whatever it is. It takes two minutes:\n{{ review_link }}\n\n"
        "Thank you!\n\n{{ sender }}"
    )
    return [_wait(3 * _DAY), _email(subject, text)]


def _ask_for_referral() -> Acts:
    subject = _("Who should know about us?")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "thank you for the {{ score }}. Is there somebody who has the problem that we solve for you? Then pass this link "
        "on to them; it is yours, so I will see that they come from you:\n{{ referral_link }}\n\n"
        "Thank you!\n\n{{ sender }}"
    )
    shown = {"kind": "thanks", "text": str(_("Know somebody who should try us? Pass this on.")), "link": "referral"}
    return [shown, _wait(5 * _DAY), _email(subject, text)]


def _notice_the_fall() -> Acts:
    subject = _("Did something change?")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "you have been happier with us than you are now, and that does not leave me cold. What has changed?\n\n"
        "Reply to this mail, or tell me when I can call you.\n\n"
        "{{ sender }}"
    )
    return [*_open(2), _tell(), _wait(_HOUR), _email(subject, text)]


def _welcome_back() -> Acts:
    subject = _("Good to hear")
    text = _(
        "Hello {{ first_name|there }},\n\n"
        "last time you were not happy with us, and now you gave us a {{ score }}. Thank you for the second chance. "
        "If you have a minute: what made the difference?\n\n"
        "{{ sender }}"
    )
    return [_tell(), _wait(_HOUR), _email(subject, text)]


def _hand_up() -> Acts:
    return [_tell("assignee"), _wait(2 * _HOUR), _tell("admins")]


def _tell_of_silence() -> Acts:
    return [_tell()]


PLAYS: Final[dict[str, Play]] = {
    play.key: play
    for play in (
        Play(
            "detractor",
            gettext_lazy("Detractor with a comment: answer in person"),
            gettext_lazy(
                "Opens a conversation for who owns the customer, tells them at once, and half an hour later"
                " acknowledges the answer in their name."
            ),
            Trigger.COMMENTED,
            Category.DETRACTOR,
            _all(_category(Category.DETRACTOR)),
            _take_it_seriously,
        ),
        Play(
            "detractor_why",
            gettext_lazy("Detractor without a comment: ask why"),
            gettext_lazy("Two hours later, if there is still no comment, a short mail asks what went wrong."),
            Trigger.CONFIRMED,
            Category.DETRACTOR,
            _all(_category(Category.DETRACTOR), _SILENT_ABOUT_WHY),
            _ask_why,
        ),
        Play(
            "detractor_watch",
            gettext_lazy("Detractor: look again after two weeks, and after two months"),
            gettext_lazy("Reminds who owns the customer to ask how things are, unless the score has changed."),
            Trigger.CONFIRMED,
            Category.DETRACTOR,
            _all(_category(Category.DETRACTOR)),
            _watch,
        ),
        Play(
            "passive",
            gettext_lazy("Passive: what is missing?"),
            gettext_lazy("An hour later a mail asks for the one thing that would make it a 10."),
            Trigger.CONFIRMED,
            Category.PASSIVE,
            _all(_category(Category.PASSIVE), _SILENT_ABOUT_WHY),
            _what_is_missing,
        ),
        Play(
            "passive_comment",
            gettext_lazy("Passive with a comment: answer soon"),
            gettext_lazy("Opens a conversation, and tells who owns the customer: it is usually one thing."),
            Trigger.COMMENTED,
            Category.PASSIVE,
            _all(_category(Category.PASSIVE)),
            _fast_track,
        ),
        Play(
            "promoter",
            gettext_lazy("Promoter: say thank you"),
            gettext_lazy("An hour later, in the name of who owns the customer."),
            Trigger.CONFIRMED,
            Category.PROMOTER,
            _all(_category(Category.PROMOTER)),
            _thank,
        ),
        Play(
            "review",
            gettext_lazy("Ask for a review"),
            gettext_lazy(
                "Three days after an answer, whatever it was. To ask only happy customers breaks the rules of the"
                " big review sites, and the law in places: leave it as it is."
            ),
            Trigger.CONFIRMED,
            "",
            _all(),
            _ask_for_review,
        ),
        Play(
            "referral",
            gettext_lazy("Promoter: ask for a referral"),
            gettext_lazy(
                "Shows promoters a link of their own when they have answered, and mails it five days later. Who comes by"
                " it is counted for them. It needs the page where friends land: Settings, Reviews and referrals."
            ),
            Trigger.CONFIRMED,
            Category.PROMOTER,
            _all(_category(Category.PROMOTER)),
            _ask_for_referral,
        ),
        Play(
            "fell",
            gettext_lazy("A customer is less happy than before"),
            gettext_lazy("When the score falls a category: a conversation, whoever owns them is told, and a question."),
            Trigger.FELL,
            "",
            _all(),
            _notice_the_fall,
        ),
        Play(
            "recovered",
            gettext_lazy("A detractor has come back"),
            gettext_lazy("When a detractor becomes a passive or a promoter: thanks, and what made the difference."),
            Trigger.ROSE,
            "",
            _all({"field": "category_before", "op": "one_of", "value": [Category.DETRACTOR.value]}),
            _welcome_back,
        ),
        Play(
            "overdue",
            gettext_lazy("A conversation is overdue: hand it up"),
            gettext_lazy("Whose it is is told; if nothing happens for two hours, owners and admins are."),
            Trigger.OVERDUE,
            "",
            _all(),
            _hand_up,
        ),
        Play(
            "silent",
            gettext_lazy("No answer after the last reminder"),
            gettext_lazy("A week later whoever owns the customer is told: silence can be an answer, too."),
            Trigger.SILENT,
            "",
            _all({"field": "last_category", "op": "one_of", "value": [Category.DETRACTOR.value]}),
            _tell_of_silence,
            silent_days=7,
        ),
    )
}
