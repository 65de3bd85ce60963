"""What the name servers said about the domain that an organization sends from."""

from typing import Self

from django.db import models
from django.db.models import F, Q


class DomainCheckQuerySet(models.QuerySet["DomainCheck"]):
    def waiting(self) -> Self:
        """Asked for, and not answered since."""
        return self.filter(Q(checked_at=None) | Q(checked_at__lt=F("asked_at")))


class DomainCheck(models.Model):
    """The latest check of one sender domain. `findings` are codes with figures; accounts.domain_words says them."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    domain = models.CharField(max_length=253)  # of the sender address, in its ASCII form
    reply_domain = models.CharField(max_length=253)
    selectors = models.JSONField(default=list)  # DKIM selectors that people have typed
    asked_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)

    objects = DomainCheckQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "domain"], name="one_check_per_domain")]

    def __str__(self) -> str:
        return self.domain

    @property
    def is_waiting(self) -> bool:
        return self.checked_at is None or self.checked_at < self.asked_at
