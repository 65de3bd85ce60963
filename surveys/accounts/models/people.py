"""People who sign in, and what they are in which organization."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models.audit import Origin


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. The email address is the name; it is kept in lower case."""

    email = models.EmailField(_("email address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_staff = models.BooleanField(_("instance administrator"), default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    AGENT = "agent", _("Agent")
    ANALYST = "analyst", _("Analyst")


class Membership(models.Model):
    """What a person is in an organization. `origin` is where the person acts from at the moment; it is not stored here."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True)  # to the nearest hour

    origin: Origin = Origin()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="one_membership_per_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class ColleagueInviteQuerySet(models.QuerySet["ColleagueInvite"]):
    def open(self) -> Self:
        """Neither used nor withdrawn; it may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class ColleagueInvite(models.Model):
    """An offer to join an organization. (What customers get is an Invitation; it has nothing to do with this.)

    Its links are signed, so that nothing which opens one is stored. Sending again closes this row and makes a new one:
    the old links die. It is worth as much as who sent it: see queries.people.Offer.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    email = models.EmailField(max_length=254)  # in lower case
    role = models.CharField(max_length=10, choices=Role)
    invited_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)  # withdrawn, or sent again

    objects = ColleagueInviteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invite_per_address",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="colleague_invite_newest_first"),
            models.Index(
                fields=["email"], condition=models.Q(accepted_at=None, revoked_at=None), name="open_invites_of_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()}"


class Departure(models.Model):
    """Somebody who left, or was removed, a moment ago: until `undo_until` it can be taken back. Then the row goes."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role)
    member_since = models.DateTimeField()
    removed_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, related_name="+")
    left_at = models.DateTimeField()
    undo_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="one_departure_per_user")]
        indexes = [models.Index(fields=["undo_until"], name="departure_settles")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"
