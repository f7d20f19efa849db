"""Stacks that several test files share: each is brought up once a session, and taken away whole."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from payments_stack import Payer, PaymentsStack, docker

import harness.agent
from harness.agent.client import Agent

AGENT = Path(harness.agent.__file__).parent


@pytest.fixture(scope="session")
def payments_stack(tmp_path_factory):
    """The reference stack under a project name that no other checkout or process has."""
    stack = PaymentsStack(f"payments-test-{os.getpid()}", tmp_path_factory.mktemp("payments"))
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture
def payer(payments_stack):
    """A client with accounts that no other test touches."""
    with_accounts = Payer(payments_stack)
    yield with_accounts
    with_accounts.client.close()


@pytest.fixture(scope="module")
def agent(payments_stack):
    """The harness's agent beside the stack."""
    os.environ["HARNESS_AGENT_DIR"] = str(AGENT)
    compose = [*payments_stack._compose, "-f", str(AGENT / "compose.agent.yaml")]
    try:
        docker(*compose, "up", "-d", "--build", "--no-deps", "harness-agent", timeout_s=300)
        with Agent.connect(payments_stack.container("harness-agent"), payments_stack.project) as session:
            yield session
    finally:
        docker(*compose, "rm", "--stop", "--force", "harness-agent")
        docker("image", "rm", "--force", f"{payments_stack.project}-harness-agent")
        del os.environ["HARNESS_AGENT_DIR"]
