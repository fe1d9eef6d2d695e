"""With TLS configured nothing is said in the clear, and nothing to a server whose certificate is not believed."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import make_url, text

from core.store.engine import Store, open_mysql
from core.store.mysql import Access, client_tls
from core.store.trouble import Away
from tests.servers import MariaDB, mariadb_server


@dataclass
class Authority:
    """A CA of its own, which writes what it signs into a folder."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(self.name, self.key, self.key, ca=True)
        self._write("", self._certificate, self.key)

    @property
    def pem(self) -> str:
        return str(self.folder / f"{self.name}.pem")

    def certify(self, name: str, *alternative: x509.GeneralName) -> tuple[str, str]:
        """Paths of a certificate for that name, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._write(f"-{name}", self._sign(name, key, self.key, *alternative), key)

    def _sign(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        by: ec.EllipticCurvePrivateKey,
        *alternative: x509.GeneralName,
        ca: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if alternative:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        return builder.sign(by, hashes.SHA256())

    def _write(
        self, suffix: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> tuple[str, str]:
        pem, secret = self.folder / f"{self.name}{suffix}.pem", self.folder / f"{self.name}{suffix}.key"
        encoding = serialization.Encoding.PEM
        pem.write_bytes(certificate.public_bytes(encoding))
        plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(encoding, *plain))
        return str(pem), str(secret)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("theirs"), "theirs")


@pytest.fixture(scope="module")
def server(ours: Authority) -> Iterator[MariaDB]:
    """Takes nobody without TLS; its certificate is for 127.0.0.1 and for no name."""
    cert, key = ours.certify("server", x509.IPAddress(ip_address("127.0.0.1")))
    files = [f"--ssl-ca={ours.pem}", f"--ssl-cert={cert}", f"--ssl-key={key}"]
    with mariadb_server(options=[*files, "--require-secure-transport=ON"]) as server:
        yield server


def cipher(server: MariaDB, tls: ssl.SSLContext | None, host: str = "127.0.0.1", user: str = "") -> str:
    url = make_url(server.url(server.new_database())).set(host=host)
    store: Store = open_mysql(url.set(username=user) if user else url, Access(tls=tls))
    try:
        with store.read() as connection:
            return str(connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1])
    finally:
        store.close()


def trusting(
    ca: str | None, *, verify: bool = True, identity: bool = True, pair: tuple[str, str] | None = None
) -> ssl.SSLContext:
    cert, key = pair or (None, None)
    return client_tls(ca=ca, cert=cert, key=key, verify=verify, identity=identity)


def test_a_certificate_of_the_ca_that_was_named_is_believed(server: MariaDB, ours: Authority) -> None:
    assert cipher(server, trusting(ours.pem))


def test_without_a_word_about_tls_it_is_used_where_the_server_has_it(server: MariaDB) -> None:
    assert cipher(server, None)


@pytest.mark.parametrize("identity", [True, False])
def test_a_certificate_of_another_ca_is_not_believed(
    server: MariaDB, theirs: Authority, identity: bool
) -> None:
    with pytest.raises(Away, match="certificate verify failed"):
        cipher(server, trusting(theirs.pem, identity=identity))
    with pytest.raises(Away, match="certificate verify failed"):
        cipher(server, trusting(None, identity=identity))
    assert cipher(server, trusting(theirs.pem, verify=False))


def test_a_certificate_for_another_name_is_believed_only_where_names_do_not_count(
    server: MariaDB, ours: Authority
) -> None:
    with pytest.raises(Away, match="certificate verify failed"):
        cipher(server, trusting(ours.pem), host="localhost")
    assert cipher(server, trusting(ours.pem, identity=False), host="localhost")


def test_a_certificate_of_the_bridges_own_is_shown_where_one_is_asked_for(
    server: MariaDB, ours: Authority
) -> None:
    server.execute(
        f"CREATE USER 'known'@'%' IDENTIFIED BY '{server.password}' REQUIRE X509",
        "GRANT ALL ON *.* TO 'known'@'%'",
    )
    with pytest.raises(Away, match="Access denied"):
        cipher(server, trusting(ours.pem), user="known")
    assert cipher(server, trusting(ours.pem, pair=ours.certify("bridge")), user="known")


def test_a_server_without_tls_is_told_nothing(mariadb: MariaDB, ours: Authority) -> None:
    """Not even who we are: there is no way round."""
    with pytest.raises(Away):
        cipher(mariadb, trusting(ours.pem))
