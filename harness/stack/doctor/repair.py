"""``harness doctor --fix``: whatever state the machine is in, afterwards the engine runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from harness.errors import EngineError
from harness.stack.doctor.basics import engine_mend
from harness.stack.setup.base_image import BASE_IMAGE, have_image, make_sure_of_base_image
from harness.stack.setup.engine_paths import EnginePaths
from harness.stack.setup.host import Host
from harness.stack.setup.packages import PLUGINS, has_plugin, install_engine, install_plugins
from harness.stack.setup.program import run
from harness.stack.setup.start import start_engine

__all__ = ["fix"]

_ASK_S = 15.0


def fix(say: Callable[[str], None]) -> None:
    """Install and start what is missing: engine, Compose v2, buildx, base image. Doing it again does nothing.

    Args:
        say: told what is done before it is done, a sentence each.

    Raises:
        EngineError: it cannot be done; with what stopped it and the mend.
    """
    with ThreadPoolExecutor(len(PLUGINS) + 2) as pool:
        plugins = {name: pool.submit(has_plugin, name) for name in PLUGINS}
        base = pool.submit(have_image, BASE_IMAGE)
        running = pool.submit(_engine_runs).result()
        missing = [name for name, has in plugins.items() if not has.result()]
    if running and base.result() and not missing:
        say(f"Nothing to do: the engine runs, with Compose, buildx and {BASE_IMAGE}.")
        return
    if not running:
        _bring_up_engine(say)
        missing = [name for name in PLUGINS if not has_plugin(name)]
    install_plugins(missing, say)
    make_sure_of_base_image(say)
    say(f"The engine runs, with Compose, buildx and {BASE_IMAGE}.")


def _bring_up_engine(say: Callable[[str], None]) -> None:
    _refuse_an_engine_elsewhere()
    Host.here().require_root("starting the Docker engine")
    install_engine(say)
    start_engine(EnginePaths.of_this_host(), say)
    if not _engine_runs():
        outcome = run(["docker", "version"], timeout_s=_ASK_S)
        raise EngineError(
            f"the engine runs and docker cannot reach it: {outcome.said}", mend=engine_mend(outcome)
        )


def _engine_runs() -> bool:
    return run(["docker", "version", "--format", "{{.Server.Version}}"], timeout_s=_ASK_S).ok


def _refuse_an_engine_elsewhere() -> None:
    """An engine of another machine or user is not ours to start, and a second one here would not be used."""
    asked = run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], timeout_s=_ASK_S)
    address = asked.out.strip()
    if asked.ok and address and not address.endswith("/run/docker.sock"):
        raise EngineError(
            f"docker is told to use the engine at {address}, which does not answer",
            mend="Start that engine, or unset DOCKER_HOST and DOCKER_CONTEXT (docker context use default)",
        )
