"""What is learned from an organization's own scores and rulings."""

from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.comments import actions
from surveys.comments.actions import knowledge, lessons
from surveys.comments.mind import learning, sentiment
from surveys.comments.mind.learning import Example
from surveys.comments.models import Lesson, Reading
from tests.comments.told import read_all, tell
from tests.people import Person

# Esperanto: no list of words is shipped for it.
_GOOD = ("tre bona servo", "mi estas kontenta", "bonega helpo", "rapida kaj bona", "mi amas vian servon", "bonega")
_BAD = ("tre malbona servo", "mi estas malkontenta", "terura helpo", "malrapida kaj malbona", "mi foriras", "terura")


def _said(times: int) -> list[tuple[int, str]]:
    good = [(10, f"{text} {number}") for number in range(times) for text in _GOOD]
    return good + [(1, f"{text} {number}") for number in range(times) for text in _BAD]


def test_scores_teach_a_language_that_no_list_knows(alice: Person, acme: Organization) -> None:
    tell(acme, _said(8), language="eo")
    before = knowledge.weights(acme.pk)

    learned = lessons.learn(organization=acme, at=timezone.now())
    read_all()

    assert learned is not None
    assert before == sentiment.SHIPPED
    # Which comments are held back goes by their ids, which are others each time.
    assert learned.quality > 0.75 > 0.5 > learned.before
    good, bad = sentiment.comments(["via helpo estas bonega", "via helpo estas terura"], ["eo", "eo"])
    weights = knowledge.weights(acme.pk)
    assert (weights.sentiment(weights.feeling(good)), weights.sentiment(weights.feeling(bad))) == (1, -1)
    assert Lesson.objects.get(organization=acme).quality["kept"]
    assert Reading.objects.filter(organization=acme, status="done").exists()


def test_the_same_examples_teach_the_same(acme: Organization) -> None:
    tell(acme, _said(6), language="eo")

    first, second = (learning.fit(lessons.examples(acme)).stored() for _again in range(2))

    assert first == second


def test_what_reads_worse_is_not_kept(acme: Organization) -> None:
    """Scores that say the opposite of the words, on comments that are held back as well as on the others."""
    tell(acme, _said(8), language="eo")
    lessons.learn(organization=acme, at=timezone.now())
    known = Lesson.objects.get(organization=acme).weights
    examples = lessons.examples(acme)
    noise = [
        example if example.is_held_back else Example(example.key, example.comment, -example.wanted)
        for example in examples
    ]

    learned = learning.learn(noise, knowledge.weights(acme.pk))
    assert learned is not None
    assert learned.is_worse
    lessons._keep(acme, learned, timezone.now())

    lesson = Lesson.objects.get(organization=acme)
    assert bytes(lesson.weights) == bytes(known)
    assert lesson.quality["kept"] is False


def test_a_ruling_weighs_more_than_a_score(alice: Person, acme: Organization) -> None:
    tell(acme, _said(8), language="eo")
    odd = tell(acme, [(10, "neniam funkcias")] * 3, language="eo")
    [comment] = sentiment.comments(["neniam funkcias"], ["eo"])
    by_scores = learning.fit(lessons.examples(acme))
    assert by_scores.sentiment(by_scores.feeling(comment)) == 1

    actions.rule_sentiment(response=odd[0], sentiment=-1, by=alice.membership, at=timezone.now())

    by_ruling = learning.fit(lessons.examples(acme))
    assert by_ruling.sentiment(by_ruling.feeling(comment)) == -1


def test_little_is_not_learned_from(acme: Organization) -> None:
    tell(acme, _said(2)[:20])

    assert lessons.learn(organization=acme, at=timezone.now()) is None
    assert not Lesson.objects.exists()
