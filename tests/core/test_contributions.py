"""What a segment does to the score of everyone, against the answers one by one."""

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from surveys.core.contributions import Contribution, verdicts, without
from surveys.core.nps import Difference, Split, Verdict
from tests.helpers.unhurried import unhurried

sizes = st.integers(min_value=0, max_value=500)
splits = st.builds(Split, sizes, sizes, sizes)


@unhurried
@given(st.lists(splits, min_size=1, max_size=6))
def test_contributions_of_segments_that_do_not_overlap_add_up_to_nothing(segments):
    everyone = sum(segments, Split())
    assume(everyone.responses)
    assert sum((Contribution(one, everyone).points or Fraction(0) for one in segments), Fraction(0)) == 0


@unhurried
@given(splits, splits)
def test_a_segment_that_scored_like_the_others_would_leave_their_score(segment, others):
    assume(segment.responses and others.responses)
    found = Contribution(segment, segment + others)
    alike = found.share * others.score + (1 - found.share) * others.score

    assert found.like_the_others == alike
    assert found.move == alike - (segment + others).score
    # What it takes away is what the others would win: s·(x − all) = −(1 − s)·(r − all).
    assert found.points == -(1 - found.share) * found.move
    assert without(segment + others, segment) == others


def test_without_others_there_is_nothing_to_be_like():
    alone = Contribution(Split(3, 2, 1), Split(3, 2, 1))
    assert (alone.like_the_others, alone.move) == (None, None)
    assert alone.points == 0


def test_comparisons_with_too_few_cost_the_others_nothing():
    clear = Difference(Split(40, 10, 10), Split(30, 10, 20))  # by itself: p about 0.03
    tiny = Difference(Split(1, 0, 0), Split(40, 10, 10))
    same = Difference(Split(40, 10, 10), Split(40, 10, 10))

    assert verdicts([clear]) == [Verdict.CHANGED]
    assert verdicts([tiny, clear, tiny]) == [Verdict.TOO_FEW, Verdict.CHANGED, Verdict.TOO_FEW]
    assert verdicts([clear, same, same]) == [Verdict.NO_EVIDENCE] * 3
