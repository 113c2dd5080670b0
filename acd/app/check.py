"""Check a directory of dialplans: what ``acd check`` prints."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from acd.app.site import STORIES, load_site, read_files
from acd.app.stories import tell_all
from acd.app.story import read_stories
from acd.flow.problems import Problem, Report


def check(
    directory: Path, *, stories: bool = False, services: Collection[str] | None = None
) -> list[Problem]:
    """Return everything that is wrong with ``directory``, in the order of files and lines.

    Args:
        directory: the dialplans.
        stories: also read ``stories/*.toml``, and tell them if nothing else is wrong.
        services: names of the web services in the settings; None where nobody knows them.
    """
    site, problems = load_site(directory, services)
    if not stories:
        return problems
    files, unreadable = read_files(directory, STORIES)
    report = Report([*problems, *unreadable])
    written = read_stories(files, report)
    if site is not None:
        tell_all(site, written)
    return report.sorted()
