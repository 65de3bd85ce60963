"""Finding what comments are about that no theme is about yet: key phrases, grouped across comments.

A phrase is a word, or up to three in a row, that enough comments have and that is neither a small word nor a mere
feeling. Phrases are near one another when they and the comments around them are; average-linkage clustering (Sokal and
Michener, 1958) puts near ones into a group. The same comments give the same groups.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np

from surveys.comments import wording
from surveys.comments.mind import embedding, feelings
from surveys.comments.mind.embedding import Floats

FILE: Final = Path(__file__).parent.parent / "data" / "smallwords.txt"

FEWEST: Final = 30  # comments, for looking at all
MOST_GROUPS: Final = 12
_FEWEST_COMMENTS: Final = 4  # with a phrase, or so many in a thousand of all
_IN_A_THOUSAND: Final = 4
_TOO_COMMON: Final = 0.25  # of all comments: it tells none from another
_MOST_PHRASES: Final = 400
_LONGEST: Final = 3
_SHORTEST_WORD: Final = 3
_APART: Final = 0.62  # cosine distance at which phrases are of different groups
_MOST_WORDS: Final = 12
_IN_NAME: Final = 2
_SWALLOWED: Final = 0.8  # of the comments with a word have it in one longer phrase: the phrase is what is meant
_PART_OF: Final = 0.6  # of a group's comments are in a greater one
REACH: Final = 0.7  # a comment so like the middle of a group belongs without any of its words


@dataclass(frozen=True)
class Group:
    """`comments` are places in what was looked at."""

    name: str
    words: list[str]
    center: Floats
    comments: list[int]


@cache
def small_words() -> frozenset[str]:
    lines = FILE.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split()[1:])


def groups(texts: Sequence[str], taken: Iterable[int], languages: Sequence[str]) -> list[Group]:
    """Of the texts; `taken` are the places of those that a theme is about already. The greatest group first."""
    if len(texts) < FEWEST:
        return []
    phrases = _phrases(texts, set(taken), languages)
    if len(phrases) < 2:
        return [_group([*phrases], phrases, embedding.vectors(texts))] if phrases else []
    points = embedding.vectors(texts)
    names = sorted(phrases)
    clusters: dict[int, list[str]] = defaultdict(list)
    for name, cluster in zip(names, _cluster(names, phrases, points), strict=True):
        clusters[cluster].append(name)
    found = [_group(members, phrases, points) for members in clusters.values()]
    enough = [group for group in found if len(group.comments) >= _fewest(len(texts))]
    return _own_right(sorted(enough, key=lambda group: (-len(group.comments), group.name)))[:MOST_GROUPS]


def _own_right(found: Sequence[Group]) -> list[Group]:
    """Without those that are but a part of a greater one."""
    kept: list[Group] = []
    for group in found:
        mine = set(group.comments)
        if all(len(mine.intersection(other.comments)) < _PART_OF * len(mine) for other in kept):
            kept.append(group)
    return kept


def _fewest(comments: int) -> int:
    return max(_FEWEST_COMMENTS, comments * _IN_A_THOUSAND // 1000)


# ── Phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _phrases(texts: Sequence[str], taken: set[int], languages: Sequence[str]) -> dict[str, list[int]]:
    """Phrases in the form that is written most, with the places of their comments."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    places: dict[str, list[int]] = defaultdict(list)
    for place, (text, language) in enumerate(zip(texts, languages, strict=True)):
        for key, form in dict(_candidates(text, language)).items():
            forms[key][form] += 1
            places[key].append(place)
    fewest, most = _fewest(len(texts)), len(texts) * _TOO_COMMON
    kept = {key: rows for key, rows in places.items() if fewest <= len(rows) <= most}
    free = {
        key: rows for key, rows in kept.items() if sum(row not in taken for row in rows) >= max(fewest, len(rows) / 2)
    }
    whole = _without_swallowed(free)
    most_said = sorted(whole, key=lambda key: (-len(whole[key]), key))[:_MOST_PHRASES]
    return {_usual(forms[key]): whole[key] for key in most_said}


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))


def _candidates(text: str, language: str) -> Iterator[tuple[str, str]]:
    plain = wording.plain(text)
    felt = [(hit.start, hit.end) for hit in feelings.read(text, language)]
    for part in _parts(plain, felt):
        for size in range(1, _LONGEST + 1):
            for at in range(len(part) - size + 1):
                words = part[at : at + size]
                yield " ".join(map(wording.stem, words)), " ".join(words)


def _parts(plain: str, felt: list[tuple[int, int]]) -> Iterator[list[str]]:
    """Runs of words that may be phrases: small words, feelings and marks end them."""
    part: list[str] = []
    before = 0
    for start, end, word in wording.words(plain):
        if plain[before:start].strip():
            yield part
            part = []
        before = end
        if wording.is_unspaced(word):
            yield part
            part = []
            yield from ([run] for run in _runs(word))
        elif _is_small(word) or any(start < stop and end > begin for begin, stop in felt):
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _is_small(word: str) -> bool:
    return len(word) < _SHORTEST_WORD or word.isdigit() or word in small_words()


def _runs(word: str) -> Iterator[str]:
    """Of a script without spaces the runs of Han or of katakana: they carry what is meant, hiragana how."""
    run = ""
    for character in [*word, ""]:
        if run and (not character or _kind(character) != _kind(run[-1])):
            if len(run) > 1 and _kind(run) in ("han", "katakana"):
                yield run
            run = ""
        run += character


def _kind(text: str) -> str:
    first = text[-1]
    if "\u30a0" <= first <= "\u30ff":
        return "katakana"
    return "han" if "\u3400" <= first <= "\u9fff" else "other"


def _without_swallowed(places: Mapping[str, list[int]]) -> dict[str, list[int]]:
    longer = [(f" {key} ", len(rows)) for key, rows in places.items() if " " in key]
    return {
        key: rows
        for key, rows in places.items()
        if not any(f" {key} " in other and other.strip() != key and n >= _SWALLOWED * len(rows) for other, n in longer)
    }


# ── Groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cluster(names: Sequence[str], phrases: Mapping[str, list[int]], points: Floats) -> list[int]:
    around = np.stack([points[phrases[name]].mean(axis=0) for name in names])
    vectors = _long_one(_long_one(around) + embedding.vectors(names))
    # Loaded by who groups, when it does: it takes as long as all the rest of a worker.
    cluster = import_module("sklearn.cluster").AgglomerativeClustering
    clustering = cluster(n_clusters=None, distance_threshold=_APART, metric="cosine", linkage="average")
    vectors[~vectors.any(axis=1)] = np.float32(1e-6)  # nothing is known about them: anything but zero
    return [int(cluster) for cluster in clustering.fit_predict(vectors)]


def _long_one(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def _group(members: Sequence[str], phrases: Mapping[str, list[int]], points: Floats) -> Group:
    ordered = sorted(members, key=lambda name: (-len(phrases[name]), name))
    comments = sorted({row for name in members for row in phrases[name]})
    center = _long_one(points[comments].mean(axis=0, keepdims=True))[0]
    said_much = [name for name in ordered if len(phrases[name]) >= len(phrases[ordered[0]]) / 2]
    return Group(_name(said_much), ordered[:_MOST_WORDS], center, comments)


def _name(ordered: Sequence[str]) -> str:
    """The phrases said most, without those that another one of them contains."""
    chosen: list[str] = []
    for name in ordered:
        if not any(name in other or other in name for other in chosen):
            chosen.append(name)
    said = ", ".join(chosen[:_IN_NAME])
    return said[:1].upper() + said[1:60]
