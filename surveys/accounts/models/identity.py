"""What customers see of an organization: its logo, and the addresses it writes from."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Logo(models.Model):
    """A picture as we made it from an upload. Those that were replaced stay for a while: mails that were sent show them."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    digest = models.CharField(max_length=32)  # of the bytes; the address by which everybody may fetch them
    png = models.BinaryField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="one_logo_per_picture")]
        indexes = [models.Index(fields=["digest"], name="logo_by_digest")]


class SenderAddressQuerySet(models.QuerySet["SenderAddress"]):
    def of(self, organization_id: int, address: str) -> "SenderAddressQuerySet":
        return self.filter(organization=organization_id).alias(key=Lower("address")).filter(key=address.lower())

    def verified(self) -> "SenderAddressQuerySet":
        return self.filter(verified_at__isnull=False)


class SenderAddress(models.Model):
    """An address that an organization wants to send from, and whether it was shown to be theirs."""

    class How(models.TextChoices):
        LINK = "link", _("by the link mailed to it")
        OPERATOR = "operator", _("by the operator of this server")
        IN_USE = "in_use", _("in use before addresses were confirmed")

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    address = models.EmailField(max_length=254)
    requested_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)  # the last mail with the link
    expires_at = models.DateTimeField(null=True)  # until then the link works
    verified_at = models.DateTimeField(null=True)
    verified_how = models.CharField(max_length=10, choices=How, blank=True, default="")

    objects = SenderAddressQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("address"), name="one_row_per_sender_address")]

    def __str__(self) -> str:
        return self.address
