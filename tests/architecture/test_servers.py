"""Tests run against real servers, and each test starts with empty ones."""

import sqlite3

import psycopg
import redis


def test_each_postgres_test_has_its_own_migrated_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        server = connection.execute("SHOW server_version_num").fetchone()
    assert version
    assert server
    assert int(server[0]) >= 180000


def test_each_sqlite_test_has_its_own_migrated_file(sqlite_url: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()


def test_brokers_start_empty(broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_brokers_are_emptied_between_tests(broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as client:
        assert client.get("left") is None
