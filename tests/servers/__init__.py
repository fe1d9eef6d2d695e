"""Real servers for tests: each on a free port, with its own data folder, gone by pid when its `with` block ends.

    from tests.servers import alertmanager, redis_server, wait_until

They come from Debian packages that scripts/test-tools installs; a missing one is an error, never a skipped test.
"""

from tests.servers.alertmanager import Alertmanager, alertmanager, alertmanager_pair
from tests.servers.mariadb import MariaDB, mariadb_server
from tests.servers.ports import free_port
from tests.servers.process import Process, wait_until
from tests.servers.proxy import Proxy
from tests.servers.rabbitmq import RabbitMQ, rabbitmq_server
from tests.servers.redis import Redis, redis_server
from tests.servers.server import Server

__all__ = [
    "Alertmanager",
    "MariaDB",
    "Process",
    "Proxy",
    "RabbitMQ",
    "Redis",
    "Server",
    "alertmanager",
    "alertmanager_pair",
    "free_port",
    "mariadb_server",
    "rabbitmq_server",
    "redis_server",
    "wait_until",
]
