"""All rollups of an organization made right again, slice by slice while the site is live; killed, it goes on where it was."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from surveys.accounts.models import Organization
from surveys.analytics.models import JobStatus, Rebuild
from surveys.analytics.upkeep import rollups
from surveys.analytics.upkeep.rollups import Slice

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Progress:
    """How far it is after a slice; `done` counts those of runs before, `took` is the time of this run."""

    piece: Slice
    done: int
    total: int
    done_now: int
    repaired: int
    took: timedelta

    @property
    def left(self) -> timedelta:
        """An estimate, from the pace of this run."""
        return self.took / self.done_now * (self.total - self.done)


def rebuild(*, organization: Organization, from_scratch: bool, clock: Clock) -> Iterator[Progress]:
    """Go on with what was begun, or begin; `from_scratch` forgets what was begun, and counts without looking at what is
    stored. Yields after each slice. Two at once share the work."""
    began = clock()
    job = _job(organization, from_scratch, began)
    pieces = rollups.slices(organization.pk, int(_cut(job)))  # what comes later is recorded as it comes
    done_now = 0
    while piece := _step(job, pieces, clock):
        done_now += 1
        yield Progress(piece, job.seen, job.total, done_now, job.repaired, clock() - began)


def _job(organization: Organization, from_scratch: bool, at: datetime) -> Rebuild:
    """The one that is running, or a new one. Its cursor begins with how many months are done at once: whoever goes on
    cuts as whoever began."""
    running = Rebuild.objects.filter(organization=organization, status=JobStatus.RUNNING)
    cut = f"{rollups.months_at_once(organization.pk):03}"
    with transaction.atomic():
        if from_scratch:
            running.update(status=JobStatus.CANCELLED, finished_at=at)
        begun = Rebuild(organization=organization, from_scratch=from_scratch, created_at=at, cursor=cut)
        Rebuild.objects.bulk_create([begun], ignore_conflicts=True)
        return running.get()


def _cut(job: Rebuild) -> str:
    return job.cursor.partition(" ")[0]


def _step(job: Rebuild, pieces: Sequence[Slice], clock: Clock) -> Slice | None:
    """The next slice and the cursor, in one transaction; None when none is left."""
    with transaction.atomic():
        job.refresh_from_db(from_queryset=Rebuild.objects.select_for_update())
        if job.status != JobStatus.RUNNING:
            return None
        left = [piece for piece in pieces if _place(job, piece) > job.cursor]
        job.total, job.seen, job.heartbeat_at = len(pieces), len(pieces) - len(left) + bool(left), clock()
        if left:
            job.cursor = _place(job, left[0])
            job.repaired += (rollups.replace if job.from_scratch else rollups.repair)(left[0])
        else:
            job.status, job.finished_at = JobStatus.DONE, clock()
        job.save()
        return left[0] if left else None


def _place(job: Rebuild, piece: Slice) -> str:
    return f"{_cut(job)} {piece.first:%Y-%m} {piece.dimension}"
