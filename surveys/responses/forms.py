"""What customers send from their page."""

from hashlib import blake2b
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.core import nps
from surveys.responses.actions import Answer

LONGEST_COMMENT: Final = 10_000


def fingerprint(comment: str) -> str:
    """Sent with the page and back, so that a comment which was not touched there is not overwritten by an old one."""
    return blake2b(_plain(comment).encode(), digest_size=8).hexdigest()


def _plain(comment: str) -> str:
    return comment.replace("\r\n", "\n").strip()


class AnswerForm(forms.Form):
    """The pressed button says the score: each of the eleven sends, and so does the one below the comment."""

    score = forms.IntegerField(
        min_value=nps.SCALE[0],
        max_value=nps.SCALE[-1],
        error_messages={"required": _("Choose a number from 0 to 10.")},
    )
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT)
    seen = forms.CharField(required=False)
    nonce = forms.CharField(required=False)

    def clean_comment(self) -> str:
        return _plain(self.cleaned_data["comment"])

    @property
    def answer(self) -> Answer:
        comment = self.cleaned_data["comment"]
        was_touched = fingerprint(comment) != self.cleaned_data["seen"]
        return Answer(self.cleaned_data["score"], comment if "comment" in self.data and was_touched else None)

    @property
    def picked(self) -> int | None:
        """The number pressed, also when the form cannot be taken."""
        score = self.data.get("score", "")
        return int(score) if score in map(str, nps.SCALE) else None

    @property
    def typed(self) -> dict[str, str]:
        """What to show again when it could not be taken."""
        return {"comment": self.data.get("comment", ""), "seen": self.data.get("seen", "")}
