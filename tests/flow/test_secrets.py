"""Secrets in files are found by their shape or their name, and words about secrets are not."""

from __future__ import annotations

import pytest

from acd.flow.problems import Report
from acd.flow.secrets import check_secrets

pytestmark = pytest.mark.core

LONG = "a1B2c3D4e5F6g7H8i9J0" * 2  # put together here, so that nobody takes this file for a leak


def lines(text: str, name: str = "main.toml") -> list[int]:
    report = Report()
    check_secrets(report, name, text.encode())
    assert {problem.code for problem in report.problems} <= {"secret-in-file"}
    assert LONG not in str(report.problems)
    return [problem.line for problem in report.problems]


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "mysql://root:" + "x@db/",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + LONG,
        "glpat-" + LONG,
        "xoxb-" + LONG,
        "sk_live_" + LONG,
        "AIza" + LONG[:35],
        "eyJ" + LONG + ".eyJ" + LONG + "." + LONG,
        "Bearer " + LONG,
        'password = "' + LONG,
        'crm_api_key = "' + LONG,
        "Token=" + LONG,
    ],
)
def test_secret(secret: str) -> None:
    assert lines(f"# x\n{secret}") == [2]
    assert lines(f"# x\n\ufffd{secret}\udc00".encode("utf-8", "replace").decode()) == [2]


@pytest.mark.parametrize(
    "harmless",
    [
        'keys = { 1 = "password" }',
        'attribute = "token"',
        'body = { password = "{secret.pin}", token = "{token}" }',
        "same => n,Set(PASSWORD=${ARG1})",
        'text = "See https://shop.example/help?a=b:c@d"',
        'password = ""',
        "[node.authorization]",
    ],
)
def test_no_secret(harmless: str) -> None:
    assert lines(harmless) == []


def test_prompts_speak_of_passwords() -> None:
    assert lines('password = "Please enter your password"', "prompts/en.toml") == []
    assert lines(f'x = "ghp_{LONG}"', "prompts/en.toml") == [1]
