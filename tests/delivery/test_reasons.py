"""Every reason is a sentence that a person understands, before a launch and after it."""

import pytest

from surveys.delivery.models import Reason
from surveys.delivery.reasons import MEANINGS, Facts, Sense, sentence

EVERYTHING = Facts(until="3 March", campaign="100% <b>Onboarding</b>", days=12)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("sense", Sense)
@pytest.mark.parametrize("facts", [Facts(), EVERYTHING, Facts(until="3 March"), Facts(days=0)])
def test_every_reason_has_words_in_both_senses(reason: Reason, sense: Sense, facts: Facts) -> None:
    said = str(sentence(reason, sense, facts))
    assert said.endswith(".")
    assert "%(" not in said
    assert said[0].isupper()
    assert facts.until in said
    assert reason is Reason.INVITED or ":" in said, "the reason stands behind a colon"
    assert reason is Reason.INVITED or MEANINGS[reason]


def test_the_two_senses_and_every_reason_are_told_apart() -> None:
    said = {str(sentence(reason, sense)) for reason in Reason for sense in Sense}
    assert len(said) == 2 * len(Reason)


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        (Reason.THROTTLED, Facts("3 March", "Onboarding", 12), "Not asked yet: asked 12 days ago by Onboarding, free on 3 March."),
        (Reason.THROTTLED, Facts("3 March", days=1), "Not asked yet: asked 1 day ago, free on 3 March."),
        (Reason.OUTRANKED, Facts("3 March", "Churn"), "Not asked yet: Churn, of higher priority, asks first, decided again on 3 March."),
        (Reason.NOT_SAMPLED, Facts(), "Not asked: not in the sample that was drawn."),
    ],
)  # fmt: skip
def test_it_names_who_when_and_until_when(reason: Reason, facts: Facts, said: str) -> None:
    assert str(sentence(reason, Sense.AFTER, facts)) == said


def test_what_a_colleague_named_a_campaign_is_never_markup() -> None:
    html = sentence(Reason.THROTTLED, Sense.BEFORE, EVERYTHING).linked(campaign='/o/acme/"x')
    assert '<a href="/o/acme/&quot;x"><bdi>100% &lt;b&gt;Onboarding&lt;/b&gt;</bdi></a>' in html
    assert html.startswith("Gets it later: asked 12 days ago by ")
