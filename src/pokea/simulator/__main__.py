"""``python -m pokea.simulator --port 4001``: a pretend Safaricom on this machine."""

import argparse
from pathlib import Path

from pokea.simulator import serve


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m pokea.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=4001, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data-file", type=Path, help="keep the world in this file")
    parser.add_argument("--seed", type=int, help="repeat a world")
    parser.add_argument("--record", type=Path, help="write the exchange as a test case")
    given = parser.parse_args()
    serve.run(
        given.port,
        host=given.host,
        data_file=given.data_file,
        seed=given.seed,
        as_json=given.json,
        record=given.record,
    )


if __name__ == "__main__":
    main()
