"""What the documentation points at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_the_documentation_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    for _ in PAGES:
        reached |= {
            (page.parent / link).resolve()
            for page in reached
            if page.suffix == ".md"
            for link in LINK.findall(page.read_text(encoding="utf-8"))
            if "://" not in link
        }
    inside = {folder for folder in reached if folder.is_dir()}
    lost = [page.name for page in PAGES if page not in reached and page.parent not in inside]
    assert not lost
