"""One Compose project as the command line drives it, started and stopped by testcontainers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from testcontainers.compose import DockerCompose

from harness.stack.command import Output, run_command
from harness.stack.compose_trouble import explain
from harness.stack.engine import engine_host

__all__ = ["ComposeProject"]

_CONFIG_WITHIN_S = 30.0
_DOWN_WITHIN_S = 120.0
_FOREIGN = ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES")


class ComposeProject(DockerCompose):  # type: ignore[misc]  # testcontainers ships no types
    """testcontainers' Compose with what it lacks: deadlines, progress, an environment, clear errors.

    testcontainers' reaper is never started: it watches single containers, which this does not make.
    What is left behind is found by its label instead (:mod:`harness.stack.teardown`).

    Args:
        project: the Compose project.
        directory: the folder of the first file; relative paths count from here.
        files: the Compose files, base first.
        env_file: variables for the files; it wins over the environment.
        variables: names that the env file sets.
    """

    def __init__(
        self,
        project: str,
        directory: Path,
        files: Iterable[Path],
        env_file: Path,
        variables: Mapping[str, str],
    ) -> None:
        super().__init__(
            context=str(directory),
            compose_file_name=[str(file) for file in files],
            env_file=_env_files(directory, env_file),
            wait=True,
        )
        self.environment = _environment(project, variables)
        self.timeout_s = _DOWN_WITHIN_S
        self.doing = "Compose"
        self.on_line: Callable[[str], None] = lambda _line: None

    def bring_up(self, timeout_s: float, on_line: Callable[[str], None]) -> None:
        """Start every service and wait until each runs, and is healthy where it has a health check.

        Raises:
            EngineError, StackModelError: it did not come up within ``timeout_s`` seconds.
        """
        self.doing, self.timeout_s, self.on_line = "starting the stack", timeout_s, on_line
        self.start()

    def take_down(self) -> None:
        """Stop and remove the containers, networks and volumes of the files, and orphans.

        Raises:
            EngineError, StackModelError: it could not.
        """
        self.doing, self.timeout_s = "taking the stack down", _DOWN_WITHIN_S
        self.stop()

    def build_images(self, timeout_s: float, on_line: Callable[[str], None]) -> None:
        """Build the images of the services that have a build context.

        Raises:
            EngineError, StackModelError: an image could not be built within ``timeout_s`` seconds.
        """
        self._checked("building the images", ["--progress", "plain", "build"], timeout_s, on_line)

    def config(self) -> dict[str, Any]:
        """The files as Compose merges and interpolates them. It holds passwords: never show it.

        Raises:
            StackModelError: Compose does not accept the files.
            EngineError: Compose could not be run.
        """
        said = self._checked("reading the Compose files", ["config", "--format", "json"], _CONFIG_WITHIN_S)
        config: dict[str, Any] = json.loads(said.out)
        return config

    def _checked(
        self,
        doing: str,
        words: list[str],
        timeout_s: float,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> Output:
        self.doing, self.timeout_s, self.on_line = doing, timeout_s, on_line
        return self._run([*self.docker_compose_command(), *words])

    def _run(self, argv: list[str]) -> Output:
        said = run_command(
            argv,
            cwd=Path(self.context),
            env=self.environment,
            timeout_s=self.timeout_s,
            on_line=self.on_line,
        )
        if said.code:
            raise explain(self.doing, said.err + said.out)
        return said

    def _run_command(self, cmd: list[str], context: str | None = None) -> CompletedProcess[bytes]:  # noqa: ARG002  # testcontainers' signature
        """Every command of testcontainers comes through here: give it our environment and deadline."""
        said = self._run(list(cmd))
        return CompletedProcess(cmd, said.code, said.out.encode(), said.err.encode())


def _env_files(directory: Path, own: Path) -> list[str]:
    """The folder's own ``.env`` first: Compose reads it by itself only as long as no other is named."""
    usual = directory / ".env"
    return [str(file) for file in (usual, own) if file == own or usual.is_file()]


def _environment(project: str, variables: Mapping[str, str]) -> dict[str, str]:
    # What the caller's shell sets would win over the env file: leave out what names or fills another stack.
    kept = {key: value for key, value in os.environ.items() if key not in _FOREIGN and key not in variables}
    return kept | {
        "COMPOSE_PROJECT_NAME": project,
        "COMPOSE_REMOVE_ORPHANS": "1",
        "DOCKER_HOST": engine_host(),
        "DOCKER_BUILDKIT": "1",
    }
