"""Writes about the languages of a campaign. What was launched gets a new version, as by every edit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from surveys.accounts.models import Membership
from surveys.campaigns import languages, queries
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.refusals import EditedMeanwhile, Incomplete, NotALanguage, NotRemoved
from surveys.campaigns.languages import Place
from surveys.campaigns.models import Campaign
from surveys.campaigns.texts import Words
from surveys.core import languages as ours


def add_language(*, campaign: Campaign, language: str, by: Membership, at: datetime) -> None:
    """Begin a language; where the main one still says our own words, they are there translated.

    One that is there stays as it is. Raises NotALanguage, NotEditable.
    """
    with versions.edited(campaign=campaign, by=by, at=at) as edit:
        if language not in ours.ALL:
            raise NotALanguage(language)
        if language not in edit.words:
            main = edit.words[edit.main]
            begun = languages.begun(main, edit.design, written_in=edit.main, language=language)
            edit.words = edit.words | {language: begun}


def translate(
    *, campaign: Campaign, language: str, said: Mapping[Place, str], by: Membership, at: datetime, seen: str = ""
) -> None:
    """Change texts of one language. `seen` is the stamp of what they were made from.

    Raises NotALanguage when the campaign does not have it (any more), EditedMeanwhile, NotEditable.
    """
    with versions.edited(campaign=campaign, by=by, at=at) as edit:
        words = edit.words.get(language)
        if words is None:
            raise NotALanguage(language)
        if seen and seen != stamp(words):
            raise EditedMeanwhile(campaign)
        translated = languages.compared(edit.words[edit.main], languages.put(words, said), edit.design)
        edit.words = edit.words | {language: translated}


def stamp(words: Words) -> str:
    """What one language says, in a few characters: two people who write different languages do not disturb each other."""
    return hashlib.blake2b(json.dumps(words.as_dict(), sort_keys=True).encode(), digest_size=8).hexdigest()


def remove_language(*, campaign: Campaign, language: str, by: Membership, at: datetime) -> None:
    """Its words stay in the audit trail, for `restore_language`. Raises NotALanguage for the main one and for none of its."""
    with versions.edited(campaign=campaign, by=by, at=at) as edit:
        if language not in edit.words or language == edit.main:
            raise NotALanguage(language)
        edit.words = {code: words for code, words in edit.words.items() if code != language}


def restore_language(*, campaign: Campaign, language: str, by: Membership, at: datetime) -> None:
    """With the words that it had when it was removed last. Raises NotRemoved; of two at once one does it."""
    with versions.edited(campaign=campaign, by=by, at=at) as edit:
        words = queries.removed_language(campaign, language)
        if words is None or language in edit.words:
            raise NotRemoved(language)
        edit.words = edit.words | {language: words}


def make_main(*, campaign: Campaign, language: str, by: Membership, at: datetime) -> None:
    """From now on it is what the others are measured by, and what everybody gets whose language is not there.

    Raises NotALanguage, and Incomplete while texts are missing in it.
    """
    with versions.edited(campaign=campaign, by=by, at=at) as edit:
        if language not in edit.words:
            raise NotALanguage(language)
        if language not in languages.usable(edit.words, edit.design):
            raise Incomplete(language)
        main, design = edit.words[language], edit.design
        was = edit.words[edit.main]
        others = {
            code: languages.compared(main, words, design, but=languages.outdated(was, words, design))
            for code, words in edit.words.items()
        }
        edit.words = {language: replace(main, sources={})} | {code: others[code] for code in others if code != language}
