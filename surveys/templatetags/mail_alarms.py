"""What an operator must not miss, on each of their pages."""

from django import template
from django.utils import timezone

from surveys.operations import alarms
from surveys.operations.alarms import Alarm

register = template.Library()


@register.simple_tag
def mail_alarms() -> list[Alarm]:
    return alarms.alarms(at=timezone.now())
