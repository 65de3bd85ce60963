"""What customers type on their preference page."""

from typing import Any

from django import forms

from surveys.core import languages
from surveys.customers.models import Customer


class AboutMeForm(forms.Form):
    """Its messages are Django's own, which speaks all of our languages. The name begins empty, and stays when it is left
    so: what stands on the record is not for everybody who has the mail."""

    name = forms.CharField(required=False, max_length=255)
    language = forms.ChoiceField(required=False)

    def __init__(self, customer: Customer, data: Any = None) -> None:
        super().__init__(data, initial={"language": customer.language})
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _choices(customer.language)

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())


def _choices(current: str) -> list[tuple[str, str]]:
    """As their speakers call them; what stands on the record may be another one."""
    ours = sorted(((code, languages.own_name(code)) for code in languages.ALL), key=lambda choice: choice[1].casefold())
    known = dict(ours)
    return ours if current in known else [(current, languages.own_name(current) if current else "—"), *ours]
