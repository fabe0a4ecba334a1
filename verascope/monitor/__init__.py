"""Is it healthy: what the machine and this process use (`host`, inside the limits of `container`)."""
