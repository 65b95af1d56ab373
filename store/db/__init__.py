"""The database: connections, transactions, clock, migrations, pagination."""
