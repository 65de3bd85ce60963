"""The words around a reply, as customers read them: in the language that is active. See docs/languages.md."""

from django.utils.translation import gettext as _


def subject(company: str) -> str:
    """Of a mail that answers none."""
    return _("Your feedback to %(company)s") % {"company": company}


def wrote(when: str, name: str) -> str:
    return _("On %(when)s, %(name)s wrote:") % {"when": when, "name": name}


def answered(when: str, name: str, score: int) -> str:
    said = _("On %(when)s, %(name)s answered %(score)d out of 10 and wrote:")
    return said % {"when": when, "name": name, "score": score}
