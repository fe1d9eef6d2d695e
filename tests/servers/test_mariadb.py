"""The private MariaDB of the tests."""

from sqlalchemy import NullPool, create_engine, text

from tests.servers import mariadb_server


def test_databases_are_apart_and_survive_kill9() -> None:
    """Committed rows are there after a kill; each database is empty at first; nothing is left afterwards."""
    with mariadb_server(options=["--max-allowed-packet=32M"]) as server:
        one, other = (create_engine(server.url(server.new_database()), poolclass=NullPool) for _ in range(2))
        with one.begin() as connection:
            connection.execute(text("CREATE TABLE words (word VARCHAR(20)) ENGINE=InnoDB"))
            connection.execute(text("INSERT INTO words VALUES ('größer')"))
        server.kill9()
        server.start()
        with one.connect() as connection:
            assert connection.scalars(text("SELECT word FROM words")).all() == ["größer"]
            assert connection.scalar(text("SELECT @@max_allowed_packet")) == 32 * 1024 * 1024
        with other.connect() as connection:
            assert connection.scalars(text("SHOW TABLES")).all() == []
    assert not server.folder.exists()
    assert not server.process.running
