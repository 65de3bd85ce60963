"""Small files that were made to keep a server busy, or to fill its memory. They are read in a process that the system ends
when it works or takes too much."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SECONDS = 20  # of the processor's time; the files take one
MEGABYTES = 64  # beyond what the process has when it begins

READ = f"""
import json, resource, sys
import django
django.setup()
from surveys.customers.importing import sources, staging
from surveys.customers.importing.columns import guess
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.sources import Arrival, Source

data = memoryview(open(sys.argv[1], "rb").read())
has = int(next(line for line in open("/proc/self/status") if line.startswith("VmData:")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (has + {MEGABYTES} * 1024**2,) * 2)
used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
resource.setrlimit(resource.RLIMIT_CPU, (used + {SECONDS},) * 2)
told = {{}}
try:
    arrival = Arrival(sys.argv[1])
    pieces = [data[begin : begin + 1024**2] for begin in range(0, len(data), 1024**2)]
    for piece in pieces:
        arrival.feed(bytes(piece))
    look = sources.look(arrival.form(), bytes(pieces[0]), pieces)
    columns = guess(look.sample, [])
    told["columns"] = [column.name for column in columns]
    records = Source(look.sample.form, columns, pieces, len(data)).records()
    told["batches"] = told["records"] = told["characters"] = 0
    while batch := list(staging.some(records)):
        told["batches"] += 1
        told["records"] += len(batch)
        told["characters"] += sum(len(cell) for record in batch for cell in record.cells)
except BadFile as problem:
    told["problem"] = str(problem)
print(json.dumps(told))
"""

TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OTHER_PARTS = {
    "xl/workbook.xml": f'<workbook xmlns:r="{TYPE}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships><Relationship Id="a" Type="{TYPE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{TYPE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
}
BEGIN = "<worksheet><sheetData>"
END = "</sheetData></worksheet>"
HEADER = f'{BEGIN}<row r="1"><c t="inlineStr"><is><t>Email</t></is></c><c t="inlineStr"><is><t>Note</t></is></c></row>'


def book(sheet: str, *strings: str) -> bytes:
    file = io.BytesIO()
    texts = "<sst>" + "".join(f"<si>{text}</si>" for text in strings) + "</sst>"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (OTHER_PARTS | {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": texts}).items():
            archive.writestr(name, data)
    return file.getvalue()


def sharing(rows: int, cells: int, size: int) -> bytes:
    """A text of that many characters, in so many cells of so many rows."""
    row = '<row><c t="inlineStr"><is><t>a@b.co</t></is></c>' + '<c t="s"><v>0</v></c>' * cells + "</row>"
    return book(HEADER + row * rows + END, f"<t>{'x' * size}</t>")


def read(tmp_path: Path, content: bytes, name: str) -> dict[str, object]:
    path = tmp_path / name
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "nps_app.settings"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-2000:]}"
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(book(BEGIN + "<row>" + '<c t="e">' * 400_000), "is damaged", id="cells in cells"),
        pytest.param(book(BEGIN + "<row>" + '<c t=" ' * 400_000), "is damaged", id="tags that do not end"),
        pytest.param(
            book(BEGIN + "<row>" + '<c t="e"/>' * 300_000 + "</row>" + END), "is empty", id="errors without words"
        ),
        pytest.param(book(f'{BEGIN}<row><c r="{"A" * 18_000_000}"/>'), "is damaged", id="a tag of megabytes"),
        pytest.param(book(BEGIN + "<x>" * 6_000_000), "is damaged", id="a tower"),
        pytest.param(
            book(f'{HEADER}<row><c t="s"><v>2049999</v></c></row>{END}', *[""] * 2_050_000),
            "is damaged",
            id="millions of texts",
        ),
        pytest.param(sharing(900, 1, 1_000_000), "more than 200 MB of text", id="a text in many cells"),
        pytest.param(sharing(1, 200, 1_000_000), "holds more than 4 MB of text", id="a text all over a row"),
        pytest.param(sharing(1, 1, 1_000_001), "more than 1,000,000 characters", id="a text without end"),
    ],
)
def test_a_workbook_made_to_hurt_is_refused_with_little_work(tmp_path: Path, content: bytes, words: str) -> None:
    assert len(content) < 100_000
    assert words in str(read(tmp_path, content, "list.xlsx")["problem"])


def test_what_cells_share_is_in_memory_once(tmp_path: Path) -> None:
    """150 million characters, which no process of that size could hold."""
    told = read(tmp_path, sharing(1_500, 1, 100_000), "list.xlsx")

    assert told["records"] == 1_500
    assert told["characters"] == 1_500 * (100_000 + len("a@b.co"))
    assert told["batches"] == 19


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('{"email": "a@b.co", "note": "' + "x" * 900_000 + '"}\n', "list.jsonl"),
        ('{"email": "a@b.co", "note": ' + "9" * 900_000 + "}\n", "list.jsonl"),
        ("a@b.co," + "9" * 900_000 + "\n", "list.csv"),
        ("a@b.co,1" + " " * 900_000 + "1\n", "list.csv"),
    ],
)
def test_cells_of_a_megabyte_are_neither_kept_nor_pondered(tmp_path: Path, line: str, name: str) -> None:
    header = "" if name.endswith("l") else "email,note\n"
    told = read(tmp_path, (header + line * 100).encode(), name)

    assert (told["columns"], told["records"]) == (["email", "note"], 100)
