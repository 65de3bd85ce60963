"""Forms of an import: the file or what is pasted, how it is read, what its columns become."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from surveys.customers.actions.imports import Choice
from surveys.customers.importing.columns import Column, Target
from surveys.customers.importing.encoding import ENCODINGS
from surveys.customers.importing.reading import SEPARATORS, Form
from surveys.customers.models import EventList, ImportFormat, ImportJob, Property
from surveys.customers.values import Kind

_ONCE = (Target.EMAIL, Target.NAME, Target.LANGUAGE, Target.TIME_ZONE, Target.EXTERNAL_ID, Target.OWNER)
_ACCEPTED = ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,text/csv,text/tab-separated-values"
MOST_PASTED = 1_000_000  # characters; browsers count as we do


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": _ACCEPTED, "data-too-large": "file-too-large"}),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty."),
        },
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fields["file"].widget.attrs["data-most-bytes"] = settings.UPLOAD_LIMIT

    @property
    def upload(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        return file


class PasteForm(forms.Form):
    text = forms.CharField(
        label=_("Lines from a spreadsheet"),
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={
            "required": _("Paste some lines first, with the columns' names on top."),
            "max_length": _("This is more than %(limit_value)d characters. Save it as a file and upload that."),
        },
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        return text


class ReadingForm(forms.Form):
    """How the file is read: CSV has an encoding and a separator, a workbook may have several sheets."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()))
    separator = forms.ChoiceField(label=_("Separator"), choices=list(SEPARATORS.items()))
    sheet = forms.ChoiceField(label=_("Sheet"))

    def __init__(self, job: ImportJob | EventList, data: Any = None) -> None:
        super().__init__(data, initial={"encoding": job.encoding, "separator": job.separator, "sheet": job.sheet})
        self.job = job
        is_csv = job.format == ImportFormat.CSV
        unused = ["sheet"] if is_csv else ["encoding", "separator"]
        if not is_csv and len(job.sheets) < 2:
            unused.append("sheet")
        for name in unused:
            del self.fields[name]
        if field := self.fields.get("sheet"):
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(sheet, sheet) for sheet in job.sheets]

    def chosen(self) -> Form:
        get = self.cleaned_data.get
        job = self.job
        sheet = get("sheet", job.sheet)
        return Form(get("encoding", ""), get("separator", ""), ImportFormat(job.format), sheet)


class MappingForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        error_messages={"required": _("Give it a name by which you and your colleagues know it.")},
    )


class ColumnsForm(forms.Form):
    """Two choices for each column of the file: what it becomes, and how its cells are written. And what holds for all."""

    only_add = forms.BooleanField(
        label=_("Only add new people; leave those who are there already as they are"), required=False
    )
    clears_empty = forms.BooleanField(
        label=_("An empty cell clears what stood there (else it changes nothing)"), required=False
    )
    remember_as = forms.CharField(
        label=_("Remember these columns as"),
        max_length=100,
        required=False,
        help_text=_("The next list with the same header is read like this one."),
    )

    def __init__(self, job: ImportJob, declared: list[Property], data: Any = None) -> None:
        remembered = job.mapping.name if job.mapping else job.file_name[:100]
        options = {"only_add": not job.updates_known, "clears_empty": job.clears_empty, "remember_as": remembered}
        super().__init__(data, initial=options)
        self.file_columns = [Column.restored(stored) for stored in job.columns]
        self.types = {known.key: known for known in declared}
        for number, column in enumerate(self.file_columns):
            self.fields[f"target_{number}"] = forms.ChoiceField(
                label=_("%(name)s becomes") % {"name": column.name}, choices=Target.choices, initial=column.target
            )
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=_("Type of %(name)s") % {"name": column.name}, choices=Kind.choices, initial=column.kind
            )

    def rows(self) -> list[tuple[Column, forms.BoundField, forms.BoundField]]:
        """For the template."""
        return [(column, self[f"target_{i}"], self[f"kind_{i}"]) for i, column in enumerate(self.file_columns)]

    def options(self) -> list[forms.BoundField]:
        return [self["only_add"], self["clears_empty"]]

    def choice(self) -> Choice:
        return Choice(
            columns=self._columns(),
            updates_known=not self.cleaned_data["only_add"],
            clears_empty=self.cleaned_data["clears_empty"],
            remember_as=self.cleaned_data["remember_as"].strip(),
        )

    def _columns(self) -> list[Column]:
        return [
            Column(
                column.name,
                column.samples,
                Target(self.cleaned_data[f"target_{number}"]),
                Kind(self.cleaned_data[f"kind_{number}"]),
            )
            for number, column in enumerate(self.file_columns)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        columns = self._columns()
        if not any(column.target == Target.EMAIL for column in columns):
            self.add_error(None, _("No column becomes the email address. Choose the one that holds it."))
        for target in _ONCE:
            self._only_one([c for c in columns if c.target == target], target.label)
        properties = [column for column in columns if column.target == Target.PROPERTY]
        for key in dict.fromkeys(column.key for column in properties):
            self._only_one([c for c in properties if c.key == key], _("the same property"))
        for column in properties:
            self._keeps_its_type(column)
        return cleaned

    def _only_one(self, columns: list[Column], what: Any) -> None:
        if len(columns) > 1:
            numbers = ", ".join(
                str(i) for i, c in enumerate(self.file_columns, 1) if any(c.name == d.name for d in columns)
            )
            names = ", ".join(dict.fromkeys(f"“{column.name}”" for column in columns))
            words = {"names": names, "numbers": numbers, "what": what}
            self.add_error(
                None, _("Columns %(numbers)s (%(names)s) all become %(what)s. Leave out all but one.") % words
            )

    def _keeps_its_type(self, column: Column) -> None:
        known = self.types.get(column.key)
        if known and known.type != column.kind.type:
            words = {"name": column.name, "type": known.get_type_display(), "label": known.label}
            text = _(
                "The property “%(name)s” exists already, as: %(type)s. Choose that type; or leave the column out; or change"
                " the type of “%(label)s” on the page of properties; or give the column another name in the file, and it"
                " becomes a property of its own."
            )
            self.add_error(None, text % words)
