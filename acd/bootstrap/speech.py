"""The programs that speak prompts, and the cache of what they have said, as the settings say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from acd.adapters.asterisk.install import default_cache, find_bundle
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.speech.sounds import SAID, PromptSounds
from acd.adapters.speech.voices import Voices
from acd.app.site import SOUNDS
from acd.bootstrap.places import versions_path
from acd.config import Settings
from acd.core.site import Site

_TOOLS = ("espeak-ng", "sox")


def prompt_sounds(
    settings: Settings, program: AsteriskProgram | None, site: Callable[[str], Site]
) -> PromptSounds:
    """Return what speaks and caches the prompts.

    Args:
        settings: where things are, and who speaks.
        program: the Asterisk whose tools go before the machine's own, if there is one.
        site: returns a site by version.
    """
    espeak, sox = (tuple(filter(None, [shutil.which(tool)])) for tool in _TOOLS)
    if program is not None:
        espeak, sox = program.espeak_argv or espeak, program.sox_argv or sox
    voices = Voices(espeak, sox, settings.speech.voices)

    def recorded(site: Site) -> Path:
        kept = versions_path(settings) / site.version
        return (kept if kept.is_dir() else settings.site.directory) / SOUNDS

    own = settings.home / "prompts"
    return PromptSounds(
        voices,
        # What was spoken for one home is there for the next. An Asterisk elsewhere sees the home.
        cache=own if settings.asterisk.mode == "remote" else default_cache() / "prompts",
        said=own / SAID,
        recorded=recorded,
        site=site,
    )


def program_here(settings: Settings) -> AsteriskProgram | None:
    """Return the Asterisk whose tools speak when this machine has none; nothing is downloaded."""
    if settings.asterisk.mode == "remote" or all(map(shutil.which, _TOOLS)):
        return None
    return find_bundle(default_cache())
