import asyncio

import pytest
from payments.http import Request, Response
from payments.metrics import Metrics
from payments.problems import NoEffect, Refused
from payments.routes import Api
from payments.settings import Address, Settings, strong


def request(method="GET", path="/", headers=(), messages=(), query=b""):
    queue = list(messages)

    async def receive():
        return queue.pop(0)

    scope = {"method": method, "path": path, "raw_path": path.encode(), "headers": list(headers)}
    return Request({**scope, "query_string": query}, receive)


def sent(response):
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(response.send(send))
    return messages


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/payments/a/b", 404),
        ("DELETE", "/payments", 405),
        ("POST", "/accounts/a", 405),
    ],
)
def test_what_is_not_there_is_refused(method, path, status):
    """An unknown path is 404, a known one with another method 405."""
    with pytest.raises(Refused) as refused:
        Api(None, "").route(request(method, path))
    assert refused.value.status == status


def test_a_route_has_one_name_for_all_ids():
    """The metrics would grow without end if each id were a route."""
    assert Api(None, "").route(request(path="/accounts/a%2Fb"))[0] == "GET /accounts/{id}"
    assert request(path="/accounts/a%2Fb").path == ("accounts", "a/b")


def test_a_body_in_pieces_is_put_together_and_a_large_one_refused():
    """ASGI delivers a body in pieces; above 16 KiB it is refused before it is all there."""
    pieces = [{"type": "http.request", "body": b"x" * 9000, "more_body": True}] * 2
    two = [pieces[0], {"type": "http.request", "body": b"y"}]
    assert asyncio.run(request(messages=two).body()) == b"x" * 9000 + b"y"
    with pytest.raises(Refused) as refused:
        asyncio.run(request(messages=pieces).body())
    assert refused.value.status == 413


def test_a_problem_says_its_outcome_in_a_header_too():
    """A program that reads no JSON still learns whether there was an effect."""
    start, body = sent(Response.problem(NoEffect("words")))
    headers = dict(start["headers"])
    assert headers[b"payment-outcome"] == b"no-effect"
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"content-length"] == str(len(body["body"])).encode()


def test_metrics_count_what_was_answered():
    """The histogram's buckets are cumulative and end with the count."""
    metrics = Metrics("payments")
    metrics.in_flight = 2
    metrics.answered("POST /payments", 201, "done", 0.02)
    metrics.answered("POST /payments", 504, "unknown", 1.5)
    lines = metrics.render({"ready": 1}).splitlines()
    assert "payments_requests_in_flight 2" in lines
    assert "payments_ready 1" in lines
    assert 'payments_requests_total{route="POST /payments",status="504"} 1' in lines
    assert 'payments_request_seconds_bucket{le="0.025"} 1' in lines
    assert 'payments_request_seconds_bucket{le="+Inf"} 2' in lines


@pytest.mark.parametrize("text", ["", "host", "host:", ":1", "host:0", "host:65536", "host:x"])
def test_an_address_is_a_host_and_a_port(text):
    """Anything else is refused when the service starts."""
    with pytest.raises(ValueError, match="host:port"):
        Address.parse(text)


def test_settings_never_show_the_password():
    """They may end up in a log."""
    environ = {"LEDGER_WRITE": "r:5000", "LEDGER_READ": "r:5001", "LEDGER_APP_PASSWORD": "secret-word"}
    settings = Settings.from_environment(environ)
    assert "secret-word" not in repr(settings)
    assert settings.write == Address("r", 5000)


def test_a_secret_that_can_be_guessed_stops_the_service():
    """It is named, and not shown."""
    assert strong("OBSERVER_API_TOKEN", "t" * 32) == "t" * 32
    with pytest.raises(ValueError, match="OBSERVER_API_TOKEN has fewer than 32") as refused:
        strong("OBSERVER_API_TOKEN", "u" * 31)
    assert "uuu" not in str(refused.value)
