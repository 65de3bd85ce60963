"""Where a conversation goes by itself, and what it does when its response, customer or colleague changes."""

import io
import json
import zipfile
from datetime import date

import pytest
from django.db import transaction

from surveys.accounts.actions import people
from surveys.accounts.models import Role
from surveys.alerts.models import Notification
from surveys.inbox import routing
from surveys.inbox.actions import assigning, closing, drafting
from surveys.inbox.files import NewFile
from surveys.inbox.models import Attachment, Conversation, Draft, InboundMail, Message, TeamMember
from surveys.outbox import actions as outbox
from surveys.responses.actions import forgetting, marking
from surveys.responses.actions.marking import Junk
from surveys.responses.models import Response
from tests import factories
from tests.inbox.desk import DAY, HOUR, MONDAY, Desk, fresh
from tests.people import Person


def about(conversation: Conversation) -> Response:
    assert conversation.response is not None
    return conversation.response


@pytest.mark.parametrize(
    ("word", "comment", "is_there"),
    [
        ("price", "The PRICE went up.", True),
        ("price", "Your pricelist is odd", False),
        ("price*", "Your pricelist is odd", True),
        ("too  slow", "It is too slow for us", True),
        ("straße", "In der STRASSE", True),
        ("価格", "この価格は高い", True),
        ("c++", "I write c++ all day", True),
    ],
)
def test_words_are_whole_words_in_any_case(word: str, comment: str, is_there: bool) -> None:
    assert routing.says(routing.folded(comment), word) is is_there


def test_a_comment_goes_to_the_first_team_that_wants_it_and_there_to_whose_turn_it_is(desk: Desk) -> None:
    erin, frank, away = (desk.colleague(name) for name in ("erin", "frank", "away"))
    analyst = desk.colleague("ann", Role.ANALYST)
    money = desk.team("Money", erin, away, frank, analyst, words=["invoice"], by_turns=True, position=1)
    desk.team("Everything", words=["invoice", "slow"], position=2)
    TeamMember.objects.filter(user=away.membership.user).update(is_away=True, away_until=date(2026, 3, 2))

    given = [desk.opens(desk.answer(comment="The invoice is wrong")) for _ in range(3)]
    assert [each.assignee for each in given] == [p.membership.user for p in (erin, frank, erin)]
    assert {each.team for each in given} == {money}
    tomorrow = desk.opens(desk.answer(comment="another invoice"), at=MONDAY + DAY)
    assert tomorrow.assignee == away.membership.user, "back the day after, and next in turn"
    assert desk.opens(desk.answer(comment="so slow")).team == desk.opens(desk.answer(comment="slow")).team != money
    assert desk.opens(desk.answer(comment="")).team is None


def test_what_was_read_later_is_routed_unless_a_person_decided(desk: Desk) -> None:
    team = desk.team("Billing", themes=[77])
    late, decided = desk.opens(desk.answer(comment="hm")), desk.opens(desk.answer(comment="hm"))
    assigning.assign(conversation=decided, to=desk.by.user, team=None, by=desk.by, at=MONDAY)
    assigning.assign(conversation=decided, to=None, team=None, by=desk.by, at=MONDAY)
    answers = [about(late).pk, about(decided).pk]
    Response.objects.filter(pk__in=answers).update(themes=[77])
    with transaction.atomic():
        outbox.publish("responses.read", about(late), at=MONDAY, responses=answers)
    desk.goes_on(MONDAY)
    assert (fresh(late).team, fresh(decided).team) == (team, None)


def test_junk_closes_its_conversation_and_undoing_opens_it_as_it_was(desk: Desk) -> None:
    opened = desk.opens()
    answers = [opened.response_id or 0]
    marking.exclude(responses=answers, junk=Junk("spam"), by=desk.by, at=MONDAY + HOUR)
    desk.goes_on(MONDAY + HOUR)
    assert (fresh(opened).status, fresh(opened).close_reason) == ("closed", "junk")
    marking.include(responses=answers, by=desk.by, at=MONDAY + 2 * HOUR)
    desk.goes_on(MONDAY + 2 * HOUR)
    assert (fresh(opened).status, fresh(opened).due_at, fresh(opened).close_reason) == ("open", MONDAY + DAY, "")

    closing.close(conversation=opened, reason="junk", by=desk.by, at=MONDAY + 3 * HOUR)
    marking.exclude(responses=answers, junk=Junk("spam"), by=desk.by, at=MONDAY + 3 * HOUR)
    marking.include(responses=answers, by=desk.by, at=MONDAY + 3 * HOUR)
    desk.goes_on(MONDAY + 3 * HOUR)
    assert fresh(opened).status == "closed", "what a person closed stays closed"


def test_the_work_of_who_leaves_or_may_not_answer_any_more_is_the_teams_again(desk: Desk) -> None:
    erin, frank = desk.colleague("erin"), desk.colleague("frank")
    team = desk.team("Support", erin, frank)
    theirs = [desk.opens() for _ in range(3)]
    for each, person in zip(theirs, (erin, frank, erin), strict=True):
        assigning.assign(conversation=each, to=person.membership.user, team=team, by=desk.by, at=MONDAY)
    closing.close(conversation=theirs[2], reason="solved", by=erin.membership, at=MONDAY)
    for person in (erin, frank):
        new = [NewFile("offer.txt", b"20 %")]
        drafting.attach(conversation=theirs[0], text="Sorry", new=new, by=person.membership, at=MONDAY)

    people.remove(member=erin.membership, by=desk.by, at=MONDAY)
    people.settle_departures(at=MONDAY + DAY)
    people.change_role(member=frank.membership, role=Role.ANALYST, by=desk.by, at=MONDAY)
    desk.goes_on(MONDAY + DAY)
    assert [(fresh(each).assignee, fresh(each).team) for each in theirs[:2]] == [(None, team)] * 2
    assert fresh(theirs[2]).assignee == erin.membership.user, "who did it stays known"
    assert list(TeamMember.objects.values_list("user__email", flat=True)) == ["frank@example.com"]
    assert [draft.user for draft in Draft.objects.all()] == [frank.membership.user], "who left for good leaves none"
    assert Attachment.objects.count() == 1


def test_nothing_that_was_written_is_left_of_who_is_erased(desk: Desk, alice: Person) -> None:
    ada, ben = factories.customer(desk.organization), factories.customer(desk.organization)
    gone, stays = desk.opens(desk.answer(person=ada)), desk.opens(desk.answer(person=ben))
    for each in (gone, stays):
        Message.objects.create(organization=desk.organization, conversation=each, kind="note", text="Hm", at=MONDAY)
    with transaction.atomic():
        payload = {"ids": [ada.pk], "keeps_counts": True}
        outbox.publish("customers.erased", ada, at=MONDAY, **payload)
    assert list(Conversation.objects.all()) == [stays]
    assert [each.conversation for each in Message.objects.all()] == [stays]
    with transaction.atomic():
        outbox.publish("responses.separated", about(stays), at=MONDAY, responses=[about(stays).pk])
    assert (fresh(stays).response, fresh(stays).score, fresh(stays).customer) == (None, None, ben)


def test_who_asks_what_is_known_gets_all_that_was_written_with_them_and_nothing_of_others(desk: Desk) -> None:
    ada, ben = (factories.customer(desk.organization, f"{name}@example.com") for name in ("ada", "ben"))
    for person, words in ((ada, "Ada is upset"), (ben, "Ben is fine")):
        talk = desk.opens(desk.answer(person=person))
        wrote = {"organization": desk.organization, "conversation": talk, "at": MONDAY}
        Message.objects.create(**wrote, kind="note", text=words, author=desk.by.user)
        sent = Message.objects.create(**wrote, kind="inbound", text="Look", from_address=str(person.email))
        file = {"name": "..\\a/b.png", "media_type": "image/png", "size": 3, "data": words[:3].encode(), "at": MONDAY}
        Attachment.objects.create(organization=desk.organization, message=sent, **file)
        mail = {"organization": desk.organization, "received_at": MONDAY, "road": "smtp", "outcome": "unrouted"}
        InboundMail.objects.create(**mail, key=words, from_address=str(person.email).upper(), raw=words.encode())

    page = desk.alice.url("privacy:person", pk=ada.pk)
    shown = desk.alice.get(page).content.decode()
    with zipfile.ZipFile(io.BytesIO(desk.alice.post(page, {"form": "zip"}).content)) as packed:
        document = json.loads(packed.read("data.json"))
        files = {name: packed.read(name) for name in packed.namelist() if name.startswith("files/")}

    assert [each["text"] for each in document["conversation_messages"]] == ["Ada is upset", "Look"]
    assert document["conversation_messages"][1]["files"] == ["..\\a/b.png"]
    assert len(document["conversations"]) == len(document["mail_without_conversation"]) == 1
    assert sorted(files.values()) == [b"Ada", b"Ada is upset"]
    assert all(name.count("/") == 1 and "\\" not in name for name in files)
    assert ("Ada is upset" in shown, "Internal note" in shown, "Ben" in shown) == (True, True, False)
    assert str(desk.by.user) not in json.dumps(document["conversation_messages"])


def test_a_conversation_has_the_score_of_today_and_the_customer_who_was_merged(desk: Desk) -> None:
    ada, twin = factories.customer(desk.organization), factories.customer(desk.organization)
    opened = desk.opens(desk.answer(2, person=twin))
    response = about(opened)
    Response.objects.filter(pk=response.pk).update(score=9)
    with transaction.atomic():
        both = {"before": response.contribution(), "after": response.contribution()}
        outbox.publish("response.amended", response, at=MONDAY, **both)
        outbox.publish("customers.merged", ada, at=MONDAY, survivor=ada.pk, gone=twin.pk, ids=[ada.pk, twin.pk])
    desk.goes_on(MONDAY)
    assert (fresh(opened).score, fresh(opened).customer) == (9, ada)


def test_an_answer_that_loses_its_name_leaves_nothing_that_leads_from_it_to_who_gave_it(desk: Desk) -> None:
    opened = desk.opens(desk.answer(comment="We leave in May"))
    response = about(opened)
    told = {"user": desk.by.user, "key": "k", "matter": "assigned", "facts": {"customer": opened.customer_id}}
    Notification.objects.create(
        organization=desk.organization, response_id=response.pk, conversation_id=opened.pk, at=MONDAY, **told
    )
    wrote = {"organization": desk.organization, "conversation": opened, "kind": "inbound", "at": MONDAY}
    Message.objects.create(**wrote, text="Thank you", quoted="> You wrote: We leave in May")

    with transaction.atomic():
        forgetting.separate(organization_id=desk.organization.pk, responses=[response.pk], at=MONDAY + DAY)
    desk.goes_on(MONDAY + DAY)

    left = fresh(opened)
    assert (left.response, left.score, left.campaign_id) == (None, None, None)
    assert left.customer is not None
    assert Message.objects.get(conversation=left).quoted == ""
    assert not Notification.objects.exists()
    page = desk.alice.get(left.get_absolute_url()).content.decode()
    assert "Thank you" in page
    assert "We leave in May" not in page
    response.refresh_from_db()
    assert (response.customer, response.comment) == (None, "We leave in May")
