"""Writes about asks and messages. The states of a message and who moves it: docs/delivery.md."""

from surveys.delivery.actions.accounts import (
    NoAccount,
    Wanted,
    remove_account,
    save_account,
    stop_refused,
    switch_account,
    test_account,
)
from surveys.delivery.actions.arriving import settle_answered
from surveys.delivery.actions.claiming import claim
from surveys.delivery.actions.claims import Claim, Claimed, Words
from surveys.delivery.actions.ending import cancel, cancel_ended, close_ended, fail, fail_address
from surveys.delivery.actions.enqueue import Note, enqueue_note, enqueue_system, send_test
from surveys.delivery.actions.finishing import finish_done
from surveys.delivery.actions.outcomes import Ending, end_and_mark, release, renew, repeat, tell
from surveys.delivery.actions.pacing import put_back
from surveys.delivery.actions.planning import plan
from surveys.delivery.actions.planning_events import plan_events
from surveys.delivery.actions.planning_store import Planned
from surveys.delivery.actions.pruning import forget_decisions, forget_events, forget_letters, prune_system
from surveys.delivery.actions.reminding import remind, replan
from surveys.delivery.actions.roads import find_road, lose_road, note_problem
from surveys.delivery.actions.stopping import stop_the_bad
from surveys.delivery.actions.sweeping import expire_leases, send_doubtful_again, tell_untold
from surveys.delivery.actions.telling import Tally, note_refusal, note_unread, tell_of
from surveys.delivery.paces import slow_down

__all__ = [
    "Claim",
    "Claimed",
    "Ending",
    "NoAccount",
    "Note",
    "Planned",
    "Tally",
    "Wanted",
    "Words",
    "cancel",
    "cancel_ended",
    "claim",
    "close_ended",
    "end_and_mark",
    "enqueue_note",
    "enqueue_system",
    "expire_leases",
    "fail",
    "fail_address",
    "find_road",
    "finish_done",
    "forget_decisions",
    "forget_events",
    "forget_letters",
    "lose_road",
    "note_problem",
    "note_refusal",
    "note_unread",
    "plan",
    "plan_events",
    "prune_system",
    "put_back",
    "release",
    "remind",
    "remove_account",
    "renew",
    "repeat",
    "replan",
    "save_account",
    "send_doubtful_again",
    "send_test",
    "settle_answered",
    "slow_down",
    "stop_refused",
    "stop_the_bad",
    "switch_account",
    "tell",
    "tell_of",
    "tell_untold",
    "test_account",
]
