"""The database: connections, transactions, migrations, pagination."""
