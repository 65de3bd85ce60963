"""Two forms on one page that bring a list: a file, or lines that are pasted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import Membership
from surveys.customers.actions.import_files import PIECE
from surveys.customers.import_forms import MOST_PASTED, PasteForm, UploadForm
from surveys.customers.importing.encoding import BadFile

Made = TypeVar("Made", covariant=True)


class Keep(Protocol[Made]):
    """Raises BadFile for what is no list."""

    def __call__(self, *, by: Membership, file_name: str, pieces: Iterable[bytes], at: datetime) -> Made: ...


@dataclass(frozen=True)
class Uploading(Generic[Made]):
    form: UploadForm
    paste: PasteForm
    made: Made | None  # None: nothing was sent, or the form says what is wrong with it


def uploading(request: OrganizationRequest, keep: Keep[Made]) -> Uploading[Made]:
    if "text" in request.POST:
        paste = PasteForm(request.POST)
        return Uploading(UploadForm(), paste, _pasted(request, paste, keep))
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    return Uploading(form, PasteForm(), _uploaded(request, form, keep))


def _uploaded(request: OrganizationRequest, form: UploadForm, keep: Keep[Made]) -> Made | None:
    if not form.is_bound or not form.is_valid():
        return None
    pieces = form.upload.chunks(PIECE)
    try:
        return keep(by=request.membership, file_name=form.upload.name or "", pieces=pieces, at=timezone.now())
    except BadFile as problem:
        form.add_error("file", str(problem))
        return None


def _pasted(request: OrganizationRequest, form: PasteForm, keep: Keep[Made]) -> Made | None:
    if not form.is_valid():
        return None
    pieces = [form.cleaned_data["text"][:MOST_PASTED].encode()]
    try:
        return keep(by=request.membership, file_name=_("Pasted lines"), pieces=pieces, at=timezone.now())
    except BadFile as problem:
        form.add_error("text", str(problem))
        return None
