"""What customers read is translated into every language, completely: see docs/languages.md."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings
from pytest_django import Settings

from surveys.campaigns import starts
from surveys.campaigns.models import Wording
from surveys.campaigns.texts import default_reminders
from surveys.core import languages, placeholders
from surveys.management import catalogues


@pytest.mark.parametrize("language", languages.TRANSLATED)
def test_a_language_is_complete_and_compiled(language: str) -> None:
    assert not catalogues.problems(language)


def test_every_folder_is_a_language() -> None:
    folders = {path.parent.parent.name for path in Path("locale").glob("*/LC_MESSAGES/django.po")}
    assert folders == {catalogues.path_of(language).parent.parent.name for language in languages.TRANSLATED}


def test_what_a_campaign_may_begin_with_fits_into_its_fields_in_every_language() -> None:
    for language in languages.ALL:
        for start in starts.STARTS.values():
            for name, text in start.texts(language).as_dict().items():
                most = getattr(Wording._meta.get_field(name), "max_length", 0)
                assert 0 < len(text) <= most, (language, start.key, name)
                assert not placeholders.problems(text), (language, start.key, name)
        for reminder in default_reminders(2, language):
            assert not placeholders.problems(reminder["intro"]), language


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sources and the catalogue of German."""
    folder = tmp_path_factory.mktemp("catalogues")
    found = catalogues.read("de")
    for pattern in catalogues.SOURCES:
        for path in settings.BASE_DIR.glob(pattern):
            copy = folder / path.relative_to(settings.BASE_DIR)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())
    with override_settings(BASE_DIR=folder):
        catalogues.write("de", found)
        assert not catalogues.problems("de")
    return folder


@pytest.fixture
def catalogue_of_german(copied: Path, tmp_path: Path, settings: Settings) -> Path:
    """A copy that may be spoilt."""
    settings.BASE_DIR = shutil.copytree(copied, tmp_path / "copy")
    return catalogues.path_of("de")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('msgstr "Senden"', 'msgstr ""', "is not translated: Send"),
        ('msgstr "Auf %(picked)s ändern"', 'msgstr "Ändern"', "has other placeholders: Ändern"),
        ('msgid "Send"', '#, fuzzy\nmsgid "Send"', "is marked as fuzzy: Send"),
        ('msgid "Send"', 'msgid "Post it"', "is not used any more: Post it"),
        ("<b>%(old)s</b> gewählt", "%(old)s gewählt", "has other placeholders: Sie hatten %(old)s"),
        ('msgstr "Senden"', 'msgstr "Abschicken"', "the .mo file is not what the .po file says"),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_found(catalogue_of_german: Path, old: str, new: str, problem: str) -> None:
    text = catalogue_of_german.read_text()
    assert old in text
    catalogue_of_german.write_text(text.replace(old, new))
    assert any(each.startswith(problem) for each in catalogues.problems("de"))


def test_the_command_refuses_what_is_not_complete(catalogue_of_german: Path) -> None:
    catalogue_of_german.unlink()
    with pytest.raises(CommandError):
        call_command("translations", "--check")
