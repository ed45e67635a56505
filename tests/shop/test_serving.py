"""The shop as a process, the way the demo starts it."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest


@pytest.mark.system
def test_the_first_line_is_the_address_and_it_answers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pokea.shop", "--port", "0", "--json"]
    secrets = {"SHOP_API_KEY": "sk_test_1", "SHOP_WEBHOOK_SECRET": "whsec_QUJD"}
    data_file = tmp_path / "new" / "shop.db"

    with subprocess.Popen(
        [*command, "--data-file", str(data_file)],
        stdout=subprocess.PIPE,
        env=secrets,
        text=True,
    ) as shop:
        assert shop.stdout
        address = json.loads(shop.stdout.readline())["shop"]
        page = httpx2.get(address)
        shop.terminate()

    assert "Karibu dukani" in page.text
    assert data_file.exists()
