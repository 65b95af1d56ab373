"""Everything durable: tables, transactions, the job protocol and the doorbell. Knows neither networks nor HTTP."""
