"""What a person's browser would send who opens a step and changes some of it."""

from typing import Any

from django import forms

from tests.people import Person


def filled(form: forms.BaseForm) -> dict[str, Any]:
    """The fields of a form as they are shown, without what cannot be changed."""
    names = [name for name in form.fields if not form.fields[name].disabled]
    shown = {form[name].html_name: form[name].value() for name in names}
    return {name: value for name, value in shown.items() if value is not None and value is not False}


def rules(person: Person, pk: int, **changes: Any) -> Any:
    """Open the step "When", change that, and save; `save=None` only looks what it would mean."""
    url = person.url("campaigns:when", pk=pk)
    shown = person.get(url).context
    typed = filled(shown["form"]) | {"seen": shown["seen"], "save": "when"} | changes
    return person.post(url, {name: value for name, value in typed.items() if value is not None})


def message(person: Person, pk: int, **changes: Any) -> Any:
    """The same with the step "Message"."""
    url = person.url("campaigns:message", pk=pk)
    typed = message_fields(person, pk) | {"save": "message"} | changes
    return person.post(url, {name: value for name, value in typed.items() if value is not None})


def message_fields(person: Person, pk: int) -> dict[str, Any]:
    shown = person.get(person.url("campaigns:message", pk=pk)).context
    of_all = shown["forms"]
    typed: dict[str, Any] = {"seen": shown["seen"], "variant": [form.key for form in of_all.variants]}
    for form in (of_all.name, of_all.texts, of_all.sender, *of_all.variants, *of_all.reminders):
        typed |= filled(form)
    return typed
