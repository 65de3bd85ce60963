"""What docs/comments.md promises of the reading, so that no change makes it worse unnoticed."""

import numpy as np
import pytest

from surveys.comments.mind import sentiment, shipping
from tests.quality import corpus, measure


def test_what_is_shipped_is_made_of_our_own_sentences() -> None:
    """`make start` was run after the last change of them, and none of them is measured with."""
    made, shipped = shipping.made(), sentiment.SHIPPED
    assert np.allclose(made.point, shipped.point, atol=1e-3)
    assert np.allclose(made.grams, shipped.grams, atol=1e-3)
    measured = {row.text for row in corpus.everything()}
    assert {text for _code, _meant, text in shipping.sentences()}.isdisjoint(measured)
    assert {text for _meant, _language, text in corpus.of_the_sample()}.isdisjoint(measured)


def test_what_was_learned_reads_no_worse_than_plain_keywords() -> None:
    rows = corpus.everything()
    baseline = measure.keywords(rows)

    for said in (measure.by(sentiment.SHIPPED, rows), measure.by(measure.learned_from_sample(), rows)):
        assert measure.right(rows, said).right > measure.right(rows, baseline).right
    assert measure.f1(rows, measure.by(sentiment.SHIPPED, rows)) >= measure.f1(rows, baseline)


@pytest.mark.parametrize("language", corpus.LISTED)
def test_shipped_themes_are_mostly_right(language: str) -> None:
    found = measure.themes(corpus.labelled(language))
    assert found.precise.value > 0.8
    assert found.complete.value > 0.7


def test_languages_of_a_few_words_are_told() -> None:
    found = measure.languages(lambda _code: "")
    assert sum(share.right for share in found.values()) >= 0.9 * sum(share.of for share in found.values())
