"""Whatever a client sends that fits the contract, or nearly: the server never fails by it (W9)."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest
from webkit import OWN_TOKEN, Web, ready

pytestmark = pytest.mark.app

SEED = 1


async def _fuzz(web: Web, directory: Path, examples: int, **parameters: str) -> int:
    """Let schemathesis ask as an admin; return how many cases it tried.

    Args:
        web: who is asked.
        directory: for its files.
        examples: tried of each route, beside those at the edges of every parameter.
        parameters: values of parts of paths; others are made up.
    """
    lines = [f'"path.{name}" = "{value}"' for name, value in parameters.items()]
    (directory / "schemathesis.toml").write_text("\n".join(["[parameters]", *lines]))
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("st")), "run",
        str(web.server.make_url("/openapi.json")),
        "--header", f"Authorization: Bearer {OWN_TOKEN}",
        "--checks", "not_a_server_error",
        "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(examples),
        "--seed", str(SEED),
        "--generation-database", "none",
        "--no-color",
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0, text
    found = re.search(r"(\d+) generated, (\d+) passed", text)
    assert found is not None, text
    assert found[1] == found[2], text
    return int(found[1])


async def test_no_request_makes_the_server_fail(web: Web, tmp_path: Path):
    await ready(web, "ann")
    contact = await web.call("leg-1")
    assert await _fuzz(web, tmp_path, examples=1, id=contact, name="ann") > 500
