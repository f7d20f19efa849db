"""Whom Prometheus asks: every node of the stack that has figures, and nobody that there is not."""

from __future__ import annotations

from pathlib import Path

import yaml

PAYMENTS = Path(__file__).parents[2] / "compose/payments"
STACK = yaml.safe_load((PAYMENTS / "compose.yaml").read_text())
PROMETHEUS = yaml.safe_load((PAYMENTS / "images/monitoring/prometheus.yaml").read_text())
TARGETS = [
    target
    for job in PROMETHEUS["scrape_configs"]
    for static in job["static_configs"]
    for target in static["targets"]
]

# The acquirer is another company's. Prometheus' own figures are of use only to whoever asks it, and it is there then.
UNASKED = {"acquirer", "prometheus"}


def nodes(port):
    return {target.split(":")[0] for target in TARGETS if target.endswith(f":{port}")}


def test_every_node_is_asked_and_every_one_asked_is_a_node():
    """A node with a misspelt name would be down for ever, one that is left out never."""
    assert {target.split(":")[0] for target in TARGETS} == set(STACK["services"]) - UNASKED
    assert len(TARGETS) == len(set(TARGETS))


def test_prometheus_is_on_a_network_with_each_of_them():
    """A target out of reach would be down for ever."""
    own = set(STACK["services"]["prometheus"]["networks"])
    assert all(own & set(STACK["services"][target.split(":")[0]]["networks"]) for target in TARGETS)


def test_every_disk_with_data_is_watched():
    """Each service with a volume of books or backups runs the exporter that sees it, under its own path."""
    kept = {
        name: next(volume.split(":")[1] for volume in service["volumes"])
        for name, service in STACK["services"].items()
        if any(str(volume).startswith(("ledger", "backup")) for volume in service.get("volumes", ()))
    }
    assert nodes(9100) == kept.keys()
    starts = {"ledger": "images/ledger/start-ledger", "backup": "images/backup/start-backup"}
    for name, path in kept.items():
        text = (PAYMENTS / starts[name.split("-")[0]]).read_text()
        assert f"serve-figures {path}" in text


def test_the_edges_own_health_check_is_nobodys_answer():
    """Its 503s while no node is ready would burn the budget that the answers at the api have."""
    (port,) = {word for word in STACK["services"]["edge"]["healthcheck"]["test"] if word.isdigit()}
    config = (PAYMENTS / "images/balancer/edge.cfg").read_text()
    fronts = {part.split("\n")[0]: part for part in config.split("\nfrontend ")[1:]}
    assert f"bind 127.0.0.1:{port}\n" in fronts["health"]
    assert "default_backend payments" in fronts["health"]
    assert 'proxy="api"' in (PAYMENTS / "images/monitoring/rules.yaml").read_text()
