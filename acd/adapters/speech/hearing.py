"""Recognises one utterance and ends: ``python -m acd.adapters.speech.hearing``.

A request, one JSON object, comes by standard input; the answer goes to standard output. It is a
process of its own because decoding is work for a whole processor, and so that it can be killed.

The grammar is one of phrases with the words around them that people use on a telephone
(``I have a question about my …``). A recogniser fits any sound to its grammar; so the phonemes
that it takes for the phrase are compared with those heard by a second pass that knows no words,
and what has too little in common was something else.
"""

from __future__ import annotations

import json
import math
import re
import sys
import wave
from array import array
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

RATE = 16_000
"""Samples a second that the model was made for; a telephone has half of them."""

LEAST_LIKENESS = 0.25
"""Share of a phrase's phonemes that has to be heard. Measured: phrases spoken by espeak-ng over a
telephone line have 0.29 and more, other sentences taken for phrases mostly 0."""

LOUD, LOUD_FRAMES = 500, 5
"""Root mean square of 20 ms that is a voice, and how many of them are more than a click."""

_LEADS = """
i | i have | i've | i have a question about | i have a problem with | i have a question on
| a question about | about | i am calling about | i'm calling about | it's about | it is about
| i want | i want to | i would like | i'd like | i would like to | i'd like to | i need
| i need to | i need help with | help with | can i | can you | could you | could i | please
| what is | what's | where is | where's | when is | how is | is | was | i was | i am | i'm
| it is | it's | it was | there is | the problem is | i want to know | to | with | speak with
| i want to speak with | talk to | i want to talk to | speak to | i want to speak to
"""
_ARTICLES = "my | the | a | an | our | your | some"
_TAILS = "please | is wrong | today | again | now | yet | for me | thank you | thanks"

_WORD = re.compile(r"[a-z][a-z']*")


def grammar(phrases: list[str]) -> str:
    """Return the JSGF grammar of phrases; they are lower-case words and nothing else."""
    return (
        "#JSGF V1.0;\ngrammar g;\n"
        "public <said> = [<lead>] [<article>] <phrase> [<tail>];\n"
        f"<lead> = {' '.join(_LEADS.split())};\n<article> = {_ARTICLES};\n<tail> = {_TAILS};\n"
        f"<phrase> = {' | '.join(phrases)};\n"
    )


def sound_of(path: str) -> array[int]:
    """Return the samples of a telephone's WAV file."""
    with wave.open(path, "rb") as file:
        samples = array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def is_silent(samples: array[int]) -> bool:
    """Return whether nobody says anything in 8,000 samples a second."""
    frames = (samples[start : start + 160] for start in range(0, len(samples) - 159, 160))
    loud = sum(math.sqrt(sum(s * s for s in frame) / 160) > LOUD for frame in frames)
    return loud < LOUD_FRAMES


def doubled(samples: array[int]) -> bytes:
    """Return twice as many samples: each, and the one half way to the next."""
    result = array("h")
    for one, other in pairwise(samples):
        result.append(one)
        result.append((one + other) // 2)
    return result.tobytes()


def recognise(path: str, phrases: list[str]) -> dict[str, Any]:
    """Return ``text``, ``confidence``, ``is_silent`` and the phrases with ``unknown`` words."""
    from pocketsphinx import Decoder, get_model_path

    samples = sound_of(path)
    if is_silent(samples):
        return {"is_silent": True}
    options = {"samprate": RATE, "bestpath": False, "loglevel": "FATAL"}
    decoder = Decoder(lm=None, **options)
    spoken = {phrase: _WORD.findall(phrase.lower()) for phrase in phrases}
    unknown = [
        phrase
        for phrase, words in spoken.items()
        if not words or any(decoder.lookup_word(word) is None for word in words)
    ]
    known = [" ".join(words) for phrase, words in spoken.items() if phrase not in unknown]
    if not known:
        return {"unknown": unknown}
    decoder.add_jsgf_string("g", grammar(known))
    decoder.activate_search("g")
    sound = doubled(samples)
    segments = _decode(decoder, sound)
    hypothesis = decoder.hyp()
    if hypothesis is None:
        return {"unknown": unknown}
    text = hypothesis.hypstr
    phones = get_model_path("en-us/en-us-phone.lm.bin")
    heard = _decode(Decoder(lm=None, allphone=phones, lw=2.0, **options), sound)
    likeness = max((_likeness(decoder, segments, heard, phrase) for phrase in known), default=0.0)
    if likeness < LEAST_LIKENESS:
        return {"unknown": unknown, "confidence": likeness}
    return {"text": text, "confidence": likeness, "unknown": unknown}


def _decode(decoder: Any, sound: bytes) -> list[tuple[str, int, int]]:
    """Return what is recognised: word, first and last frame."""
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()
    return [
        (segment.word.partition("(")[0], segment.start_frame, segment.end_frame)
        for segment in decoder.seg() or ()
        if segment.word.isidentifier() or segment.word.partition("(")[0].replace("'", "").isalpha()
    ]


def _likeness(
    decoder: Any,
    said: list[tuple[str, int, int]],
    heard: list[tuple[str, int, int]],
    phrase: str,
) -> float:
    """Return how much a phrase has in common with what was heard where it should stand."""
    words = phrase.split()
    names = [word for word, _, _ in said]
    for place in range(len(names) - len(words) + 1):
        if names[place : place + len(words)] != words:
            continue
        first, last = said[place][1], said[place + len(words) - 1][2]
        wanted = [phone for word in words for phone in decoder.lookup_word(word).split()]
        found = [p for p, a, b in heard if b > first + 2 and a < last - 2 and p != "SIL"]
        return SequenceMatcher(None, wanted, found, autojunk=False).ratio()
    return 0.0


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    json.dump(recognise(request["sound"], request["phrases"]), sys.stdout)


if __name__ == "__main__":
    main()
