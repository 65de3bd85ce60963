"""What is written in conversations, and the mail that comes in."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class MessageKind(models.TextChoices):
    REPLY = "reply", _("Reply")  # ours, to the customer
    AUTOMATIC = "automatic", _("Automatic mail")  # a rule's, to the customer
    INBOUND = "inbound", _("From the customer")
    BY_HAND = "by_hand", _("From the customer, added by hand")
    NOTE = "note", _("Internal note")


class Message(models.Model):
    """One message or note. `html` is clean (nh3) whoever wrote it; `text` is always there.

    `message_id` is what the mail calls itself: replies of the customer name it, and ours name the customer's.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        "surveys.Conversation", on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    kind = models.CharField(max_length=10, choices=MessageKind)
    author = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    quoted = models.TextField(blank=True, default="")  # what the customer's mail client quoted below, as text
    mentions = models.JSONField(default=list)  # keys of the users whom a note names
    from_address = models.CharField(max_length=320, blank=True, default="")  # of what came in
    is_from_another = models.BooleanField(default=False)  # the address is not the customer's: said on the page
    is_automatic = models.BooleanField(default=False)  # an out-of-office reply or the like: nobody's turn changes
    # The mail's HTML does not say what its text says: the page tells. `text` is what counts.
    html_differs = models.BooleanField(default=False, db_default=False)
    message_id = models.CharField(max_length=300, blank=True, default="")
    delivery = models.ForeignKey("surveys.Delivery", null=True, on_delete=models.SET_NULL, db_index=False)
    key = models.CharField(
        max_length=80, blank=True, default=""
    )  # of the form that sent it: a second press sends nothing
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "conversation", "key"], name="one_message_per_form", condition=~Q(key="")
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_of_conversation"),
            models.Index(fields=["organization", "message_id"], name="message_by_id", condition=~Q(message_id="")),
            models.Index(fields=["delivery"], name="message_of_delivery", condition=Q(delivery__isnull=False)),
            GinIndex(
                fields=["organization", "text"], opclasses=["int8_ops", "gin_trgm_ops"], name="message_words"
            ),  # for words that are looked for
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Attachment(models.Model):
    """A file of a message, of a draft that is being written, or of a mail that belongs nowhere. Always downloaded, never shown."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    message = models.ForeignKey(
        "surveys.Message", null=True, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    draft = models.ForeignKey(
        "surveys.Draft", null=True, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    mail = models.ForeignKey(
        "surveys.InboundMail", null=True, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes
    data = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["message"], name="attachment_of_message", condition=Q(message__isnull=False)),
            models.Index(fields=["draft"], name="attachment_of_draft", condition=Q(draft__isnull=False)),
            models.Index(fields=["mail"], name="attachment_of_mail", condition=Q(mail__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What somebody has begun to write in a conversation: kept until it is sent or thrown away."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey("surveys.Conversation", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    is_note = models.BooleanField(default=False)
    text = models.TextField(blank=True, default="")
    # Of the form that kept it last: one that is open beside it is told, and does not write over it.
    key = models.CharField(max_length=80, blank=True, default="", db_default="")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "conversation", "user", "is_note"], name="one_draft_per_person"
            )
        ]
        indexes = [models.Index(fields=["user"], name="draft_of_user")]


class StandingReplies(models.Manager["SavedReply"]):
    def get_queryset(self) -> models.QuerySet["SavedReply"]:
        return super().get_queryset().filter(deleted_at=None)


class SavedReply(models.Model):
    """Text with placeholders that everybody of the organization can put into a reply.

    One that was deleted can be brought back for a while: `objects` are the others, `ever` are all.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=80)
    text = models.TextField(_("text"), max_length=5000)
    used = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = StandingReplies()
    ever = models.Manager["SavedReply"]()

    class Meta:
        verbose_name_plural = "saved replies"
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="one_saved_reply_per_name",
                condition=Q(deleted_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Outcome(models.TextChoices):
    """What became of a mail that came in."""

    WAITING = "waiting", _("Not read yet")
    THREADED = "threaded", _("In its conversation")
    AUTOMATIC = "automatic", _("An automatic reply, in its conversation")
    UNROUTED = "unrouted", _("Belongs to no conversation that we can be sure of")
    UNSUBSCRIBED = "unsubscribed", _("Wants no more mail")  # mailto: of List-Unsubscribe
    BROKEN = "broken", _("Could not be read")
    DROPPED = "dropped", _("Thrown away by a colleague")


class InboundMail(models.Model):
    """One mail that came in, once: `key` is its Message-ID and a digest of what it says, or of all of it. Stored before anything is made of it.

    `raw` is kept while it waits, and of what belongs nowhere until somebody decides; threaded mail is in its Message.
    `content` is what was read of a mail that lies with an organization: pages never open a mail themselves.
    """

    organization = models.ForeignKey(
        "surveys.Organization", null=True, on_delete=models.CASCADE, db_index=False
    )  # null: nobody knows whose
    key = models.CharField(max_length=300)
    road = models.CharField(max_length=40)  # the provider that posted it, or "smtp"
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")
    to_address = models.CharField(max_length=320, blank=True, default="")
    from_address = models.CharField(max_length=320, blank=True, default="")
    subject = models.CharField(max_length=300, blank=True, default="")
    raw = models.BinaryField(null=True)
    content = models.JSONField(null=True)  # inbound.contents
    message_id = models.BigIntegerField(null=True)  # of our Message
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["to_address", "key"], name="one_inbound_mail")]
        indexes = [
            models.Index(fields=["received_at"], name="inbound_waiting", condition=Q(outcome="waiting")),
            models.Index(fields=["organization", "outcome", "-id"], name="inbound_by_outcome"),
            models.Index(fields=["received_at"], name="inbound_prune", condition=~Q(outcome="waiting")),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.pk}"

    @property
    def trail_name(self) -> str:
        """In the audit trail: nobody is named."""
        return f"#{self.pk}"


class SpentSignature(models.Model):
    """A provider's signature that has signed a post: it signs no other one. Of providers who do not sign what they post."""

    provider = models.CharField(max_length=40)
    token = models.CharField(max_length=64)  # digest of what was signed
    mail = models.CharField(max_length=64)  # digest of what was posted with it
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "token"], name="one_post_per_signature")]
        indexes = [models.Index(fields=["at"], name="signature_prune")]
