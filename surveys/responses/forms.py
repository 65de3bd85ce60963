"""What customers send from their page."""

from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from surveys.campaigns.design import Design
from surveys.core import nps
from surveys.responses import questionnaire
from surveys.responses.actions import Answer
from surveys.responses.questionnaire import COMMENT, LONGEST_COMMENT, Returned, fingerprint, plain


def _number() -> forms.TypedChoiceField:
    """One of the eleven as our buttons write them: what reads like a number, such as "+5" or "٣", no button sent."""
    return forms.TypedChoiceField(
        choices=[(str(score), score) for score in nps.SCALE],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("Choose a number from 0 to 10.")},
    )


class AnswerForm(forms.Form):
    """The pressed button says the score: each of the eleven sends ("score"), and so does the one at the end ("done").

    "quiet" comes from the page's script, which saves while somebody types.
    """

    score = _number()
    done = _number()
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT)
    seen = forms.CharField(required=False)
    nonce = forms.CharField(required=False)

    def __init__(self, design: Design, sent: QueryDict) -> None:
        super().__init__(sent)
        self._design, self._sent = design, sent

    def clean_comment(self) -> str:
        return plain(self.cleaned_data["comment"])

    def clean(self) -> None:
        if not self.errors and self._score is None:
            self.add_error("score", _("Choose a number from 0 to 10."))
        if self.back.is_foreign:
            changed = _(
                "This page has changed since you opened it. Please look at your answers and press the button once more."
            )
            self.add_error(None, changed)
        elif not self.back.is_valid:
            self.add_error(None, _("One of your answers could not be saved. It is marked below."))

    @property
    def _score(self) -> int | None:
        done: int | None = self.cleaned_data.get("done")
        return self.cleaned_data.get("score") if done is None else done

    @cached_property
    def back(self) -> Returned:
        """What it says about the questions."""
        return questionnaire.returned(self._design, self._sent)

    @property
    def is_done(self) -> bool:
        return "done" in self.data

    @property
    def is_quiet(self) -> bool:
        return "quiet" in self.data

    @property
    def answer(self) -> Answer:
        """What was touched; the form has to be valid."""
        assert self._score is not None
        comment, seen = self.cleaned_data["comment"], self.cleaned_data["seen"]
        was_touched = "comment" in self.data and fingerprint(comment) != seen
        return Answer(
            score=self._score,
            comment=comment if was_touched else None,
            answers=self.back.touched,
            seen={**self.back.seen, COMMENT: seen} if self.is_quiet else None,
        )

    @property
    def picked(self) -> int | None:
        """The number pressed, also when the form cannot be taken."""
        score = self.data.get("done", self.data.get("score", ""))
        return int(score) if score in map(str, nps.SCALE) else None

    @property
    def fingerprints(self) -> dict[str, str]:
        """Of all that it says, by key."""
        of_questions = {key: fingerprint(value) for key, value in self.back.values.items()}
        return {**of_questions, COMMENT: fingerprint(self.cleaned_data["comment"])}

    @property
    def typed(self) -> dict[str, Any]:
        """What to show again when it could not be taken."""
        return {"comment": self.data.get("comment", ""), "seen": self.data.get("seen", ""), "back": self.back}
