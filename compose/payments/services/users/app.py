"""The service as an ASGI application: ``uvicorn users.app:create --factory``."""

from __future__ import annotations

import os
from pathlib import Path

from payments import logs
from payments.app import Application, Router
from payments.database import Database
from payments.documents import Documents
from payments.settings import Settings

from .allowance import Allowance
from .identities import Identities
from .passwords import Passwords, argon2id
from .routes import Api
from .settings import UsersSettings

__all__ = ["create"]


def create() -> Application:
    """The application, with its settings from the environment."""
    logs.begin("users", os.environ.get("SERVICE_NODE", ""))
    settings = UsersSettings.from_environment(os.environ)
    database = Settings.from_environment({"LEDGER_ROLE": "users", **os.environ})

    def open_service() -> tuple[Database, Router]:
        identities = Identities(database, Allowance(settings.burst, settings.refill_s))
        return identities, Api(identities, Passwords(argon2id(), settings.hashes_at_once), settings)

    documents = Documents(Path(__file__).with_name("openapi.json"), below="users")
    return Application("users", open_service, documents)
