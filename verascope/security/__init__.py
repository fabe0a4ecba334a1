"""Who may: who is asking (`principal`), by which key (`keys`), from where (`network`)."""
