import re
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "compose" / "payments"
STACK = yaml.safe_load((FOLDER / "compose.yaml").read_text())
VARIANT = yaml.safe_load((FOLDER / "compose.async-replication.yaml").read_text())


def networks(service):
    return set(STACK["services"][service]["networks"])


def test_only_the_edge_is_on_a_network_that_leads_out():
    """Every other network is internal, so nothing else has a way out or a published port."""
    outer = {name for name, network in STACK["networks"].items() if not network.get("internal")}
    assert outer == {"public"}
    assert {name for name in STACK["services"] if networks(name) & outer} == {"edge"}
    assert {name for name, service in STACK["services"].items() if "ports" in service} == {"edge"}
    assert STACK["services"]["edge"]["ports"] == ["127.0.0.1:${EDGE_PORT:-}:8080"]


def test_no_service_falls_on_the_default_network():
    """A service without networks would get Compose's default one, which leads out."""
    assert all(service.get("networks") for service in STACK["services"].values())
    assert not any("subnet" in str(network) for network in STACK["networks"].values())


@pytest.mark.parametrize("name", sorted(STACK["services"]))
def test_every_service_has_a_health_check_and_comes_back(name):
    """What production has: a health check and a restart policy."""
    service = STACK["services"][name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    conditions = {need["condition"] for need in service.get("depends_on", {}).values()}
    assert conditions <= {"service_healthy"}


def test_every_password_is_a_variable_that_must_be_given():
    """x-harness names exactly the variables that the file refuses to be without, and no value stands in it."""
    text = (FOLDER / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", text)) == set(STACK["x-harness"]["secrets"])


def test_every_node_that_x_harness_names_is_a_service():
    """A group or site with a misspelt node would be harmed in no experiment."""
    section = STACK["x-harness"]
    grouped = [node for group in section["groups"].values() for node in group["nodes"]]
    assert sorted(grouped) == sorted(STACK["services"])
    assert {node for site in section["sites"].values() for node in site} <= set(grouped)


def test_the_negative_control_only_loosens_replication():
    """The variant changes three settings of the ledger and nothing else."""
    changes = {name: service["environment"] for name, service in VARIANT["services"].items()}
    assert changes.keys() == {"ledger-1", "ledger-2", "ledger-3"}
    for name, change in changes.items():
        assert change.keys() <= STACK["services"][name]["environment"].keys()
        assert change["LEDGER_SYNCHRONOUS_MODE"] == change["LEDGER_SYNCHRONOUS_MODE_STRICT"] == "false"
        assert int(change["LEDGER_MAXIMUM_LAG_ON_FAILOVER_BYTES"]) == 64 * 2**20


def test_a_defect_is_planted_by_its_own_variant_alone():
    """The stack itself has none, and a variant plants the one that it is called after and changes nothing else."""
    assert "PLANTED_DEFECT" not in (FOLDER / "compose.yaml").read_text()
    variants = STACK["x-harness"]["variants"]
    assert {FOLDER / file for file in variants.values()} == set(FOLDER.glob("compose.*.yaml"))
    for name in variants.keys() - {"async-replication", "equal-weights"}:
        services = yaml.safe_load((FOLDER / variants[name]).read_text())["services"]
        assert services.keys() <= STACK["services"].keys()
        assert all(change == {"environment": {"PLANTED_DEFECT": name}} for change in services.values())


def test_each_payments_node_has_one_weight_at_the_edge():
    """The weights stand in one place, and the edge's configuration asks for each of them."""
    weights = STACK["services"]["edge"]["environment"]
    config = (FOLDER / "images" / "balancer" / "edge.cfg").read_text()
    for node in STACK["x-harness"]["groups"]["payments"]["nodes"]:
        name = f"EDGE_WEIGHT_{node.upper().replace('-', '_')}"
        assert 1 <= int(weights[name]) <= 256
        assert f'server {node} {node}:8000 weight "${{{name}-1}}"' in config
    assert len(weights) == 3


def test_only_the_repository_knows_the_passphrase_of_the_backups():
    """A ledger node that is broken into can add WAL, but cannot read what others left."""
    text = {name: str(service.get("environment")) for name, service in STACK["services"].items()}
    assert {name for name, words in text.items() if "BACKUP_CIPHER_PASSWORD" in words} == {"backup"}
    assert STACK["services"]["backup"]["profiles"] == ["full"]


def test_only_the_payments_nodes_know_the_observers_secret():
    """They ask for it, and the observer runs in them; the load has it not, so its lists by prefix are forbidden."""
    text = {name: str(service.get("environment")) for name, service in STACK["services"].items()}
    knowing = {name for name, words in text.items() if "OBSERVER_API_TOKEN" in words}
    assert knowing == set(STACK["x-harness"]["groups"]["payments"]["nodes"])
    assert STACK["x-harness"]["observer"]["group"] == "payments"
    assert STACK["x-harness"]["load"]["secrets"] == ["USERS_ADMIN_TOKEN"]


def test_every_ledger_node_is_told_the_profile_and_named_to_the_repository():
    """The profile decides whether WAL is archived; a node that is not named could not be copied or send its WAL."""
    config = (FOLDER / "images" / "backup" / "repository.conf").read_text()
    ledger = STACK["x-harness"]["groups"]["ledger"]["nodes"]
    assert STACK["services"]["backup"]["environment"]["BACKUP_LEDGER_NODES"] == ",".join(ledger)
    for node in ledger:
        assert STACK["services"][node]["environment"]["STACK_PROFILES"] == "${COMPOSE_PROFILES:-}"
        assert f"tls-server-auth={node}=ledger\n" in config
