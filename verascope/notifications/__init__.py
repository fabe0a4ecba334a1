"""How people hear: a message, the outbox that keeps it until it is delivered, and one file for each kind of channel."""
