from surveys.accounts.models import Organization
from surveys.samples.models import Sample


def of(organization: Organization) -> Sample | None:
    return Sample.objects.filter(organization=organization).first()
