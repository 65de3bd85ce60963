"""How people like to look at a page: views they saved, and what they chose last."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A name for a query string of a page, one's own or shared with the organization."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    page = models.CharField(max_length=20)  # such as "customers"
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(blank=True)  # without "?" and without the place in the list
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "page", "user", Lower("name"), name="one_view_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class PageHabit(models.Model):
    """What a person chose for a page and is not in the address: the columns, and the view it opens with."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    page = models.CharField(max_length=20)
    columns = models.JSONField(null=True)  # a list of their names; null is the page's own choice
    opens_with = models.ForeignKey("surveys.SavedView", null=True, on_delete=models.SET_NULL, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "page", "user"], name="one_habit_per_page"),
        ]
        indexes = [
            models.Index(fields=["opens_with"], name="habit_of_view", condition=models.Q(opens_with__isnull=False))
        ]
