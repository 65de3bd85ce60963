"""Forms about properties."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.customers.models import Property, PropertyType
from surveys.customers.values import Kind


class PropertyForm(forms.ModelForm[Property]):
    class Meta:
        model = Property
        fields = ("label", "visible_to_agents")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].label = _("Label")
        self.fields["visible_to_agents"].label = _("Everyone may see it")
        self.fields["visible_to_agents"].help_text = _(
            "Without it, only admins and owners see it and may filter by it. A segment about it shows everyone who belongs, "
            "but not its condition."
        )


class NewPropertyForm(PropertyForm):
    type = forms.ChoiceField(label=_("Type"), choices=PropertyType.choices)

    field_order = ("label", "type", "visible_to_agents")


class RetypeForm(forms.Form):
    """How the values that stand there are read."""

    kind = forms.ChoiceField(label=_("New type"))

    def __init__(self, found: Property, data: Any = None) -> None:
        super().__init__(data)
        others = [(kind.value, kind.label) for kind in Kind if kind.type != found.type]
        self.fields["kind"].choices = [("", _("Choose …")), *others]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Kind:
        return Kind(self.cleaned_data["kind"])


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(Property.objects.none(), label=_("Merge into"), empty_label=_("Choose …"))
    prefers_merged = forms.ChoiceField(
        label=_("Where a customer has both"),
        choices=[("", _("Keep the value that stands there")), ("1", _("Take the value of the property that goes"))],
        required=False,
    )

    def __init__(self, others: Any, data: Any = None) -> None:
        super().__init__(data)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]
