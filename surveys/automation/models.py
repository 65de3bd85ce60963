"""Rules that act on what customers answer, what each run of them did and why, and links whose visits are counted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Trigger(models.TextChoices):
    """When a rule looks."""

    CONFIRMED = "confirmed", _("A response is confirmed")
    AMENDED = "amended", _("A response is changed")
    COMMENTED = "commented", _("A comment is written or changed")
    FELL = "fell", _("The score fell a category")  # against the customer's answer before
    ROSE = "rose", _("The score rose a category")
    SILENT = "silent", _("No answer after the last reminder")
    OVERDUE = "overdue", _("A conversation is overdue")


class Rule(models.Model):
    """When `trigger` and `conditions` (a condition about the response; about the customer where nobody answered), then
    `actions` in order. See automation.acts for what stands in `actions`.

    What happened before `live_since` starts nothing. Each change counts `version` up; runs name the one they followed.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    play = models.CharField(max_length=30, blank=True, default="")  # the template that it was made from
    trigger = models.CharField(max_length=10, choices=Trigger)
    # Of "no answer": so many days after the last mail; null: when the survey takes no answers any more.
    silent_days = models.PositiveSmallIntegerField(null=True)
    conditions = models.JSONField(default=dict)
    actions = models.JSONField(default=list)
    holdout_percent = models.PositiveSmallIntegerField(default=0)
    is_on = models.BooleanField(default=False)
    live_since = models.DateTimeField(null=True)
    swept_until = models.DateTimeField(null=True)  # of "no answer": who fell silent until then was looked at
    stopped_reason = models.CharField(max_length=300, blank=True, default="")  # why it is off, when nobody switched it
    position = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)  # its runs go on being shown

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("name"), name="one_rule_per_name", condition=Q(deleted_at=None)
            ),
            models.CheckConstraint(condition=Q(holdout_percent__lte=50), name="at_most_half_is_held_out"),
        ]
        indexes = [
            models.Index(fields=["organization", "trigger", "position"], name="rules_on", condition=Q(is_on=True))
        ]

    def __str__(self) -> str:
        return self.name


class RunOutcome(models.TextChoices):
    RUNNING = "running", _("Under way")
    DONE = "done", _("Done")
    HELD_OUT = "held_out", _("Held out, to compare with")
    NOT_MET = "not_met", _("Its conditions did not hold")
    STOPPED = "stopped", _("Stopped")  # the response is junk or gone, the rule was switched off
    FAILED = "failed", _("Failed")


class RuleRun(models.Model):
    """One rule and one subject, once: whichever event came first, however often tasks run. `why` says what held and what not.

    The subject is a response ("response:7"), an ask that stayed unanswered ("invitation:9"), a conversation that is
    overdue ("conversation:5"). Whether somebody is held out is decided and stored here before anything is done, and
    analysed as decided. A run whose conditions did not hold may still become one that acts, when the response changes.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    rule = models.ForeignKey("surveys.Rule", on_delete=models.CASCADE, related_name="runs", db_index=False)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=40)
    response = models.ForeignKey("surveys.Response", null=True, on_delete=models.SET_NULL, db_index=False)
    # Without a constraint in the database: it would look through all runs for each customer that is deleted.
    customer = models.ForeignKey(
        "surveys.Customer", null=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )
    outcome = models.CharField(max_length=10, choices=RunOutcome)
    is_held_out = models.BooleanField(default=False)
    invitation_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)  # that it is about
    why = models.JSONField(default=list)  # what was looked at, and what held; see automation.looking
    score = models.PositiveSmallIntegerField(null=True)  # when it looked
    score_before = models.PositiveSmallIntegerField(null=True)  # of the answer before, or of this one before a change
    actions = models.JSONField(default=list)  # of the rule as it was then
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule", "subject"], name="one_run_per_rule_and_subject")
        ]
        indexes = [
            # The log, and what rules did lately; the log narrowed to what is rare; whom they held out.
            models.Index(fields=["rule", "-at", "-id"], include=["outcome"], name="runs_over_time"),
            models.Index(
                fields=["rule", "outcome", "-at", "-id"],
                name="run_of_rule_rare",
                condition=Q(outcome__in=["running", "held_out", "stopped", "failed"]),
            ),
            models.Index(
                fields=["organization", "rule", "version"], name="runs_held_out", condition=Q(is_held_out=True)
            ),
            models.Index(fields=["organization", "customer", "-id"], name="run_of_customer"),
            models.Index(fields=["response"], name="run_of_response", condition=Q(response__isnull=False)),
            models.Index(fields=["at"], name="run_prune", condition=Q(outcome="not_met")),
        ]


class StepState(models.TextChoices):
    DUE = "due", _("Due")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Left out")  # `said` says why: over the cap, suppressed, nobody to assign to …
    FAILED = "failed", _("Failed")


class RuleStep(models.Model):
    """One action of a run. It is done in the transaction that marks it as done, so it is done once."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(
        "surveys.RuleRun", on_delete=models.CASCADE, related_name="steps", db_index=False, db_constraint=False
    )  # without a constraint: runs without steps go by the thousand
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=8, choices=StepState, default=StepState.DUE)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=300, blank=True, default="")
    customer_id = models.BigIntegerField(null=True)  # whom a mail went to: what the cap counts
    made = models.JSONField(default=dict)  # {"delivery": 5} or {"conversation": 7} …

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "run", "position"], name="one_step_per_place")]
        indexes = [
            models.Index(fields=["due_at"], name="step_due", condition=Q(state="due")),
            models.Index(
                fields=["organization", "customer_id", "done_at"],
                name="mails_of_rules",
                condition=Q(kind="email", state="done"),
            ),
        ]


class RuleTrial(models.Model):
    """What a rule would have done with the responses of the past, counted before it is switched on."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    rule = models.ForeignKey("surveys.Rule", on_delete=models.CASCADE, related_name="trials", db_index=False)
    version = models.PositiveIntegerField()
    since = models.DateTimeField()
    at = models.DateTimeField()
    found = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule", "version", "since"], name="one_trial_of_a_version")
        ]


class ReviewSite(models.Model):
    """Where customers can say publicly what they think. To all categories unless somebody narrows it, which is said to be wrong."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    categories = models.JSONField(default=list)  # empty: everybody
    is_on_thanks = models.BooleanField(default=True)  # shown on the page after answering
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)  # its clicks go on being counted

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("name"), name="one_review_site_per_name", condition=Q(archived_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name


class LinkKind(models.TextChoices):
    REVIEW = "review", _("Review link")
    REFERRAL = "referral", _("Referral link")


class ReferralSettings(models.Model):
    """One per organization that changed something: where friends land, and what its server tells of sign-ups with."""

    organization = models.OneToOneField(
        "surveys.Organization", on_delete=models.CASCADE, related_name="referral_settings"
    )
    is_on = models.BooleanField(default=False)  # off: no new links; those that are there go on leading to the target
    target = models.URLField(_("address"), max_length=500, blank=True, default="")
    secret_hash = models.CharField(max_length=64, blank=True, default="")  # SHA-256 of a random secret; "": none yet
    secret_made_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()


class TrackedLink(models.Model):
    """A customer's own link to a review site, or to recommend us. Its address is signed; visits are counted.

    Without a customer: that of a review site for people who are not known, or (`ended_at`) of somebody who is gone, or
    (`merged_into`) of somebody who was two; what follows it then counts for the other one.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=8, choices=LinkKind)
    site = models.ForeignKey("surveys.ReviewSite", null=True, on_delete=models.CASCADE, db_index=False)
    # Without constraints in the database, as of runs.
    customer = models.ForeignKey(
        "surveys.Customer", null=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )
    response = models.ForeignKey(
        "surveys.Response", null=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )
    score = models.PositiveSmallIntegerField(null=True)  # of the response then
    target = models.URLField(
        max_length=500
    )  # when it was made; it leads to where the site or the organization says now
    merged_into = models.ForeignKey(
        "surveys.TrackedLink", null=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )
    ended_at = models.DateTimeField(null=True)
    visits = models.PositiveIntegerField(default=0, db_default=0)  # of people; robots are not counted
    signups = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "site", "customer"],
                name="one_link_per_customer",
                condition=Q(customer__isnull=False),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["organization", "kind", "site"],
                name="one_link_for_anybody",
                condition=Q(customer=None, ended_at=None, merged_into=None),
            ),
        ]
        indexes = [
            # What the database looks for when customers and responses go.
            models.Index(
                fields=["organization", "customer"], name="links_of_customer", condition=Q(customer__isnull=False)
            ),
            models.Index(fields=["response"], name="links_of_response", condition=Q(response__isnull=False)),
            models.Index(fields=["organization", "kind", "-id"], name="links_newest_first"),
            models.Index(fields=["organization", "kind", "-signups", "-visits", "-id"], name="links_by_success"),
        ]


class LinkVisit(models.Model):
    """Somebody followed a link, or signed up by it. `key` keeps one visitor from being counted twice on one day."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    link = models.ForeignKey("surveys.TrackedLink", on_delete=models.CASCADE, db_index=False)
    what = models.CharField(max_length=8)  # visit, signup
    key = models.CharField(max_length=80)
    is_robot = models.BooleanField(default=False)
    newcomer_id = models.BigIntegerField(null=True)  # the customer who signed up, where a colleague says so
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "link", "what", "key"], name="one_visit"),
            models.UniqueConstraint(fields=["organization", "key"], name="one_signup", condition=Q(what="signup")),
        ]
        indexes = [
            models.Index(fields=["link", "-at"], name="visit_of_link"),
            models.Index(fields=["organization", "at"], name="visits_over_time"),
            models.Index(fields=["at"], name="visit_of_robot_prune", condition=Q(is_robot=True)),
            models.Index(
                fields=["organization", "newcomer_id"], name="who_came", condition=Q(newcomer_id__isnull=False)
            ),
        ]
