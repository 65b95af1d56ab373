"""The servers that tests run against are the real ones and start clean."""

import sqlite3

import psycopg
import redis


def test_each_postgres_test_gets_a_migrated_database_of_its_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        server = connection.execute("SHOW server_version_num").fetchone()
    assert version
    assert server
    assert int(server[0]) >= 180000


def test_each_sqlite_test_gets_a_migrated_file_of_its_own(sqlite_url: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()


def test_brokers_answer_and_start_empty(broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_what_one_test_leaves_in_a_broker_is_gone_for_the_next(broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as client:
        assert client.get("left") is None
