"""Which models answer while the process runs: what was verified last, the canary, and the watch over the aliases."""
