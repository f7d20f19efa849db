"""The command line: thin. Each command asks one part of the harness and prints what it says."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console

from harness.discovery import experiment_files, find_experiment, load_experiment
from harness.errors import HarnessError, StackModelError

if TYPE_CHECKING:
    from harness.runner import Run
    from harness.stack.compose import Stack

__all__ = ["main"]

_EXIT = {"pass": 0, "fail": 1, "inconclusive": 3}
_INTERRUPTED = 130
_F = TypeVar("_F", bound=Callable[..., Any])


class _Group(click.Group):
    """Turns the harness's own errors into one line and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            click.secho(f"harness: {error}", fg="red", err=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("harness: interrupted", err=True)
            ctx.exit(_INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, OSError):
            raise
        except Exception:  # noqa: BLE001  # Python's own exit code for it, 1, would say "continuity violated"
            traceback.print_exc()
            click.secho(
                "harness: this is a defect of the harness; what it injected is healed", fg="red", err=True
            )
            ctx.exit(HarnessError.exit_code)


def _stack_options(command: _F) -> _F:
    for option in (
        click.option(
            "--project", envvar="HARNESS_PROJECT", help="Compose project name; default: by the stack's path."
        ),
        click.option("--variant", help="A variant that the stack's x-harness section names."),
        click.option("--profile", "profiles", multiple=True, help="A profile of the stack's Compose file."),
        click.option(
            "--stack",
            "directory",
            envvar="HARNESS_STACK",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder of the stack's Compose file.  [default: compose/payments, else .]",
        ),
    ):
        command = option(command)
    return command


_folders_option = click.option(
    "--experiments", "folders", multiple=True, type=click.Path(path_type=Path, file_okay=False),
    default=(Path("experiments"),), show_default=True, help="Where experiment files are.",
)  # fmt: skip
_runs_option = click.option(
    "--runs", type=click.Path(path_type=Path, file_okay=False), default=Path("runs"), show_default=True,
    help="Where run folders are.",
)  # fmt: skip
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")


def _names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    folders = ctx.params.get("folders") or (Path("experiments"),)
    return [path.stem for path in experiment_files(folders) if path.stem.startswith(incomplete)]


def _run_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    runs = ctx.params.get("runs") or Path("runs")
    return sorted(path.name for path in runs.glob(f"{incomplete}*") if path.is_dir())


def _say(text: str) -> None:
    click.echo(text, err=True)


def _load_stack(
    directory: Path | None,
    project: str | None,
    variant: str | None,
    profiles: Iterable[str],
    parts: Iterable[str] = (),
) -> Stack:
    from harness.stack.compose import Stack

    return Stack.load(_chosen(directory), project, variant, profiles, parts)


def _stack_as_it_is(
    directory: Path | None, project: str | None, variant: str | None, profiles: Sequence[str]
) -> Stack:
    """Who looks at a stack, or puts it right, means the one that is up, unless another is named."""
    from harness.stack.compose import Stack

    if variant or profiles:
        return _load_stack(directory, project, variant, profiles)
    return Stack.as_it_is_up(_chosen(directory), project)


def _chosen(directory: Path | None) -> Path:
    reference = Path("compose/payments")
    return directory or (reference if reference.is_dir() else Path())


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="payment-chaos-harness")
def main() -> None:
    """Chaos experiments that prove payments survive.

    \b
    harness doctor --fix               make this machine ready
    harness list                       what can be tried
    harness run ledger_primary_kill    try one, see its verdict and report
    harness down                       leave nothing behind

    Exit codes: 0 pass, 1 continuity violated, 2 wrong usage, 3 inconclusive, 4 the harness or
    the engine failed, 130 interrupted (and healed).
    """
    # CI systems cancel with SIGTERM: it must heal just as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@main.command("list")
@_folders_option
@_json_option
def list_(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """List the experiments with their hypotheses.

    \b
    harness list
    harness list --json | jq '.[].name'
    """
    found = [load_experiment(path) for path in experiment_files(folders)]
    if as_json:
        rows = [
            {"name": e.name, "hypothesis": e.hypothesis, "tags": list(e.tags), "profile": e.profile}
            for e in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max((len(e.name) for e in found), default=0)
    for e in found:
        click.echo(f"{click.style(e.name.ljust(width), bold=True)}  {e.hypothesis}  [{', '.join(e.tags)}]")
    if not found:
        click.echo(f"no experiments in {', '.join(map(str, folders))}", err=True)


@main.command()
@click.argument("name", shell_complete=_names)
@_stack_options
@_folders_option
@_runs_option
@click.option("--seed", type=click.IntRange(min=0), help="Repeat a run's schedule and choices.")
@click.option("--keep", is_flag=True, help="Leave the stack up afterwards.")
@_json_option
def run(
    name: str, directory: Path | None, project: str | None, variant: str | None, profiles: tuple[str, ...],
    folders: tuple[Path, ...], runs: Path, *, seed: int | None, keep: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run the experiment NAME (or a file) and print its verdict.

    \b
    harness run steady_state
    harness run ledger_primary_cut_off_then_killed --variant async-replication
    harness run experiments/my_own.py --seed 7 --keep
    """
    experiment = load_experiment(find_experiment(name, folders))
    needed = filter(None, [experiment.profile])
    stack = _load_stack(directory, project, variant, [*profiles, *needed], experiment.parts)
    from harness.console import RunView
    from harness.runner import check_experiment
    from harness.runner import run as run_experiment
    from harness.session import Session

    console = Console(stderr=True, highlight=False)
    check_experiment(experiment, stack)
    was_up = bool(stack.nodes())
    try:
        with Session(stack, say=_say) as session, RunView(console, experiment) as view:
            done = run_experiment(experiment, session, seed=seed, runs=runs, listener=view.listener)
    finally:
        if not keep and not was_up:
            _say("taking the stack down (--keep leaves it up)")
            stack.down()
    _print_result(done, as_json=as_json)
    sys.exit(_exit_code(done))


def _exit_code(done: Run) -> int:
    if done.interrupted:
        return _INTERRUPTED
    if done.error:
        return done.error.exit_code
    return _EXIT[done.result.verdict]


def _print_result(done: Run, *, as_json: bool) -> None:
    from harness.summary import summary

    if as_json:
        click.echo(done.folder.result_json.read_text(encoding="utf-8"))
        return
    click.echo(summary(done.result, done.folder, colour=sys.stdout.isatty()))
    if done.error:
        click.secho(f"harness: {done.error}", fg="red", err=True)


@main.command()
@click.argument("run", default="latest", shell_complete=_run_names)
@_runs_option
@_json_option
def check(run: str, runs: Path, *, as_json: bool) -> None:
    """Judge a recorded RUN again, offline; exits as the run did.

    \b
    harness check
    harness check 20260131T120000Z-ledger_primary_kill --json
    """
    from harness.judgement import judge_run
    from harness.run_folder import RunFolder
    from harness.summary import summary

    folder = RunFolder.open(run, runs)
    result = judge_run(folder)
    if as_json:
        click.echo(result.model_dump_json(by_alias=True, indent=2))
    else:
        click.echo(summary(result, folder, colour=sys.stdout.isatty()))
    sys.exit(_EXIT[result.verdict])


@main.command()
@click.argument("run", default="latest", shell_complete=_run_names)
@_runs_option
def report(run: str, runs: Path) -> None:
    """Write report.html, report.md and junit.xml of a recorded RUN again.

    \b
    harness report
    harness report 20260131T120000Z-ledger_primary_kill
    """
    from harness.report import render
    from harness.run_folder import RunFolder

    folder = RunFolder.open(run, runs)
    render(folder.path)
    click.echo(folder.report_html)


@main.command()
@_stack_options
def heal(directory: Path | None, project: str | None, variant: str | None, profiles: tuple[str, ...]) -> None:
    """Heal whatever a run left injected: by the undo journal, then by looking at the system.

    \b
    harness heal
    """
    from harness.healing import heal_stack

    for line in heal_stack(_stack_as_it_is(directory, project, variant, profiles)):
        click.echo(line)


@main.command()
@click.option("--fix", is_flag=True, help="Install and start what is missing (Debian or Ubuntu, as root).")
@_json_option
def doctor(*, fix: bool, as_json: bool) -> None:
    """Show what this host can do, by trying it; changes nothing unless --fix.

    \b
    harness doctor
    harness doctor --fix
    """
    from harness.stack.doctor import doctor_command

    sys.exit(doctor_command(fix=fix, as_json=as_json))


@main.command()
@_stack_options
@click.option("--disks", is_flag=True, help="Put the volumes that x-harness names on disks that can break.")
@click.option("--mirrors", is_flag=True, help="Put them on mirrors of two disks that can lose one, instead.")
@click.option(
    "--clocks", is_flag=True, help="Start what x-harness names with wall clocks that can be skewed."
)
@click.option("--paths", is_flag=True, help="Start what x-harness names with paths that can be made to fail.")
def up(
    directory: Path | None,
    project: str | None,
    variant: str | None,
    profiles: tuple[str, ...],
    *,
    disks: bool,
    mirrors: bool,
    clocks: bool,
    paths: bool,
) -> None:
    """Bring the stack up and wait until it is whole.

    \b
    harness up
    harness up --profile full
    harness up --stack my/stack --project mine
    """
    from harness.session import Session

    wanted = {"disks": disks, "mirrors": mirrors, "clocks": clocks, "paths": paths}
    stack = _load_stack(
        directory, project, variant, profiles, [part for part, asked in wanted.items() if asked]
    )
    with Session(stack, say=_say):
        click.echo(f"{stack.project} is up at {stack.published()}")


@main.command()
@_stack_options
def down(directory: Path | None, project: str | None, variant: str | None, profiles: tuple[str, ...]) -> None:
    """Take the stack down: no container, network, volume or disk of the project stays.

    \b
    harness down
    """
    from harness.stack.compose import take_down
    from harness.stack.state import project_name

    try:
        stack = _stack_as_it_is(directory, project, variant, profiles)
    except StackModelError as error:
        click.echo(f"harness: {error}", err=True)
        name = project_name(_chosen(directory).absolute(), project)
        click.echo(f"harness: taking {name} down by its label alone", err=True)
        removed = take_down(name)
    else:
        name = stack.project
        with stack.lock():
            removed = stack.down()
    for kind in ("containers", "networks", "volumes", "disks"):
        click.echo(f"removed {kind}: {', '.join(getattr(removed, kind)) or 'none'}")
    click.echo(f"{name} is down; nothing is left")


@main.command()
@_stack_options
@_json_option
def status(
    directory: Path | None,
    project: str | None,
    variant: str | None,
    profiles: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show the nodes, their roles and health, and what is injected.

    \b
    harness status
    harness status --json | jq .injected
    """
    from harness.status import status_of

    shown = status_of(_stack_as_it_is(directory, project, variant, profiles))
    if as_json:
        click.echo(json.dumps(shown.as_json(), indent=2))
    else:
        Console(highlight=False).print(shown.table())


@main.command()
@_stack_options
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=Path("logs"),
    show_default=True,
    help="Folder to write to.",
)
def logs(
    directory: Path | None, project: str | None, variant: str | None, profiles: tuple[str, ...], into: Path
) -> None:
    """Write each node's log into a file of its own, with passwords blotted out.

    \b
    harness logs --into /tmp/logs
    """
    stack = _stack_as_it_is(directory, project, variant, profiles)
    into.mkdir(parents=True, exist_ok=True)
    stack.logs(into)
    click.echo(into)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
@click.option("--write", is_flag=True, help="Write it beside the Compose file instead of printing it.")
def init(directory: Path, *, write: bool) -> None:
    """Write a first x-harness section for the Compose file in DIRECTORY.

    \b
    harness init my/stack
    harness init my/stack --write
    """
    from harness.stack.init import init_directory

    click.echo(init_directory(directory, write=write))


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    harness completion bash > ~/.local/share/bash-completion/completions/harness
    """
    from click.shell_completion import get_completion_class

    source = get_completion_class(shell)
    if source is None:
        raise StackModelError(f"there is no completion for {shell}")
    click.echo(source(main, {}, "harness", "_HARNESS_COMPLETE").source())


if __name__ == "__main__":
    main()
