"""Logs may be shown to anybody: no phone in any spelling, no key, no driver's own words."""

import subprocess
import sys

import pytest

from pokea.observe import mask

PHONE_ENDS = "678"
SCRIPT = """
import logging, psycopg, sqlalchemy.exc, structlog
from pokea.observe import set_up_logs

set_up_logs(level="info")
said = "duplicate key\\nDETAIL:  Key (reference)=(CANARY) already exists."
try:
    try:
        raise psycopg.errors.UniqueViolation(said)
    except psycopg.Error as error:
        raise sqlalchemy.exc.IntegrityError("insert CANARY", {"reference": "CANARY"}, error)
except sqlalchemy.exc.IntegrityError as error:
    inner = error
    structlog.get_logger().exception("ours.failed")
    logging.getLogger("theirs").exception("theirs failed")
try:
    raise ExceptionGroup("several", [RuntimeError("called 254712345678")]) from inner
except ExceptionGroup:
    structlog.get_logger().exception("group.failed")
"""


@pytest.mark.parametrize(
    "text",
    [
        "254712345678",
        "+254712345678",
        "0712345678",
        "0712 345 678",
        "+254 712-345-678",
        "712345678",
        "ws_CO_15012026123000520712345678",
        "ws_CO_DMZ_12345_15012026123000520712345678 answered",
        "phone254712345678",
        "{'PhoneNumber': 254712345678}",
        "ref-0112345678",
    ],
)
def test_a_phone_is_masked_however_it_is_written(text: str) -> None:
    masked = mask(text).replace(" ", "").replace("-", "")

    assert "12345678" not in masked
    assert f"*****{PHONE_ENDS}" in masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15T09:30:00.123456Z",
        "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A",
        "196.201.214.200",
        "29115-34620561-1",
        "1767225600",
        "NLJ7RT61SV",
    ],
)
def test_what_is_no_phone_stays(text: str) -> None:
    assert mask(text) == text


def test_keys_and_secret_paths_are_masked() -> None:
    text = f"sk_test_{'a' * 40} whsec_{'b' * 40} /i/s/{'c' * 64} /pay/{'d' * 64}"

    assert mask(text) == "sk_*** whsec_*** /i/s/*** /pay/***"


def test_an_error_is_logged_by_its_code_and_place_and_not_in_its_drivers_words() -> None:
    logged = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    ).stderr

    assert "CANARY" not in logged
    assert "12345678" not in logged
    assert logged.count("IntegrityError: error=UniqueViolation sqlstate=23505") == 3
    assert "RuntimeError: called 2547*****678" in logged
    assert logged.count("Traceback") == 0
    assert 'File \\"<string>\\"' in logged


def test_a_log_that_cannot_be_written_costs_a_line_and_not_the_work() -> None:
    script = """
import structlog
from pokea.observe import set_up_logs

set_up_logs(level="info")
structlog.get_logger().error("disk.full")
structlog.get_logger().error("disk.full_again")
print("the work goes on")
"""
    with open("/dev/full", "wb") as full_disk:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=full_disk,
            check=False,
        )

    assert done.stdout == b"the work goes on\n"
