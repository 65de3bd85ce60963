"""A conversation: about one response, or with one customer; whose it is, and until when."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class StandingTeams(models.Manager["Team"]):
    def get_queryset(self) -> models.QuerySet["Team"]:
        return super().get_queryset().filter(deleted_at=None)


class Team(models.Model):
    """Colleagues who answer together. What is routed to a team is anybody's of them until one takes it.

    One that was deleted is nobody's choice any more: `objects` are the others. What it closed still names it, and it can be
    brought back; `ever` are all.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=80)
    # Comments with one of these go to this team when their conversation opens; see inbox.routing.
    themes = models.JSONField(default=list)  # keys of themes
    words = models.JSONField(default=list)  # as people typed them, matched by whole words in any case
    position = models.PositiveIntegerField(default=0)  # the first team that matches
    by_turns = models.BooleanField(default=False, db_default=False)  # what is routed to it goes to the next in turn
    last_taken = models.BigIntegerField(null=True)  # the member whose turn it was last
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = StandingTeams()
    ever = models.Manager["Team"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("name"), name="one_team_per_name", condition=Q(deleted_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    team = models.ForeignKey("surveys.Team", on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    is_away = models.BooleanField(default=False)  # gets no turn …
    away_until = models.DateField(null=True)  # … through this day of the organization; null: until they are back

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "team", "user"], name="once_in_a_team")]
        indexes = [models.Index(fields=["user"], name="teams_of_user")]


class Status(models.TextChoices):
    OPEN = "open", _("Open")  # we are to act
    WAITING = "waiting", _("Waiting")  # for the customer
    CLOSED = "closed", _("Closed")


class CloseReason(models.TextChoices):
    SOLVED = "solved", _("Solved")
    EXPLAINED = "explained", _("Explained, nothing to change")
    PASSED_ON = "passed_on", _("Passed on to the product or another team")
    NO_ANSWER = "no_answer", _("The customer did not answer")
    NOTHING_TO_DO = "nothing_to_do", _("Nothing to do")
    JUNK = "junk", _("Junk")


class Priority(models.IntegerChoices):
    LOW = 0, _("Low")
    NORMAL = 1, _("Normal")
    HIGH = 2, _("High")
    URGENT = 3, _("Urgent")


CLOSED = Q(status="closed")
DUE = Q(due_at__isnull=False)


class Conversation(models.Model):
    """At most one per response; people without a response to talk about have one that is theirs alone.

    `due_at` is when we must have acted, by business hours; null while it is not our turn. `version` is counted up by each
    change that colleagues should see: who acts on an older one is told.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey("surveys.Customer", null=True, on_delete=models.SET_NULL, db_index=False)
    response = models.ForeignKey("surveys.Response", null=True, on_delete=models.SET_NULL, db_index=False)
    subject = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    close_reason = models.CharField(max_length=14, choices=CloseReason, blank=True, default="")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    assignee = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    team = models.ForeignKey("surveys.Team", null=True, on_delete=models.SET_NULL, db_index=False)
    # Of its response, for filters: the latest score, and the campaign.
    score = models.PositiveSmallIntegerField(null=True)
    campaign_id = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        "surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    turn_at = models.DateTimeField(null=True)  # since when we are to act; null while it is not our turn
    due_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)  # when it was marked so; goes with the next reply
    escalate_at = models.DateTimeField(null=True)  # when it will be handed up, if nobody acts
    escalated_at = models.DateTimeField(null=True)
    first_due_at = models.DateTimeField(null=True)  # by when the first reply was owed: kept, for "answered in time"
    first_reply_at = models.DateTimeField(null=True)
    first_reply_by = models.ForeignKey(
        "surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    last_reply_at = models.DateTimeField(null=True)  # ours
    last_heard_at = models.DateTimeField(null=True)  # the customer's
    touched_at = models.DateTimeField()  # the last thing that anybody did or wrote: the order of the list
    snoozed_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        "surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    reopened = models.PositiveSmallIntegerField(default=0, db_default=0)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "response"],
                name="one_conversation_per_response",
                condition=Q(response__isnull=False),
            ),
            models.CheckConstraint(
                condition=~CLOSED | Q(closed_at__isnull=False), name="closed_conversations_say_when"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "status", "-touched_at", "-id"], name="conversation_newest"),
            models.Index(fields=["organization", "-touched_at", "-id"], name="conversation_touched"),
            models.Index(fields=["organization", "status", "due_at", "id"], name="conversation_by_due"),
            models.Index(
                fields=["organization", "assignee", "status", "-touched_at"],
                name="conversation_of_assignee",
                condition=Q(assignee__isnull=False),
            ),
            models.Index(
                fields=["organization", "team", "status", "-touched_at"],
                name="conversation_of_team",
                condition=Q(team__isnull=False),
            ),
            models.Index(fields=["organization", "customer", "-id"], name="conversation_of_customer"),
            # What the database looks for when customers and responses go.
            models.Index(fields=["customer"], name="conversation_by_customer", condition=Q(customer__isnull=False)),
            models.Index(fields=["response"], name="conversation_by_response", condition=Q(response__isnull=False)),
            models.Index(fields=["organization", "-opened_at"], name="conversation_opened"),
            GinIndex(
                fields=["organization", "subject"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="conversation_words",
                condition=~Q(subject=""),
            ),
            models.Index(fields=["due_at"], name="conversation_to_mark", condition=DUE & Q(overdue_at=None) & ~CLOSED),
            models.Index(
                fields=["snoozed_until"], name="conversation_snoozed", condition=Q(snoozed_until__isnull=False)
            ),
            models.Index(
                fields=["escalate_at"], name="conversation_to_hand_up", condition=Q(escalate_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.pk}"

    @property
    def trail_name(self) -> str:
        """In the audit trail: nobody is named, so that nothing is left of who is erased."""
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("inbox:conversation", kwargs={"slug": self.organization.slug, "pk": self.pk})


class ConversationChange(models.Model):
    """What was done with a conversation besides writing: assigned, closed, reopened … Its page shows it between messages.

    `version` is the conversation's since then. Undoing an act on many reads `facts["before"]`.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        "surveys.Conversation", on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)  # the user; unset for what happened by itself
    rule_id = models.BigIntegerField(null=True)  # the automation rule that did it
    kind = models.CharField(max_length=16)
    facts = models.JSONField(default=dict)
    act = models.BigIntegerField(null=True)  # the InboxAct that it came with
    version = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="change_of_conversation"),
            models.Index(
                fields=["organization", "act", "conversation"],
                name="change_of_inbox_act",
                condition=Q(act__isnull=False),
            ),
        ]


class Presence(models.Model):
    """Somebody has a conversation open, or writes in it: others are warned. Old rows mean nothing and are pruned."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey("surveys.Conversation", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    seen_at = models.DateTimeField()
    wrote_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "conversation", "user"], name="one_presence_per_person")
        ]
        indexes = [
            models.Index(fields=["seen_at"], name="presence_prune"),
            models.Index(fields=["user"], name="presence_of_user"),
        ]
