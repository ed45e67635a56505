"""Runs the shop on a port, and says where it is once it answers."""

import json
import socket
import sys
from dataclasses import replace
from pathlib import Path

import uvicorn

from pokea.shop.app import create_app
from pokea.shop.settings import Settings


def run(  # noqa: PLR0913 - what a person may choose when starting a shop
    port: int,
    *,
    host: str = "127.0.0.1",
    gateway: str,
    api_key: str,
    webhook_secret: str,
    data_file: Path,
    as_json: bool = False,
) -> None:
    """Run the shop until it is stopped; port 0 picks a free one."""
    serve(
        Settings(
            gateway=gateway.rstrip("/"),
            api_key=api_key,
            webhook_secret=webhook_secret,
            data_file=data_file,
            host=host,
            port=port,
            as_json=as_json,
        )
    )


def serve(settings: Settings) -> None:
    """Run the shop as the settings say."""
    # Bound and listening before anything is printed: whoever reads the line can connect.
    listener = socket.create_server((settings.host, settings.port))
    settings = replace(settings, port=listener.getsockname()[1])
    app = create_app(settings)
    line = json.dumps({"shop": settings.url}) if settings.as_json else f"Shop: {settings.url}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
