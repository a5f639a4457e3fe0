"""Services of a server on jobs, logs and events, and the loops behind them."""
