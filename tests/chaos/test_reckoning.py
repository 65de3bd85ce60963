"""The reckoning of chaos says what is wrong: ledgers with one mistake each."""

from dataclasses import replace

from tests.chaos.reckoning import Click, Copy, Evidence, Kill, Reckoning, Stored, reckon

PEOPLE = ("ada@a.example", "ben@a.example", "cleo@a.example", "dan@a.example")
ADA, BEN, CLEO, DAN = PEOPLE
SENT = Stored(state="sent", is_told=True, marked=10.0)
GOOD = Evidence(
    people=PEOPLE,
    copies=[Copy(to, f"<{to}>", 11.0) for to in (ADA, BEN, CLEO)],
    refused=frozenset({DAN}),
    stored={
        ADA: replace(SENT, clicks=(9,), is_answered=True),
        BEN: SENT,
        CLEO: replace(SENT, is_unsubscribed=True),
        DAN: Stored(state="failed", is_told=False),
    },
    clicks=[Click(ADA, "click", 9, 12.0, 12.5), Click(CLEO, "unsubscribe", 0, 12.0, 12.5)],
    kills=[Kill("worker", 8.0), Kill("web", 11.5), Kill("beat", 20.0)],
)


def _with(to: str, row: Stored, evidence: Evidence = GOOD) -> Evidence:
    return replace(evidence, stored={**evidence.stored, to: row})


def _again(at: float, message_id: str = f"<{BEN}>") -> Evidence:
    """Ben has a second copy."""
    return replace(GOOD, copies=[*GOOD.copies, Copy(BEN, message_id, at)])


def _is_bad(found: Reckoning) -> bool:
    return not found.is_good and bool(found.names())


def test_what_went_well_is_good_and_says_how_long_it_took_to_recover() -> None:
    found = reckon(GOOD)

    assert found.is_good, found.names()
    assert found.figures() == {
        "sent": 3,
        "lost": 0,
        "doubled": 0,
        "doubled_unexplained": 0,
        "uncertain_named": 0,
        "kills": 3,
        "clicks_acknowledged": 2,
        "clicks_lost": 0,
        "recovery_seconds": {"median": 2.0, "max": 3.0},
    }
    assert found.recovery == [("worker", 3.0), ("web", 1.0)]  # nothing was left to do after the last


def test_somebody_without_a_copy_is_lost_unless_the_mail_server_refused_them() -> None:
    without_ben = replace(GOOD, copies=[copy for copy in GOOD.copies if copy.to != BEN])
    nobody_refused = replace(GOOD, refused=frozenset())

    assert reckon(without_ben).lost == [BEN]
    assert reckon(_with(BEN, replace(SENT, state="failed"), without_ben)).lost == [BEN]
    assert reckon(nobody_refused).lost == [DAN]
    assert _is_bad(reckon(without_ben))


def test_a_second_copy_is_explained_by_a_doubt_before_it_and_by_nothing_else() -> None:
    assert reckon(_again(15.0)).doubled_unexplained == [BEN]
    assert _is_bad(reckon(_again(15.0)))
    for doubted, unexplained in [((12.0,), []), ((15.5,), [BEN]), ((), [BEN])]:
        found = reckon(_with(BEN, replace(SENT, doubted=doubted), _again(15.0)))
        assert (found.doubled, found.doubled_unexplained) == ([BEN], unexplained)
    other_name = _again(15.0, message_id="<another@a.example>")
    assert reckon(_with(BEN, replace(SENT, doubted=(12.0,)), other_name)).doubled_unexplained == [BEN]


def test_a_third_copy_needs_a_second_doubt() -> None:
    twice = _again(15.0)
    thrice = replace(twice, copies=[*twice.copies, Copy(BEN, f"<{BEN}>", 19.0)])

    assert reckon(_with(BEN, replace(SENT, doubted=(12.0,)), thrice)).doubled_unexplained == [BEN]
    assert reckon(_with(BEN, replace(SENT, doubted=(12.0, 18.0)), thrice)).doubled_unexplained == []


def test_an_answer_of_200_whose_click_is_not_stored_is_a_lost_click() -> None:
    for row in (
        replace(SENT, is_answered=True),
        replace(SENT, clicks=(8,), is_answered=True),
        replace(SENT, clicks=(9,), is_answered=False),
    ):
        found = reckon(_with(ADA, row))
        assert found.clicks_lost == [f"{ADA}: 9"]
        assert _is_bad(found)
    assert reckon(_with(CLEO, SENT)).clicks_lost == [f"{CLEO}: unsubscription"]


def test_what_is_stuck_or_claims_what_the_ledger_does_not_know_is_said() -> None:
    wrong = {
        "still sending": replace(SENT, state="sending"),
        "still without a message": replace(SENT, state=""),
        "not told": replace(SENT, is_told=False),
        "never refused": replace(SENT, state="failed"),
    }
    for said, row in wrong.items():
        found = reckon(_with(BEN, row))
        assert said in " ".join(found.complaints)
        assert _is_bad(found)
    assert _is_bad(reckon(replace(GOOD, other_complaints=["rollups differ"])))
