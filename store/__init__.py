"""Everything durable: tables, transactions, jobs, and stored artifacts. Knows neither networks nor HTTP."""
