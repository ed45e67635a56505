"""The simulator's page in the documentation: its commands work, and it names everything."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import get_args

from pokea.simulator.live import live_simulator
from pokea.simulator.side_door.scenarios import SCENARIOS
from pokea.simulator.world.model import Switches
from pokea.simulator.world.plans import BEHAVIOURS, Action, Plan, QueryFault, SyncFault

_PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
_COMMANDS = [
    block.replace("127.0.0.1:8000", "127.0.0.1:9")
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", _PAGE, re.DOTALL | re.MULTILINE)
    if "curl" in block
]
# A command that is refused ends the script.
_STRICT = 'set -eu\ncurl() { command curl -sS --fail --max-time 20 "$@"; echo; }\n'


def test_every_curl_command_of_the_page_works_as_written(tmp_path: Path) -> None:
    with live_simulator() as simulator:
        script = _STRICT + "\n".join(_COMMANDS).replace("http://127.0.0.1:4001", simulator.url)

        ran = subprocess.run(
            ["/bin/sh", "-c", script],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert (ran.returncode, ran.stderr) == (0, "")
    assert '"ResponseCode":"0"' in ran.stdout
    assert '"kind":"stk"' in ran.stdout
    assert "Receipt No.,Completion Time" in ran.stdout


def test_the_page_names_every_switch_fault_scenario_and_magic_phone() -> None:
    names = {item.name for kind in (Switches, Plan) for item in fields(kind)}
    for kind in (Action, QueryFault, SyncFault):
        names |= set(get_args(kind))
    names |= {*SCENARIOS, *(f"2547000{digits}" for digits in BEHAVIOURS)}

    # An ordinary phone waits, and an ordinary answer has no fault: nobody asks for these.
    assert {name for name in names if f"`{name}`" not in _PAGE} == {"wait", "none"}
