"""Where everything is kept: SQLite in a file, SQLite in a temporary folder (memory), or MySQL."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, pre_load, validates_schema

from config.addresses import SecretText
from config.entry import wrong
from config.settings import Mysql, MysqlPool, MysqlServer, MysqlTls, Sqlite, Storage, StorageType
from config.shapes import Block, Section, switched, when
from config.values import Boolean, Choice, Duration, FilePath, Port, Text, Whole, same

_INHERIT = " When absent, the primary's."


class SqliteSection(Section):
    builds = Sqlite

    path = FilePath(
        "File of the database; its folder is made. `:memory:` means the same as type `memory`.",
        default="./data/alert-bridge.db",
    )


class PrimarySection(Section):
    builds = MysqlServer

    host = Text("Host of the MySQL server that takes the writes.", required=True, remedy="name the server")
    port = Port("Its port.", default="3306")
    database = Text("Name of the database; it must exist.", required=True, remedy="name the database")
    username = Text("User to log in as.", required=True, remedy="name the user")
    password = SecretText(
        "Password of that user.", password=True, required=True, remedy="give the user's password"
    )


class ReplicaSection(Section):
    enabled = Boolean(
        "Whether reads may use the replica; when the block is there, only `false` turns it off.",
        default="true",
        kept=False,
    )
    host = Text(
        "Host of a server that follows the primary.", required=True, remedy="name it, or write enabled: false"
    )
    port = Port("Its port." + _INHERIT)
    database = Text("Name of the database." + _INHERIT)
    username = Text("User to log in as." + _INHERIT)
    password = SecretText("Password of that user." + _INHERIT, password=True)


class TlsSection(Section):
    builds = MysqlTls

    enabled = Boolean(
        "Whether to insist on TLS, for primary and replica; when the block is there, only `false` turns it off.",
        default="true",
        kept=False,
    )
    ca = FilePath("PEM file of the CAs that the server's certificate may be from. When absent, the system's.")
    cert = FilePath("PEM file of the certificate that the bridge shows, where the server asks for one.")
    key = FilePath("PEM file of its private key. When absent, it stands in `cert`.")
    verify = Choice(
        "What is checked of the server: `identity` its certificate and its name, `ca` the certificate alone, "
        "`none` neither: then it may be anybody.",
        default="identity",
        words=same("identity", "ca", "none"),
    )

    @validates_schema(skip_on_field_errors=False)
    def _key_has_its_certificate(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("key") and not data.get("cert"):
            fault = wrong("is given without cert", "write the file of the certificate beside it")
            raise ValidationError({"key": fault.messages})


class PoolSection(Section):
    builds = MysqlPool

    max_open_conns = Whole(
        "Most connections one process opens to one server.",
        default="25",
        at_least=2,
        at_most=1000,
        because="reading and writing go on at the same time",
    )
    max_idle_conns = Whole(
        "How many of them are kept open when idle.",
        default="5",
        at_least=0,
        at_most=1000,
        because="0 opens a new one each time",
    )
    conn_max_lifetime = Duration(
        "Age at which a connection is replaced; `0` never.",
        default="3m",
        at_least="1s",
        at_most="24h",
        zero=True,
        because="proxies and failovers leave old connections behind",
    )
    conn_max_idle_time = Duration(
        "Idle time after which a connection is closed; `0` never.",
        default="1m",
        at_least="1s",
        at_most="24h",
        zero=True,
        because="the server closes idle ones too, after its wait_timeout",
    )

    @validates_schema(skip_on_field_errors=False)
    def _idle_fit_into_open(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("max_idle_conns", 0) > data.get("max_open_conns", 1000):
            fault = wrong("is larger than max_open_conns", "lower it, or raise max_open_conns")
            raise ValidationError({"max_idle_conns": fault.messages})


class MysqlSection(Section):
    @staticmethod
    def builds(primary: MysqlServer, replica: dict[str, Any] | None, **rest: Any) -> Mysql:
        if replica is None:
            return Mysql(primary, None, **rest)
        given = {name: value for name, value in replica.items() if value is not None}
        return Mysql(primary, MysqlServer(**{**asdict(primary), **given}), **rest)

    primary = Block(PrimarySection)
    replica = Block(ReplicaSection, on=switched(default=True), optional=True)
    # A variable that is not set must not take the protection away.
    tls = Block(TlsSection, on=switched(default=True), optional=True, meant=True)
    pool = Block(PoolSection)
    timeout = Duration(
        "How long connecting, or one statement, may take.",
        default="5s",
        at_least="100ms",
        at_most="30s",
        because="what is being delivered is leased for two minutes in all",
    )
    charset = Choice(
        "Character set of the connection; only `utf8mb4` holds every text an alert may carry.",
        default="utf8mb4",
        words=same("utf8mb4"),
    )
    parse_time = Boolean(
        "Accepted, without effect: times always come back as times.",
        ignored="has no effect here: times always come back as times",
    )


class StorageSection(Section):
    @staticmethod
    def builds(type: str, sqlite: Sqlite, mysql: Mysql | None) -> Storage:  # noqa: A002  # the key's name
        in_memory = type == "sqlite" and sqlite.path == Path(":memory:")
        return Storage(StorageType.MEMORY if in_memory else StorageType(type), sqlite, mysql)

    type = Choice(
        "`sqlite`: a file, one machine. `mysql`: several instances share it. "
        "`memory`: for trying out, gone when the process ends.",
        default="sqlite",
        words=same("memory", "sqlite", "mysql"),
    )

    @pre_load
    def _mysql_asks_for_its_block(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """So that each key that is missing is named, not only the block."""
        return {"mysql": {}, **data} if when("type", "mysql")(data, {}) else data

    sqlite = Block(SqliteSection)
    mysql = Block(MysqlSection, on=when("type", "mysql"), optional=True)
