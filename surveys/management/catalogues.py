"""The catalogues of what customers read: locale/<language>/LC_MESSAGES/django.po, and the .mo files compiled from them.

They hold exactly the texts of SOURCES. There `_` and `gettext` mark what customers read; `gettext_lazy`, by its full
name, marks labels of the interface. That one is English and has no catalogue, so it cannot be half translated.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

from surveys.core import languages

SOURCES: Final = (
    "templates/public_base.html",
    "templates/public/*.html",
    "templates/emails/ask/*",
    "templates/emails/data_link/*",
    "templates/emails/rating_row/*",
    "surveys/campaigns/starts.py",
    "surveys/campaigns/texts.py",
    "surveys/delivery/letters.py",
    "surveys/inbox/letter_words.py",
    "surveys/privacy/public_*.py",
    "surveys/responses/forms.py",
    "surveys/responses/public_*.py",
    "surveys/responses/questionnaire.py",
)
_KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_PLACES: Final = re.compile(r"%\(\w+\)[sd]|\{\{\s*\w+|</?\w+>")
_FULL_NAME: Final = ("{{ first_name", "{{ name")  # where first names would be too familiar, the whole name stands

_NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # the repository knows when
_HEADERS: Final = re.compile(rb'^"(Project|Report|POT|PO|Last|Language-Team|Generated)[^\n]*\n', re.MULTILINE)


def source() -> Catalog:
    """Every text that customers read, in English."""
    found = Catalog(project="nps", fuzzy=False)
    for path in _files():
        for _line, keyword, message, comments in _extracted(path):
            context = message[0] if keyword.endswith("pgettext") else None
            texts = message[1:] if context else message
            text = texts if isinstance(texts, str) or len(texts) > 1 else texts[0]
            found.add(text, context=context, locations=[(_name(path), 1)], auto_comments=comments)
    return found


def _files() -> Iterator[Path]:
    for pattern in SOURCES:
        yield from sorted(path for path in settings.BASE_DIR.glob(pattern) if path.is_file())


def _name(path: Path) -> str:
    return path.relative_to(settings.BASE_DIR).as_posix()


def _extracted(path: Path) -> Iterator[tuple]:
    text = path.read_text()
    if path.suffix != ".py":  # as Python, whose indentation would mean something
        text = "\n".join(line.strip() for line in templatize(text, origin=_name(path)).splitlines())
    return extract_python(BytesIO(text.encode()), _KEYWORDS, ["Translators:"], {})


def path_of(language: str) -> Path:
    return settings.BASE_DIR / "locale" / to_locale(language) / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=to_locale(language), fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=to_locale(language))


def update(language: str) -> Catalog:
    """Bring the texts of the sources into the language's catalogue, drop those that are gone, and compile it."""
    catalogue = read(language)
    catalogue.update(source(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.header_comment = (
        f"# What customers read, in {languages.name(language)}. docs/languages.md says how to mend it."
    )
    write(language, catalogue)
    return catalogue


def write(language: str, catalogue: Catalog) -> None:
    """The .po and the .mo file; of equal catalogues they are equal."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    text = BytesIO()
    write_po(text, catalogue, width=110, ignore_obsolete=True, sort_by_file=True, include_lineno=False)
    path.write_bytes(_HEADERS.sub(b"", text.getvalue()))
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def problems(language: str) -> list[str]:
    """What keeps the language from being spoken to customers, one sentence for each text."""
    catalogue, wanted = read(language), source()
    found = [problem for message in wanted if message.id for problem in _problems(catalogue, message)]
    found += [f"is not used any more: {message.id}" for message in catalogue if _is_strange(message, wanted)]
    if not _is_compiled(language, catalogue):
        found.append("the .mo file is not what the .po file says: run manage.py translations")
    return found


def _problems(catalogue: Catalog, wanted: Message) -> Iterator[str]:
    message = catalogue.get(wanted.id, wanted.context)
    translations = _texts(message.string) if message else []
    if not message or not translations or not all(text.strip() for text in translations):
        yield f"is not translated: {wanted.id}"
    elif message.fuzzy:
        yield f"is marked as fuzzy: {wanted.id}"
    elif isinstance(wanted.id, tuple) and len(translations) != catalogue.num_plurals:
        yield f"has {len(translations)} of {catalogue.num_plurals} plural forms: {wanted.id}"
    else:
        yield from (f"has other placeholders: {text}" for text in translations if _places(text) != _places(wanted.id))


def _texts(text: str | Sequence[str] | None) -> list[str]:
    """One, or the plural forms."""
    return [text] if isinstance(text, str) else list(text or ())


def _places(text: str | Sequence[str]) -> list[str]:
    """Placeholders and tags; the order is the language's own. Of plural forms the last says them all."""
    return sorted(_PLACES.findall(_texts(text)[-1].replace(*_FULL_NAME)))


def _is_strange(message: Message, wanted: Catalog) -> bool:
    return bool(message.id) and wanted.get(message.id, message.context) is None


def _is_compiled(language: str, catalogue: Catalog) -> bool:
    path = path_of(language).with_suffix(".mo")
    if not path.exists():
        return False
    with path.open("rb") as file:
        compiled = read_mo(file)
    return _said(compiled) == _said(catalogue)


def _said(catalogue: Catalog) -> dict[tuple, list[str]]:
    return {
        (*_texts(message.id), message.context): _texts(message.string)
        for message in catalogue
        if message.id and message.string and all(_texts(message.string))
    }
