"""`health`: the sign of life that a container is asked for, with no other program than the bridge's own."""

import http.client
import json
import os
from pathlib import Path
from typing import Any

import click

from cli import listen
from cli.options import CONFIG
from cli.places import NotHere
from config import find, load
from config.settings import Settings

# Less than what Dockerfile and docker-compose.yml give the command: an answer of its own beats being killed.
_PATIENCE = 3.0


@click.command()
@CONFIG
@click.option("--ready", is_flag=True, help="Whether the receiver can accept alerts, too.")
@click.option("--worker", is_flag=True, help="The worker at worker.metrics_port instead of the receiver.")
def health(config: Path | None, ready: bool, worker: bool) -> None:
    """Whether the receiver on this machine is alive, or the worker."""
    if ready and worker:
        raise click.UsageError("only a receiver is ready for alerts: leave out one of --ready and --worker")
    settings = load(find(config, os.environ), os.environ)
    whose = "worker" if worker else "receiver"
    address = _worker(settings) if worker else _receiver(settings)
    status, told = _ask(whose, address, "/ready" if ready else "/health")
    if status != 200:
        raise NotHere(f"the {whose} at {address.url} answers {status}: {_why(told)}")
    click.echo(f"the {whose} at {address.url} is {'ready' if ready else 'alive'}")


def _receiver(settings: Settings) -> listen.Address:
    if settings.server.port == 0:
        raise NotHere("server.port is 0, which is any port: give it a number to be asked at")
    return listen.resolve(settings.server)


def _worker(settings: Settings) -> listen.Address:
    if not settings.worker.metrics_port:
        raise NotHere("a worker is asked at worker.metrics_port: give it a number")
    return listen.Address("127.0.0.1", settings.worker.metrics_port)


def _ask(whose: str, address: listen.Address, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(address.nearby, address.port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except ValueError:
        raise NotHere(f"what answers at {address.url} is not a {whose} of ours") from None
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise NotHere(f"the {whose} at {address.url} does not answer: {why}") from None
    finally:
        connection.close()


def _why(told: Any) -> str:
    """The receiver says what of it is not ready, a worker what stands still."""
    if not isinstance(told, dict):
        return "no reason"
    parts = [f"{name} {told[name]}" for name in ("database", "migrations") if name in told]
    return ", ".join(parts) or str(told.get("status"))
