"""The forms of review sites and referrals."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField
from surveys.accounts.models import Organization
from surveys.automation import link_queries, tracked
from surveys.automation.actions.sites import Wish
from surveys.automation.models import ReferralSettings, ReviewSite
from surveys.core.choices import Category
from surveys.customers.models import Customer

_TYPED: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "placeholder": "https://"}


class AddressField(OneLineField):
    """Of a page that customers are sent to."""

    widget = forms.URLInput(attrs=_TYPED)

    def clean(self, value: Any) -> str:
        address: str = super().clean(value)
        if address and (why := tracked.problem(address)):
            raise forms.ValidationError(why)
        return address


class SiteForm(forms.Form):
    """To narrow whom a site is shown takes a second look: the first time the page says what is wrong with it."""

    name = OneLineField(label=_("Name"), max_length=80, help_text=_("Customers read it: “Trustpilot”."))
    url = AddressField(
        label=_("Address"),
        max_length=tracked.LONGEST,
        help_text=_("Where your company is reviewed there. Links that are out already follow when you change it."),
    )
    categories = forms.MultipleChoiceField(
        label=_("Shown to"),
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose somebody, or archive the site: then nobody sees it.")},
    )
    is_on_thanks = forms.BooleanField(
        label=_("Show it on the page that thanks customers for their answer"),
        required=False,
        help_text=_("Without this it is only where a rule puts it: into a mail, or on that page for some."),
    )
    understood = forms.BooleanField(
        label=_("I know the rules of this site and the law allow it. Show it to these only."), required=False
    )

    @property
    def is_narrowed(self) -> bool:
        """Some are left out."""
        return 0 < len(self["categories"].value() or ()) < len(Category)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_narrowed and not said.get("understood"):
            self.add_error("categories", _("Some are left out. Read what that means, and say that you want it."))
        return said

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(said["name"], said["url"], said["categories"], said["is_on_thanks"])

    @classmethod
    def of(cls, site: ReviewSite | None, data: Any = None) -> "SiteForm":
        if site is None:
            return cls(data, initial={"categories": Category.values, "is_on_thanks": True})
        stored = {"name": site.name, "url": site.url, "is_on_thanks": site.is_on_thanks}
        asked = {"categories": site.categories or Category.values, "understood": bool(site.categories)}
        return cls(data, initial=stored | asked)


class ReferralForm(forms.Form):
    target = AddressField(
        label=_("Where friends land"),
        max_length=tracked.LONGEST,
        required=False,
        help_text=_("A page of yours. The code of who recommended you is put behind it: ?ref=…"),
    )
    is_on = forms.BooleanField(
        label=_("Customers get links to recommend us"),
        required=False,
        help_text=_("Off: no new ones. Links that are out already go on leading to the page."),
    )

    @classmethod
    def of(cls, found: ReferralSettings | None, data: Any = None) -> "ReferralForm":
        return cls(data, initial={"target": found.target, "is_on": found.is_on} if found else None)


class CustomerField(OneLineField):
    """An address or an external ID that belongs to a customer."""

    def __init__(self, organization: Organization, **more: Any) -> None:
        super().__init__(max_length=254, **more)
        self.organization = organization

    def clean(self, value: Any) -> Customer | None:
        words: str = super().clean(value)
        found = link_queries.named(self.organization, words)
        if found is None:
            text = _("No customer has the address or external ID “%(value)s”. Add them first, or look for a slip.")
            raise forms.ValidationError(text, params={"value": words[:60]})
        return found


class SignUpForm(forms.Form):
    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data)
        who = _("Email address or external ID.")
        self.fields["newcomer"] = CustomerField(organization, label=_("Who came"), help_text=who)
        self.fields["promoter"] = CustomerField(organization, label=_("Who recommended us"), help_text=who)
