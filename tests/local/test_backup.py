"""A backup holds everything, and a restore brings it back somewhere else."""

import io
import json
import subprocess
import tarfile

import pytest
from django.core.management.base import CommandError

from surveys.management import archive
from tests.helpers.processes import made_once

ASK = "from surveys.accounts.models import Organization; from surveys.core import tokens; "
COUNT = ASK + "print([o.name for o in Organization.objects.all()])"
MAKE_LINK = ASK + "print(tokens.make(tokens.Purpose.ANSWER, 77))"


@pytest.fixture
def acme(own_stack, installed, session_servers):
    """An installation with an owner and a logo."""

    def make(stack):
        add_an_owner_and_a_logo(stack.begin_with(installed))

    return own_stack().begin_with(made_once(session_servers.root / "acme", make))


def add_an_owner_and_a_logo(stack):
    made = stack.manage("create_owner", "alice@example.com", "--organization", "Acme", typed="correct-horse-battery\n")
    assert made.stdout == "alice@example.com owns Acme at /o/acme/ and can sign in.\n", made.stderr
    (stack.data / "media").mkdir()
    (stack.data / "media" / "logo.png").write_bytes(b"a logo")


def shell(stack, code):
    done = stack.manage("shell", "-v0", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_everything_comes_back_in_another_place(acme, own_stack, tmp_path):
    link = shell(acme, MAKE_LINK)
    backup = tmp_path / "nps.tar"
    assert acme.manage("backup", str(backup)).returncode == 0
    assert backup.stat().st_mode & 0o777 == 0o600

    other = own_stack()
    restored = other.manage("restore", str(backup))

    assert restored.returncode == 0, restored.stderr
    assert shell(other, COUNT) == "['Acme']"
    assert shell(other, ASK + f"print(tokens.read(tokens.Purpose.ANSWER, {link!r}))") == "77"
    assert (other.data / "media" / "logo.png").read_bytes() == b"a logo"
    assert other.keys.owner != acme.keys.owner

    refused = other.manage("restore", str(backup))
    assert refused.returncode == 1
    assert "There are 1 users and 1 organizations here" in refused.stderr

    shell(other, "from surveys.accounts.models import *; Organization.objects.update(name='Changed')")
    assert other.manage("restore", str(backup), "--replace").returncode == 0
    assert shell(other, COUNT) == "['Acme']"


BEGIN = """
from django.utils import timezone
from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
for status in ("live", "scheduled", "draft"):
    Campaign.objects.create(
        organization=Organization.objects.get(), name=status, status=status, created_at=timezone.now(),
        updated_at=timezone.now(), starts_at=timezone.now() if status == "scheduled" else None,
    )
"""
NEXT = (
    "from django.db import connection; cursor = connection.cursor(); "
    "cursor.execute(\"SELECT nextval(pg_get_serial_sequence('surveys_invitation', 'id'))\"); print(cursor.fetchone()[0])"
)
STANDING = (
    "from surveys.campaigns.models import Campaign; "
    "print(sorted(Campaign.objects.values_list('name', 'status'))); "
    "print(set(Campaign.objects.exclude(status='draft').values_list('status_reason', flat=True)))"
)


@pytest.mark.long
def test_what_was_sent_since_the_backup_does_not_go_out_again_by_itself(acme, own_stack, tmp_path):
    shell(acme, BEGIN)
    assert acme.manage("backup", str(tmp_path / "nps.tar")).returncode == 0
    other = own_stack()

    restored = other.manage("restore", str(tmp_path / "nps.tar"))

    assert restored.returncode == 0, restored.stderr
    assert "2 live campaigns are paused" in restored.stdout
    standing, reasons = shell(other, STANDING).splitlines()
    assert standing == "[('draft', 'draft'), ('live', 'paused'), ('scheduled', 'paused')]"
    assert "A backup was restored" in reasons
    assert int(shell(other, NEXT)) > 100_000_000
    moved = other.manage("restore", str(tmp_path / "nps.tar"), "--replace", "--keep-sending")
    assert moved.returncode == 0, moved.stderr
    assert "('live', 'live')" in shell(other, STANDING)


FILL = """
from tests.helpers import every_table
from surveys.accounts.models import Organization, User
every_table.fill(Organization.objects.get(), User.objects.get())
every_table.fill_the_rest(User.objects.get())
"""
SNAPSHOT = "import json; from tests.helpers import every_table; print(json.dumps(every_table.snapshot()))"


@pytest.mark.long
def test_every_table_with_its_rows_rules_triggers_and_functions_comes_back(acme, own_stack, tmp_path):
    shell(acme, FILL)
    before = json.loads(shell(acme, SNAPSHOT))
    empty = [name for name, rows in before["rows"].items() if rows.startswith("0 ")]
    assert not empty, "say in every_table how to fill it, or this test proves nothing about it"
    assert acme.manage("backup", str(tmp_path / "nps.tar")).returncode == 0

    other = own_stack()
    restored = other.manage("restore", str(tmp_path / "nps.tar"), "--keep-sending")

    assert restored.returncode == 0, restored.stderr
    after = json.loads(shell(other, SNAPSHOT))
    for part, found in before.items():
        assert after[part] == found, part
    refused = other.manage(
        "shell", "-v0", "-c", "from surveys.models import AuditEntry; AuditEntry.objects.all().delete()"
    )
    assert "entries of the audit trail are neither changed nor deleted" in refused.stderr


@pytest.mark.long
def test_a_restore_that_fails_changes_nothing(acme, tmp_path):
    whole, broken = tmp_path / "nps.tar", tmp_path / "broken.tar"
    assert acme.manage("backup", str(whole)).returncode == 0
    (tmp_path / "content").mkdir()
    subprocess.run(["tar", "-xf", whole, "-C", tmp_path / "content"], check=True)
    dump = tmp_path / "content" / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-20_000])
    subprocess.run(["tar", "-cf", broken, "-C", tmp_path / "content", "."], check=True)

    refused = acme.manage("restore", str(broken), "--replace")

    assert refused.returncode == 1
    assert "failed" in refused.stderr
    assert shell(acme, COUNT) == "['Acme']"

    strange = tmp_path / "strange.tar"
    strange.write_text(json.dumps({"not": "a tar file"}))
    refused = acme.manage("restore", str(strange), "--replace")

    assert f"{strange} cannot be read as a backup" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.fixture(params=["this Python", "Python 3.11.2"])
def any_python(request, monkeypatch):
    """tarfile learned to filter in 3.11.4; Debian 12 has 3.11.2."""
    if request.param == "Python 3.11.2":
        monkeypatch.setattr(archive, "CAN_FILTER", False)


def tar_of(path, *members):
    """Members are (name, type) of tarfile, each four bytes long if it is a file."""
    with tarfile.open(path, "w") as made:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            member.size = 4 if kind == tarfile.REGTYPE else 0
            made.addfile(member, io.BytesIO(b"true") if member.size else None)
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../outside", tarfile.REGTYPE), ("files/media/link", tarfile.SYMTYPE), ("files/media/pipe", tarfile.FIFOTYPE)],
)
def test_an_archive_that_reaches_out_of_its_folder_is_refused(any_python, settings, tmp_path, name, kind):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    strange = tar_of(tmp_path / "strange.tar", ("keys.json", tarfile.REGTYPE), (name, kind))

    with pytest.raises(CommandError, match="cannot be read as a backup"), archive.unpacked(strange):
        pass

    assert not (settings.DATA_DIR / "outside").exists()
    assert list(settings.DATA_DIR.iterdir()) == []


def test_an_archive_is_unpacked_by_any_python(any_python, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    folder = tmp_path / "unpacked"
    folder.mkdir()
    whole = tar_of(
        tmp_path / "whole.tar",
        ("files", tarfile.DIRTYPE),
        ("files/media", tarfile.DIRTYPE),
        ("files/media/logo.png", tarfile.REGTYPE),
    )

    with tarfile.open(whole) as opened:
        archive._extract(opened, folder)

    assert (folder / "files/media/logo.png").read_bytes() == b"true"
